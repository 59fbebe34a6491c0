/* plan - a pipeline with everything put in: the jobs, their files, and which step needs which.
 *
 * A step without `for` is one job; with it, one job for each combination of values, the first name varying slowest.  Steps, not
 * jobs, depend on each other.  All errors of the graph are found here, before anything runs: an input that is neither there nor
 * made, two writers of one output, a circle. */
#ifndef PLAN_H
#define PLAN_H

#include "base/arena.h"
#include "pipe/pipeline.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    PLAN_MAX_JOBS = 10000,
    PLAN_MAX_FILES = 100000,        /* outputs, and inputs, of all jobs */
    PLAN_MAX_BYTES = 64 << 20       /* of the texts of all jobs */
};

struct plan_input {
    const char *name;               /* as commands name it */
    const char *outside;            /* NULL: made by a step; else the absolute path of a file that was there before */
};

struct plan_job {
    size_t step;                    /* index in steps */
    const char *label;              /* "" or "ef=64 M=16": for people */
    const char *id;                 /* "answers.ef=64": unique, a safe file name */
    const char **commands;          /* filters of a pipe, or one command of `run` */
    size_t n_commands;
    struct plan_input *in;
    const char **out;
    size_t n_in, n_out;
};

struct plan_step {
    const struct pipeline_step *source;
    size_t first_job, n_jobs;       /* its jobs: jobs[first_job ...] */
    bool *needs;                    /* (n_steps) */
    bool wanted;                    /* asked for, or needed by one that is */
};

struct plan {
    const struct pipeline *pipeline;
    struct plan_step *steps;        /* (n_steps), as in the pipeline */
    struct plan_job *jobs;
    size_t n_steps, n_jobs;
    const char **show;              /* outputs to print at the end; those of steps that are not wanted are left out */
    size_t n_show;
    struct arena arena;             /* owns all texts */
};

/* The pipeline must outlive the plan.  here: ${here}, the absolute folder of the pipeline's file; wanted: names of steps, none =
 * all.  Relative inputs that no step makes are looked for in the current folder.  plan_done also after a failure.
 * Errors: ERR_DATA, ERR_LIMIT as "file:line:column: ..."; ERR_USAGE for an unknown step in wanted. */
MUST_CHECK int plan_make(struct plan *plan, const struct pipeline *p, const char *here, const char *const *wanted,
                         size_t n_wanted, struct err *err);
void plan_done(struct plan *plan);

/* Is path b the path a, or below it ("model", "model/config.json")? */
bool plan_path_holds(const char *a, const char *b);

#endif
