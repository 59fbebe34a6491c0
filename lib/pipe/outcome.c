#include "pipe/outcome.h"
#include "base/num.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int outcome_state(struct buf *text, const char *state, const char *title, double seconds, struct err *err)
{
    return buf_printf(text, err, "%-8s %-40s %8.1f s", state, title, seconds);
}

static int put_last_words(struct buf *text, const struct job *job, struct err *err)
{
    char bytes[8192];
    struct buf path = {0};
    int rc, fd = -1, lines = 0;
    TRY(buf_printf(&path, err, "logs/%s", job->id));
    fd = fd_open(path.p, O_RDONLY, 0);
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

int outcome_job(struct buf *text, const struct job *job, const struct job_result *result, bool quiet, struct err *err)
{
    static const char *const states[] = {[JOB_CURRENT] = "current", [JOB_RUN] = "run", [JOB_FAILED] = "failed"};
    const char *state = result->caught ? "stopped" : states[result->state];
    int rc = 0;
    if (!quiet || result->state == JOB_FAILED) {
        TRY(outcome_state(text, state, job->title, result->seconds, err));
        TRY(buf_putc(text, '\n', err));
    }
    if (result->state == JOB_FAILED && !result->caught)
        rc = put_last_words(text, job, err);
out:
    return rc;
}

static int note(int status, const char *id, const char *message, struct err *err)
{
    int fd = open("failure", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return errno == EEXIST ? 0 : err_sys(err, "failure");
    int put = dprintf(fd, "%d %s %s\n", status, id, message);
    return close(fd) != 0 || put < 0 ? err_sys(err, "failure") : 0;
}

int outcome_keep(const struct job *job, const struct job_result *result, int rc, struct err *err)
{
    char message[1000];
    struct err ignored = {0};
    if (rc) {
        (void)!note(err_status(err->code), job->id ? job->id : ".make", err->msg, &ignored);
        return rc;
    }
    if (result->state != JOB_FAILED || result->caught)
        return 0;
    snprintf(message, sizeof message, "%s: step %s ended with status %d", job->where, job->title, result->status);
    return note(result->status, job->id, message, err);
}

/* The last line of make's own output: why it did not even start a job. */
static int make_failed(const char *file, const char *dir, struct err *err)
{
    char line[512], last[512] = "it said nothing";
    FILE *f = fopen("logs/.make", "re");
    while (f && fgets(line, sizeof line, f))
        if (line[strspn(line, " \t\n")] && !strstr(line, "*** ["))
            memcpy(last, line, sizeof last);
    if (f)
        fclose(f);
    return err_set(err, ERR_IO, "%s: make failed: %.*s (see %s/.pipe-run/logs/.make)", file, (int)strcspn(last, "\n"), last, dir);
}

int outcome_failure(const char *file, const char *dir, int *status, struct err *err)
{
    char text[1100];
    uint64_t number;
    FILE *f = fopen("failure", "re");
    char *id = f && fgets(text, sizeof text, f) ? strchr(text, ' ') : NULL, *message = id ? strchr(id + 1, ' ') : NULL;
    if (f)
        fclose(f);
    if (!message || !num_parse_u64(text, (size_t)(id - text), 0, 255, &number)) {
        *status = 4;
        return make_failed(file, dir, err);
    }
    *message++ = '\0';
    *status = number >= 1 && number <= 5 ? (int)number : 4;
    return err_set(err, ERR_DATA, "%.*s; all that it said is in %s/.pipe-run/logs/%s", (int)strcspn(message, "\n"), message, dir,
                   id + 1);
}
