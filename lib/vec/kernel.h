/* kernel - the f32 reference kernels: the published value of every distance comes from here.
 *
 * Definition: 16 lanes; element i goes to lane i % 16 by fused multiply-add, in order of i; the lanes are summed by a fixed
 * halving tree: s[j] += s[j+8], then +4, +2, +1.  dot: lane += a*b.  l2: d = a - b (rounded), lane += d*d.
 * The scalar (fmaf), AVX2, AVX-512 and NEON variants return the same bits, for any dim >= 0 and any alignment.
 * The variants are chosen once (sys/cpu.h). */
#ifndef KERNEL_H
#define KERNEL_H

#include "sys/cpu.h"
#include "vec/metric.h"

#include <stdbool.h>
#include <stddef.h>

struct kernel {
    const char *name;
    float (*dot)(const float *a, const float *b, size_t dim);
    float (*l2)(const float *a, const float *b, size_t dim);
    /* One query against four vectors, out[i] equal to the single form bit for bit; the query's registers are shared. */
    void (*dot4)(const float *q, const float *const x[4], size_t dim, float out[4]);
    void (*l2x4)(const float *q, const float *const x[4], size_t dim, float out[4]);
};

const struct kernel *kernel_best(void);                    /* for this process: by cpu_isa() */
const struct kernel *kernel_variant(enum cpu_isa isa);     /* NULL where it is not built or not supported here */

/* A metric bound to the best kernel.  q, x: (dim) each; for cosine both normalised by kernel_normalise. */
struct distance {
    enum metric metric;
    size_t dim;
    const struct kernel *kernel;
};

struct distance distance_make(enum metric metric, size_t dim);
float distance_one(const struct distance *d, const float *q, const float *x);
void distance_four(const struct distance *d, const float *q, const float *const x[4], float out[4]);
/* out[i] = distance of q and the row ids[i] of base (rows of `stride` floats); uses the four-at-a-time kernel. */
void distance_gather(const struct distance *d, const float *q, const float *base, size_t stride,
                     const unsigned *ids, size_t n, float *out);

/* Scale x (dim) to length 1: x[i] / sqrtf(dot(x, x)), each a correctly rounded f32 operation, so the same on every CPU.
 * Vectors whose squared length over- or underflows are first scaled by a power of two.  False for a zero vector. */
MUST_CHECK bool kernel_normalise(float *x, size_t dim);

/* Index of the first NaN or infinity in x, or n where all are finite. */
size_t kernel_first_not_finite(const float *x, size_t n);

#endif
