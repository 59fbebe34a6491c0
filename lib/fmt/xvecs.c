/* The TEXMEX family: each row is an i32 dimension, then its values.  No header, so files can be concatenated; the size is a
 * multiple of 4 + d*size, and every row repeats the same d. */
#include "fmt/vecfile.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/vecmatrix.h"
#include "fmt/vecsniff.h"
#include "fmt/vecsource.h"

#include <string.h>

static enum vecfile_fit xvecs_sniff(const struct vecfile_format *f, struct vecfile_probe *p)
{
    if (p->n_head < 4)
        return VECFILE_NO;
    size_t size = column_type_bytes(f->type);
    uint64_t dim = bytes_get_u32(p->head), row = 4 + dim * size;
    p->dim = dim;
    if (dim < 1 || dim > HEADER_MAX_SHAPE || (p->size != VECFILE_UNKNOWN && (p->size < row || p->size % row != 0)))
        return VECFILE_NO;
    size_t seen = 0, n_values = num_min_size((p->n_head - 4) / 4, (size_t)dim);
    for (size_t at = 0; at + 4 <= p->n_head; at += (size_t)row, seen++)
        if (bytes_get_u32(p->head + at) != dim)
            return VECFILE_NO;
    if (size == 4 && vecsniff_looks_integer(p->head + 4, n_values) != (f->type == COLUMN_I32))
        return VECFILE_WEAK;
    return seen >= 3 ? VECFILE_SURE : p->size != VECFILE_UNKNOWN ? VECFILE_FITS : VECFILE_WEAK;
}

struct xvecs {
    struct vecmatrix m;
    unsigned char *raw;           /* (m.rows, 4 + row_bytes): as in the file */
};

static int xvecs_open(struct vecfile_reader *r, struct err *err)
{
    const unsigned char *head;
    size_t got;
    bool neighbours;
    enum column_type type = r->format->type;
    struct xvecs *x;
    int rc = 0;
    TRY(input_peek(r->in, 4, &head, &got, err));
    if (got < 4)
        return err_set(err, ERR_TRUNCATED, "%s: %zu bytes, expected at least one row", input_name(r->in), got);
    uint64_t dim = bytes_get_u32(head), row = 4 + dim * column_type_bytes(type), left = input_left(r->in);
    if (dim >= 1 && dim <= HEADER_MAX_SHAPE && left != VECFILE_UNKNOWN) {
        if (left % row != 0)
            return err_set(err, ERR_DATA,
                           "%s: not an %s file: rows of dimension %llu take %llu bytes each, which does not divide %llu",
                           input_name(r->in), r->format->name, (unsigned long long)dim, (unsigned long long)row,
                           (unsigned long long)left);
        r->n_rows = left / row;
    }
    TRY(vecmatrix_kind(r, type, type == COLUMN_I32, &neighbours, err));
    TRY_NEW(x, MEM_NEW(struct xvecs, err));
    r->own = x;
    TRY(vecmatrix_init(&x->m, r, type, dim, neighbours, false, err));
    TRY_NEW(x->raw, mem_alloc(x->m.rows, (size_t)row, err));
out:
    return rc;
}

static int xvecs_next(struct vecfile_reader *r, struct block *b, struct err *err)
{
    struct xvecs *x = r->own;
    struct vecmatrix *m = &x->m;
    size_t row = 4 + m->row_bytes, got;
    int rc = input_read(r->in, x->raw, m->rows * row, &got, err);
    if (rc)
        return rc;
    size_t n = got / row;
    for (size_t i = 0; i < n; i++) {
        uint32_t dim = bytes_get_u32(x->raw + i * row);
        if (dim != m->dim)
            return err_set(err, ERR_DATA, "%s: row %llu says dimension %u, the first row %zu", input_name(r->in),
                           (unsigned long long)(r->row + i), dim, m->dim);
        memcpy(m->values + i * m->row_bytes, x->raw + i * row + 4, m->row_bytes);
    }
    if (got % row != 0)
        return err_set(err, ERR_TRUNCATED, "%s: truncated: row %llu has %zu of %zu bytes", input_name(r->in),
                       (unsigned long long)(r->row + n), got % row, row);
    if (n == 0) {
        *b = (struct block){.first_row = r->row};
        return 0;
    }
    return vecmatrix_block(m, r, n, b, err);
}

static void xvecs_close(struct vecfile_reader *r)
{
    struct xvecs *x = r->own;
    mem_free(x->raw);
    vecmatrix_done(&x->m);
    mem_free(x);
}

/* ---- writing ---- */

struct xvecs_writer {
    struct vecsource source;
    unsigned char *raw;
    size_t cap;
};

static int xvecs_start(struct vecfile_writer *w, struct err *err)
{
    struct xvecs_writer *x = MEM_NEW(struct xvecs_writer, err);
    w->own = x;
    return x ? vecsource_init(&x->source, w, w->format->type, err) : ERR_NOMEM;
}

static int xvecs_rows(struct vecfile_writer *w, const struct block *b, size_t first, size_t n, struct err *err)
{
    struct xvecs_writer *x = w->own;
    const void *values;
    int rc = 0;
    TRY(vecsource_rows(&x->source, w, b, first, n, &values, err));
    size_t bytes = x->source.dim * column_type_bytes(x->source.type), row = 4 + bytes;
    TRY(mem_reserve(&x->raw, &x->cap, n * row, 1, err));
    for (size_t i = 0; i < n; i++) {
        bytes_put_u32(x->raw + i * row, (uint32_t)x->source.dim);
        memcpy(x->raw + i * row + 4, (const char *)values + i * bytes, bytes);
    }
    TRY(output_write(w->out, x->raw, n * row, err));
out:
    return rc;
}

static int xvecs_end(struct vecfile_writer *w, struct err *err)
{
    (void)w, (void)err;
    return 0;
}

static void xvecs_drop(struct vecfile_writer *w)
{
    struct xvecs_writer *x = w->own;
    mem_free(x->raw);
    vecsource_done(&x->source);
    mem_free(x);
}

#define XVECS(stem, what_, layout_, type_)                                                                              \
    const struct vecfile_format vecfile_##stem = {.name = #stem, .extensions = " " #stem " ", .what = what_,           \
        .layout = layout_, .type = type_, .sniff = xvecs_sniff, .open = xvecs_open, .next = xvecs_next,                \
        .close = xvecs_close, .start = xvecs_start, .rows = xvecs_rows, .end = xvecs_end, .drop = xvecs_drop}

XVECS(fvecs, "an fvecs file", "each row: i32 dimension, then f32 values", COLUMN_F32);
XVECS(bvecs, "a bvecs file", "as fvecs, u8", COLUMN_U8);
XVECS(ivecs, "an ivecs file", "as fvecs, i32: ids of neighbours, without distances", COLUMN_I32);
