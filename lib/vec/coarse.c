#include "vec/coarse.h"

#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/coarse_variants.h"

#include <math.h>
#include <string.h>

enum {
    GREATEST = 127, OFFSET = 128,
    RUN = 16                         /* loops of this length become vector code */
};

/* ---- codes ---- */

struct encoded {
    double square, scale, error;
};

static size_t padded(size_t dim) { return num_round_up(dim, RUN); }

/* The nearest integer of |x| < 2^22; rintf would be a call. */
static inline float nearest(float x)
{
    const float shift = 0x1.8p23f;
    return (x + shift) - shift;
}

/* Bytes of y = x - mean, all padded.  y, scale * code and the rest are each rounded once, by at most 2^-24 of y's greatest
 * element and a little more; the sum of squares lacks at most 2^-14 of itself. */
static struct encoded encode(const float *x, const float *mean, size_t dim, int8_t *code)
{
    float greatest[RUN] = {0}, error[RUN] = {0}, most = 0, squares = 0;
    int32_t sum[RUN] = {0}, total = 0;
    for (size_t j = 0; j < padded(dim); j += RUN)
        for (size_t r = 0; r < RUN; r++) {
            float size = fabsf(x[j + r] - mean[j + r]);
            greatest[r] = size > greatest[r] ? size : greatest[r];
        }
    for (size_t r = 0; r < RUN; r++)
        most = greatest[r] > most ? greatest[r] : most;
    const float scale = most > 0x1p-90f ? most / GREATEST : 0x1p-90f, inverse = 1 / scale;
    for (size_t j = 0; j < padded(dim); j += RUN)
        for (size_t r = 0; r < RUN; r++) {
            float y = x[j + r] - mean[j + r], value = nearest(y * inverse), rest = y - scale * value;
            int32_t c = (int32_t)value;
            error[r] += rest * rest;
            sum[r] += c * c;
            code[j + r] = (int8_t)c;
        }
    for (size_t r = 0; r < RUN; r++) {
        squares += error[r];
        total += sum[r];
    }
    return (struct encoded){(double)scale * (double)scale * (double)total, (double)scale,
                            sqrt((double)squares) * (1 + 0x1p-10) + sqrt((double)dim) * ((double)most * 0x1p-21 + 0x1p-70)};
}

static float down(double square) { return (float)(square * (1 - 0x1p-20)); }
static float up(double length) { return (float)(length * (1 + 0x1p-20) + 0x1p-120); }

struct making {
    struct coarse *s;
    const float *x;
    size_t stride;
    int8_t *scratch;                 /* (n_threads, dim padded) */
};

static int encode_panel(void *ctx, size_t panel, int worker, struct err *err)
{
    struct making *m = ctx;
    struct coarse *s = m->s;
    int8_t *code = m->scratch + (size_t)worker * padded(s->dim);
    uint8_t *out = s->codes + panel * s->bytes * COARSE_LANES;
    (void)err;
    memset(out, OFFSET, s->bytes * COARSE_LANES);
    for (size_t lane = 0; lane < COARSE_LANES && panel * COARSE_LANES + lane < s->n; lane++) {
        size_t i = panel * COARSE_LANES + lane;
        struct encoded e = encode(m->x + i * m->stride, s->mean, s->dim, code);
        for (size_t j = 0; j < s->bytes; j++)
            out[j / 4 * 4 * COARSE_LANES + lane * 4 + j % 4] = (uint8_t)(code[j] + OFFSET);
        s->square[i] = down(e.square);
        s->twice[i] = 2 * (float)e.scale;
        s->error[i] = up(e.error);
    }
    return 0;
}

/* Any point near the middle does: the mean of up to 4,096 rows, whose order is theirs. */
static void find_mean(struct coarse *s, const float *x, size_t stride, double *sum)
{
    size_t n = num_min_size(s->n, 4096);
    memset(sum, 0, s->dim * sizeof *sum);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < s->dim; j++)
            sum[j] += (double)x[s->n * i / n * stride + j];
    for (size_t j = 0; j < s->dim; j++)
        s->mean[j] = (float)(sum[j] / (double)n);
}

int coarse_make(struct coarse *s, const float *x, size_t n, size_t dim, size_t stride, int n_threads, struct err *err)
{
    int rc = 0;
    double *sum = NULL;
    *s = (struct coarse){.n = n, .dim = dim, .bytes = num_round_up(dim, 4)};
    size_t lanes = coarse_panels(s) * COARSE_LANES;
    struct making m = {.s = s, .x = x, .stride = stride};
    TRY_NEW(sum, MEM_ARRAY(double, dim, err));
    TRY_NEW(m.scratch, mem_alloc((size_t)n_threads, padded(dim), err));
    TRY_NEW(s->mean, MEM_ZARRAY(float, padded(dim), err));
    TRY_NEW(s->codes, mem_slab(lanes, s->bytes, err));
    TRY_NEW(s->square, MEM_ZARRAY(float, lanes, err));
    TRY_NEW(s->twice, MEM_ZARRAY(float, lanes, err));
    TRY_NEW(s->error, MEM_ZARRAY(float, lanes, err));
    find_mean(s, x, stride, sum);
    TRY(par_for(n_threads, coarse_panels(s), encode_panel, &m, err));
out:
    mem_free(sum);
    mem_free(m.scratch);
    if (rc)
        coarse_free(s);
    return rc;
}

void coarse_free(struct coarse *s)
{
    mem_free(s->mean);
    mem_free(s->codes);
    mem_free(s->square);
    mem_free(s->twice);
    mem_free(s->error);
    *s = (struct coarse){0};
}

/* ---- queries ---- */

int coarse_queries_make(const struct coarse *s, struct coarse_queries *q, size_t n, struct err *err)
{
    int rc = 0;
    size_t room = num_round_up(n, COARSE_AT_ONCE);
    *q = (struct coarse_queries){.n = n};
    TRY_NEW(q->codes, mem_zalloc(room, s->bytes, err));
    TRY_NEW(q->scratch, MEM_ARRAY(int8_t, padded(s->dim), err));
    TRY_NEW(q->square, MEM_ZARRAY(float, room, err));
    TRY_NEW(q->scale, MEM_ZARRAY(float, room, err));
    TRY_NEW(q->error, MEM_ZARRAY(float, room, err));
    TRY_NEW(q->shift, MEM_ZARRAY(int32_t, room, err));
out:
    if (rc)
        coarse_queries_free(q);
    return rc;
}

void coarse_queries_set(const struct coarse *s, struct coarse_queries *q, size_t i, const float *y)
{
    int8_t *code = q->codes + i / COARSE_AT_ONCE * COARSE_AT_ONCE * s->bytes + i % COARSE_AT_ONCE * 4;
    struct encoded e = encode(y, s->mean, s->dim, q->scratch);
    int32_t sum = 0;
    for (size_t j = 0; j < s->dim; j++) {
        code[j / 4 * 4 * COARSE_AT_ONCE + j % 4] = q->scratch[j];
        sum += q->scratch[j];
    }
    q->square[i] = down(e.square);
    q->scale[i] = (float)e.scale;
    q->error[i] = up(e.error);
    q->shift[i] = OFFSET * sum;
}

void coarse_queries_free(struct coarse_queries *q)
{
    mem_free(q->codes);
    mem_free(q->scratch);
    mem_free(q->square);
    mem_free(q->scale);
    mem_free(q->error);
    mem_free(q->shift);
    *q = (struct coarse_queries){0};
}

/* ---- pass ---- */

/* A true distance d is measured as at least d^2 (1 - (dim / 16 + 8) 2^-24) - dim 2^-126. */
float coarse_radius(const struct coarse *s, size_t i, float dist)
{
    return up(sqrt((double)dist) * (1 + (double)(s->dim / 16 + 16) * 0x1p-24) + 0x1p-55 + (double)s->error[i]);
}

static void coarse_scalar(const struct coarse *s, size_t panel, const float *radius, const struct coarse_queries *q, size_t first,
                         uint32_t mask[COARSE_AT_ONCE])
{
    const uint8_t *codes = s->codes + panel * s->bytes * COARSE_LANES;
    const size_t at = panel * COARSE_LANES;
    for (size_t t = 0; t < COARSE_AT_ONCE; t++) {
        const int8_t *query = q->codes + first * s->bytes + t * 4;
        int32_t sum[COARSE_LANES] = {0};
        for (size_t g = 0; g < s->bytes; g += 4)
            for (size_t lane = 0; lane < COARSE_LANES; lane++)
                for (size_t j = 0; j < 4; j++)
                    sum[lane] += codes[g * COARSE_LANES + lane * 4 + j] * query[g * COARSE_AT_ONCE + j];
        mask[t] = 0;
        for (size_t lane = 0; lane < COARSE_LANES; lane++) {
            float near = s->twice[at + lane] * q->scale[first + t] * (float)(sum[lane] - q->shift[first + t]);
            float least = s->square[at + lane] + q->square[first + t] - near, reach = radius[lane] + q->error[first + t];
            mask[t] |= (uint32_t)!(least >= reach * reach) << lane;
        }
    }
}

coarse_fn *coarse_variant(enum cpu_isa isa)
{
    if (!cpu_has(isa))
        return NULL;
    switch (isa) {
#if defined __x86_64__
    case CPU_AVX2:
        return coarse_avx2;
    case CPU_AVX512:   /* Skylake's has no products of bytes */
        return __builtin_cpu_supports("avx512vnni") ? coarse_vnni : coarse_avx2;
#endif
    case CPU_SCALAR:
        return coarse_scalar;
    default:
        return NULL;
    }
}

void coarse_pass(const struct coarse *s, size_t panel, const float *radius, const struct coarse_queries *q, size_t first,
                uint32_t mask[COARSE_AT_ONCE])
{
    coarse_fn *fn = coarse_variant(cpu_isa());
    (fn ? fn : coarse_scalar)(s, panel, radius, q, first, mask);
    if ((panel + 1) * COARSE_LANES > s->n)
        for (size_t t = 0; t < COARSE_AT_ONCE; t++)
            mask[t] &= (1U << (s->n - panel * COARSE_LANES)) - 1;
}
