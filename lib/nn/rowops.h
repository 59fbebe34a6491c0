/* rowops - what a transformer does to rows of floats between its matrix products, and the small products of attention.
 *
 * Each instruction set has its own, compiled from one text (rowops_body.h) over sixteen lanes (lanes_*.h).  All operations but
 * product_bf16 give the same bits in all of them: element i belongs to lane i % 16, multiply-adds are fused, and lanes are summed
 * by halves.  No pointer need be aligned; rows may have any length.
 *
 * Errors, measured against f64 (tests/unit/rowops_test.c): exp 1e-7 relative between -87 and 0; GELU by erf 2.5e-7 max(1, |x|),
 * by tanh 2e-7 max(1, |x|). */
#ifndef ROWOPS_H
#define ROWOPS_H

#include "sys/cpu.h"

#include <stddef.h>
#include <stdint.h>

enum rowops_activation {
    ROWOPS_GELU,               /* x (1 + erf(x / sqrt 2)) / 2 */
    ROWOPS_GELU_TANH,          /* x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 */
    ROWOPS_RELU
};

struct rowops_norm {           /* LayerNorm: weight * (x - mean) / sqrt(variance + epsilon) + bias */
    const float *weight, *bias;
    float epsilon;
};

struct rowops_bytes {          /* x is about least + step * byte */
    float least, step;
};

/* Columns of a panel: a right operand of a product is cut into panels (k, width), each contiguous. */
enum { ROWOPS_MAX_ROWS = 12, ROWOPS_MAX_WIDTH = 32 };

struct rowops {
    const char *name;
    size_t rows, width;        /* of a product's result */

    /* x (n) = activation(x + bias) */
    void (*activate)(float *x, const float *bias, size_t n, enum rowops_activation activation);
    /* x (n) += bias */
    void (*add)(float *x, const float *bias, size_t n);
    /* x (n) = LayerNorm(x + y + bias) */
    void (*add_norm)(float *x, const float *y, const float *bias, const struct rowops_norm *norm, size_t n);
    /* x (n) = exp(x - greatest of x); returns their sum.  Softmax is x / sum. */
    float (*exponents)(float *x, size_t n);
    /* out (n) = x * factor */
    void (*scale)(float *out, const float *x, float factor, size_t n);
    /* out (n): x to the nearest bf16, the even one of two; no NaN */
    void (*narrow)(uint16_t *out, const float *x, size_t n);
    /* out (n): x in 256 steps between its least and greatest value */
    struct rowops_bytes (*to_bytes)(uint8_t *out, const float *x, size_t n);
    /* x (n), which holds int32_t sums of bytes times weights: x = scale (step * sum + least * total), where scale (n) is what a
     * weight of a column stands for and total (n) the sum of its weights */
    void (*from_sums)(float *x, struct rowops_bytes bytes, const float *scale, const float *total, size_t n);

    /* c (rows, width) = a (rows, k) * panel (k, width); strides in elements.  Sums run over k in order. */
    void (*product)(const float *a, size_t a_stride, const float *panel, size_t k, float *c, size_t c_stride);
    /* The same with pairs of bf16, k and strides of a in pairs: panel (k, width) holds elements 2 i and 2 i + 1 of a column side
     * by side.  NULL where the CPU has no instruction for it. */
    void (*product_bf16)(const uint32_t *a, size_t a_stride, const uint32_t *panel, size_t k, float *c, size_t c_stride);
};

const struct rowops *rowops_best(void);                    /* for this process: by cpu_isa() */
const struct rowops *rowops_variant(enum cpu_isa isa);     /* NULL where it is not built or not supported here */

#endif
