/* Codebooks out of an archive of arrays. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/retype.h"
#include "fmt/vecfile.h"
#include "fmt/zipfile.h"
#include "quant/codearrays.h"

#include <stdio.h>

enum { CHUNK = 1 << 16, NAME = 64, DIM_MAX = 1 << 20 };

static int put(void *ctx, const void *bytes, size_t n, struct err *err) { return buf_put(ctx, bytes, n, err); }

static int read_whole(struct buf *to, struct input *in, struct err *err)
{
    int rc = 0;
    unsigned char *chunk = NULL;
    size_t got;
    TRY_NEW(chunk, MEM_ARRAY(unsigned char, CHUNK, err));
    do {
        TRY(input_read(in, chunk, CHUNK, &got, err));
        TRY(buf_put(to, chunk, got, err));
    } while (got > 0);
out:
    mem_free(chunk);
    return rc;
}

/* The rows of an array, behind those that the level has. */
static int read_rows(struct residual *q, size_t l, struct vecfile_reader *in, struct err *err)
{
    int rc = 0;
    struct block b;
    struct residual_level *level = &q->level[l];
    const struct column *vec = &in->header.columns[1];
    const char *name = input_name(in->in);
    const size_t value_bytes = column_type_bytes(vec->type);
    if (q->dim == 0 && vec->shape >= 1 && vec->shape <= DIM_MAX) {
        q->dim = vec->shape;
        q->stride = num_round_up(q->dim, 16);
    }
    if (vec->shape != q->dim || in->n_rows < 1 || in->n_rows > CODESET_MAX_CLUSTERS)
        return err_set(err, ERR_DATA, "%s: %llu x %u, expected 1 to %d centres of dimension %zu", name,
                       (unsigned long long)in->n_rows, vec->shape, CODESET_MAX_CLUSTERS, q->dim);
    q->clusters[l] = (uint32_t)in->n_rows;
    TRY_NEW(level->centres, MEM_SLAB(float, in->n_rows * q->stride, err));
    q->n_levels = l + 1;             /* residual_done frees these too */
    for (size_t row = 0;; row += b.rows) {
        TRY(vecfile_reader_next(in, &b, err));
        if (b.rows == 0)
            break;
        for (size_t i = 0; i < b.rows; i++) {
            const unsigned char *from = (const unsigned char *)b.columns[1].values + i * q->dim * value_bytes;
            size_t bad = retype_values(level->centres + (row + i) * q->stride, COLUMN_F32, from, vec->type, q->dim);
            if (bad < q->dim)
                return err_set(err, ERR_DATA, "%s: row %zu: value %zu is NaN or infinite, or becomes so in 32 bits", name,
                               row + i, bad);
        }
    }
out:
    return rc;
}

static int read_book(struct residual *q, size_t l, const struct zipfile_entry *e, const char *archive, struct err *err)
{
    int rc = 0;
    struct buf array = {0};
    struct input *in;
    struct vecfile_reader reader = {0};
    const struct vecfile_options o = {.from = "npy", .kind = VECFILE_VECTORS, .metric = -1};
    char name[NAME];
    snprintf(name, sizeof name, "codebook_%zu.npy", l);
    TRY(zipfile_read(e, put, &array, err));
    TRY(input_open_memory(&in, array.p, array.n, name, err));
    TRY(vecfile_reader_open(&reader, in, &o, err));
    TRY(read_rows(q, l, &reader, err));
out:
    vecfile_reader_close(&reader);
    buf_done(&array);
    return rc ? err_prefix(err, "%s: ", archive) : 0;
}

int codearrays_read_books(struct residual *q, struct input *in, struct err *err)
{
    int rc = 0;
    struct buf whole = {0};
    struct zipfile z = {0};
    const char *archive = input_name(in);
    TRY(read_whole(&whole, in, err));
    if ((rc = zipfile_open(&z, (const unsigned char *)whole.p, whole.n, err)) != 0) {
        rc = err_prefix(err, "%s: ", archive);
        goto out;
    }
    if (z.n_entries < 1 || z.n_entries > CODESET_MAX_LEVELS) {
        rc = err_set(err, ERR_DATA, "%s: %zu members, expected 1 to %d codebooks", archive, z.n_entries, CODESET_MAX_LEVELS);
        goto out;
    }
    for (size_t l = 0; l < z.n_entries; l++) {
        char name[NAME];
        int n = snprintf(name, sizeof name, "codebook_%zu.npy", l);
        const struct zipfile_entry *e = zipfile_find(&z, name, (size_t)n);
        if (!e) {
            rc = err_set(err, ERR_DATA, "%s: %zu members, but no %s", archive, z.n_entries, name);
            goto out;
        }
        TRY(read_book(q, l, e, archive, err));
    }
out:
    zipfile_close(&z);
    buf_done(&whole);
    return rc;
}
