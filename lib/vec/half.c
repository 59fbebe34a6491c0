#include "vec/half.h"

#include "sys/cpu.h"

#include <string.h>

static uint32_t bits_of(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static float float_of(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

float half_from_f16(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, mantissa = h & 0x3ff;
    if (exponent == 31)   /* infinity; a NaN is made quiet, as the instructions do */
        return float_of(sign | 0x7f800000 | (mantissa ? 0x400000 : 0) | mantissa << 13);
    if (exponent == 0) {  /* zero or mantissa * 2^-24: exact in f32 */
        float magnitude = (float)mantissa * 0x1p-24f;
        return sign ? -magnitude : magnitude;
    }
    return float_of(sign | (exponent + 112) << 23 | mantissa << 13);
}

uint16_t half_to_f16(float x)
{
    uint32_t u = bits_of(x), sign = u >> 16 & 0x8000, magnitude = u & 0x7fffffff;
    if (magnitude > 0x7f800000)
        return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    if (magnitude >= 0x47800000)                    /* 65536 and up; [65520, 65536) overflows by the rounding below */
        return (uint16_t)(sign | 0x7c00);
    if (magnitude < 0x38800000) {                   /* below 2^-14: a multiple of 2^-24, which is the unit in the last place */
        float shifted = float_of(magnitude) + 0.5f; /* of 0.5 in f32, so this addition rounds to nearest even */
        return (uint16_t)(sign | (bits_of(shifted) - 0x3f000000));
    }
    uint32_t odd = magnitude >> 13 & 1;
    magnitude += 0xfff + odd;                       /* a carry into the exponent is the right one */
    return (uint16_t)(sign | ((magnitude - (112u << 23)) >> 13));
}

float half_from_bf16(uint16_t h)
{
    return float_of((uint32_t)h << 16);
}

uint16_t half_to_bf16(float x)
{
    uint32_t u = bits_of(x);
    if ((u & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(u >> 16 | 0x40);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

#if defined __x86_64__
#include <immintrin.h>

__attribute__((target("avx,f16c")))
static size_t widen_f16c(float *out, const uint16_t *in, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(in + i))));
    return i;
}

#ifdef __clang__     /* does not know the name before version 18; the CPUs with AVX2, which cpu_isa() asks for, have it */
#define HAS_F16C 1
#else
#define HAS_F16C __builtin_cpu_supports("f16c")
#endif
#endif

void half_widen_f16(float *out, const uint16_t *in, size_t n)
{
    size_t i = 0;
#if defined __x86_64__
    if (cpu_isa() != CPU_SCALAR && HAS_F16C)
        i = widen_f16c(out, in, n);
#endif
    for (; i < n; i++)
        out[i] = half_from_f16(in[i]);
}

void half_widen_bf16(float *out, const uint16_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = half_from_bf16(in[i]);
}
