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

struct runner_request {              /* what the command line asks for */
    const char *file;                /* the pipeline's */
    const char *const *assignments;  /* (n_assignments) NAME=VALUE, of params */
    size_t n_assignments;
    const char *const *steps;        /* (n_steps) wanted; none: all */
    size_t n_steps;
};

/* Read the pipeline, set its params, find here and dir of paths, and make the plan of what is wanted.  The pipeline must outlive
 * the plan; pipeline_done and plan_done free them, also after a failure.  Errors: those of pipeline_read, pipeline_set and
 * plan_make; ERR_IO where the pipeline's folder cannot be found. */
MUST_CHECK int runner_read(struct pipeline *p, struct plan *plan, struct runner_paths *paths, const struct runner_request *r,
                           struct err *err);

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

/* runner_plan, then, where nothing failed and no signal came, runner_show. */
MUST_CHECK int runner_run(const struct plan *plan, const struct script_options *o, const char *program, struct output *out,
                          struct runner_result *result, struct err *err);

#endif
