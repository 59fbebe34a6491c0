/* lanes_scalar - sixteen floats, one after the other: what the operations of rowops_body.h are, as plainly as it can be said.
 *
 * lanes_avx512.h, lanes_avx2.h and lanes_neon.h have the same in registers, with the same bits.  LANES_ROWS x LANES_WIDE * 16 is
 * the shape of a product's tile, whose sums fill the registers.  `some` are the first n < 16 lanes; nothing is read or written
 * beyond them, and the others are 0. */
#ifndef LANES_SCALAR_H
#define LANES_SCALAR_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LANES_ROWS = 4, LANES_WIDE = 1 };

struct lanes {
    float v[16];
};

#define LANES static inline
#define LANES_END() ((void)0)
#define LANES_EACH(i) for (size_t i = 0; i < 16; i++)

LANES struct lanes lanes_set(float x)
{
    struct lanes r;
    LANES_EACH(i) r.v[i] = x;
    return r;
}
LANES struct lanes lanes_load(const float *p)
{
    struct lanes r;
    memcpy(r.v, p, sizeof r.v);
    return r;
}
LANES struct lanes lanes_load_some(const float *p, size_t n)
{
    struct lanes r = {{0}};
    memcpy(r.v, p, n * sizeof *p);
    return r;
}
LANES void lanes_store(float *p, struct lanes x) { memcpy(p, x.v, sizeof x.v); }
LANES void lanes_store_some(float *p, struct lanes x, size_t n) { memcpy(p, x.v, n * sizeof *p); }
LANES struct lanes lanes_keep(struct lanes x, size_t n)              /* the first n <= 16 lanes, 0 in the others */
{
    LANES_EACH(i) x.v[i] = i < n ? x.v[i] : 0;
    return x;
}
LANES struct lanes lanes_add(struct lanes a, struct lanes b)
{
    LANES_EACH(i) a.v[i] += b.v[i];
    return a;
}
LANES struct lanes lanes_sub(struct lanes a, struct lanes b)
{
    LANES_EACH(i) a.v[i] -= b.v[i];
    return a;
}
LANES struct lanes lanes_mul(struct lanes a, struct lanes b)
{
    LANES_EACH(i) a.v[i] *= b.v[i];
    return a;
}
LANES struct lanes lanes_div(struct lanes a, struct lanes b)
{
    LANES_EACH(i) a.v[i] /= b.v[i];
    return a;
}
LANES struct lanes lanes_min(struct lanes a, struct lanes b)         /* b where one of them is NaN, as the registers do */
{
    LANES_EACH(i) a.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i];
    return a;
}
LANES struct lanes lanes_max(struct lanes a, struct lanes b)
{
    LANES_EACH(i) a.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i];
    return a;
}
LANES struct lanes lanes_fma(struct lanes a, struct lanes b, struct lanes c)       /* a * b + c, rounded once */
{
    LANES_EACH(i) c.v[i] = fmaf(a.v[i], b.v[i], c.v[i]);
    return c;
}
LANES struct lanes lanes_round(struct lanes x)                       /* to a whole number, the even one of two */
{
    LANES_EACH(i) x.v[i] = rintf(x.v[i]);
    return x;
}
LANES struct lanes lanes_scale(struct lanes x, struct lanes n)       /* x * 2^n, n whole and -126 to 127 */
{
    LANES_EACH(i) {
        uint32_t bits = (uint32_t)((int32_t)n.v[i] + 127) << 23;
        float power;
        memcpy(&power, &bits, sizeof power);
        x.v[i] *= power;
    }
    return x;
}
LANES struct lanes lanes_load_i32(const void *p, size_t n)           /* n <= 16 of int32_t */
{
    struct lanes r = {{0}};
    for (size_t i = 0; i < n; i++) {
        int32_t x;
        memcpy(&x, (const char *)p + i * sizeof x, sizeof x);
        r.v[i] = (float)x;
    }
    return r;
}
LANES void lanes_store_u8(uint8_t *p, struct lanes x, size_t n)      /* n <= 16 whole numbers 0 to 255 */
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)x.v[i];
}
LANES void lanes_store_bf16(uint16_t *p, struct lanes x, size_t n)   /* n <= 16, to the nearest, the even one of two; no NaN */
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x.v[i], sizeof bits);
        p[i] = (uint16_t)((bits + (bits >> 16 & 1) + 0x7fff) >> 16);
    }
}
LANES float lanes_sum(struct lanes x)                                /* by halves: lane i += lane i + 8, + 4, + 2, + 1 */
{
    for (size_t width = 8; width > 0; width /= 2)
        for (size_t i = 0; i < width; i++)
            x.v[i] += x.v[i + width];
    return x.v[0];
}
LANES float lanes_least(struct lanes x)
{
    LANES_EACH(i) x.v[0] = fminf(x.v[0], x.v[i]);
    return x.v[0];
}
LANES float lanes_greatest(struct lanes x)
{
    LANES_EACH(i) x.v[0] = fmaxf(x.v[0], x.v[i]);
    return x.v[0];
}

#endif
