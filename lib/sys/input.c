#include "sys/input.h"

#include "base/mem.h"
#include "base/num.h"
#include "sys/fd.h"
#include "sys/gunzip.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 256 << 10 };   /* at least INPUT_PEEK; bigger did not move a pipe any faster */

/* source (fd or memory) -> [gunzip] -> buf[pos..end) -> the caller.  A big read bypasses buf once it is empty. */
struct input {
    char *name;
    int fd;                       /* -1: memory */
    bool regular, begun, ended;   /* begun: the first bytes were seen; ended: the source has no more */
    struct gunzip *gz;
    const unsigned char *mem;
    size_t mem_n;
    unsigned char *buf;           /* cap bytes and one for a NUL */
    size_t pos, end, cap;
    uint64_t offset, raw_offset, raw_size, lines;
    size_t max_line;
};

static int raw_read(struct input *in, void *dst, size_t n, size_t *got, struct err *err)
{
    *got = 0;
    if (in->fd < 0) {
        *got = num_min_size(n, in->mem_n);
        if (*got)
            memcpy(dst, in->mem, *got);
        in->mem += *got;
        in->mem_n -= *got;
    } else {
        ssize_t r = fd_read(in->fd, dst, n);
        if (r < 0)
            return err_sys(err, "%s: byte %llu: cannot read", in->name, (unsigned long long)in->raw_offset);
        *got = (size_t)r;
    }
    in->raw_offset += *got;
    return 0;
}

static int packed_read(void *ctx, void *dst, size_t n, size_t *got, struct err *err)
{
    return raw_read(ctx, dst, n, got, err);
}

static int source_read(struct input *in, void *dst, size_t n, size_t *got, struct err *err)
{
    int rc = in->gz ? gunzip_read(in->gz, dst, n, got, err) : raw_read(in, dst, n, got, err);
    if (rc == 0 && *got == 0)
        in->ended = true;
    return rc;
}

/* See the first bytes: is it gzip?  Not done at open for a pipe, where it could wait for a slow producer. */
static int begin(struct input *in, struct err *err)
{
    int rc = 0;
    in->begun = true;
    while (in->end < 2 && !in->ended) {
        size_t got;
        TRY(raw_read(in, in->buf + in->end, GUNZIP_BUFFER - in->end, &got, err));
        in->end += got;
        in->ended = got == 0;
    }
    if (in->end >= 2 && in->buf[0] == 0x1f && in->buf[1] == 0x8b) {
        TRY(gunzip_new(&in->gz, in->buf, in->end, packed_read, in, in->name, err));
        in->end = 0;
    }
out:
    return rc;
}

/* At least want bytes in buf, fewer only at the end. */
static int fill(struct input *in, size_t want, struct err *err)
{
    int rc = 0;
    if (!in->begun)
        TRY(begin(in, err));
    if (in->end - in->pos >= want)
        return 0;
    if (in->pos > 0) {
        memmove(in->buf, in->buf + in->pos, in->end - in->pos);
        in->end -= in->pos;
        in->pos = 0;
    }
    if (want > in->cap) {
        size_t cap = num_max_size(want, in->cap * 2);
        unsigned char *p = mem_resize(in->buf, cap + 1, 1, err);
        if (!p)
            return ERR_NOMEM;
        in->buf = p;
        in->cap = cap;
    }
    while (in->end < want && !in->ended) {
        size_t got;
        TRY(source_read(in, in->buf + in->end, in->cap - in->end, &got, err));
        in->end += got;
    }
out:
    return rc;
}

static int input_new(struct input **in, const char *name, struct err *err)
{
    struct input *new = MEM_NEW(struct input, err);
    if (!new)
        return ERR_NOMEM;
    new->fd = -1;
    new->cap = BUFFER;
    new->max_line = SIZE_MAX;
    new->name = mem_strdup(name, err);
    new->buf = mem_alloc(BUFFER + 1, 1, err);
    if (!new->name || !new->buf) {
        input_close(new);
        return ERR_NOMEM;
    }
    *in = new;
    return 0;
}

static int open_fd(struct input *in, const char *path, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    in->fd = is_stdin ? STDIN_FILENO : fd_open(path, O_RDONLY, 0);
    struct stat st;
    if (in->fd < 0)
        return err_sys(err, "%s: cannot open", in->name);
    if (fstat(in->fd, &st) != 0)
        return err_sys(err, "%s: cannot read", in->name);
    if (S_ISDIR(st.st_mode))
        return err_set(err, ERR_IO, "%s: is a directory, expected a file", in->name);
    if (isatty(in->fd))
        return err_set(err, ERR_USAGE, "%s: is a terminal, expected data from a file or a pipe", in->name);
    if (S_ISFIFO(st.st_mode))
        fd_widen_pipe(in->fd);
    if (!S_ISREG(st.st_mode))
        return 0;
    off_t at = is_stdin ? lseek(in->fd, 0, SEEK_CUR) : 0;   /* stdin may have been read in part by an earlier command */
    in->regular = true;
    in->raw_offset = at > 0 ? (uint64_t)at : 0;
    in->raw_size = (uint64_t)st.st_size;
    (void)posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return begin(in, err);
}

int input_open(struct input **in, const char *path, struct err *err)
{
    struct input *new = NULL;
    int rc = input_new(&new, strcmp(path, "-") == 0 ? "stdin" : path, err);
    if (rc == 0)
        rc = open_fd(new, path, err);
    if (rc != 0)
        input_close(new);
    else
        *in = new;
    return rc;
}

int input_open_memory(struct input **in, const void *bytes, size_t n, const char *name, struct err *err)
{
    struct input *new = NULL;
    int rc = input_new(&new, name, err);
    if (rc != 0)
        return rc;
    new->mem = bytes;
    new->mem_n = n;
    new->raw_size = n;
    new->regular = true;
    rc = begin(new, err);
    if (rc != 0)
        input_close(new);
    else
        *in = new;
    return rc;
}

void input_close(struct input *in)
{
    if (!in)
        return;
    if (in->fd > STDIN_FILENO)
        close(in->fd);
    gunzip_free(in->gz);
    mem_free(in->buf);
    mem_free(in->name);
    mem_free(in);
}

const char *input_name(const struct input *in)
{
    return in->name;
}

uint64_t input_offset(const struct input *in)
{
    return in->offset;
}

uint64_t input_raw_offset(const struct input *in)
{
    return in->raw_offset;
}

uint64_t input_raw_size(const struct input *in)
{
    return in->raw_size;
}

uint64_t input_left(const struct input *in)
{
    uint64_t held = in->end - in->pos;
    if (in->ended)
        return held;
    /* Files of /proc say 0 and have content; a file that grew has passed its size. */
    if (!in->regular || in->gz || in->raw_size == 0 || in->raw_offset > in->raw_size)
        return UINT64_MAX;
    return in->raw_size - in->raw_offset + held;
}

int input_peek(struct input *in, size_t want, const unsigned char **p, size_t *got, struct err *err)
{
    want = num_min_size(want, INPUT_PEEK);
    int rc = fill(in, want, err);
    *p = in->buf + in->pos;
    *got = num_min_size(want, in->end - in->pos);
    return rc;
}

int input_read(struct input *in, void *dst, size_t n, size_t *got, struct err *err)
{
    int rc = 0;
    unsigned char *to = dst;
    *got = 0;
    if (!in->begun)
        TRY(begin(in, err));
    for (;;) {
        size_t take = num_min_size(n, in->end - in->pos);
        if (take)
            memcpy(to, in->buf + in->pos, take);
        in->pos += take;
        to += take;
        n -= take;
        if (n == 0 || in->ended)
            break;
        if (n < in->cap / 4) {
            TRY(fill(in, n, err));
            continue;
        }
        size_t direct;
        TRY(source_read(in, to, n, &direct, err));
        to += direct;
        n -= direct;
    }
out:
    *got = (size_t)(to - (unsigned char *)dst);
    in->offset += *got;
    return rc;
}

int input_line(struct input *in, char **line, size_t *n, struct err *err)
{
    int rc = 0;
    size_t seen = 0;   /* bytes from pos on without an LF */
    *line = NULL;
    *n = 0;
    for (;;) {
        size_t held = in->end - in->pos;
        unsigned char *lf = held > seen ? memchr(in->buf + in->pos + seen, '\n', held - seen) : NULL;
        if (held > in->max_line && (!lf || (size_t)(lf - in->buf) - in->pos > in->max_line))
            return err_set(err, ERR_LIMIT, "%s:%llu: a line of more than %zu bytes", in->name, (unsigned long long)in->lines + 1,
                           in->max_line);
        if (lf || (in->ended && in->begun)) {
            if (!lf && held == 0)
                return 0;
            *line = (char *)in->buf + in->pos;
            *n = lf ? (size_t)(lf - in->buf) - in->pos : held;
            (*line)[*n] = '\0';
            in->pos += *n + (lf != NULL);
            in->offset += *n + (lf != NULL);
            in->lines++;
            return 0;
        }
        seen = held;
        TRY(fill(in, held + 1, err));
    }
out:
    return rc;
}

void input_limit_lines(struct input *in, size_t max_bytes)
{
    in->max_line = max_bytes;
}

uint64_t input_line_number(const struct input *in)
{
    return in->lines;
}
