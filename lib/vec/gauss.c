#include "vec/gauss.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

/* Four lanes: what SSE2 and NEON, which every CPU has, do at once.  There is nothing to dispatch. */
typedef float f32x4 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));
typedef uint32_t u32x4 __attribute__((vector_size(16)));

/* x in (0, 1] as m * 2^e with m in [sqrt(1/2), sqrt(2)); then ln m = 2 artanh(s), s = (m-1)/(m+1), |s| < .172: five terms of the
 * series leave 2^-29 of the value. */
static f32x4 logarithm(f32x4 x)
{
    i32x4 bits = (i32x4)x, e = (bits - 0x3f3504f3) >> 23;
    f32x4 m = (f32x4)(bits - (i32x4)((u32x4)e << 23));
    f32x4 s = (m - 1.0f) / (m + 1.0f), z = s * s;
    f32x4 p = 1.0f + z * (1.0f / 3 + z * (1.0f / 5 + z * (1.0f / 7 + z * (1.0f / 9))));
    return 2.0f * s * p + __builtin_convertvector(e, f32x4) * 0x1.62e43p-1f;
}

void gauss_eight(const uint32_t words[8], float x[8])
{
    u32x4 a, b;
    memcpy(&a, words, sizeof a);
    memcpy(&b, words + 4, sizeof b);
    f32x4 u = (__builtin_convertvector((i32x4)(a >> 1), f32x4) + 0.5f) * 0x1p-31f;
    f32x4 r = -2.0f * logarithm(u);
    for (int i = 0; i < 4; i++)
        r[i] = sqrtf(r[i]);
    /* b / 2^32 turns are whole quadrants and an angle within +- pi/4, where the series need five terms. */
    u32x4 quadrant = (b + 0x20000000) >> 30, odd = -(quadrant & 1);
    f32x4 t = __builtin_convertvector((i32x4)(b << 2), f32x4) * 0x1.921fb6p-32f, y = t * t;
    f32x4 sine = t * (1.0f + y * (-1.0f / 6 + y * (1.0f / 120 + y * (-1.0f / 5040 + y * (1.0f / 362880)))));
    f32x4 cosine = 1.0f + y * (-1.0f / 2 + y * (1.0f / 24 + y * (-1.0f / 720 + y * (1.0f / 40320))));
    u32x4 c = ((u32x4)cosine & ~odd) | ((u32x4)sine & odd), s = ((u32x4)sine & ~odd) | ((u32x4)cosine & odd);
    c ^= ((quadrant + 1) & 2) << 30;
    s ^= (quadrant & 2) << 30;
    f32x4 left = r * (f32x4)c, right = r * (f32x4)s;
    memcpy(x, &left, sizeof left);
    memcpy(x + 4, &right, sizeof right);
}

void gauss_fill(uint64_t seed, uint32_t stream, uint64_t item, float *x, size_t n)
{
    enum { AT_ONCE = 1024 };     /* a multiple of 8 */
    uint32_t words[AT_ONCE];
    for (size_t done = 0; done < n; done += AT_ONCE) {
        size_t take = n - done < AT_ONCE ? n - done : AT_ONCE, i = 0;
        rng_words(seed, stream, item, done, words, (take + 7) / 8 * 8);
        for (; i + 8 <= take; i += 8)
            gauss_eight(words + i, x + done + i);
        if (i < take) {
            float rest[8];
            gauss_eight(words + i, rest);
            memcpy(x + done + i, rest, (take - i) * sizeof *x);
        }
    }
}
