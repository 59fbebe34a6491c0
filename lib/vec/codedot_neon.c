/* The base architecture has no product of an unsigned and a signed byte: both are widened to 16 bits. */
#include "vec/codedot.h"

#if defined __aarch64__
#include <arm_neon.h>
#include <stdbool.h>

#define NEON_INLINE static inline __attribute__((always_inline))

NEON_INLINE int32x4_t step_16(int32x4_t sum, int8x16_t q, uint8x16_t codes)
{
    int16x8_t q0 = vmovl_s8(vget_low_s8(q)), q1 = vmovl_s8(vget_high_s8(q));
    int16x8_t c0 = vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(codes))), c1 = vreinterpretq_s16_u16(vmovl_u8(vget_high_u8(codes)));
    sum = vmlal_s16(sum, vget_low_s16(q0), vget_low_s16(c0));
    sum = vmlal_s16(sum, vget_high_s16(q0), vget_high_s16(c0));
    sum = vmlal_s16(sum, vget_low_s16(q1), vget_low_s16(c1));
    return vmlal_s16(sum, vget_high_s16(q1), vget_high_s16(c1));
}

NEON_INLINE int32_t dot(const int8_t *q, const uint8_t *x, size_t row_bytes, bool sq4)
{
    int32x4_t sum = vdupq_n_s32(0);
    for (size_t b = 0; b < row_bytes; b += 64, q += sq4 ? 128 : 64)
        for (size_t j = 0; j < 64; j += 16) {
            uint8x16_t codes = vld1q_u8(x + b + j);
            if (!sq4) {
                sum = step_16(sum, vld1q_s8(q + j), codes);
                continue;
            }
            sum = step_16(sum, vld1q_s8(q + j), vandq_u8(codes, vdupq_n_u8(15)));
            sum = step_16(sum, vld1q_s8(q + 64 + j), vshrq_n_u8(codes, 4));
        }
    return vaddvq_s32(sum);
}

NEON_INLINE void dots(const int8_t *q, const uint8_t *rows, size_t row_bytes, const uint32_t *which, size_t n,
                      int32_t *out, bool sq4)
{
    for (size_t i = 0; i < n; i++)
        out[i] = dot(q, rows + which[i] * row_bytes, row_bytes, sq4);
}

static void codedot_neon_sq8(const int8_t *q, const uint8_t *rows, size_t row_bytes, const uint32_t *which, size_t n,
                             int32_t *out)
{
    dots(q, rows, row_bytes, which, n, out, false);
}

static void codedot_neon_sq4(const int8_t *q, const uint8_t *rows, size_t row_bytes, const uint32_t *which, size_t n,
                             int32_t *out)
{
    dots(q, rows, row_bytes, which, n, out, true);
}

const struct codedot codedot_neon = {"neon", codedot_neon_sq8, codedot_neon_sq4, codedot_scalar_fold};
#endif
