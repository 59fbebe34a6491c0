/* The big-ann family (also RAFT, DiskANN, usearch): u32 n, u32 d, then n x d values, row-major.  The type of the values stands
 * in the name alone; the size must be 8 + n*d*size exactly. */
#include "fmt/vecfile.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/vecbody.h"
#include "fmt/vecmatrix.h"
#include "fmt/vecsniff.h"

enum { BINFILE_HEADER = 8 };

static enum vecfile_fit binfile_sniff(const struct vecfile_format *f, struct vecfile_probe *p)
{
    if (p->n_head < BINFILE_HEADER)
        return VECFILE_NO;
    uint64_t n = bytes_get_u32(p->head), dim = bytes_get_u32(p->head + 4);
    size_t size = column_type_bytes(f->type);
    p->dim = dim;
    if (dim < 1 || dim > HEADER_MAX_SHAPE)
        return VECFILE_NO;
    if (p->size == VECFILE_UNKNOWN)
        return VECFILE_WEAK;
    if (p->size != BINFILE_HEADER + n * dim * size)
        return VECFILE_NO;
    if (n > 0 && size >= 4) {
        size_t seen = num_min_size((p->n_head - BINFILE_HEADER) / 4, (size_t)dim);
        return vecsniff_looks_integer(p->head + BINFILE_HEADER, seen) == (f->type == COLUMN_I32) ? VECFILE_FITS : VECFILE_WEAK;
    }
    return VECFILE_FITS;
}

static int binfile_open(struct vecfile_reader *r, struct err *err)
{
    const char *name = input_name(r->in);
    enum column_type type = r->format->type;
    unsigned char head[BINFILE_HEADER];
    size_t got;
    bool neighbours;
    struct vecmatrix *m;
    int rc = 0;
    TRY(input_read(r->in, head, sizeof head, &got, err));
    if (got < sizeof head)
        return err_set(err, ERR_TRUNCATED, "%s: %zu bytes, expected %d of a header", name, got, BINFILE_HEADER);
    uint64_t n = bytes_get_u32(head), dim = bytes_get_u32(head + 4), left = input_left(r->in);
    uint64_t want = dim <= HEADER_MAX_SHAPE ? n * dim * column_type_bytes(type) : 0;      /* below 2^55 */
    if (left != VECFILE_UNKNOWN && want != left && dim >= 1 && dim <= HEADER_MAX_SHAPE)
        return err_set(err, want > left ? ERR_TRUNCATED : ERR_DATA,
                       "%s: not an %s file: its header says %llu rows of %llu %s, which take %llu bytes, but %llu follow", name,
                       r->format->name, (unsigned long long)n, (unsigned long long)dim, column_type_name(type),
                       (unsigned long long)want, (unsigned long long)left);
    TRY(vecmatrix_kind(r, type, type == COLUMN_I32, &neighbours, err));
    TRY_NEW(m, MEM_NEW(struct vecmatrix, err));
    r->own = m;
    r->n_rows = n;
    TRY(vecmatrix_init(m, r, type, dim, neighbours, false, err));
out:
    return rc;
}

static int binfile_next(struct vecfile_reader *r, struct block *b, struct err *err)
{
    struct vecmatrix *m = r->own;
    size_t n = (size_t)(r->n_rows - r->row < m->rows ? r->n_rows - r->row : m->rows), got;
    if (n == 0) {
        *b = (struct block){.first_row = r->row};
        return vecmatrix_expect_end(r, err);
    }
    int rc = input_read(r->in, m->values, n * m->row_bytes, &got, err);
    if (rc)
        return rc;
    if (got < n * m->row_bytes)
        return err_set(err, ERR_TRUNCATED, "%s: truncated in row %llu of %llu", input_name(r->in),
                       (unsigned long long)(r->row + got / m->row_bytes), (unsigned long long)r->n_rows);
    return vecmatrix_block(m, r, n, b, err);
}

int vecfile_count_head(unsigned char out[VECFILE_HEAD], size_t *n, enum column_type type, uint64_t rows, size_t dim,
                       struct err *err)
{
    (void)type;
    if (rows > UINT32_MAX)
        return err_set(err, ERR_DATA, "%llu rows: the format counts them in 32 bits", (unsigned long long)rows);
    bytes_put_u32(out, (uint32_t)rows);
    bytes_put_u32(out + 4, (uint32_t)dim);
    *n = BINFILE_HEADER;
    return 0;
}

#define BINFILE(stem, extensions_, what_, layout_, type_)                                                                      \
    const struct vecfile_format vecfile_##stem = {.name = #stem, .extensions = extensions_, .what = what_, .layout = layout_, \
        .type = type_, .sniff = binfile_sniff, .open = binfile_open, .next = binfile_next, .close = vecmatrix_close,          \
        .start = vecbody_start, .rows = vecbody_rows, .end = vecbody_end, .drop = vecbody_drop, .head = vecfile_count_head}

BINFILE(fbin, " fbin f32bin ", "an fbin file", "u32 rows, u32 dimension, then the rows: f32", COLUMN_F32);
BINFILE(u8bin, " u8bin bbin ", "a u8bin file", "as fbin, u8", COLUMN_U8);
BINFILE(i8bin, " i8bin ", "an i8bin file", "as fbin, i8", COLUMN_I8);
BINFILE(f16bin, " f16bin hbin ", "an f16bin file", "as fbin, f16", COLUMN_F16);
BINFILE(f64bin, " f64bin dbin ", "an f64bin file", "as fbin, f64", COLUMN_F64);
BINFILE(ibin, " ibin i32bin ", "an ibin file", "as fbin, i32: ids of neighbours, without distances", COLUMN_I32);
