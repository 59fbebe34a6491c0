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
    mem_free(a->row);
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
    TRY_NEW(a->row, MEM_SLAB(uint32_t, s.dims, err));
    TRY_NEW(a->scores, MEM_SLAB(float, a->ops->rows * s.columns, err));
    TRY_NEW(a->sums, MEM_SLAB(float, a->ops->rows * s.dims, err));
    a->room = n;
out:
    return rc;
}

/* A head's part of a row as words: floats, floats rounded to bf16, or pairs of bf16, of which the last may lack its second. */
static void words_of(const struct attention *a, uint32_t *words, const float *x, size_t n)
{
    uint16_t *halves = (uint16_t *)(void *)words;
    if (pairs(a)) {
        a->ops->narrow(halves, x, n);
        if (n % 2)
            halves[n] = 0;
    } else {
        memcpy(words, x, n * sizeof *x);
        for (size_t i = 0; a->bf16 && i < n; i++)
            ((float *)(void *)words)[i] = half_from_bf16(half_to_bf16(x[i]));
    }
}

/* Key j becomes column j of its panel. */
static void pack_key(const struct attention *a, const float *x, size_t j, const struct sizes *s)
{
    uint32_t *row = a->row;
    size_t width = a->ops->width;
    uint32_t *panel = (uint32_t *)a->keys + j / width * width * s->dim_words + j % width;
    words_of(a, row, x, a->head_dim);
    for (size_t i = 0; i < s->dim_words; i++)
        panel[i * width] = row[i];
}

/* Value j becomes row j of the panels; of pairs, its half of row j / 2. */
static void pack_value(const struct attention *a, const float *x, size_t j, const struct sizes *s)
{
    uint32_t *row = a->row;
    size_t width = a->ops->width, last = a->head_dim;
    words_of(a, row, x, a->head_dim);
    for (size_t start = 0; start < last; start += width) {
        size_t n = num_min_size(width, last - start);
        uint32_t *to = (uint32_t *)a->values + start * s->row_words;
        if (!pairs(a)) {
            memcpy(to + j * width, row + start, n * sizeof *row);
            continue;
        }
        const uint16_t *halves = (const uint16_t *)(const void *)row + start;
        uint16_t *half = (uint16_t *)(void *)(to + j / 2 * width) + j % 2;
        for (size_t i = 0; i < n; i++)
            half[2 * i] = halves[i];
    }
}

/* Queries, keys and values of head h; what fills up blocks and panels is 0, or finite and without effect. */
static void pack(struct attention *a, const float *qkv, size_t n, size_t h, const struct sizes *s)
{
    size_t dim = a->heads * a->head_dim;
    uint32_t *queries = a->queries;
    for (size_t j = 0; j < n; j++) {
        const float *x = qkv + j * 3 * dim + h * a->head_dim;
        words_of(a, queries + j * s->dim_words, x, a->head_dim);
        pack_key(a, x + dim, j, s);
        pack_value(a, x + 2 * dim, j, s);
    }
    memset(queries + n * s->dim_words, 0, (s->rows - n) * s->dim_words * sizeof *queries);
    if (pairs(a) && n % 2)
        for (size_t start = 0; start < s->dims; start += a->ops->width)
            for (size_t i = 0; i < a->ops->width; i++)
                ((uint16_t *)a->values)[2 * (start * s->row_words + n / 2 * a->ops->width + i) + 1] = 0;
}

static void multiply(const struct attention *a, const void *x, size_t stride, const void *panel, size_t k, float *c,
                     size_t c_stride)
{
    if (pairs(a))
        a->ops->product_bf16(x, stride, panel, k, c, c_stride);
    else
        a->ops->product(x, stride, panel, k, c, c_stride);
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
        words_of(a, (uint32_t *)a->weights + r * s->row_words, a->scores + r * s->columns, n);
    }
    for (size_t start = 0; start < s->dims; start += width)
        multiply(a, a->weights, s->row_words, (uint32_t *)a->values + start * s->row_words, s->row_words, a->sums + start,
                 s->dims);
    for (size_t r = 0; r < rows; r++)
        a->ops->scale(out + (first + r) * dim + h * a->head_dim, a->sums + r * s->dims, 1 / total[r], a->head_dim);
}

int attention_run(struct attention *a, const float *qkv, size_t n, float *out, struct err *err)
{
    int rc = reserve(a, n, err);
    struct sizes s = sizes_of(a, n);
    for (size_t h = 0; rc == 0 && h < a->heads; h++) {
        pack(a, qkv, n, h, &s);
        for (size_t first = 0; first < n; first += a->ops->rows)
            block(a, n, first, h, &s, out);
    }
    return rc;
}
