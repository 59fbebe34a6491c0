#include "pipe/contents.h"
#include "base/buf.h"
#include "base/mem.h"
#include "sys/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 256 << 10, MAX_DEPTH = 64 };

/* Was `then` a second or more before `now`? */
static bool long_before(struct timespec then, struct timespec now)
{
    return now.tv_sec - then.tv_sec > (now.tv_nsec < then.tv_nsec);
}

static int read_file(const char *path, struct digest_hex *out, struct err *err)
{
    struct digest d = {0};
    char *block = NULL;
    int rc = 0, fd = fd_open(path, O_RDONLY, 0);
    if (fd < 0)
        return err_sys(err, "%s", path);
    TRY_NEW(block, MEM_ARRAY(char, BLOCK, err));
    for (ssize_t got; (got = fd_read(fd, block, BLOCK)) != 0;) {
        if (got < 0)
            TRY(err_sys(err, "%s: reading", path));
        digest_update(&d, block, (size_t)got);
    }
    *out = digest_text(&d);
out:
    close(fd);
    mem_free(block);
    return rc;
}

/* A record: this text, a digest, a line feed. */
static int record_text(struct buf *b, const char *path, const struct stat *st, struct err *err)
{
    return buf_printf(b, err, "%s\n%llu %llu %lld %lld.%09ld %lld.%09ld ", path, (unsigned long long)st->st_dev,
                      (unsigned long long)st->st_ino, (long long)st->st_size, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
                      (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

static int record_path(struct buf *b, const char *records, const char *path, struct err *err)
{
    struct digest d = {0};
    digest_update(&d, path, strlen(path));
    return buf_printf(b, err, "%s/%s", records, digest_text(&d).hex);
}

/* The digest in a record that begins with text, if there is such a record. */
static bool recall(const char *record, const struct buf *text, struct digest_hex *out)
{
    char bytes[8192];
    int fd = fd_open(record, O_RDONLY, 0);
    ssize_t n = fd < 0 ? -1 : fd_read(fd, bytes, sizeof bytes);
    if (fd >= 0)
        close(fd);
    if (n <= (ssize_t)text->n || memcmp(bytes, text->p, text->n) != 0 || bytes[n - 1] != '\n')
        return false;
    size_t length = (size_t)n - 1 - text->n;
    if (length >= sizeof out->hex)
        return false;
    memcpy(out->hex, bytes + text->n, length);
    out->hex[length] = '\0';
    return strspn(out->hex, "0123456789abcdef-") == length && strchr(out->hex, '-');
}

/* Read a large file and remember its digest, if it was long unchanged when we began: the time of a new file of ours tells "now"
 * by the same clock. */
static int read_and_remember(const char *path, const char *record, const struct buf *text, const struct stat *before,
                             struct digest_hex *out, struct err *err)
{
    struct buf temp = {0}, line = {0};
    struct stat now, after;
    int rc, fd = -1;
    TRY(buf_printf(&temp, err, "%s.%ld", record, (long)getpid()));
    fd = fd_open(temp.p, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    bool settled = fd >= 0 && fstat(fd, &now) == 0 && long_before(before->st_ctim, now.st_ctim);
    TRY(read_file(path, out, err));
    if (!settled || stat(path, &after) != 0)
        goto out;
    TRY(record_text(&line, path, &after, err));
    if (line.n != text->n || memcmp(line.p, text->p, line.n) != 0)
        goto out;
    TRY(buf_printf(&line, err, "%s\n", out->hex));
    if (fd_write_all(fd, line.p, line.n) == 0 && rename(temp.p, record) == 0)
        buf_clear(&temp);
out:
    if (fd >= 0) {
        close(fd);
        if (temp.n)
            unlink(temp.p);
    }
    buf_done(&temp);
    buf_done(&line);
    return rc;
}

static int digest_file(const char *path, const char *records, const struct stat *st, struct digest_hex *out, struct err *err)
{
    struct buf record = {0}, text = {0};
    int rc;
    if (!records || st->st_size < CONTENTS_REMEMBERED)
        return read_file(path, out, err);
    TRY(record_path(&record, records, path, err));
    TRY(record_text(&text, path, st, err));
    if (!recall(record.p, &text, out))
        rc = read_and_remember(path, record.p, &text, st, out, err);
out:
    buf_done(&record);
    buf_done(&text);
    return rc;
}

struct names {
    char **at;
    size_t n, cap;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(struct names *names, const char *path, struct err *err)
{
    DIR *folder = opendir(path);
    struct dirent *e;
    int rc = folder ? 0 : err_sys(err, "%s", path);
    while (!rc && (errno = 0, e = readdir(folder)) != NULL) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        TRY(mem_reserve(&names->at, &names->cap, names->n + 1, sizeof *names->at, err));
        TRY_NEW(names->at[names->n], mem_strdup(e->d_name, err));
        names->n++;
    }
    if (!rc && errno)
        rc = err_sys(err, "%s: reading", path);
out:
    if (folder)
        closedir(folder);
    return rc;
}

static int digest_any(const char *path, const char *records, int depth, struct digest_hex *out, struct err *err);

static int digest_folder(const char *path, const char *records, int depth, struct digest_hex *out, struct err *err)
{
    struct names names = {0};
    struct digest list = {0};
    struct digest_hex item;
    struct buf inner = {0};
    int rc = read_names(&names, path, err);
    if (!rc && names.n)
        qsort(names.at, names.n, sizeof *names.at, by_name);
    for (size_t i = 0; i < names.n && !rc; i++) {
        buf_clear(&inner);
        TRY(buf_printf(&inner, err, "%s/%s", path, names.at[i]));
        TRY(digest_any(inner.p, records, depth + 1, &item, err));
        digest_update(&list, names.at[i], strlen(names.at[i]) + 1);
        digest_update(&list, item.hex, strlen(item.hex) + 1);
    }
    *out = digest_text(&list);
    memmove(out->hex + 1, out->hex, strlen(out->hex) + 1);
    out->hex[0] = 'd';
out:
    for (size_t i = 0; i < names.n; i++)
        mem_free(names.at[i]);
    mem_free(names.at);
    buf_done(&inner);
    return rc;
}

static int digest_link(const char *path, struct digest_hex *out, struct err *err)
{
    struct digest d = {0};
    char target[4096];
    ssize_t n = readlink(path, target, sizeof target);
    if (n < 0)
        return err_sys(err, "%s", path);
    digest_update(&d, target, (size_t)n);
    *out = digest_text(&d);
    memmove(out->hex + 1, out->hex, strlen(out->hex) + 1);
    out->hex[0] = 'l';
    return 0;
}

/* At depth 0 a link is followed. */
static int digest_any(const char *path, const char *records, int depth, struct digest_hex *out, struct err *err)
{
    struct stat st;
    if ((depth ? lstat(path, &st) : stat(path, &st)) != 0)
        return err_sys(err, "%s", path);
    if (depth == MAX_DEPTH)
        return err_set(err, ERR_LIMIT, "%s: folders nested more than %d deep", path, MAX_DEPTH);
    if (S_ISLNK(st.st_mode))
        return digest_link(path, out, err);
    if (S_ISDIR(st.st_mode))
        return digest_folder(path, records, depth, out, err);
    if (S_ISREG(st.st_mode))
        return digest_file(path, records, &st, out, err);
    return err_set(err, ERR_DATA, "%s: neither a file nor a folder", path);
}

int contents_digest(const char *path, const char *records, struct digest_hex *out, struct err *err)
{
    return digest_any(path, records, 0, out, err);
}
