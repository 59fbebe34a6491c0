/* The definition of codedot.h, as plainly as it can be said. */
#include "vec/codedot.h"

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

const struct codedot codedot_scalar = {"scalar", codedot_scalar_sq8, codedot_scalar_sq4};
