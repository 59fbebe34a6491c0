#include "nn/attention.h"

#include "base/mem.h"
#include "base/num.h"
#include "vec/half.h"

#include <string.h>

/* What a scratch holds for one head and n tokens, in 32-bit words: a float, or a pair of bf16. */
struct sizes {
    size_t dim_words;       /* of a query or key */
    size_t row_words;       /* of a row of weights: over the tokens */
    size_t rows;            /* n, whole blocks of queries */
    size_t columns;         /* n, whole panels of keys */
    size_t dims;            /* head_dim, whole panels of values */
};

static size_t whole(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static bool pairs(const struct attention *a)
{
    return a->bf16 && a->ops->product_bf16;
}

static struct sizes sizes_of(const struct attention *a, size_t n)
{
    size_t in_word = pairs(a) ? 2 : 1;
    return (struct sizes){.dim_words = (a->head_dim + in_word - 1) / in_word, .row_words = (n + in_word - 1) / in_word,
                          .rows = whole(n, a->ops->rows), .columns = whole(n, a->ops->width),
                          .dims = whole(a->head_dim, a->ops->width)};
}

void attention_init(struct attention *a, const struct rowops *ops, size_t heads, size_t head_dim, bool bf16)
{
    *a = (struct attention){.ops = ops, .heads = heads, .head_dim = head_dim, .bf16 = bf16};
}

void attention_done(struct attention *a)
{
    mem_free(a->queries);
    mem_free(a->keys);
    mem_free(a->values);
    mem_free(a->weights);
    mem_free(a->scores);
    mem_free(a->sums);
    attention_init(a, a->ops, a->heads, a->head_dim, a->bf16);
}

static int reserve(struct attention *a, size_t n, struct err *err)
{
    int rc = 0;
    if (n <= a->room)
        return 0;
    attention_done(a);
    struct sizes s = sizes_of(a, n);
    TRY_NEW(a->queries, MEM_SLAB(uint32_t, s.rows * s.dim_words, err));
    TRY_NEW(a->keys, MEM_SLAB(uint32_t, s.columns * s.dim_words, err));
    TRY_NEW(a->values, MEM_SLAB(uint32_t, s.dims * s.row_words, err));
    TRY_NEW(a->weights, MEM_SLAB(uint32_t, a->ops->rows * s.row_words, err));
    TRY_NEW(a->scores, MEM_SLAB(float, a->ops->rows * s.columns, err));
    TRY_NEW(a->sums, MEM_SLAB(float, a->ops->rows * s.dims, err));
    a->room = n;
out:
    return rc;
}

/* Floats as if they had been bf16, where the CPU cannot multiply those. */
static void round_row(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = half_from_bf16(half_to_bf16(x[i]));
}

size_t attention_row_bytes(const struct attention *a)
{
    return 3 * a->heads * a->head_dim * (pairs(a) ? sizeof(uint16_t) : sizeof(float));
}

void attention_take(const struct attention *a, void *row, float *qkv)
{
    size_t n = 3 * a->heads * a->head_dim;
    if (pairs(a)) {
        a->ops->narrow(row, qkv, n);
        return;
    }
    if (a->bf16)
        round_row(qkv, n);
    if (row != qkv)
        memcpy(row, qkv, n * sizeof *qkv);
}

/* Key j becomes column j of its panel. */
static void pack_key(uint32_t *panel, const void *key, size_t width, size_t bytes)
{
    size_t n = bytes / sizeof *panel, rest = bytes % sizeof *panel;
    for (size_t i = 0; i < n; i++)
        memcpy(panel + i * width, (const char *)key + i * sizeof *panel, sizeof *panel);
    if (rest) {
        panel[n * width] = 0;
        memcpy(panel + n * width, (const char *)key + n * sizeof *panel, rest);
    }
}

/* Value j becomes row j of the panels. */
static void pack_value(uint32_t *panel, const uint32_t *value, size_t head_dim, size_t width, size_t rows)
{
    for (size_t at = 0; at < head_dim; at += width, panel += rows * width)
        memcpy(panel, value + at, num_min_size(width, head_dim - at) * sizeof *value);
}

/* Of bf16, values j and j + 1 become row j / 2 of the panels: pairs of one dimension side by side.  A last one without a partner
 * gets itself, whose weight will be 0. */
static void pack_values(uint32_t *restrict panel, const uint16_t *restrict even, const uint16_t *restrict odd, size_t head_dim,
                        size_t width, size_t rows)
{
    enum { RUN = 8 };                        /* a count known to the compiler: vectorised at -O2 */
    for (size_t at = 0; at < head_dim; at += width, panel += rows * width, even += width, odd += width) {
        size_t i = 0, n = num_min_size(width, head_dim - at);
        for (; i + RUN <= n; i += RUN)
            for (size_t j = 0; j < RUN; j++)
                panel[i + j] = even[i + j] | (uint32_t)odd[i + j] << 16;
        for (; i < n; i++)
            panel[i] = even[i] | (uint32_t)odd[i] << 16;
    }
}

/* Queries, keys and values of head h.  Rows and columns that fill up blocks and panels may hold anything finite. */
static void pack(struct attention *a, const char *rows, size_t n, size_t h, const struct sizes *s)
{
    size_t row_bytes = attention_row_bytes(a), part = row_bytes / 3, head_bytes = part / a->heads, width = a->ops->width;
    rows += h * head_bytes;
    for (size_t j = 0; j < n; j++) {
        const char *query = rows + j * row_bytes, *key = query + part, *value = key + part;
        uint32_t *words = (uint32_t *)a->queries + j * s->dim_words;
        words[s->dim_words - 1] = 0;
        memcpy(words, query, head_bytes);
        pack_key((uint32_t *)a->keys + j / width * width * s->dim_words + j % width, key, width, head_bytes);
        if (!pairs(a))
            pack_value((uint32_t *)a->values + j * width, (const void *)value, a->head_dim, width, s->row_words);
        else if (j % 2 == 0)
            pack_values((uint32_t *)a->values + j / 2 * width, (const void *)value,
                        (const void *)(j + 1 < n ? value + row_bytes : value), a->head_dim, width, s->row_words);
    }
}

static void multiply(const struct attention *a, const void *x, size_t stride, const void *panel, size_t k, float *c,
                     size_t c_stride)
{
    if (pairs(a))
        a->ops->product_bf16(x, stride, panel, k, c, c_stride);
    else
        a->ops->product(x, stride, panel, k, c, c_stride);
}

static void take_weights(const struct attention *a, uint32_t *words, float *x, size_t n, size_t n_words)
{
    words[n_words - 1] = 0;
    if (pairs(a)) {
        a->ops->narrow((uint16_t *)(void *)words, x, n);
        return;
    }
    if (a->bf16)
        round_row(x, n);
    memcpy(words, x, n * sizeof *x);
}

/* The block of queries from `first` on: a few rows of the result, of head h. */
static void block(struct attention *a, size_t n, size_t first, size_t h, const struct sizes *s, float *out)
{
    size_t width = a->ops->width, rows = num_min_size(a->ops->rows, n - first), dim = a->heads * a->head_dim;
    float total[ROWOPS_MAX_ROWS];
    for (size_t start = 0; start < s->columns; start += width)
        multiply(a, (uint32_t *)a->queries + first * s->dim_words, s->dim_words,
                 (uint32_t *)a->keys + start * s->dim_words, s->dim_words, a->scores + start, s->columns);
    for (size_t r = 0; r < rows; r++) {
        total[r] = a->ops->exponents(a->scores + r * s->columns, n);
        take_weights(a, (uint32_t *)a->weights + r * s->row_words, a->scores + r * s->columns, n, s->row_words);
    }
    for (size_t start = 0; start < s->dims; start += width)
        multiply(a, a->weights, s->row_words, (uint32_t *)a->values + start * s->row_words, s->row_words, a->sums + start,
                 s->dims);
    for (size_t r = 0; r < rows; r++)
        a->ops->scale(out + (first + r) * dim + h * a->head_dim, a->sums + r * s->dims, 1 / total[r], a->head_dim);
}

int attention_run(struct attention *a, const void *rows, size_t n, float *out, struct err *err)
{
    int rc = reserve(a, n, err);
    struct sizes s = sizes_of(a, n);
    for (size_t h = 0; rc == 0 && h < a->heads; h++) {
        pack(a, rows, n, h, &s);
        for (size_t first = 0; first < n; first += a->ops->rows)
            block(a, n, first, h, &s, out);
    }
    return rc;
}
