#include "pipe/job.h"
#include "base/buf.h"
#include "base/mem.h"
#include "pipe/child.h"
#include "pipe/contents.h"
#include "sys/clock.h"
#include "sys/input.h"
#include "sys/output.h"
#include "sys/temps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
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

/* Where a program is: the build's own folder, then PATH.  Empty where it is in neither (bash will say so). */
static int find_program(struct buf *path, const char *bin, const char *name, struct err *err)
{
    const char *from = getenv("PATH");
    int rc;
    buf_clear(path);
    TRY(buf_printf(path, err, "%s/%s", bin, name));
    while (access(path->p, X_OK) != 0) {
        buf_clear(path);
        if (!from || !*from)
            break;
        size_t n = strcspn(from, ":");
        TRY(buf_printf(path, err, "%.*s/%s", n ? (int)n : 1, n ? from : ".", name));
        from += n + (from[n] == ':');
    }
out:
    return rc;
}

static int put_file(struct buf *b, const char *kind, const struct job_file *f, struct err *err)
{
    struct digest_hex digest;
    struct stat st;
    if (stat(f->path, &st) != 0 && errno == ENOENT)
        return buf_printf(b, err, "%s %s missing\n", kind, f->name);
    int rc = contents_digest(f->path, "digests", &digest, err);
    return rc ? rc : buf_printf(b, err, "%s %s %s\n", kind, f->name, digest.hex);
}

/* The first part of a manifest: all that the outputs follow from. */
static int put_causes(struct buf *b, const struct job *job, const char *bin, struct err *err)
{
    struct buf path = {0};
    int rc;
    TRY(buf_printf(b, err, "pipe-run manifest 1\ncommand %s\n", job->command));
    for (size_t i = 0; i < job->n_programs; i++) {
        TRY(find_program(&path, bin, job->programs[i], err));
        if (path.n)
            TRY(put_file(b, "program", &(struct job_file){job->programs[i], path.p}, err));
    }
    for (size_t i = 0; i < job->n_in; i++)
        TRY(put_file(b, "in", &job->in[i], err));
out:
    buf_done(&path);
    return rc;
}

static int put_outputs(struct buf *b, const struct job *job, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < job->n_out && !rc; i++)
        rc = put_file(b, "out", &job->out[i], err);
    return rc ? rc : buf_puts(b, "end\n", err);
}

/* Does the file hold exactly these bytes?  A file that cannot be read does not. */
static int holds(const char *path, const struct buf *want, bool *same, struct err *err)
{
    char *bytes = NULL;
    int rc = 0, fd = open(path, O_RDONLY | O_CLOEXEC);
    *same = false;
    if (fd < 0)
        return 0;
    TRY_NEW(bytes, MEM_ARRAY(char, want->n + 1, err));
    size_t n = 0;
    for (ssize_t got = 1; got > 0 && n <= want->n; n += got > 0 ? (size_t)got : 0)
        got = read(fd, bytes + n, want->n + 1 - n);
    *same = n == want->n && memcmp(bytes, want->p, n) == 0;
out:
    close(fd);
    mem_free(bytes);
    return rc;
}

static int run_script(const struct job *job, const struct job_options *o, struct job_result *result, struct err *err)
{
    const char *const argv[] = {"/bin/bash", job->script, NULL};
    struct buf path = {0};
    int rc, log = -1, null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    TRY(buf_printf(&path, err, "logs/%s", job->id));
    log = open(path.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (log < 0 || null < 0)
        TRY(err_sys(err, "%s", log < 0 ? path.p : "/dev/null"));
    uint64_t start = clock_ns();
    rc = child_run(&(struct child){.argv = argv, .fd_in = null, .fd_out = log, .fd_err = log, .fd_extra = -1, .fd_drop = o->lock,
                                   .own_group = true, .tick = o->tick, .ctx = o->ctx}, &result->status, &result->caught, err);
    result->seconds = (double)(clock_ns() - start) / 1e9;
out:
    if (log >= 0)
        close(log);
    if (null >= 0)
        close(null);
    buf_done(&path);
    return rc;
}

int job_run(const struct job *job, const struct job_options *o, struct job_result *result, struct err *err)
{
    struct buf causes = {0}, now = {0}, path = {0};
    struct output *out = NULL;
    bool current;
    int rc, slot = -1;
    *result = (struct job_result){.state = JOB_CURRENT};
    TRY(take_slot(o->n_jobs, &slot, err));
    TRY(put_causes(&causes, job, o->bin, err));
    TRY(buf_put(&now, causes.p, causes.n, err));
    TRY(put_outputs(&now, job, err));
    TRY(buf_printf(&path, err, "manifests/%s", job->id));
    TRY(holds(path.p, &now, &current, err));
    if (current)
        goto out;
    TRY(run_script(job, o, result, err));
    result->state = result->status || result->caught ? JOB_FAILED : JOB_RUN;
    buf_clear(&path);
    TRY(buf_printf(&path, err, "work/%s", job->id));
    if (result->state == JOB_RUN && access(path.p, F_OK) == 0)       /* publish removes it last */
        TRY(err_set(err, ERR_DATA, "%s: step %s: the commands ended the script before its outputs were published", job->where,
                    job->title));
    temps_remove(path.p);
    if (result->state == JOB_FAILED)
        goto out;
    TRY(put_outputs(&causes, job, err));      /* the inputs as they were before: one that changed meanwhile is found next time */
    buf_clear(&path);
    TRY(buf_printf(&path, err, "manifests/%s", job->id));
    TRY(output_open(&out, path.p, false, err));
    TRY(output_write(out, causes.p, causes.n, err));
    rc = output_commit(out, err);
out:
    output_free(out);
    if (slot >= 0)
        close(slot);
    buf_done(&causes);
    buf_done(&now);
    buf_done(&path);
    return rc;
}

int job_last_words(const struct job *job, struct buf *text, struct err *err)
{
    char bytes[8192];
    struct buf path = {0};
    int rc, fd = -1, lines = 0;
    TRY(buf_printf(&path, err, "logs/%s", job->id));
    fd = open(path.p, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        TRY(err_sys(err, "%s", path.p));
    off_t size = lseek(fd, 0, SEEK_END), from = size > (off_t)sizeof bytes ? size - (off_t)sizeof bytes : 0;
    ssize_t n = pread(fd, bytes, sizeof bytes, from);
    char *start = bytes, *end = bytes + (n > 0 ? n : 0);
    for (char *p = end; p > bytes && lines <= 40; p--)
        if (p[-1] == '\n' && p != end && ++lines == 40)
            start = p;
    if (from > 0 && start == bytes)      /* a line cut in two */
        while (start < end && *start++ != '\n')
            ;
    while (start < end) {
        char *stop = memchr(start, '\n', (size_t)(end - start));
        stop = stop ? stop : end;
        TRY(buf_puts(text, "    ", err));
        TRY(buf_put(text, start, (size_t)(stop - start), err));
        TRY(buf_puts(text, "\n", err));
        start = stop + 1;
    }
out:
    if (fd >= 0)
        close(fd);
    buf_done(&path);
    return rc;
}
