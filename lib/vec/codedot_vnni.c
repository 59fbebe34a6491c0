/* VPDPBUSD adds four products of an unsigned byte (the code) and a signed one (the query) into a 32-bit lane, without saturation.
 * Four rows share the loads of the query, and their sums are folded together. */
#include "vec/codedot.h"

#if defined __x86_64__
#include "vec/prefetch.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define VNNI_INLINE static inline __attribute__((always_inline, target("avx512f,avx512bw,avx512vl,avx512vnni")))

VNNI_INLINE __m512i step(__m512i sum, const int8_t *q, const uint8_t *x, bool sq4)
{
    __m512i codes = _mm512_loadu_si512(x);
    if (!sq4)
        return _mm512_dpbusd_epi32(sum, codes, _mm512_loadu_si512(q));
    __m512i half = _mm512_set1_epi8(15);
    sum = _mm512_dpbusd_epi32(sum, _mm512_and_si512(codes, half), _mm512_loadu_si512(q));
    return _mm512_dpbusd_epi32(sum, _mm512_and_si512(_mm512_srli_epi16(codes, 4), half), _mm512_loadu_si512(q + 64));
}

VNNI_INLINE __m128i sum_four(__m512i s)
{
    __m256i eight = _mm256_add_epi32(_mm512_castsi512_si256(s), _mm512_extracti64x4_epi64(s, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
}

VNNI_INLINE void dots(const int8_t *q, const uint8_t *rows, size_t row_bytes, const uint32_t *which, size_t n,
                      int32_t *out, bool sq4)
{
    size_t lines = row_bytes / PREFETCH_LINE;
    for (size_t i = 0; i < n; i += 4) {
        const uint8_t *x[4];
        for (size_t j = 0; j < 4; j++)
            x[j] = rows + which[i + j < n ? i + j : i] * row_bytes;
        for (size_t j = i + CODEDOT_AHEAD; j < n && j < i + CODEDOT_AHEAD + 4; j++)
            prefetch_lines(rows + which[j] * row_bytes, lines);
        __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
        const int8_t *p = q;
        for (size_t b = 0; b < row_bytes; b += 64, p += sq4 ? 128 : 64) {
            s0 = step(s0, p, x[0] + b, sq4);
            s1 = step(s1, p, x[1] + b, sq4);
            s2 = step(s2, p, x[2] + b, sq4);
            s3 = step(s3, p, x[3] + b, sq4);
        }
        __m128i low = _mm_hadd_epi32(sum_four(s0), sum_four(s1)), high = _mm_hadd_epi32(sum_four(s2), sum_four(s3));
        __m128i sums = _mm_hadd_epi32(low, high);
        if (i + 4 <= n)
            _mm_storeu_si128((__m128i *)(out + i), sums);
        else
            memcpy(out + i, &sums, (n - i) * sizeof *out);
    }
    _mm256_zeroupper();
}

VNNI static void codedot_vnni_sq8(const int8_t *q, const uint8_t *rows, size_t row_bytes, const uint32_t *which, size_t n,
                                  int32_t *out)
{
    dots(q, rows, row_bytes, which, n, out, false);
}

VNNI static void codedot_vnni_sq4(const int8_t *q, const uint8_t *rows, size_t row_bytes, const uint32_t *which, size_t n,
                                  int32_t *out)
{
    dots(q, rows, row_bytes, which, n, out, true);
}

VNNI static void codedot_vnni_fold(const float *x, const float *center, const float *step, float unit, size_t dim, int8_t *q)
{
    __m512 units = _mm512_set1_ps(unit), shift = _mm512_set1_ps(0x1.8p23f);
    size_t i = 0;
    for (; i + 16 <= dim; i += 16) {
        __m512 y = _mm512_loadu_ps(x + i);
        if (center)
            y = _mm512_sub_ps(y, _mm512_loadu_ps(center + i));
        y = _mm512_add_ps(_mm512_mul_ps(_mm512_mul_ps(y, _mm512_loadu_ps(step + i)), units), shift);
        _mm_storeu_si128((__m128i *)(void *)(q + i), _mm512_cvtepi32_epi8(_mm512_castps_si512(y)));
    }
    _mm256_zeroupper();
    codedot_scalar_fold(x + i, center ? center + i : NULL, step + i, unit, dim - i, q + i);
}

const struct codedot codedot_vnni = {"vnni", codedot_vnni_sq8, codedot_vnni_sq4, codedot_vnni_fold};
#endif
