/* rowops_body - the text of rowops.h's operations, over the lanes_* of the file that is included before it; without one, those
 * of lanes_scalar.h.  Included once by each rowops_ISA.c. */
#ifndef ROWOPS_BODY_H
#define ROWOPS_BODY_H

#if !defined LANES
#include "nn/lanes_scalar.h"
#endif
#include "nn/rowops.h"

#include <math.h>

LANES struct lanes some(const float *p, size_t n)
{
    return n < 16 ? lanes_load_some(p, n) : lanes_load(p);
}

LANES void put(float *p, struct lanes x, size_t n)
{
    if (n < 16)
        lanes_store_some(p, x, n);
    else
        lanes_store(p, x);
}

/* Each block of up to 16 elements from i on; m is how many. */
#define BLOCKS(i, m, n) for (size_t i = 0, m = (n) < 16 ? (n) : 16; i < (n); i += 16, m = (n) - i < 16 ? (n) - i : 16)

/* c0 + x (c1 + x (c2 + ...)) */
LANES struct lanes horner(struct lanes x, const float *c, int n)
{
    struct lanes r = lanes_set(c[n - 1]);
    for (int i = n - 2; i >= 0; i--)
        r = lanes_fma(r, x, lanes_set(c[i]));
    return r;
}

/* x = n ln 2 + r, |r| <= ln 2 / 2; ln 2 in two parts, of which n times the first is exact.  Then Taylor's series of e^r. */
LANES struct lanes exponential(struct lanes x)
{
    static const float series[] = {1, 1, 1.0f / 2, 1.0f / 6, 1.0f / 24, 1.0f / 120, 1.0f / 720, 1.0f / 5040};
    x = lanes_min(lanes_max(x, lanes_set(-87.3f)), lanes_set(88.3f));
    struct lanes n = lanes_round(lanes_mul(x, lanes_set(1.44269504f)));
    struct lanes r = lanes_fma(n, lanes_set(-0.693359375f), x);
    r = lanes_fma(n, lanes_set(2.12194440e-4f), r);
    return lanes_scale(horner(r, series, 8), n);
}

/* erf(x / sqrt 2) / 2 = x P(x^2) / Q(x^2) within 1.6e-7 for |x| <= 5.4, where it is 1/2 - 3.3e-8: P and Q by least squares
 * weighted until the errors were level.  (Of one degree less each, the error is twice that.) */
LANES struct lanes gelu(struct lanes x)
{
    static const float p[] = {3.98942232e-1f, 3.33722606e-2f, 4.65085171e-3f, 1.64321667e-4f, 6.35998367e-6f, 2.33865070e-8f};
    static const float q[] = {1, 2.50317931e-1f, 2.83787027e-2f, 1.85898214e-3f, 7.23999619e-5f, 1.21658150e-6f};
    struct lanes t = lanes_min(lanes_max(x, lanes_set(-5.4f)), lanes_set(5.4f)), square = lanes_mul(t, t);
    struct lanes half_erf = lanes_div(lanes_mul(t, horner(square, p, 6)), horner(square, q, 6));
    return lanes_mul(x, lanes_add(half_erf, lanes_set(0.5f)));
}

/* (1 + tanh u) / 2 = 1 / (1 + e^(-2 u)) */
LANES struct lanes gelu_tanh(struct lanes x)
{
    struct lanes cube = lanes_mul(lanes_mul(x, x), x);
    struct lanes u = lanes_mul(lanes_fma(cube, lanes_set(0.044715f), x), lanes_set(-1.59576912f));
    return lanes_div(x, lanes_add(exponential(u), lanes_set(1)));
}

static void activate(float *x, const float *bias, size_t n, enum rowops_activation activation)
{
    BLOCKS(i, m, n) {
        struct lanes v = lanes_add(some(x + i, m), some(bias + i, m));
        v = activation == ROWOPS_RELU ? lanes_max(v, lanes_set(0)) : activation == ROWOPS_GELU ? gelu(v) : gelu_tanh(v);
        put(x + i, v, m);
    }
    LANES_END();
}

static void add(float *x, const float *bias, size_t n)
{
    BLOCKS(i, m, n)
        put(x + i, lanes_add(some(x + i, m), some(bias + i, m)), m);
    LANES_END();
}

static void add_norm(float *x, const float *y, const float *bias, const struct rowops_norm *norm, size_t n)
{
    struct lanes sum = lanes_set(0), squares = sum;
    BLOCKS(i, m, n) {
        struct lanes v = lanes_add(lanes_add(some(x + i, m), some(y + i, m)), some(bias + i, m));
        sum = lanes_add(sum, v);
        put(x + i, v, m);
    }
    struct lanes mean = lanes_set(lanes_sum(sum) / (float)n);
    BLOCKS(i, m, n) {
        struct lanes d = lanes_keep(lanes_sub(some(x + i, m), mean), m);
        squares = lanes_fma(d, d, squares);
    }
    struct lanes factor = lanes_set(1.0f / sqrtf(lanes_sum(squares) / (float)n + norm->epsilon));
    BLOCKS(i, m, n) {
        struct lanes d = lanes_mul(lanes_sub(some(x + i, m), mean), factor);
        put(x + i, lanes_fma(d, some(norm->weight + i, m), some(norm->bias + i, m)), m);
    }
    LANES_END();
}

static float exponents(float *x, size_t n)
{
    struct lanes greatest = lanes_set(-INFINITY), sum = lanes_set(0);
    size_t whole = n - n % 16;
    for (size_t i = 0; i < whole; i += 16)
        greatest = lanes_max(greatest, lanes_load(x + i));
    float most = lanes_greatest(greatest);
    for (size_t i = whole; i < n; i++)
        most = x[i] > most ? x[i] : most;
    greatest = lanes_set(most);
    BLOCKS(i, m, n) {
        struct lanes e = lanes_keep(exponential(lanes_sub(some(x + i, m), greatest)), m);
        sum = lanes_add(sum, e);
        put(x + i, e, m);
    }
    float total = lanes_sum(sum);
    LANES_END();
    return total;
}

static void scale(float *out, const float *x, float factor, size_t n)
{
    BLOCKS(i, m, n)
        put(out + i, lanes_mul(some(x + i, m), lanes_set(factor)), m);
    LANES_END();
}

static void narrow(uint16_t *out, const float *x, size_t n)
{
    BLOCKS(i, m, n)
        lanes_store_bf16(out + i, some(x + i, m), m);
    LANES_END();
}

static struct rowops_bytes to_bytes(uint8_t *out, const float *x, size_t n)
{
    struct lanes low = lanes_set(INFINITY), high = lanes_set(-INFINITY);
    size_t whole = n - n % 16;
    for (size_t i = 0; i < whole; i += 16) {
        struct lanes v = lanes_load(x + i);
        low = lanes_min(low, v);
        high = lanes_max(high, v);
    }
    float least = lanes_least(low), most = lanes_greatest(high);
    for (size_t i = whole; i < n; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    struct rowops_bytes bytes = {.least = least, .step = (most - least) / 255};
    struct lanes start = lanes_set(least), per_step = lanes_set(bytes.step > 0 ? 1 / bytes.step : 0);
    BLOCKS(i, m, n) {
        struct lanes v = lanes_round(lanes_mul(lanes_sub(some(x + i, m), start), per_step));
        lanes_store_u8(out + i, lanes_min(v, lanes_set(255)), m);
    }
    LANES_END();
    return bytes;
}

static void from_sums(float *x, struct rowops_bytes bytes, const float *scale_of, const float *total, size_t n)
{
    struct lanes step = lanes_set(bytes.step), least = lanes_set(bytes.least);
    BLOCKS(i, m, n) {
        struct lanes sum = lanes_mul(lanes_load_i32(x + i, m), step);
        put(x + i, lanes_mul(lanes_fma(some(total + i, m), least, sum), some(scale_of + i, m)), m);
    }
    LANES_END();
}

static void product(const float *a, size_t a_stride, const float *panel, size_t k, float *c, size_t c_stride)
{
    struct lanes sum[LANES_ROWS][LANES_WIDE];
#pragma GCC unroll 12
    for (int r = 0; r < LANES_ROWS; r++)
#pragma GCC unroll 2
        for (int w = 0; w < LANES_WIDE; w++)
            sum[r][w] = lanes_set(0);
    for (size_t i = 0; i < k; i++, panel += 16 * LANES_WIDE) {
        struct lanes b[LANES_WIDE];
#pragma GCC unroll 2
        for (int w = 0; w < LANES_WIDE; w++)
            b[w] = lanes_load(panel + 16 * w);
#pragma GCC unroll 12
        for (int r = 0; r < LANES_ROWS; r++) {
            struct lanes x = lanes_set(a[(size_t)r * a_stride + i]);
#pragma GCC unroll 2
            for (int w = 0; w < LANES_WIDE; w++)
                sum[r][w] = lanes_fma(x, b[w], sum[r][w]);
        }
    }
#pragma GCC unroll 12
    for (int r = 0; r < LANES_ROWS; r++)
#pragma GCC unroll 2
        for (int w = 0; w < LANES_WIDE; w++)
            lanes_store(c + (size_t)r * c_stride + 16 * w, sum[r][w]);
    LANES_END();
}

#define ROWOPS(title, bf16) {.name = (title), .rows = LANES_ROWS, .width = 16 * LANES_WIDE, .activate = activate, .add = add, \
    .add_norm = add_norm, .exponents = exponents, .scale = scale, .narrow = narrow, .to_bytes = to_bytes, \
    .from_sums = from_sums, .product = product, .product_bf16 = (bf16)}

#endif
