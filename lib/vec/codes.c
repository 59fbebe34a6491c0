#include "vec/codes.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/prefetch.h"

#include <math.h>
#include <string.h>

enum {
    AT_TYPE = 0, AT_ROW_BYTES = 4,
    ROWS_A_TASK = 256, MAX_BLOCKS = 64,
    SAMPLE = 2048,                 /* vectors that ranges are narrowed by */
    LINE_DIMS = 16                 /* of one cache line */
};

const char *codes_name(enum codes_type type)
{
    static const char *const names[] = {"none", "sq8", "sq4"};
    return names[type];
}

enum codes_type codes_choose(enum codes_type type, size_t n, size_t dim)
{
    if (type != CODES_AUTO)
        return type;
    return n < 1000 || dim < 16 || dim > CODES_MAX_DIM ? CODES_NONE : dim <= 64 ? CODES_SQ8 : CODES_SQ4;
}

static size_t row_bytes_of(enum codes_type type, size_t dim)
{
    return type == CODES_SQ8 ? num_round_up(dim, 64) : num_round_up(dim, 128) / 2;
}

static uint32_t max_code(const struct codes *c)
{
    return c->type == CODES_SQ8 ? 255 : 15;
}

size_t codes_query_bytes(const struct codes *c)
{
    return c->type == CODES_SQ8 ? c->row_bytes : 2 * c->row_bytes;
}

/* Lay the arrays out in a block at p (NULL: only the size). */
static size_t lay_out(struct codes *c, const unsigned char *p)
{
    c->dots = c->type == CODES_SQ8 ? codedot_best()->sq8 : codedot_best()->sq4;
    c->fold = codedot_best()->fold;
    size_t at = CODES_HEAD_BYTES, dims = num_round_up(c->dim * sizeof(float), 64);
    if (p) {
        c->center = (const float *)(const void *)(p + at);
        c->step = (const float *)(const void *)(p + at + dims);
        c->zero = p + at + 2 * dims;
    }
    at += 2 * dims + c->row_bytes;
    if (c->metric == METRIC_L2) {
        c->norms = p ? (const float *)(const void *)(p + at) : NULL;
        at += num_round_up(c->n * sizeof(float), 64);
    }
    c->rows = p ? p + at : NULL;
    c->block = p;
    return c->block_bytes = at + c->n * c->row_bytes;
}

int codes_view(struct codes *c, const void *block, size_t bytes, enum metric metric, size_t n, size_t dim, struct err *err)
{
    const unsigned char *p = block;
    *c = (struct codes){.metric = metric, .n = n, .dim = dim};
    if (bytes < CODES_HEAD_BYTES || dim > CODES_MAX_DIM)
        return err_set(err, ERR_DATA, "codes: %zu bytes for dimension %zu: out of range", bytes, dim);
    uint32_t type = bytes_get_u32(p + AT_TYPE);
    if (type != CODES_SQ8 && type != CODES_SQ4)
        return err_set(err, ERR_DATA, "codes of the unknown type %u", type);
    c->type = (enum codes_type)type;
    c->row_bytes = row_bytes_of(c->type, dim);
    if (bytes_get_u32(p + AT_ROW_BYTES) != c->row_bytes)
        return err_set(err, ERR_DATA, "codes: rows of %u bytes, expected %zu", bytes_get_u32(p + AT_ROW_BYTES), c->row_bytes);
    for (size_t i = AT_ROW_BYTES + 4; i < CODES_HEAD_BYTES; i++)
        if (p[i] != 0)
            return err_set(err, ERR_DATA, "codes: reserved bytes that are not zero");
    if (lay_out(c, p) != bytes)
        return err_set(err, ERR_DATA, "codes: %zu bytes, expected %zu", bytes, c->block_bytes);
    return 0;
}

void codes_free(struct codes *c)
{
    mem_free((void *)(uintptr_t)c->block);
    *c = (struct codes){0};
}

/* ---- a row ---- */

/* Where dimension i is in a row: its byte, and how far its bits are shifted up. */
static size_t place(const struct codes *c, size_t i, unsigned *up)
{
    if (c->type == CODES_SQ8) {
        *up = 0;
        return i;
    }
    *up = i % 128 < 64 ? 0 : 4;
    return i / 128 * 64 + i % 64;
}

static uint8_t code_at(const struct codes *c, const uint8_t *row, size_t i)
{
    unsigned up;
    size_t at = place(c, i, &up);
    return (uint8_t)(c->type == CODES_SQ8 ? row[at] : row[at] >> up & 15);
}

static void code_put(const struct codes *c, uint8_t *row, size_t i, uint8_t code)
{
    unsigned up;
    size_t at = place(c, i, &up);
    row[at] = (uint8_t)(row[at] | code << up);
}

/* By adding and taking off 1.5 * 2^23: the nearest integer, ties to even, in the low bits.  Any x gives some byte. */
static inline uint8_t round_byte(float x)
{
    uint32_t bits;
    float shifted = x + 0x1.8p23f;
    memcpy(&bits, &shifted, sizeof bits);
    return (uint8_t)bits;
}

/* The nearest code; whatever x is, one that exists. */
static inline uint8_t nearest(float x, float center, float step, float zero, float max)
{
    float code = (x - center) / step + zero;
    code = code > 0 ? code : 0;
    return round_byte(code < max ? code : max);
}

/* Row (zeros before) and norm of x; y (dim) is scratch. */
static float encode(const struct codes *c, const float *x, const float *zero, uint8_t *row, float *y)
{
    float max = (float)max_code(c);
    for (size_t i = 0; i < c->dim; i++) {
        uint8_t code = nearest(x[i], c->center[i], c->step[i], zero[i], max);
        code_put(c, row, i, code);
        y[i] = c->step[i] * (code - zero[i]);
    }
    return c->norms ? kernel_best()->dot(y, y, c->dim) : 0;
}

int codes_check(const struct codes *c, const float *x, size_t stride, size_t *bad, struct err *err)
{
    int rc = 0;
    float *zero = NULL, *y = NULL;
    uint8_t *row = NULL;
    TRY_NEW(zero, MEM_ARRAY(float, c->dim, err));
    TRY_NEW(y, MEM_ARRAY(float, c->dim, err));
    TRY_NEW(row, MEM_ARRAY(uint8_t, c->row_bytes, err));
    for (size_t i = 0; i < c->dim; i++) {
        if (!isfinite(c->center[i]) || !isfinite(c->step[i]) || c->step[i] <= 0) {
            rc = err_set(err, ERR_DATA, "codes: centre or step of dimension %zu is not a sound number", i);
            goto out;
        }
        zero[i] = code_at(c, c->zero, i);
    }
    for (*bad = 0; *bad < c->n; ++*bad) {
        memset(row, 0, c->row_bytes);
        float norm = encode(c, x + *bad * stride, zero, row, y);
        if (memcmp(row, c->rows + *bad * c->row_bytes, c->row_bytes) != 0 || (c->norms && !(norm == c->norms[*bad])))
            break;
    }
out:
    mem_free(zero);
    mem_free(y);
    mem_free(row);
    return rc;
}

/* ---- ranges ---- */

struct making {
    struct codes *c;
    const float *x;
    size_t stride, n_blocks, sample, dims;
    float *low, *high;             /* (n_blocks, dims): of a block of vectors, then block 0: of all */
    uint8_t *fraction;             /* (n_blocks, dims): not all are integers */
    float *center, *step, *zero;   /* (dims) */
    uint8_t *rows;
    float *norms, *scratch;        /* scratch (n_threads, dims) */
};

static int range_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct making *m = ctx;
    float *low = m->low + block * m->dims, *high = m->high + block * m->dims;
    uint8_t *fraction = m->fraction + block * m->dims;
    size_t from = m->c->n * block / m->n_blocks, to = m->c->n * (block + 1) / m->n_blocks;
    (void)worker, (void)err;
    for (size_t i = from; i < to; i++) {
        const float *x = m->x + i * m->stride;
        for (size_t d = 0; d < m->dims; d++) {
            float whole = x[d] + 0x1.8p23f;
            low[d] = i == from || x[d] < low[d] ? x[d] : low[d];
            high[d] = i == from || x[d] > high[d] ? x[d] : high[d];
            fraction[d] |= whole - 0x1.8p23f != x[d];
        }
    }
    return 0;
}

/* Sum of squared errors of a sample with codes 0 .. max between low and high; 0 where nothing is left. */
static double error_of(const float *x, size_t n, double low, double high, double max)
{
    double step = (high - low) / max, sum = 0;
    for (size_t i = 0; i < n; i++) {
        double code = floor((x[i] - low) / step + 0.5), e;
        code = code < 0 ? 0 : code > max ? max : code;
        e = x[i] - (low + step * code);
        sum += e * e;
    }
    return sum;
}

static void range_choose(struct making *m, size_t d, const float *sample)
{
    struct codes *c = m->c;
    double max = max_code(c), low = m->low[d], high = m->high[d], mean = 0, best = INFINITY;
    for (size_t i = 0; i < m->sample; i++)
        mean += sample[i] / (double)m->sample;
    if (high - low <= max && !m->fraction[d]) {
        m->step[d] = 1;
    } else {
        double from = low, to = high;
        for (int percent = 100; percent >= 25 && high > low; percent -= 5) {
            double l = mean + (low - mean) * percent / 100, h = mean + (high - mean) * percent / 100;
            double e = error_of(sample, m->sample, l, h, max);
            if (e < best) {
                best = e;
                from = l;
                to = h;
            }
        }
        low = from;
        m->step[d] = (float)((to - from) / max);
        if (!(m->step[d] >= 0x1p-100f))
            m->step[d] = 1;        /* one value, or as good as one */
    }
    double zero = floor((mean - low) / m->step[d] + 0.5);
    zero = zero < 0 ? 0 : zero > max ? max : zero;
    m->center[d] = (float)(low + m->step[d] * zero);
    m->zero[d] = (float)zero;
}

/* Dimensions of one cache line: the sample is read once for all of them. */
static int range_dims(void *ctx, size_t line, int worker, struct err *err)
{
    struct making *m = ctx;
    size_t from = line * LINE_DIMS, to = num_min_size(from + LINE_DIMS, m->c->dim);
    float sample[LINE_DIMS][SAMPLE];
    (void)worker, (void)err;
    for (size_t i = 0; i < m->sample; i++) {
        const float *x = m->x + m->c->n * i / m->sample * m->stride + from;
        for (size_t d = 0; d < to - from; d++)
            sample[d][i] = x[d];
    }
    for (size_t d = from; d < to; d++)
        range_choose(m, d, sample[d - from]);
    return 0;
}

static int encode_rows(void *ctx, size_t task, int worker, struct err *err)
{
    struct making *m = ctx;
    const struct codes *c = m->c;
    size_t to = num_min_size((task + 1) * ROWS_A_TASK, c->n);
    (void)err;
    for (size_t i = task * ROWS_A_TASK; i < to; i++) {
        float norm = encode(c, m->x + i * m->stride, m->zero, m->rows + i * c->row_bytes, m->scratch + (size_t)worker * m->dims);
        if (m->norms)
            m->norms[i] = norm;
    }
    return 0;
}

int codes_make(struct codes *c, enum codes_type type, enum metric metric, const float *x, size_t n, size_t dim, size_t stride,
               int n_threads, struct err *err)
{
    int rc = 0;
    unsigned char *block = NULL;
    *c = (struct codes){.type = type, .metric = metric, .n = n, .dim = dim, .row_bytes = row_bytes_of(type, dim)};
    struct making m = {.c = c, .x = x, .stride = stride, .n_blocks = num_min_size(n, MAX_BLOCKS),
                       .sample = num_min_size(n, SAMPLE), .dims = dim};
    if (dim > CODES_MAX_DIM)
        return err_set(err, ERR_LIMIT, "codes of dimension %zu, at most %d", dim, CODES_MAX_DIM);
    TRY_NEW(block, mem_slab(lay_out(c, NULL), 1, err));
    TRY_NEW(m.low, mem_alloc(m.n_blocks, dim * sizeof *m.low, err));
    TRY_NEW(m.high, mem_alloc(m.n_blocks, dim * sizeof *m.high, err));
    TRY_NEW(m.fraction, mem_zalloc(m.n_blocks, dim, err));
    TRY_NEW(m.zero, MEM_ARRAY(float, dim, err));
    TRY_NEW(m.scratch, mem_alloc((size_t)n_threads, dim * sizeof *m.scratch, err));
    bytes_put_u32(block + AT_TYPE, type);
    bytes_put_u32(block + AT_ROW_BYTES, (uint32_t)c->row_bytes);
    lay_out(c, block);
    m.center = (float *)(uintptr_t)c->center;
    m.step = (float *)(uintptr_t)c->step;
    m.norms = (float *)(uintptr_t)c->norms;
    m.rows = block + (c->rows - block);
    TRY(par_for(n_threads, m.n_blocks, range_block, &m, err));
    for (size_t b = 1; b < m.n_blocks; b++)
        for (size_t d = 0; d < dim; d++) {
            m.low[d] = fminf(m.low[d], m.low[b * dim + d]);
            m.high[d] = fmaxf(m.high[d], m.high[b * dim + d]);
            m.fraction[d] |= m.fraction[b * dim + d];
        }
    TRY(par_for(n_threads, (dim + LINE_DIMS - 1) / LINE_DIMS, range_dims, &m, err));
    for (size_t d = 0; d < dim; d++)
        code_put(c, block + (c->zero - block), d, (uint8_t)m.zero[d]);
    TRY(par_for(n_threads, (n + ROWS_A_TASK - 1) / ROWS_A_TASK, encode_rows, &m, err));
    block = NULL;
out:
    mem_free(block);
    mem_free(m.low);
    mem_free(m.high);
    mem_free(m.fraction);
    mem_free(m.zero);
    mem_free(m.scratch);
    if (rc)
        *c = (struct codes){0};
    return rc;
}

/* ---- a query ---- */

/* Signed bytes; those beyond dim are 0. */
static void fold(const struct codes *c, const float *x, float greatest, int8_t *w)
{
    c->fold(x, c->metric == METRIC_L2 ? c->center : NULL, c->step, greatest > 0 ? 127.0f / greatest : 0, c->dim, w);
    memset(w + c->dim, 0, codes_query_bytes(c) - c->dim);
}

struct codes_folded codes_query_make(const struct codes *c, const float *x, struct codes_query *q)
{
    bool l2 = c->metric == METRIC_L2;
    float greatest = 0;
    for (size_t i = 0; i < c->dim; i++) {
        float w = fabsf((l2 ? x[i] - c->center[i] : x[i]) * c->step[i]);
        greatest = w > greatest ? w : greatest;
    }
    fold(c, x, greatest, q->w);
    q->scale = greatest / 127.0f * (l2 ? 2 : 1);
    uint32_t first = 0;
    c->dots(q->w, c->zero, c->row_bytes, &first, 1, &q->shift);
    q->base = l2 ? kernel_best()->l2(x, c->center, c->dim)
                 : (c->metric == METRIC_COSINE ? 1.0f : 0.0f) - kernel_best()->dot(x, c->center, c->dim);
    return (struct codes_folded){greatest, q->base, q->shift};
}

void codes_query_again(const struct codes *c, const float *x, const struct codes_folded *f, struct codes_query *q)
{
    if (x)
        fold(c, x, f->greatest, q->w);
    q->scale = f->greatest / 127.0f * (c->metric == METRIC_L2 ? 2 : 1);
    q->base = f->base;
    q->shift = f->shift;
}

void codes_fetch(const struct codes *c, const uint32_t *which, size_t n)
{
    for (size_t i = 0; i < n && i < CODEDOT_AHEAD; i++)
        prefetch_lines(c->rows + which[i] * c->row_bytes, c->row_bytes / PREFETCH_LINE);
    for (size_t i = 0; i < n && c->norms; i++)
        PREFETCH(c->norms + which[i]);
}

void codes_estimates(const struct codes *c, const struct codes_query *q, const uint32_t *which, size_t n, float *out)
{
    enum { RUN = 64 };
    int32_t sums[RUN];
    bool l2 = c->metric == METRIC_L2;
    for (size_t i = 0; i < n; i += RUN) {
        size_t m = num_min_size(n - i, RUN);
        c->dots(q->w, c->rows, c->row_bytes, which + i, m, sums);
        for (size_t j = 0; j < m; j++) {
            float near = q->scale * (float)(int32_t)((uint32_t)sums[j] - (uint32_t)q->shift);
            out[i + j] = (l2 ? c->norms[which[i + j]] + q->base : q->base) - near;
        }
    }
}
