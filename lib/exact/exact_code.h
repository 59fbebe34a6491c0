/* exact_code - vectors as bytes times a scale, or as bf16, and how far that is from them.
 *
 * Vectors stand in rows of `padded` floats, a multiple of 16, whose padding is 0. */
#ifndef EXACT_CODE_H
#define EXACT_CODE_H

#include <stddef.h>
#include <stdint.h>

static inline size_t exact_code_padded(size_t dim)
{
    return (dim + 15) / 16 * 16;
}

/* A scale for these rows (n, padded) together: 1 where all are integers in -128..127, else what makes the greatest 127. */
float exact_code_scale(const float *x, size_t n, size_t padded);

/* code (padded) = the nearest bytes of x / scale, *sum theirs.  Returns at least |x - scale * code|; scratch: (padded). */
double exact_code_make(int8_t *restrict code, int32_t *sum, const float *restrict x, size_t padded, float scale,
                       float *restrict scratch);

/* code (padded) = x rounded to bf16; |x| < 2^60.  Returns at least |x - code|. */
double exact_code_bf16(uint16_t *restrict code, const float *restrict x, size_t padded, float *restrict scratch);

#endif
