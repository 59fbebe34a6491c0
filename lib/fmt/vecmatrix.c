#include "fmt/vecmatrix.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"
#include "vec/half.h"
#include "vec/kernel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int vecmatrix_kind(const struct vecfile_reader *r, enum column_type type, bool by_default, bool *neighbours, struct err *err)
{
    bool ids = type == COLUMN_I32 || type == COLUMN_U32 || type == COLUMN_I64 || type == COLUMN_U64;
    *neighbours = r->options.kind == VECFILE_NEIGHBOURS || (r->options.kind == VECFILE_AUTO && by_default);
    if (*neighbours && !ids)
        return err_set(err, ERR_DATA, "%s: values of type %s cannot be the ids of neighbours, expected i32, u32, i64 or u64",
                       input_name(r->in), column_type_name(type));
    return 0;
}

static int add_columns(struct vecmatrix *m, struct header *h, struct err *err)
{
    int rc = 0;
    TRY(header_set_kind(h, m->neighbours ? "neighbours" : "vectors", err));
    TRY(header_add_column(h, "id", COLUMN_U64, 1, err));
    if (!m->neighbours) {
        TRY(header_add_column(h, "vec", m->type, (uint32_t)m->dim, err));
    } else {
        TRY(header_add_column(h, "ef", COLUMN_U32, 1, err));
        TRY(header_add_column(h, "nn", COLUMN_U64, COLUMN_RAGGED, err));
        if (m->has_dist)
            TRY(header_add_column(h, "dist", COLUMN_F32, COLUMN_RAGGED, err));
        TRY(header_add_column(h, "ndc", COLUMN_U32, 1, err));
        TRY(header_add_column(h, "hops", COLUMN_U32, 1, err));
    }
out:
    return rc;
}

static int set_metas(const struct vecmatrix *m, struct vecfile_reader *r, struct err *err)
{
    int rc = 0;
    char k[24];
    if (r->options.metric >= 0)
        TRY(header_set_meta(&r->header, "metric", metric_name((enum metric)r->options.metric), err));
    if (m->neighbours) {
        snprintf(k, sizeof k, "%zu", m->dim);
        TRY(header_set_meta(&r->header, "k", k, err));
    }
out:
    return rc;
}

int vecmatrix_init(struct vecmatrix *m, struct vecfile_reader *r, enum column_type type, uint64_t dim, bool neighbours,
                   bool has_dist, struct err *err)
{
    int rc = 0;
    if (dim < 1 || dim > HEADER_MAX_SHAPE)
        return err_set(err, ERR_DATA, "%s: rows of %llu values, expected 1 to %d", input_name(r->in), (unsigned long long)dim,
                       HEADER_MAX_SHAPE);
    *m = (struct vecmatrix){.type = type, .dim = (size_t)dim, .neighbours = neighbours, .has_dist = has_dist};
    m->row_bytes = m->dim * column_type_bytes(type);
    /* As the stream cuts its blocks: those of vectors go out as they came in. */
    m->rows = num_max_size(1, num_min_size(VECMATRIX_BLOCK_BYTES / (m->row_bytes + sizeof *m->ids), VECMATRIX_BLOCK_ROWS));
    if (r->n_rows < m->rows)
        m->rows = num_max_size(1, (size_t)r->n_rows);
    size_t n_values = m->rows * m->dim;
    TRY(add_columns(m, &r->header, err));
    TRY(set_metas(m, r, err));
    TRY_NEW(m->values, MEM_SLAB(unsigned char, m->rows * m->row_bytes, err));
    TRY_NEW(m->ids, MEM_SLAB(uint64_t, m->rows, err));
    if (neighbours) {
        TRY_NEW(m->nn, MEM_SLAB(uint64_t, n_values, err));
        TRY_NEW(m->offsets, MEM_SLAB(uint32_t, m->rows + 1, err));
        TRY_NEW(m->zeros, MEM_SLAB(uint32_t, m->rows, err));
    }
    if (has_dist) {
        TRY_NEW(m->dist, MEM_SLAB(float, n_values, err));
        TRY_NEW(m->nn_dist, MEM_SLAB(float, n_values, err));
    }
out:
    return rc;
}

void vecmatrix_done(struct vecmatrix *m)
{
    void *owned[] = {m->values, m->dist, m->ids, m->nn, m->nn_dist, m->offsets, m->zeros};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        mem_free(owned[i]);
    *m = (struct vecmatrix){0};
}

void vecmatrix_close(struct vecfile_reader *r)
{
    vecmatrix_done(r->own);
    mem_free(r->own);
}

int vecmatrix_expect_end(struct vecfile_reader *r, struct err *err)
{
    const unsigned char *p;
    size_t got;
    int rc = input_peek(r->in, 1, &p, &got, err);
    if (rc == 0 && got > 0)
        rc = err_set(err, ERR_DATA, "%s: bytes behind the last of %llu rows", input_name(r->in), (unsigned long long)r->n_rows);
    return rc;
}

/* The place of the first value that is no number, or n. */
static size_t first_not_finite(enum column_type type, const unsigned char *values, size_t n)
{
    size_t i = 0;
    switch (type) {
    case COLUMN_F32:
        return kernel_first_not_finite((const float *)(const void *)values, n);
    case COLUMN_F64:
        for (double x; i < n; i++) {
            memcpy(&x, values + i * sizeof x, sizeof x);
            if (!isfinite(x))
                break;
        }
        return i;
    case COLUMN_F16:      /* all exponent bits set */
        while (i < n && (bytes_get_u16(values + 2 * i) & 0x7c00) != 0x7c00)
            i++;
        return i;
    default:
        return n;
    }
}

enum id_sort { ID_GOOD, ID_PADDING, ID_NEGATIVE };

static enum id_sort get_id(enum column_type type, const unsigned char *at, uint64_t *id)
{
    int64_t x;
    if (column_type_bytes(type) == 4) {
        *id = bytes_get_u32(at);
        x = bytes_get_i32(at);
    } else {
        *id = bytes_get_u64(at);
        x = (int64_t)*id;
    }
    return x == -1 ? ID_PADDING : x < 0 && (type == COLUMN_I32 || type == COLUMN_I64) ? ID_NEGATIVE : ID_GOOD;
}

static int fill_neighbours(struct vecmatrix *m, struct vecfile_reader *r, size_t n, struct err *err)
{
    size_t size = column_type_bytes(m->type), at = 0;
    for (size_t row = 0; row < n; row++) {
        const unsigned char *ids = m->values + row * m->row_bytes;
        m->offsets[row] = (uint32_t)at;
        bool ended = false;
        for (size_t i = 0; i < m->dim; i++) {
            uint64_t id;
            enum id_sort sort = get_id(m->type, ids + i * size, &id);
            if (sort == ID_NEGATIVE)
                return err_set(err, ERR_DATA, "%s: row %llu: the negative id %lld", input_name(r->in),
                               (unsigned long long)(r->row + row), size == 4 ? (long long)(int32_t)id : (long long)id);
            if (ended && sort != ID_PADDING)
                return err_set(err, ERR_DATA, "%s: row %llu: the id -1 before the end of the row, expected only behind the last",
                               input_name(r->in), (unsigned long long)(r->row + row));
            ended = sort == ID_PADDING;
            if (ended)
                continue;
            float dist = m->has_dist ? m->dist[row * m->dim + i] : 0;
            if (!isfinite(dist))
                return err_set(err, ERR_DATA, "%s: row %llu: distance %zu is not a finite number", input_name(r->in),
                               (unsigned long long)(r->row + row), i);
            if (m->has_dist)
                m->nn_dist[at] = dist;
            m->nn[at++] = id;
        }
    }
    m->offsets[n] = (uint32_t)at;
    return 0;
}

int vecmatrix_block(struct vecmatrix *m, struct vecfile_reader *r, size_t n, struct block *block, struct err *err)
{
    struct column_view *v = m->views;
    for (size_t i = 0; i < n; i++)
        m->ids[i] = r->options.first_id + r->row + i;
    *v++ = (struct column_view){.values = m->ids};
    if (!m->neighbours) {
        size_t bad = first_not_finite(m->type, m->values, n * m->dim);
        if (bad < n * m->dim)
            return err_set(err, ERR_DATA, "%s: row %llu: value %zu is not a finite number", input_name(r->in),
                           (unsigned long long)(r->row + bad / m->dim), bad % m->dim);
        *v++ = (struct column_view){.values = m->values};
    } else {
        int rc = fill_neighbours(m, r, n, err);
        if (rc)
            return rc;
        *v++ = (struct column_view){.values = m->zeros};
        *v++ = (struct column_view){.values = m->nn, .offsets = m->offsets};
        if (m->has_dist)
            *v++ = (struct column_view){.values = m->nn_dist, .offsets = m->offsets};
        *v++ = (struct column_view){.values = m->zeros};
        *v++ = (struct column_view){.values = m->zeros};
    }
    *block = (struct block){.first_row = r->row, .rows = n, .columns = m->views};
    return 0;
}
