#include "exact/exact_code.h"

#include "vec/kernel.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { RUN = 16 };   /* loops of this length become vector code */

static const float TINY = 0x1p-100f;   /* below it 1 / scale would be beyond f32; such a vector is all error */

/* The nearest integer of |x| < 2^22 in the mode that every program starts in; rintf would be a call. */
static inline float nearest(float x)
{
    const float shift = 0x1.8p23f;
    return (x + shift) - shift;
}

float exact_code_scale(const float *x, size_t n, size_t padded)
{
    float least[RUN] = {0}, greatest[RUN] = {0};
    int32_t broken[RUN] = {0};
    for (const float *end = x + n * padded; x < end; x += RUN)
        for (size_t i = 0; i < RUN; i++) {
            least[i] = x[i] < least[i] ? x[i] : least[i];
            greatest[i] = x[i] > greatest[i] ? x[i] : greatest[i];
            broken[i] |= nearest(x[i]) != x[i];
        }
    bool bytes = true;
    float magnitude = 0;
    for (size_t i = 0; i < RUN; i++) {
        bytes = bytes && !broken[i] && least[i] >= -128 && greatest[i] <= 127;
        magnitude = fmaxf(magnitude, fmaxf(-least[i], greatest[i]));
    }
    return bytes || magnitude < TINY ? 1 : magnitude / 127;
}

/* At least the length of a vector whose elements lack `each`: the kernel's own error is added, and squares that underflow. */
static double length_up(const float *x, size_t padded, double each)
{
    return sqrt((double)kernel_best()->dot(x, x, padded)) * (1 + 0x1p-10) + sqrt((double)padded) * (each + 0x1p-70);
}

double exact_code_make(int8_t *restrict code, int32_t *sum, const float *restrict x, size_t padded, float scale,
                       float *restrict scratch)
{
    float inverse = 1 / scale;
    int32_t sums[RUN] = {0};
    for (size_t j = 0; j < padded; j += RUN)
        for (size_t i = 0; i < RUN; i++) {
            float value = nearest(x[j + i] * inverse);
            int32_t integer = (int32_t)value;
            code[j + i] = (int8_t)integer;
            sums[i] += integer;
            scratch[j + i] = x[j + i] - scale * value;
        }
    *sum = 0;
    for (size_t i = 0; i < RUN; i++)
        *sum += sums[i];
    /* scale * value was rounded unless it is an integer. */
    return length_up(scratch, padded, scale != 1 ? 0x1p-16 * (double)scale : 0);
}

double exact_code_bf16(uint16_t *restrict code, const float *restrict x, size_t padded, float *restrict scratch)
{
    for (size_t j = 0; j < padded; j += RUN) {
        uint32_t bits[RUN];
        float rounded[RUN];
        memcpy(bits, x + j, sizeof bits);
        for (size_t i = 0; i < RUN; i++) {
            bits[i] = (bits[i] + 0x7fff + (bits[i] >> 16 & 1)) & 0xffff0000;   /* to nearest even */
            code[j + i] = (uint16_t)(bits[i] >> 16);
        }
        memcpy(rounded, bits, sizeof rounded);
        for (size_t i = 0; i < RUN; i++)
            scratch[j + i] = x[j + i] - rounded[i];
    }
    return length_up(scratch, padded, 0);
}
