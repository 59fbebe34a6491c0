/* run - a plan carried out: lock, scripts, make, and what is shown at the end. */
#ifndef RUN_H
#define RUN_H

#include "pipe/plan.h"
#include "pipe/script.h"
#include "sys/output.h"

struct run_paths {
    char program[4096], bin[4096];   /* this executable, and the folder that it and its kin are in */
    char here[4096];                 /* the folder that the pipeline's file is in, absolute */
    char dir[128];                   /* where outputs go by default: out/NAME */
};

MUST_CHECK int run_find_program(struct run_paths *paths, struct err *err);
MUST_CHECK int run_find_folders(struct run_paths *paths, const struct pipeline *p, const char *file, struct err *err);

struct run_result {
    int status;       /* exit status to end with: 0, or that of the first step that failed where it is 1 to 5, else 4 */
    int caught;       /* the signal that ended the run, 0 if none */
};

/* Carry out the wanted steps of a plan in o->dir.  program: this executable, for make to call with --job.
 * Errors: ERR_IO (a lock held, files that cannot be written, no make), and a failed step as a message of its own. */
MUST_CHECK int run_plan(const struct plan *plan, const struct script_options *o, const char *program, struct run_result *result,
                        struct err *err);

/* Called in a job: keep the first failure for run_plan to report.  The current folder is .pipe-run. */
MUST_CHECK int run_note_failure(int status, const char *id, const char *message, struct err *err);

/* Write the files that the pipeline shows, line by line. */
MUST_CHECK int run_show(const struct plan *plan, const struct script_options *o, struct output *out, struct err *err);

#endif
