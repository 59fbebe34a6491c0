/* lanes_neon - sixteen floats in four NEON registers: the operations that rowops_body.h is written in.  lanes_scalar.h says what
 * each of them is; all files of lanes_* give the same bits. */
#ifndef LANES_NEON_H
#define LANES_NEON_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined __aarch64__
#include <arm_neon.h>

enum { LANES_ROWS = 6, LANES_WIDE = 1 };

struct lanes {
    float32x4_t v[4];
};

#define LANES static inline __attribute__((always_inline))
#define LANES_END() ((void)0)
#define LANES_FOUR(op, a, b) ((struct lanes){{op((a).v[0], (b).v[0]), op((a).v[1], (b).v[1]), op((a).v[2], (b).v[2]), \
                                              op((a).v[3], (b).v[3])}})

LANES struct lanes lanes_set(float x)
{
    float32x4_t v = vdupq_n_f32(x);
    return (struct lanes){{v, v, v, v}};
}
LANES struct lanes lanes_load(const float *p)
{
    return (struct lanes){{vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}};
}
LANES void lanes_store(float *p, struct lanes x)
{
    for (int i = 0; i < 4; i++)
        vst1q_f32(p + 4 * i, x.v[i]);
}
LANES struct lanes lanes_load_some(const float *p, size_t n)
{
    float some[16] = {0};
    memcpy(some, p, n * sizeof *p);
    return lanes_load(some);
}
LANES void lanes_store_some(float *p, struct lanes x, size_t n)
{
    float all[16];
    lanes_store(all, x);
    memcpy(p, all, n * sizeof *p);
}
LANES struct lanes lanes_keep(struct lanes x, size_t n)
{
    float all[16];
    lanes_store(all, x);
    return lanes_load_some(all, n);
}
LANES float32x4_t lanes_min_4(float32x4_t a, float32x4_t b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
LANES float32x4_t lanes_max_4(float32x4_t a, float32x4_t b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
LANES struct lanes lanes_add(struct lanes a, struct lanes b) { return LANES_FOUR(vaddq_f32, a, b); }
LANES struct lanes lanes_sub(struct lanes a, struct lanes b) { return LANES_FOUR(vsubq_f32, a, b); }
LANES struct lanes lanes_mul(struct lanes a, struct lanes b) { return LANES_FOUR(vmulq_f32, a, b); }
LANES struct lanes lanes_div(struct lanes a, struct lanes b) { return LANES_FOUR(vdivq_f32, a, b); }
LANES struct lanes lanes_min(struct lanes a, struct lanes b) { return LANES_FOUR(lanes_min_4, a, b); }
LANES struct lanes lanes_max(struct lanes a, struct lanes b) { return LANES_FOUR(lanes_max_4, a, b); }
LANES struct lanes lanes_fma(struct lanes a, struct lanes b, struct lanes c)
{
    for (int i = 0; i < 4; i++)
        c.v[i] = vfmaq_f32(c.v[i], a.v[i], b.v[i]);
    return c;
}
LANES struct lanes lanes_round(struct lanes x)
{
    for (int i = 0; i < 4; i++)
        x.v[i] = vrndnq_f32(x.v[i]);
    return x;
}
LANES struct lanes lanes_scale(struct lanes x, struct lanes n)
{
    for (int i = 0; i < 4; i++) {
        int32x4_t power = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n.v[i]), vdupq_n_s32(127)), 23);
        x.v[i] = vmulq_f32(x.v[i], vreinterpretq_f32_s32(power));
    }
    return x;
}
LANES struct lanes lanes_load_i32(const void *p, size_t n)
{
    int32_t some[16] = {0};
    struct lanes r;
    memcpy(some, p, n * sizeof *some);
    for (int i = 0; i < 4; i++)
        r.v[i] = vcvtq_f32_s32(vld1q_s32(some + 4 * i));
    return r;
}
LANES void lanes_store_u8(uint8_t *p, struct lanes x, size_t n)
{
    float all[16];
    lanes_store(all, x);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)all[i];
}
LANES void lanes_store_bf16(uint16_t *p, struct lanes x, size_t n)
{
    uint16_t all[16];
    for (int i = 0; i < 4; i++) {
        uint32x4_t bits = vreinterpretq_u32_f32(x.v[i]), odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
        bits = vaddq_u32(vaddq_u32(bits, odd), vdupq_n_u32(0x7fff));
        vst1_u16(all + 4 * i, vshrn_n_u32(bits, 16));
    }
    memcpy(p, all, n * sizeof *p);
}
LANES float lanes_sum(struct lanes x)
{
    float32x4_t four = vaddq_f32(vaddq_f32(x.v[0], x.v[2]), vaddq_f32(x.v[1], x.v[3]));
    float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}
LANES float lanes_least(struct lanes x)
{
    return vminvq_f32(vminq_f32(vminq_f32(x.v[0], x.v[2]), vminq_f32(x.v[1], x.v[3])));
}
LANES float lanes_greatest(struct lanes x)
{
    return vmaxvq_f32(vmaxq_f32(vmaxq_f32(x.v[0], x.v[2]), vmaxq_f32(x.v[1], x.v[3])));
}
#endif

#endif
