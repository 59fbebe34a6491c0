#include "pipe/digest.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "sys/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STRIPE = 32, BLOCK = 256 << 10, MAX_DEPTH = 64 };

static uint64_t mix(uint64_t lane, uint64_t word)
{
    lane = (lane ^ word) * 0x9E3779B97F4A7C15u;
    return lane ^ lane >> 29;
}

static void add_stripe(struct digest *d, const unsigned char *p)
{
    for (int i = 0; i < 4; i++) {
        uint64_t word;
        memcpy(&word, p + 8 * i, 8);
        d->lane[i] = mix(d->lane[i] + (uint64_t)i + 1, word);
    }
}

void digest_update(struct digest *d, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    size_t held = d->bytes % STRIPE;
    if (n == 0)
        return;
    d->bytes += n;
    if (held) {
        size_t take = num_min_size(n, STRIPE - held);
        memcpy(d->tail + held, p, take);
        p += take;
        n -= take;
        if (held + take < STRIPE)
            return;
        add_stripe(d, d->tail);
    }
    for (; n >= STRIPE; p += STRIPE, n -= STRIPE)
        add_stripe(d, p);
    memcpy(d->tail, p, n);
}

struct digest_hex digest_text(const struct digest *d)
{
    struct digest end = *d;
    struct digest_hex text;
    memset(end.tail + end.bytes % STRIPE, 0, STRIPE - end.bytes % STRIPE);
    add_stripe(&end, end.tail);
    uint64_t hash = end.bytes;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 4; i++)
            hash = mix(hash, end.lane[i]);
    snprintf(text.hex, sizeof text.hex, "%llu-%016llx", (unsigned long long)end.bytes, (unsigned long long)hash);
    return text;
}

static int add_file(struct digest *d, const char *path, struct err *err)
{
    char *block = NULL;
    int rc = 0, fd = fd_open(path, O_RDONLY, 0);
    if (fd < 0)
        return err_sys(err, "%s", path);
    TRY_NEW(block, MEM_ARRAY(char, BLOCK, err));
    for (ssize_t got; (got = fd_read(fd, block, BLOCK)) != 0;) {
        if (got < 0)
            TRY(err_sys(err, "%s: reading", path));
        digest_update(d, block, (size_t)got);
    }
out:
    close(fd);
    mem_free(block);
    return rc;
}

static int add_any(struct digest *d, const char *path, int depth, struct err *err);

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

static int add_folder(struct digest *d, const char *path, int depth, struct err *err)
{
    struct names names = {0};
    struct buf name = {0};
    int rc = read_names(&names, path, err);
    if (!rc && names.n)
        qsort(names.at, names.n, sizeof *names.at, by_name);
    for (size_t i = 0; i < names.n; i++) {
        buf_clear(&name);
        digest_update(d, names.at[i], strlen(names.at[i]) + 1);
        if (!rc)
            rc = buf_printf(&name, err, "%s/%s", path, names.at[i]);
        if (!rc)
            rc = add_any(d, name.p, depth + 1, err);
        mem_free(names.at[i]);
    }
    mem_free(names.at);
    buf_done(&name);
    return rc;
}

/* Kind, then content, then the content's size: so that neighbours in a folder cannot run into each other. */
static int add_any(struct digest *d, const char *path, int depth, struct err *err)
{
    struct stat st;
    char target[4096];
    uint64_t before;
    int rc;
    if ((depth ? lstat(path, &st) : stat(path, &st)) != 0)
        return err_sys(err, "%s", path);
    if (S_ISLNK(st.st_mode)) {
        ssize_t n = readlink(path, target, sizeof target);
        if (n < 0)
            return err_sys(err, "%s", path);
        digest_update(d, target, (size_t)n);
        digest_update(d, "", 1);
        return 0;
    }
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return err_set(err, ERR_DATA, "%s: neither a file nor a folder", path);
    if (depth == MAX_DEPTH)
        return err_set(err, ERR_LIMIT, "%s: folders nested more than %d deep", path, MAX_DEPTH);
    if (S_ISDIR(st.st_mode))
        digest_update(d, "folder", 7);
    before = d->bytes;
    rc = S_ISDIR(st.st_mode) ? add_folder(d, path, depth, err) : add_file(d, path, err);
    uint64_t size = d->bytes - before;
    if (depth || S_ISDIR(st.st_mode))
        digest_update(d, &size, sizeof size);
    return rc;
}

int digest_path(struct digest *d, const char *path, struct err *err)
{
    return add_any(d, path, 0, err);
}
