/* The 16 lanes of the definition are four 128-bit registers; a tail is added to them in memory. */
#include "vec/kernel_variants.h"

#if defined __aarch64__
#include <arm_neon.h>
#include <math.h>

#define NEON_INLINE static inline __attribute__((always_inline))

NEON_INLINE void step_16(float32x4_t s[4], const float *a, const float *b, bool l2)
{
    for (int j = 0; j < 4; j++) {
        float32x4_t x = vld1q_f32(a + 4 * j), y = vld1q_f32(b + 4 * j);
        float32x4_t d = l2 ? vsubq_f32(x, y) : x;
        s[j] = vfmaq_f32(s[j], d, l2 ? d : y);
    }
}

NEON_INLINE void step_tail(float32x4_t s[4], const float *a, const float *b, size_t n, bool l2)
{
    float lanes[16];
    for (int j = 0; j < 4; j++)
        vst1q_f32(lanes + 4 * j, s[j]);
    for (size_t i = 0; i < n; i++) {
        float d = l2 ? a[i] - b[i] : a[i];
        lanes[i] = fmaf(d, l2 ? d : b[i], lanes[i]);
    }
    for (int j = 0; j < 4; j++)
        s[j] = vld1q_f32(lanes + 4 * j);
}

NEON_INLINE float sum(const float32x4_t s[4])
{
    float32x4_t four = vaddq_f32(vaddq_f32(s[0], s[2]), vaddq_f32(s[1], s[3]));
    float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

NEON_INLINE float one(const float *a, const float *b, size_t dim, bool l2)
{
    float32x4_t s[4] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};
    size_t i = 0;
    for (; i + 16 <= dim; i += 16)
        step_16(s, a + i, b + i, l2);
    if (i < dim)
        step_tail(s, a + i, b + i, dim - i, l2);
    return sum(s);
}

/* 4 vectors x 4 registers of sums, of the 32 that there are. */
NEON_INLINE void four(const float *q, const float *const x[4], size_t dim, float out[4], bool l2)
{
    float32x4_t s[4][4];
    for (int r = 0; r < 4; r++)
        for (int j = 0; j < 4; j++)
            s[r][j] = vdupq_n_f32(0);
    size_t i = 0;
    for (; i + 16 <= dim; i += 16)
        for (int r = 0; r < 4; r++)
            step_16(s[r], q + i, x[r] + i, l2);
    for (int r = 0; r < 4; r++) {
        if (i < dim)
            step_tail(s[r], q + i, x[r] + i, dim - i, l2);
        out[r] = sum(s[r]);
    }
}

static float kernel_neon_dot(const float *a, const float *b, size_t dim)
{
    return one(a, b, dim, false);
}

static float kernel_neon_l2(const float *a, const float *b, size_t dim)
{
    return one(a, b, dim, true);
}

static void kernel_neon_dot4(const float *q, const float *const x[4], size_t dim, float out[4])
{
    four(q, x, dim, out, false);
}

static void kernel_neon_l2x4(const float *q, const float *const x[4], size_t dim, float out[4])
{
    four(q, x, dim, out, true);
}

const struct kernel kernel_neon = {"neon", kernel_neon_dot, kernel_neon_l2, kernel_neon_dot4, kernel_neon_l2x4};
#endif
