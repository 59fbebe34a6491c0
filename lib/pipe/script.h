/* script - a plan as plain bash, to be run by make (pipe/makefile.h) and read by people.
 *
 * .pipe-run/functions.sh   what all jobs share: how a job gets its folder, how outputs are published
 * .pipe-run/jobs/ID.sh     one job; its `#:` lines say what it reads, writes and runs (pipe/job.h reads them)
 *
 * A job runs in a folder of its own, .pipe-run/work/ID, where its inputs are links and its outputs stay until all are complete;
 * commands use the same plain names as in the pipeline.  So what is not declared is not found, and provenance has no paths. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "base/buf.h"
#include "pipe/plan.h"

struct script_options {
    const char *bin;        /* folder of the build's own programs, absolute */
    const char *dir;        /* folder of outputs, as given */
    size_t n_jobs;          /* at once */
    bool quiet;
};

MUST_CHECK int script_functions(struct buf *b, const struct script_options *o, struct err *err);
MUST_CHECK int script_job(struct buf *b, const struct plan *plan, const struct plan_job *job, const struct script_options *o,
                          struct err *err);

/* --dry-run: the whole pipeline as one bash script that leaves the same files in the folder of outputs. */
MUST_CHECK int script_dry_run(struct buf *b, const struct plan *plan, const struct script_options *o, struct err *err);

#endif
