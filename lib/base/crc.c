#include "base/crc.h"

#include <zlib.h>

#if defined(__x86_64__)
#include <immintrin.h>

enum { FOLD_BYTES = 64, WORTH_IT = 256 };

/* Move the 128 bits of x on by the distance that k stands for: each half times its power of x. */
__attribute__((target("pclmul,sse4.1")))
static __m128i fold(__m128i x, __m128i k)
{
    return _mm_xor_si128(_mm_clmulepi64_si128(x, k, 0x00), _mm_clmulepi64_si128(x, k, 0x11));
}

/* Fold n bytes (a positive multiple of 64) into 16 that have the same remainder when the register starts at 0. */
__attribute__((target("pclmul,sse4.1")))
static void fold_blocks(uint32_t state, const unsigned char *p, size_t n, unsigned char rest[16])
{
    const __m128i by_64 = _mm_set_epi64x(0x1C6E41596, 0x154442BD4);   /* x^(512-32), x^(512+32) mod P, bit-reflected */
    const __m128i by_16 = _mm_set_epi64x(0x0CCAA009E, 0x1751997D0);   /* x^(128-32), x^(128+32) mod P, bit-reflected */
    __m128i x[4];
    for (int i = 0; i < 4; i++)
        x[i] = _mm_loadu_si128((const __m128i *)(const void *)p + i);
    x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128((int)state));
    for (p += FOLD_BYTES, n -= FOLD_BYTES; n > 0; p += FOLD_BYTES, n -= FOLD_BYTES)
        for (int i = 0; i < 4; i++)
            x[i] = _mm_xor_si128(fold(x[i], by_64), _mm_loadu_si128((const __m128i *)(const void *)p + i));
    for (int i = 1; i < 4; i++)
        x[0] = _mm_xor_si128(fold(x[0], by_16), x[i]);
    _mm_storeu_si128((__m128i *)(void *)rest, x[0]);
}

uint32_t crc_update(uint32_t crc, const void *data, size_t n)
{
    const unsigned char *p = data;
    if (n >= WORTH_IT && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) {
        unsigned char rest[16];
        size_t folded = n / FOLD_BYTES * FOLD_BYTES;
        fold_blocks(~crc, p, folded, rest);
        crc = (uint32_t)crc32_z(0xFFFFFFFF, rest, sizeof rest);       /* the inverse of all ones: a register of 0 */
        p += folded;
        n -= folded;
    }
    return n ? (uint32_t)crc32_z(crc, p, n) : crc;      /* of NULL zlib returns 0, whatever crc is */
}

#else

uint32_t crc_update(uint32_t crc, const void *data, size_t n)
{
    return n ? (uint32_t)crc32_z(crc, data, n) : crc;
}

#endif
