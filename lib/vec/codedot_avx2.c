/* Without VNNI: codes and query are widened to 16 bits, where products of a code (< 256) and a signed byte add in pairs without
 * saturation; VPMADDUBSW would saturate. */
#include "vec/codedot.h"

#if defined __x86_64__
#include "vec/prefetch.h"

#include <immintrin.h>
#include <stdbool.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2")))

AVX2_INLINE __m256i step_16(__m256i sum, __m128i q, __m128i codes)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_cvtepi8_epi16(q), _mm256_cvtepu8_epi16(codes)));
}

AVX2_INLINE __m128i load(const void *p)
{
    return _mm_loadu_si128(p);
}

AVX2_INLINE int32_t dot(const int8_t *q, const uint8_t *x, size_t row_bytes, bool sq4)
{
    __m256i sum = _mm256_setzero_si256();
    __m128i half = _mm_set1_epi8(15);
    for (size_t b = 0; b < row_bytes; b += 64, q += sq4 ? 128 : 64)
        for (size_t j = 0; j < 64; j += 16) {
            __m128i codes = load(x + b + j);
            if (!sq4) {
                sum = step_16(sum, load(q + j), codes);
                continue;
            }
            sum = step_16(sum, load(q + j), _mm_and_si128(codes, half));
            sum = step_16(sum, load(q + 64 + j), _mm_and_si128(_mm_srli_epi16(codes, 4), half));
        }
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xB1)));
}

AVX2_INLINE void dots(const int8_t *q, const uint8_t *rows, size_t row_bytes, const uint32_t *which, size_t n,
                      int32_t *out, bool sq4)
{
    for (size_t i = 0; i < n; i++) {
        if (i + CODEDOT_AHEAD < n)
            prefetch_lines(rows + which[i + CODEDOT_AHEAD] * row_bytes, row_bytes / PREFETCH_LINE);
        out[i] = dot(q, rows + which[i] * row_bytes, row_bytes, sq4);
    }
    _mm256_zeroupper();
}

AVX2 static void codedot_avx2_sq8(const int8_t *q, const uint8_t *rows, size_t row_bytes, const uint32_t *which, size_t n,
                                  int32_t *out)
{
    dots(q, rows, row_bytes, which, n, out, false);
}

AVX2 static void codedot_avx2_sq4(const int8_t *q, const uint8_t *rows, size_t row_bytes, const uint32_t *which, size_t n,
                                  int32_t *out)
{
    dots(q, rows, row_bytes, which, n, out, true);
}

/* Eight of the products, rounded, in 32-bit lanes from 0 to 255. */
AVX2_INLINE __m256i fold_8(const float *x, const float *center, const float *step, __m256 unit)
{
    __m256 y = _mm256_loadu_ps(x);
    if (center)
        y = _mm256_sub_ps(y, _mm256_loadu_ps(center));
    y = _mm256_mul_ps(_mm256_mul_ps(y, _mm256_loadu_ps(step)), unit);
    y = _mm256_add_ps(y, _mm256_set1_ps(0x1.8p23f));
    return _mm256_and_si256(_mm256_castps_si256(y), _mm256_set1_epi32(255));
}

AVX2 static void codedot_avx2_fold(const float *x, const float *center, const float *step, float unit, size_t dim, int8_t *q)
{
    __m256 units = _mm256_set1_ps(unit);
    size_t i = 0;
    for (; i + 16 <= dim; i += 16) {
        const float *c = center ? center + i : NULL;
        __m256i low = fold_8(x + i, c, step + i, units), high = fold_8(x + i + 8, c ? c + 8 : NULL, step + i + 8, units);
        __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(low, high), 0xD8);
        __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
        _mm_storeu_si128((__m128i *)(void *)(q + i), bytes);
    }
    _mm256_zeroupper();
    codedot_scalar_fold(x + i, center ? center + i : NULL, step + i, unit, dim - i, q + i);
}

const struct codedot codedot_avx2 = {"avx2", codedot_avx2_sq8, codedot_avx2_sq4, codedot_avx2_fold};
#endif
