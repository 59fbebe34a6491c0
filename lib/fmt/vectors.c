/* Streams of vectors, batch by batch.  vector_set.c reads all at once. */
#include "fmt/vectors.h"
#include "base/mem.h"
#include "base/num.h"
#include "vec/half.h"
#include "vec/kernel.h"

#include <string.h>

int vectors_metric(const struct header *h, int requested, enum metric *metric, struct err *err)
{
    const char *name = header_meta(h, "metric"), *normalised = header_meta(h, "normalised");
    int m = requested >= 0 ? requested : name ? metric_parse(name) : normalised && strcmp(normalised, "1") == 0 ? METRIC_IP : -1;
    if (m < 0)
        return err_set(err, ERR_USAGE, "these vectors do not say which metric is theirs: give --metric l2, ip or cosine");
    *metric = (enum metric)m;
    return 0;
}

static uint32_t vec_dim(const struct header *h)
{
    int c = header_column(h, "vec");
    return c < 0 ? 0 : h->columns[c].shape;
}

int vectors_compatible(const struct header *a, const char *a_name, const struct header *b, const char *b_name, struct err *err)
{
    static const char *const keys[] = {"space", "normalised"};
    if (vec_dim(a) != vec_dim(b))
        return err_set(err, ERR_DATA, "%s has dimension %u, %s has %u", b_name, vec_dim(b), a_name, vec_dim(a));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *x = header_meta(a, keys[i]), *y = header_meta(b, keys[i]);
        if (x && y && strcmp(x, y) != 0)
            return err_set(err, ERR_DATA, "%s has %s %s, %s has %s: they come from different models or sets", b_name, keys[i], y,
                           a_name, x);
    }
    return 0;
}

struct vector_reader {
    struct stream_reader *stream;
    const char *const *more;   /* paths of what comes after it */
    size_t n_more;
    struct header header;      /* the first stream's */
    int id, key, vec;
    enum column_type type;
    size_t dim;
    bool normalise;
    struct block block;
    size_t at;                 /* next row of the block */
    uint64_t rows;             /* handed out */
};

struct vector_batch_memory {
    float *x;
    uint64_t *ids;
    struct text *keys;
    size_t *key_at;            /* where a key starts in pool, until the pool stands still */
    char *pool;
    size_t cap, dim, cap_pool; /* rows; of which dimension; bytes */
};

static int find_columns(struct vector_reader *r, const struct header *h, struct err *err)
{
    if (strcmp(h->kind, "vectors") != 0 && strcmp(h->kind, "features") != 0)
        return err_set(err, ERR_DATA, "a stream of %s, expected vectors", h->kind);
    r->id = header_column(h, "id");
    r->key = header_column(h, "key");
    r->vec = header_column(h, "vec");
    if (r->id < 0 || h->columns[r->id].type != COLUMN_U64 || h->columns[r->id].shape != 1)
        return err_set(err, ERR_DATA, "a stream of vectors without the column id u64");
    if (r->key >= 0 && (h->columns[r->key].type != COLUMN_STR || h->columns[r->key].shape != 1))
        return err_set(err, ERR_DATA, "column key: expected str");
    if (r->vec < 0 || h->columns[r->vec].shape == COLUMN_RAGGED)
        return err_set(err, ERR_DATA, "a stream of vectors without a column vec of fixed dimension");
    r->dim = h->columns[r->vec].shape;
    r->type = h->columns[r->vec].type;
    switch (r->type) {
    case COLUMN_F32: case COLUMN_F16: case COLUMN_BF16: case COLUMN_I8: case COLUMN_U8:
        return 0;
    default:
        return err_set(err, ERR_DATA,
                       "column vec has the type %s, expected f32, f16, bf16, i8 or u8: vec-convert --dtype f32 changes it",
                       column_type_name(r->type));
    }
}

int vector_reader_open_input(struct vector_reader **out, struct input *in, struct err *err)
{
    struct vector_reader *r = MEM_NEW(struct vector_reader, err);
    *out = NULL;
    if (!r) {
        input_close(in);
        return ERR_NOMEM;
    }
    int rc = stream_reader_open(&r->stream, in, err);
    if (rc == 0 && (rc = find_columns(r, stream_reader_header(r->stream), err)) != 0)
        err_prefix(err, "%s: ", input_name(stream_reader_input(r->stream)));
    if (rc == 0)
        rc = header_copy(&r->header, stream_reader_header(r->stream), err);
    if (rc) {
        vector_reader_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

int vector_reader_open(struct vector_reader **out, const char *path, struct err *err)
{
    struct input *in;
    int rc = input_open(&in, path, err);
    *out = NULL;
    return rc ? rc : vector_reader_open_input(out, in, err);
}

int vector_reader_open_all(struct vector_reader **r, const char *const *paths, size_t n, struct err *err)
{
    int rc = vector_reader_open(r, n ? paths[0] : "-", err);
    if (rc == 0 && n > 1) {
        (*r)->more = paths + 1;
        (*r)->n_more = n - 1;
    }
    return rc;
}

/* Go on to the next path. */
static int next_stream(struct vector_reader *r, struct err *err)
{
    struct stream_reader *next;
    int rc = stream_reader_open_path(&next, *r->more, err);
    if (rc)
        return rc;
    r->more++;
    r->n_more--;
    stream_reader_close(r->stream);
    r->stream = next;
    if ((rc = header_same(&r->header, stream_reader_header(next), err)) != 0)
        err_prefix(err, "%s: ", input_name(stream_reader_input(next)));
    return rc;
}

void vector_reader_normalise(struct vector_reader *r)
{
    r->normalise = true;
}

void vector_reader_close(struct vector_reader *r)
{
    if (!r)
        return;
    stream_reader_close(r->stream);
    header_done(&r->header);
    mem_free(r);
}

const struct header *vector_reader_header(const struct vector_reader *r)
{
    return &r->header;
}

struct input *vector_reader_input(const struct vector_reader *r)
{
    return stream_reader_input(r->stream);
}

size_t vector_reader_dim(const struct vector_reader *r)
{
    return r->dim;
}

bool vector_reader_has_keys(const struct vector_reader *r)
{
    return r->key >= 0;
}

static void widen(float *out, const void *values, size_t row, size_t dim, enum column_type type)
{
    const char *at = (const char *)values + row * dim * column_type_bytes(type);
    switch (type) {
    case COLUMN_F16:
        half_widen_f16(out, (const uint16_t *)(const void *)at, dim);
        return;
    case COLUMN_BF16:
        half_widen_bf16(out, (const uint16_t *)(const void *)at, dim);
        return;
    case COLUMN_I8:
        for (size_t i = 0; i < dim; i++)
            out[i] = (float)((const int8_t *)at)[i];
        return;
    case COLUMN_U8:
        for (size_t i = 0; i < dim; i++)
            out[i] = (float)((const uint8_t *)at)[i];
        return;
    default:
        memcpy(out, at, dim * sizeof *out);
    }
}

/* One row of the block to x (dim, padding already 0). */
static int take_row(struct vector_reader *r, float *x, struct err *err)
{
    const char *name = input_name(stream_reader_input(r->stream));
    unsigned long long number = r->block.first_row + r->at;
    widen(x, r->block.columns[r->vec].values, r->at, r->dim, r->type);
    size_t bad = kernel_first_not_finite(x, r->dim);
    if (bad < r->dim)
        return err_set(err, ERR_DATA, "%s: row %llu: component %zu is not a finite number", name, number, bad);
    if (r->normalise && !kernel_normalise(x, r->dim))
        return err_set(err, ERR_DATA, "%s: row %llu: a zero vector has no cosine", name, number);
    return 0;
}

static int reserve_rows(struct vector_batch_memory *m, size_t rows, size_t dim, size_t stride, bool keys, struct err *err)
{
    if (rows <= m->cap && dim == m->dim)
        return 0;
    size_t floats;
    mem_free(m->x);
    m->x = NULL;
    m->cap = 0;
    if (!num_mul_size(rows, stride, &floats))
        return err_set(err, ERR_NOMEM, "out of memory: a batch of %zu rows of dimension %zu", rows, dim);
    if (!(m->x = MEM_SLAB(float, floats, err)))
        return ERR_NOMEM;
    uint64_t *ids = mem_resize(m->ids, rows, sizeof *ids, err);
    if (!ids)
        return ERR_NOMEM;
    m->ids = ids;
    if (keys) {
        struct text *k = mem_resize(m->keys, rows, sizeof *k, err);
        if (!k)
            return ERR_NOMEM;
        m->keys = k;
        size_t *at = mem_resize(m->key_at, rows, sizeof *at, err);
        if (!at)
            return ERR_NOMEM;
        m->key_at = at;
    }
    m->cap = rows;
    m->dim = dim;
    return 0;
}

int vector_reader_next(struct vector_reader *r, size_t want, struct vector_batch *b, struct err *err)
{
    int rc;
    size_t pool_n = 0;
    if (!b->memory && !(b->memory = MEM_NEW(struct vector_batch_memory, err)))
        return ERR_NOMEM;
    struct vector_batch_memory *m = b->memory;
    *b = (struct vector_batch){.first_row = r->rows, .dim = r->dim, .stride = num_round_up(r->dim, 16), .memory = m};
    while (b->n < want) {
        if (r->at >= r->block.rows) {
            r->at = 0;
            while ((rc = stream_reader_next(r->stream, &r->block, err)) == 0 && r->block.rows == 0 && r->n_more > 0)
                if ((rc = next_stream(r, err)) != 0)
                    return rc;
            if (rc)
                return rc;
            if (r->block.rows == 0)
                break;
        }
        if (b->n == 0 && (rc = reserve_rows(m, want, r->dim, b->stride, r->key >= 0, err)) != 0)
            return rc;
        const struct column_view *v = r->block.columns;
        if ((rc = take_row(r, m->x + b->n * b->stride, err)) != 0)
            return rc;
        m->ids[b->n] = ((const uint64_t *)v[r->id].values)[r->at];
        if (r->key >= 0) {
            const uint32_t *o = v[r->key].offsets + r->at;
            size_t n = o[1] - o[0];
            if ((rc = mem_reserve(&m->pool, &m->cap_pool, pool_n + n, 1, err)) != 0)
                return rc;
            memcpy(m->pool + pool_n, (const char *)v[r->key].values + o[0], n);
            m->key_at[b->n] = pool_n;
            m->keys[b->n].n = n;
            pool_n += n;
        }
        r->at++;
        r->rows++;
        b->n++;
    }
    for (size_t i = 0; r->key >= 0 && i < b->n; i++)
        m->keys[i].p = m->pool + m->key_at[i];
    b->x = m->x;
    b->ids = m->ids;
    b->keys = r->key >= 0 ? m->keys : NULL;
    return 0;
}

void vector_batch_done(struct vector_batch *b)
{
    struct vector_batch_memory *m = b->memory;
    if (m) {
        mem_free(m->x);
        mem_free(m->ids);
        mem_free(m->keys);
        mem_free(m->key_at);
        mem_free(m->pool);
        mem_free(m);
    }
    *b = (struct vector_batch){0};
}
