/* linear - one layer's matrix: rows of f32 times weights, in f32, bf16 or int8.
 *
 * bf16: both sides rounded, sums in f32.  int8: each column of the result (each row of the weights) has its own scale, and each
 * row of the input its own least value and step, found when it comes (dynamic quantisation, per token and per channel); products
 * are exact integers.  The bias is left to the caller, who has more to do with each row. */
#ifndef LINEAR_H
#define LINEAR_H

#include "base/err.h"
#include "nn/rowops.h"

enum linear_type { LINEAR_F32, LINEAR_BF16, LINEAR_I8 };

/* Rows of one call.  64 keep a tile of activations in L2, and oneDNN's kernels are at their best from 64 on. */
enum { LINEAR_ROWS = 64, LINEAR_ROWS_UNIT = 16 };

struct linear {
    enum linear_type type;
    size_t n_in, n_out;
    struct gemm_weights *weights;
    float *bias;                       /* (n_out) */
    float *scale, *total;              /* (n_out) of int8: what a unit of a weight is, the sum of a column's weights */
};

/* Pack weights (n_out, n_in) and copy the bias.  Memory while it runs: a copy of the weights. */
MUST_CHECK int linear_init(struct linear *l, enum linear_type type, size_t n_out, size_t n_in, const float *weights,
                           const float *bias, struct err *err);
void linear_done(struct linear *l);

/* The rows of one call in the type that they are multiplied in; f32 is used where it is. */
struct linear_input {
    void *rows;                        /* for LINEAR_ROWS of the widest n_in */
    struct rowops_bytes bytes[LINEAR_ROWS];
};
MUST_CHECK int linear_input_init(struct linear_input *in, size_t n_in, struct err *err);
void linear_input_done(struct linear_input *in);

/* Take row i (n_in) of the next call's x: best while it is in the cache that it was made in. */
void linear_take(const struct linear *l, const struct rowops *ops, struct linear_input *in, size_t i, const float *row);

/* y (m, n_out) = x (m, n_in) * weights^T for m <= LINEAR_ROWS rows, each of which has been taken.  x and y have room for m
 * rounded up to LINEAR_ROWS_UNIT rows; what is beyond row m is finite in x and not defined in y. */
MUST_CHECK int linear_run(const struct linear *l, const struct rowops *ops, const struct linear_input *in, const float *x,
                          size_t m, float *y, struct err *err);

#endif
