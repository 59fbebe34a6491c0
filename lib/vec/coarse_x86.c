/* VPDPBUSD multiplies 64 bytes of a panel with 4 of a query, and adds to 16 lanes; 8 queries share a load of the panel, two
 * halves of it a load of the query: one instruction a cycle on Zen 4, as many as there can be.  Without it even and odd bytes
 * are widened to 16 bits, 4 queries at a time. */
#include "vec/coarse_variants.h"

#if defined __x86_64__
#include <immintrin.h>
#include <string.h>

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define VNNI_INLINE static inline __attribute__((always_inline, target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2")))

static inline int32_t four(const int8_t *q)
{
    int32_t bytes;
    memcpy(&bytes, q, sizeof bytes);
    return bytes;
}

/* Bits of 16 lanes, whose sums of products with query i are given. */
VNNI_INLINE uint32_t compare(const struct coarse *s, size_t at, const float *radius, const struct coarse_queries *q, size_t i,
                             __m512i sum)
{
    __m512 dot = _mm512_cvtepi32_ps(_mm512_sub_epi32(sum, _mm512_set1_epi32(q->shift[i])));
    __m512 near = _mm512_mul_ps(_mm512_mul_ps(_mm512_loadu_ps(s->twice + at), _mm512_set1_ps(q->scale[i])), dot);
    __m512 least = _mm512_sub_ps(_mm512_add_ps(_mm512_loadu_ps(s->square + at), _mm512_set1_ps(q->square[i])), near);
    __m512 reach = _mm512_add_ps(_mm512_loadu_ps(radius), _mm512_set1_ps(q->error[i]));
    return _mm512_cmp_ps_mask(least, _mm512_mul_ps(reach, reach), _CMP_NGE_UQ);
}

VNNI void coarse_vnni(const struct coarse *s, size_t panel, const float *radius, const struct coarse_queries *q, size_t first,
                     uint32_t mask[COARSE_AT_ONCE])
{
    const uint8_t *codes = s->codes + panel * s->bytes * COARSE_LANES;
    const int8_t *query = q->codes + first * s->bytes;
    __m512i low[COARSE_AT_ONCE], high[COARSE_AT_ONCE];
#pragma GCC unroll 8
    for (size_t t = 0; t < COARSE_AT_ONCE; t++)
        low[t] = high[t] = _mm512_setzero_si512();
    for (size_t g = 0; g < s->bytes; g += 4) {
        __m512i a = _mm512_loadu_si512(codes + g * COARSE_LANES), b = _mm512_loadu_si512(codes + g * COARSE_LANES + 64);
#pragma GCC unroll 8
        for (size_t t = 0; t < COARSE_AT_ONCE; t++) {
            __m512i y = _mm512_set1_epi32(four(query + g * COARSE_AT_ONCE + t * 4));
            low[t] = _mm512_dpbusd_epi32(low[t], a, y);
            high[t] = _mm512_dpbusd_epi32(high[t], b, y);
        }
    }
#pragma GCC unroll 8
    for (size_t t = 0; t < COARSE_AT_ONCE; t++) {
        size_t at = panel * COARSE_LANES;
        mask[t] = compare(s, at, radius, q, first + t, low[t]) | compare(s, at + 16, radius + 16, q, first + t, high[t]) << 16;
    }
    _mm256_zeroupper();
}

/* 4 queries, 8 lanes: the sums of all dimensions. */
AVX2_INLINE void sums_avx2(const uint8_t *codes, const int8_t *query, size_t bytes, __m256i sum[4])
{
    const __m256i low = _mm256_set1_epi16(255);
#pragma GCC unroll 4
    for (size_t t = 0; t < 4; t++)
        sum[t] = _mm256_setzero_si256();
    for (size_t g = 0; g < bytes; g += 4) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(codes + g * COARSE_LANES));
        __m256i even = _mm256_and_si256(v, low), odd = _mm256_srli_epi16(v, 8);
#pragma GCC unroll 4
        for (size_t t = 0; t < 4; t++) {
            __m256i y = _mm256_set1_epi32(four(query + g * COARSE_AT_ONCE + t * 4));
            __m256i of_even = _mm256_srai_epi16(_mm256_slli_epi16(y, 8), 8), of_odd = _mm256_srai_epi16(y, 8);
            sum[t] = _mm256_add_epi32(sum[t], _mm256_add_epi32(_mm256_madd_epi16(even, of_even), _mm256_madd_epi16(odd, of_odd)));
        }
    }
}

AVX2 void coarse_avx2(const struct coarse *s, size_t panel, const float *radius, const struct coarse_queries *q, size_t first,
                     uint32_t mask[COARSE_AT_ONCE])
{
    memset(mask, 0, COARSE_AT_ONCE * sizeof *mask);
    for (size_t part = 0; part < COARSE_LANES; part += 8) {
        const uint8_t *codes = s->codes + panel * s->bytes * COARSE_LANES + part * 4;
        const size_t at = panel * COARSE_LANES + part;
        __m256 square = _mm256_loadu_ps(s->square + at), twice = _mm256_loadu_ps(s->twice + at);
        __m256 own = _mm256_loadu_ps(radius + part);
        for (size_t quad = 0; quad < COARSE_AT_ONCE; quad += 4) {
            __m256i sum[4];
            sums_avx2(codes, q->codes + first * s->bytes + quad * 4, s->bytes, sum);
            for (size_t t = 0; t < 4; t++) {
                size_t i = first + quad + t;
                __m256 dot = _mm256_cvtepi32_ps(_mm256_sub_epi32(sum[t], _mm256_set1_epi32(q->shift[i])));
                __m256 near = _mm256_mul_ps(_mm256_mul_ps(twice, _mm256_set1_ps(q->scale[i])), dot);
                __m256 least = _mm256_sub_ps(_mm256_add_ps(square, _mm256_set1_ps(q->square[i])), near);
                __m256 reach = _mm256_add_ps(own, _mm256_set1_ps(q->error[i]));
                unsigned within = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(least, _mm256_mul_ps(reach, reach), _CMP_NGE_UQ));
                mask[quad + t] |= within << part;
            }
        }
    }
    _mm256_zeroupper();
}
#endif
