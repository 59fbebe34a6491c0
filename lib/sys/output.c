#include "sys/output.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "sys/fd.h"
#include "sys/temps.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 64 << 10 };

struct output {
    char *name;              /* for messages: the path as it was given */
    char *target;            /* what is replaced: links followed; NULL: written in place */
    int slot;                /* of the temporary in temps; -1: none, or published */
    int fd;                  /* -1: memory */
    bool own_fd;
    uint64_t offset;
    size_t n;                /* bytes in buf that are not written yet */
    struct buf memory;
    unsigned char buf[BUFFER];
};

static int fail(const struct output *out, const char *what, struct err *err)
{
    return err_sys(err, "%s: %s", out->name, what);
}

/* The file that a path finally names, symbolic links followed (the last may point to nothing yet).  A string to free. */
static int follow(const char *path, char **target, struct err *err)
{
    char at[PATH_MAX], link[PATH_MAX], next[2 * PATH_MAX];
    size_t n = strlen(path);
    errno = n == 0 ? ENOENT : ENAMETOOLONG;
    if (n == 0 || n >= sizeof at)
        return err_sys(err, "%s: cannot write", path);
    memcpy(at, path, n + 1);
    for (int hops = 0; hops < 40; hops++) {
        ssize_t got = readlink(at, link, sizeof link - 1);
        if (got < 0) {
            *target = mem_strdup(at, err);
            return *target ? 0 : ERR_NOMEM;
        }
        link[got] = '\0';
        const char *slash = strrchr(at, '/');
        int made = snprintf(next, sizeof next, "%.*s%s", link[0] == '/' || !slash ? 0 : (int)(slash - at) + 1, at, link);
        errno = ENAMETOOLONG;
        if (made < 0 || (size_t)made >= sizeof at)
            return err_sys(err, "%s: cannot write", path);
        memcpy(at, next, (size_t)made + 1);
    }
    errno = ELOOP;
    return err_sys(err, "%s: cannot write", path);
}

/* The descriptor that a path like /dev/stdout or /dev/fd/3 stands for, else -1.  Opening such a path would reach a regular file
 * at offset 0 and by another name: not what the shell's > or >> meant. */
static int named_fd(const char *path)
{
    static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        size_t n = strlen(folders[i]);
        uint64_t fd;
        if (strncmp(path, folders[i], n) == 0 && num_parse_u64(path + n, strlen(path + n), 0, INT_MAX, &fd))
            return (int)fd;
    }
    return -1;
}

static int open_in_place(struct output *out, int fd, bool own, bool binary, struct err *err)
{
    int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY) {   /* what takes the place of a stdout that was closed */
        flags = -1;
        errno = EBADF;
    }
    if (flags < 0)
        return fail(out, "cannot open for writing", err);
    out->fd = fd;
    out->own_fd = own;
    if (binary && isatty(fd))
        return err_set(err, ERR_USAGE, "%s: is a terminal, binary data go to a file (-o FILE) or a pipe", out->name);
    fd_widen_pipe(fd);
    return 0;
}

static int open_temp(struct output *out, const char *path, const struct stat *old, struct err *err)
{
    int rc = 0;
    TRY(follow(path, &out->target, err));
    /* A rename could replace a file that must not be written: ask first. */
    if (old && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
        return fail(out, "cannot write", err);
    TRY(temps_create(out->target, old ? old->st_mode & 0666 : 0666, &out->slot, &out->fd, err));
    out->own_fd = true;
    if (old && fchmod(out->fd, old->st_mode & 07777) != 0)
        return fail(out, "cannot keep the file's mode", err);
out:
    return rc;
}

static int open_path(struct output *out, const char *path, bool binary, struct err *err)
{
    int fd = named_fd(path);
    if (fd >= 0)
        return open_in_place(out, fd, false, binary, err);
    struct stat st;
    if (stat(path, &st) != 0)
        return errno == ENOENT ? open_temp(out, path, NULL, err) : fail(out, "cannot write", err);
    if (S_ISDIR(st.st_mode))
        return err_set(err, ERR_IO, "%s: is a directory, expected a file to write", path);
    if (S_ISREG(st.st_mode))
        return open_temp(out, path, &st, err);
    return open_in_place(out, fd_open(path, O_WRONLY, 0), true, binary, err);
}

static int output_new(struct output **out, const char *name, struct err *err)
{
    struct output *new = MEM_NEW(struct output, err);
    if (!new)
        return ERR_NOMEM;
    new->slot = -1;
    new->fd = -1;
    new->name = mem_strdup(name, err);
    if (!new->name) {
        mem_free(new);
        return ERR_NOMEM;
    }
    *out = new;
    return 0;
}

int output_apart(const char *a, const char *b, struct err *err)
{
    a = !a || strcmp(a, "-") == 0 ? "stdout" : a;
    b = !b || strcmp(b, "-") == 0 ? "stdout" : b;
    if (strcmp(a, b) != 0 || strncmp(a, "/dev/", 5) == 0)
        return 0;
    return err_set(err, ERR_USAGE, "two outputs go to %s: give each a file of its own", a);
}

int output_open(struct output **out, const char *path, bool binary, struct err *err)
{
    bool is_stdout = !path || strcmp(path, "-") == 0;
    struct output *new = NULL;
    int rc = output_new(&new, is_stdout ? "stdout" : path, err);
    if (rc == 0)
        rc = is_stdout ? open_in_place(new, STDOUT_FILENO, false, binary, err) : open_path(new, path, binary, err);
    if (rc != 0)
        output_free(new);
    else
        *out = new;
    return rc;
}

int output_open_memory(struct output **out, struct err *err)
{
    return output_new(out, "memory", err);
}

const void *output_memory(const struct output *out, size_t *n)
{
    *n = out->memory.n;
    return out->memory.p;
}

int output_flush(struct output *out, struct err *err)
{
    size_t n = out->n;
    out->n = 0;   /* also on failure: what failed is not tried again by a later call */
    return n && fd_write_all(out->fd, out->buf, n) != 0 ? fail(out, "cannot write", err) : 0;
}

int output_write(struct output *out, const void *p, size_t n, struct err *err)
{
    int rc = 0;
    if (out->fd < 0) {
        TRY(buf_put(&out->memory, p, n, err));
    } else if (n > BUFFER - out->n) {
        TRY(output_flush(out, err));
        if (n >= BUFFER) {
            if (fd_write_all(out->fd, p, n) != 0)
                return fail(out, "cannot write", err);
        } else {
            memcpy(out->buf, p, n);
            out->n = n;
        }
    } else if (n) {
        memcpy(out->buf + out->n, p, n);
        out->n += n;
    }
    out->offset += n;
out:
    return rc;
}

int output_printf(struct output *out, struct err *err, const char *fmt, ...)
{
    char small[512], *text = small;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n < 0)
        return err_set(err, ERR_INTERNAL, "%s: bad format", out->name);
    if ((size_t)n >= sizeof small) {
        text = mem_alloc((size_t)n + 1, 1, err);
        if (!text)
            return ERR_NOMEM;
        va_start(ap, fmt);
        vsnprintf(text, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    int rc = output_write(out, text, (size_t)n, err);
    if (text != small)
        mem_free(text);
    return rc;
}

bool output_can_patch(const struct output *out)
{
    struct stat st;
    return out->fd < 0 || (fstat(out->fd, &st) == 0 && S_ISREG(st.st_mode) && !(fcntl(out->fd, F_GETFL) & O_APPEND));
}

int output_patch(struct output *out, uint64_t offset, const void *p, size_t n, struct err *err)
{
    if (offset > out->offset || n > out->offset - offset)
        return err_set(err, ERR_INTERNAL, "%s: a patch of bytes that were not written", out->name);
    if (out->fd < 0) {
        memcpy(out->memory.p + offset, p, n);
        return 0;
    }
    int rc = output_flush(out, err);
    if (rc)
        return rc;
    /* stdout need not have been at its file's start when we began. */
    off_t end = lseek(out->fd, 0, SEEK_CUR);
    off_t at = end - (off_t)(out->offset - offset);
    for (const char *from = p; n > 0;) {
        ssize_t done = pwrite(out->fd, from, n, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (end < 0 || done <= 0)
            return fail(out, "cannot write", err);
        from += done;
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

uint64_t output_offset(const struct output *out)
{
    return out->offset;
}

const char *output_name(const struct output *out)
{
    return out->name;
}

/* close(2) reports late failures of network file systems; descriptors that are not ours are closed as a copy. */
static int close_checked(struct output *out, struct err *err)
{
    int fd = out->own_fd ? out->fd : fcntl(out->fd, F_DUPFD_CLOEXEC, 3);
    out->fd = -1;
    out->own_fd = false;
    return fd < 0 || (close(fd) != 0 && errno != EINTR) ? fail(out, "cannot close", err) : 0;
}

int output_commit(struct output *out, struct err *err)
{
    int rc = 0;
    if (out->fd < 0)
        return 0;
    TRY(output_flush(out, err));
    if (!out->target)
        return close_checked(out, err);
    /* Not retried on failure: the system may have dropped the pages and would then report success. */
    if (fsync(out->fd) != 0)
        return fail(out, "cannot sync", err);
    TRY(close_checked(out, err));
    bool published;
    rc = temps_publish(out->slot, out->target, true, &published, err);
    if (published)
        out->slot = -1;
out:
    return rc;
}

void output_free(struct output *out)
{
    if (!out)
        return;
    if (out->own_fd)
        close(out->fd);
    if (out->slot >= 0)
        temps_discard(out->slot);
    buf_done(&out->memory);
    mem_free(out->target);
    mem_free(out->name);
    mem_free(out);
}

void output_catch_signals(void)
{
    temps_catch_signals();
}

void output_discard_all(void)
{
    temps_discard_all();
}
