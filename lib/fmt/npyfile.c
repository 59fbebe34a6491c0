/* NumPy arrays (.npy), two-dimensional: rows and dimension.  C order is streamed; Fortran order is read whole and turned,
 * since its first row is complete only with the last column.  Big-endian values are turned round. */
#include "fmt/vecfile.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/npyhead.h"
#include "fmt/vecbody.h"
#include "fmt/vecmatrix.h"

#include <string.h>

enum { NPYFILE_GROWTH = 1 << 20 };

static enum vecfile_fit npyfile_sniff(const struct vecfile_format *f, struct vecfile_probe *p)
{
    (void)f;
    p->dim = 0;
    return p->n_head >= 6 && memcmp(p->head, NPYHEAD_MAGIC, 6) == 0 ? VECFILE_SURE : VECFILE_NO;
}

struct npyfile {
    struct vecmatrix m;
    struct npyhead head;
    unsigned char *whole;         /* Fortran order: (dim, n) */
};

static int read_exactly(struct vecfile_reader *r, void *dst, size_t n, struct err *err)
{
    size_t got;
    int rc = input_read(r->in, dst, n, &got, err);
    if (rc == 0 && got < n)
        rc = err_set(err, ERR_TRUNCATED, "%s: truncated within the header of a NumPy array", input_name(r->in));
    return rc;
}

static int read_head(struct vecfile_reader *r, struct npyhead *h, struct err *err)
{
    unsigned char fixed[12];
    char *text = NULL;
    int rc = 0;
    TRY(read_exactly(r, fixed, 10, err));
    if (memcmp(fixed, NPYHEAD_MAGIC, 6) != 0) {
        rc = err_set(err, ERR_DATA, "%s: not a NumPy array: no magic number", input_name(r->in));
        goto out;
    }
    if (fixed[6] < 1 || fixed[6] > 3) {
        rc = err_set(err, ERR_DATA, "%s: NumPy array file of version %d, expected 1, 2 or 3", input_name(r->in), fixed[6]);
        goto out;
    }
    size_t n = bytes_get_u16(fixed + 8);
    if (fixed[6] > 1) {
        TRY(read_exactly(r, fixed + 10, 2, err));
        n = bytes_get_u32(fixed + 8);
    }
    if (n > NPYHEAD_MAX) {
        rc = err_set(err, ERR_LIMIT, "%s: a NumPy header of %zu bytes, expected at most %d", input_name(r->in), n, NPYHEAD_MAX);
        goto out;
    }
    TRY_NEW(text, MEM_ARRAY(char, n, err));
    TRY(read_exactly(r, text, n, err));
    if (npyhead_parse(h, text, n, err) != 0)
        rc = err_prefix(err, "%s: ", input_name(r->in));
out:
    mem_free(text);
    return rc;
}

static int check_shape(struct vecfile_reader *r, const struct npyhead *h, struct err *err)
{
    const char *name = input_name(r->in);
    if (h->n_dims != 2)
        return err_set(err, ERR_DATA, "%s: an array of %zu dimensions, expected 2: rows and their dimension%s", name, h->n_dims,
                       h->n_dims == 1 ? " (x.reshape(-1, 1) makes them of 1)" : "");
    uint64_t n = h->shape[0], dim = h->shape[1], bytes, left = input_left(r->in);
    if (dim < 1 || dim > HEADER_MAX_SHAPE)
        return err_set(err, ERR_DATA, "%s: rows of %llu values, expected 1 to %d", name, (unsigned long long)dim,
                       HEADER_MAX_SHAPE);
    if (__builtin_mul_overflow(n, dim * column_type_bytes(h->type), &bytes))
        return err_set(err, ERR_DATA, "%s: %llu rows of %llu values are more than any file holds", name, (unsigned long long)n,
                       (unsigned long long)dim);
    if (left != VECFILE_UNKNOWN && left != bytes)
        return err_set(err, left < bytes ? ERR_TRUNCATED : ERR_DATA,
                       "%s: its header says %llu rows of %llu %s, which take %llu bytes, but %llu follow", name,
                       (unsigned long long)n, (unsigned long long)dim, column_type_name(h->type), (unsigned long long)bytes,
                       (unsigned long long)left);
    r->n_rows = n;
    return 0;
}

/* Memory grows with what arrives: a header cannot make us take more than the input holds. */
static int read_whole(struct vecfile_reader *r, struct npyfile *f, struct err *err)
{
    size_t want = (size_t)r->n_rows * f->m.row_bytes, have = 0, cap = 0, got;
    while (have < want) {
        size_t part = num_min_size(want - have, num_max_size(have, NPYFILE_GROWTH));
        int rc = mem_reserve(&f->whole, &cap, have + part, 1, err);
        if (rc == 0)
            rc = input_read(r->in, f->whole + have, part, &got, err);
        if (rc)
            return rc;
        have += got;
        if (got < part)
            return err_set(err, ERR_TRUNCATED, "%s: truncated: %zu of %zu bytes of values", input_name(r->in), have, want);
    }
    return 0;
}

static int npyfile_open(struct vecfile_reader *r, struct err *err)
{
    struct npyfile *f = MEM_NEW(struct npyfile, err);
    bool neighbours;
    int rc = 0;
    if (!f)
        return ERR_NOMEM;
    r->own = f;
    TRY(read_head(r, &f->head, err));
    TRY(check_shape(r, &f->head, err));
    TRY(vecmatrix_kind(r, f->head.type, false, &neighbours, err));
    TRY(vecmatrix_init(&f->m, r, f->head.type, f->head.shape[1], neighbours, false, err));
    if (f->head.fortran)
        TRY(read_whole(r, f, err));
out:
    return rc;
}

static void swap_bytes(unsigned char *p, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++, p += size)
        for (size_t a = 0, b = size - 1; a < b; a++, b--) {
            unsigned char x = p[a];
            p[a] = p[b];
            p[b] = x;
        }
}

/* Rows row .. row+n-1 out of the columns. */
static void turn(struct npyfile *f, uint64_t n_rows, uint64_t row, size_t n)
{
    size_t size = column_type_bytes(f->m.type);
    for (size_t j = 0; j < f->m.dim; j++) {
        const unsigned char *from = f->whole + (j * (size_t)n_rows + (size_t)row) * size;
        for (size_t i = 0; i < n; i++)
            memcpy(f->m.values + (i * f->m.dim + j) * size, from + i * size, size);
    }
}

static int npyfile_next(struct vecfile_reader *r, struct block *b, struct err *err)
{
    struct npyfile *f = r->own;
    struct vecmatrix *m = &f->m;
    size_t n = (size_t)(r->n_rows - r->row < m->rows ? r->n_rows - r->row : m->rows), got = n * m->row_bytes;
    if (n == 0) {
        *b = (struct block){.first_row = r->row};
        return vecmatrix_expect_end(r, err);
    }
    int rc = 0;
    if (f->head.fortran)
        turn(f, r->n_rows, r->row, n);
    else
        TRY(input_read(r->in, m->values, n * m->row_bytes, &got, err));
    if (got < n * m->row_bytes)
        return err_set(err, ERR_TRUNCATED, "%s: truncated in row %llu of %llu", input_name(r->in),
                       (unsigned long long)(r->row + got / m->row_bytes), (unsigned long long)r->n_rows);
    if (f->head.swap)
        swap_bytes(m->values, n * m->dim, column_type_bytes(m->type));
    TRY(vecmatrix_block(m, r, n, b, err));
out:
    return rc;
}

static void npyfile_close(struct vecfile_reader *r)
{
    struct npyfile *f = r->own;
    mem_free(f->whole);
    vecmatrix_done(&f->m);
    mem_free(f);
}

const struct vecfile_format vecfile_npy = {
    .name = "npy", .type = COLUMN_STR, .extensions = " npy ", .what = "a NumPy array (.npy)",
    .layout = "NumPy array of two dimensions, any plain number type",
    .sniff = npyfile_sniff, .open = npyfile_open, .next = npyfile_next, .close = npyfile_close,
    .start = vecbody_start, .rows = vecbody_rows, .end = vecbody_end, .drop = vecbody_drop, .head = npyhead_format
};
