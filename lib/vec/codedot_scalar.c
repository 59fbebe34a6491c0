/* The definition of codedot.h, as plainly as it can be said. */
#include "vec/codedot.h"

#include <string.h>

static void codedot_scalar_sq8(const int8_t *q, const uint8_t *rows, size_t row_bytes, const uint32_t *which, size_t n,
                               int32_t *out)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *row = rows + which[i] * row_bytes;
        int32_t sum = 0;
        for (size_t j = 0; j < row_bytes; j++)
            sum += q[j] * row[j];
        out[i] = sum;
    }
}

static void codedot_scalar_sq4(const int8_t *q, const uint8_t *rows, size_t row_bytes, const uint32_t *which, size_t n,
                               int32_t *out)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *row = rows + which[i] * row_bytes;
        int32_t sum = 0;
        for (size_t j = 0; j < row_bytes; j++) {
            const int8_t *low = q + j / 64 * 128 + j % 64;
            sum += low[0] * (row[j] & 15) + low[64] * (row[j] >> 4);
        }
        out[i] = sum;
    }
}

/* By adding 1.5 * 2^23 the integer comes to lie in the low bits. */
void codedot_scalar_fold(const float *x, const float *center, const float *step, float unit, size_t dim, int8_t *q)
{
    for (size_t i = 0; i < dim; i++) {
        uint32_t bits;
        float shifted = (center ? x[i] - center[i] : x[i]) * step[i] * unit + 0x1.8p23f;
        memcpy(&bits, &shifted, sizeof bits);
        q[i] = (int8_t)(uint8_t)bits;
    }
}

const struct codedot codedot_scalar = {"scalar", codedot_scalar_sq8, codedot_scalar_sq4, codedot_scalar_fold};
