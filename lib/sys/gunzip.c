#include "sys/gunzip.h"

#include "base/mem.h"
#include "base/num.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

struct gunzip {
    gunzip_source *source;
    void *ctx;
    const char *name;
    z_stream zs;
    enum { BETWEEN, INSIDE, PADDING } at;   /* where in the sequence of members */
    uint64_t taken;                         /* packed bytes that came from the source */
    unsigned char buf[GUNZIP_BUFFER];
};

int gunzip_new(struct gunzip **z, const void *head, size_t n, gunzip_source *source, void *ctx, const char *name,
               struct err *err)
{
    struct gunzip *new = MEM_NEW(struct gunzip, err);
    if (!new)
        return ERR_NOMEM;
    new->source = source;
    new->ctx = ctx;
    new->name = name;
    if (inflateInit2(&new->zs, 15 + 16) != Z_OK) {   /* 15: largest window, 16: gzip framing */
        mem_free(new);
        return err_set(err, ERR_NOMEM, "%s: out of memory for unpacking", name);
    }
    memcpy(new->buf, head, n);
    new->zs.next_in = new->buf;
    new->zs.avail_in = (uInt)n;
    new->taken = n;
    *z = new;
    return 0;
}

void gunzip_free(struct gunzip *z)
{
    if (z)
        inflateEnd(&z->zs);
    mem_free(z);
}

static int fill(struct gunzip *z, struct err *err)
{
    size_t got = 0;
    int rc = z->source(z->ctx, z->buf, sizeof z->buf, &got, err);
    z->zs.next_in = z->buf;
    z->zs.avail_in = (uInt)got;
    z->taken += got;
    return rc;
}

/* Place of the next packed byte, for messages. */
static unsigned long long place(const struct gunzip *z)
{
    return (unsigned long long)(z->taken - z->zs.avail_in);
}

/* With packed bytes at hand and no member open: what do they begin? */
static int begin(struct gunzip *z, struct err *err)
{
    if (z->at == BETWEEN && *z->zs.next_in != 0) {
        if (*z->zs.next_in != 0x1f && z->taken > z->zs.avail_in)
            return err_set(err, ERR_DATA, "%s: byte %llu (packed): bytes that are no gzip behind a gzip member", z->name,
                           place(z));
        inflateReset(&z->zs);
        z->at = INSIDE;
        return 0;
    }
    for (z->at = PADDING; z->zs.avail_in > 0; z->zs.avail_in--, z->zs.next_in++)
        if (*z->zs.next_in != 0)
            return err_set(err, ERR_DATA, "%s: byte %llu (packed): bytes that are no gzip behind a gzip member", z->name,
                           place(z));
    return 0;
}

int gunzip_read(struct gunzip *z, void *dst, size_t n, size_t *got, struct err *err)
{
    int rc = 0;
    *got = 0;
    while (*got == 0 && n > 0) {
        if (z->zs.avail_in == 0)
            TRY(fill(z, err));
        if (z->at != INSIDE) {
            if (z->zs.avail_in == 0)
                break;
            TRY(begin(z, err));
            continue;
        }
        z->zs.next_out = dst;
        z->zs.avail_out = (uInt)num_min_size(n, UINT_MAX);
        size_t room = z->zs.avail_out;
        int state = inflate(&z->zs, Z_NO_FLUSH);
        *got = room - z->zs.avail_out;
        if (state == Z_STREAM_END)
            z->at = BETWEEN;
        else if (state == Z_MEM_ERROR)
            return err_set(err, ERR_NOMEM, "%s: out of memory for unpacking", z->name);
        else if (state == Z_BUF_ERROR && z->zs.avail_in == 0)
            return err_set(err, ERR_TRUNCATED, "%s: byte %llu (packed): the gzip data end in the middle", z->name, place(z));
        else if (state != Z_OK && state != Z_BUF_ERROR)
            return err_set(err, ERR_DATA, "%s: byte %llu (packed): damaged gzip data (%s)", z->name, place(z),
                           z->zs.msg ? z->zs.msg : "dictionary wanted");
    }
out:
    return rc;
}
