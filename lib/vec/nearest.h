/* nearest - the nearest of k centres for each of many vectors, squared Euclidean.
 *
 * The answer is defined by the reference kernel (vec/kernel.h): the least distance, then the least index.  Matrix products come
 * first and only decide what need not be computed: |c|^2/2 - <x,c> differs from half the kernel's distance, less |x|^2/2, by at
 * most the rounding errors of both, (dim + 8) 2^-24 (|x| + |c|)^2 (Higham, Accuracy and Stability, section 3.1, with room to
 * spare); centres within twice that of the least are settled by the kernel.  So no bit depends on CPU or threads. */
#ifndef NEAREST_H
#define NEAREST_H

#include "base/err.h"
#include "vec/coarse.h"

#include <stddef.h>
#include <stdint.h>

/* x (n, dim) rows of `stride` floats, centres (k, dim) rows of `stride` floats; label (n) out.  Squared lengths must be below
 * 2^120.  Cost 2 n k dim flops. */
MUST_CHECK int nearest_find(const float *x, size_t n, size_t dim, size_t stride, const float *centres, size_t k, uint32_t *label,
                            int n_threads, struct err *err);

/* The same, from a label (n) for each that is probably right: centres that cannot be nearer than
 * that are ruled out by coarse bytes of x. */
MUST_CHECK int nearest_from(const struct coarse *coarse, const float *x, size_t stride, const float *centres, size_t k,
                            uint32_t *label, int n_threads, struct err *err);

#endif
