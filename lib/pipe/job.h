/* job - one job of a plan: found current, or run, published and noted down.
 *
 * A job is current when its manifest, .pipe-run/manifests/ID, says word for word what is true now: the digests of its command,
 * its programs, its inputs and its outputs.  The manifest is removed before the first output is published and written after the
 * last, so a job that was interrupted in between is run again.  Times play no part. */
#ifndef JOB_H
#define JOB_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct job_file {
    const char *name;            /* as the manifest has it */
    const char *path;            /* where it is, seen from .pipe-run */
};

struct job {
    const char *script;          /* path of the script, seen from .pipe-run */
    const char *id;
    const char *where;           /* "pipelines/wordnet.yaml:41" */
    const char *title;           /* "answers", "answers ef=64" */
    const char *command;         /* digest */
    const char **programs;
    struct job_file *in, *out;
    size_t n_programs, n_in, n_out;
    struct arena arena;
};

/* Read the `#:` lines of a script.  job_done also after a failure.  Errors: ERR_DATA, ERR_LIMIT for a file that is none. */
MUST_CHECK int job_read(struct job *job, const char *path, struct err *err);
void job_done(struct job *job);

/* The environment variable that names the lock's descriptor to a job, which keeps it from what it runs. */
#define JOB_LOCK "PIPE_RUN_LOCK"

enum job_state { JOB_CURRENT, JOB_RUN, JOB_FAILED };

struct job_result {
    enum job_state state;
    int status;                  /* exit status of its script where it failed */
    int caught;                  /* the signal that ended it through us, 0 if none */
    double seconds;
};

struct job_options {
    const char *bin;             /* folder of the build's own programs */
    size_t n_jobs;               /* at most so many run at once, in all pipe-runs started by one */
    void (*tick)(void *ctx);     /* about once a second while it runs; may be NULL */
    void *ctx;
};

/* The current folder is .pipe-run.  What the script says goes to logs/ID.  One that fails is no error here: see the result. */
MUST_CHECK int job_run(const struct job *job, const struct job_options *o, struct job_result *result, struct err *err);

#endif
