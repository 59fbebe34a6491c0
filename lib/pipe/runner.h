/* runner - a plan carried out: lock, scripts, make, and what is shown at the end. */
#ifndef RUNNER_H
#define RUNNER_H

#include "pipe/plan.h"
#include "pipe/script.h"
#include "sys/output.h"

struct runner_paths {
    char program[4096], bin[4096];   /* this executable, and the folder that it and its kin are in */
    char here[4096];                 /* the folder that the pipeline's file is in, absolute */
    char dir[128];                   /* where outputs go by default: out/NAME */
};

MUST_CHECK int runner_find_program(struct runner_paths *paths, struct err *err);
MUST_CHECK int runner_find_folders(struct runner_paths *paths, const struct pipeline *p, const char *file, struct err *err);

struct runner_result {
    int status;       /* where a step failed: the exit status to end with, that of the step where it is 1 to 5, else 4 */
    int caught;       /* the signal that ended the run, 0 if none */
};

/* Carry out the wanted steps of a plan in o->dir.  program: this executable, for make to call with --job.
 * Errors: ERR_IO (a lock held, files that cannot be written, no make), and a failed step as a message of its own. */
MUST_CHECK int runner_plan(const struct plan *plan, const struct script_options *o, const char *program,
                           struct runner_result *result, struct err *err);

/* --dry-run. */
MUST_CHECK int runner_dry_run(const struct plan *plan, const struct script_options *o, struct output *out, struct err *err);

/* Write the files that the pipeline shows, line by line. */
MUST_CHECK int runner_show(const struct plan *plan, const struct script_options *o, struct output *out, struct err *err);

#endif
