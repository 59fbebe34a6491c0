/* gauss - standard normal numbers, fast and with the same bits on every CPU.
 *
 * Box and Muller, "A note on the generation of random normal deviates", 1958, in f32: logarithm, sine and cosine are the
 * polynomials of gauss.c, made of correctly rounded operations alone (no libm function whose last bit differs by machine), in an
 * order that does not depend on the width of vectors.  Words of 31 bits make the radius: at most 6.67 in value. */
#ifndef GAUSS_H
#define GAUSS_H

#include <stddef.h>
#include <stdint.h>

/* x (n): the first n normal numbers of (seed, stream, item) as base/rng.h has them, n < 2^34. */
void gauss_fill(uint64_t seed, uint32_t stream, uint64_t item, float *x, size_t n);

/* Eight words to eight numbers.  For tests. */
void gauss_eight(const uint32_t words[8], float x[8]);

#endif
