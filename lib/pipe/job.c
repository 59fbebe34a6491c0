#include "pipe/job.h"
#include "base/num.h"
#include "pipe/manifest.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/temps.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* Descriptor of a slot that is ours while it is open: no more than n_jobs scripts run at once, whether make or parallel starts
 * them.  Kernel locks, so that a killed job gives its slot back. */
static int take_slot(size_t n_jobs, int *slot, struct err *err)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    char path[40];
    for (;; nanosleep(&pause, NULL))
        for (size_t i = 0; i < n_jobs; i++) {
            snprintf(path, sizeof path, "slots/%zu", i);
            int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
            if (fd < 0)
                return err_sys(err, "%s", path);
            if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
                *slot = fd;
                return 0;
            }
            close(fd);
        }
}

/* What must not reach the commands: make's, parallel's and our own ways of talking. */
static void clean_environment(void)
{
    static const char *const names[] = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PIPE_RUN", "PIPE_RUN_TO", JOB_LOCK,
                                        "PARALLEL_HOME", "PARALLEL_SHELL", "PARALLEL_PID", "PARALLEL_SEQ", "PARALLEL_JOBSLOT"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

static int run_script(const struct job *job, const struct job_options *o, struct job_result *result, struct err *err)
{
    const char *const argv[] = {"/bin/bash", job->script, NULL}, *lock = getenv(JOB_LOCK);
    uint64_t drop;
    struct buf path = {0};
    int rc, log = -1, null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    TRY(buf_printf(&path, err, "logs/%s", job->id));
    log = open(path.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (log < 0 || null < 0)
        TRY(err_sys(err, "%s", log < 0 ? path.p : "/dev/null"));
    bool locked = lock && num_parse_u64(lock, strlen(lock), 3, 1 << 20, &drop);
    clean_environment();
    uint64_t start = clock_ns();
    const struct child child = {.argv = argv, .fd_in = null, .fd_out = log, .fd_err = log, .fd_extra = -1,
                                .fd_drop = locked ? (int)drop : -1, .own_group = true, .tick = o->tick, .ctx = o->ctx};
    rc = child_run(&child, &result->status, &result->caught, err);
    result->seconds = (double)(clock_ns() - start) / 1e9;
out:
    if (log >= 0)
        close(log);
    if (null >= 0)
        close(null);
    buf_done(&path);
    return rc;
}

/* Run it and see that it got to its end, where it publishes. */
static int run(const struct job *job, const struct job_options *o, struct job_result *result, struct err *err)
{
    struct buf folder = {0};
    int rc;
    TRY(buf_printf(&folder, err, "work/%s", job->id));
    TRY(run_script(job, o, result, err));
    result->state = result->status || result->caught ? JOB_FAILED : JOB_RUN;
    if (result->state == JOB_RUN && access(folder.p, F_OK) == 0)     /* publishing removes it last */
        rc = err_set(err, ERR_INTERNAL, "%s: step %s: its script ended well without publishing", job->where, job->title);
    temps_remove(folder.p);
out:
    buf_done(&folder);
    return rc;
}

int job_run(const struct job *job, const struct job_options *o, struct job_result *result, struct err *err)
{
    struct buf causes = {0};
    bool current;
    int rc, slot = -1;
    *result = (struct job_result){.state = JOB_CURRENT};
    TRY(take_slot(o->n_jobs, &slot, err));
    TRY(manifest_causes(&causes, job, o->bin, err));
    TRY(manifest_holds(job, &causes, &current, err));
    if (!current)
        TRY(run(job, o, result, err));
    if (result->state == JOB_RUN)      /* causes as they were before: an input that changed meanwhile is found next time */
        rc = manifest_write(job, &causes, err);
out:
    if (slot >= 0)
        close(slot);
    buf_done(&causes);
    return rc;
}
