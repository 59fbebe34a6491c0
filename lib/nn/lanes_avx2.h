/* lanes_avx2 - sixteen floats in two AVX2 registers: the operations that rowops_body.h is written in.  lanes_scalar.h says what
 * each of them is; all files of lanes_* give the same bits. */
#ifndef LANES_AVX2_H
#define LANES_AVX2_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined __x86_64__
#pragma GCC target("avx2,fma")
#include <immintrin.h>

enum { LANES_ROWS = 6, LANES_WIDE = 1 };

struct lanes {
    __m256 low, high;
};

#define LANES static inline __attribute__((always_inline))
#define LANES_END() _mm256_zeroupper()
#define LANES_BOTH(op, a, b) ((struct lanes){op((a).low, (b).low), op((a).high, (b).high)})

LANES struct lanes lanes_set(float x) { return (struct lanes){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
LANES struct lanes lanes_load(const float *p) { return (struct lanes){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
LANES void lanes_store(float *p, struct lanes x)
{
    _mm256_storeu_ps(p, x.low);
    _mm256_storeu_ps(p + 8, x.high);
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
    const __m256 number = _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7);
    __m256 low = _mm256_cmp_ps(number, _mm256_set1_ps((float)n), _CMP_LT_OQ);
    __m256 high = _mm256_cmp_ps(number, _mm256_set1_ps((float)n - 8), _CMP_LT_OQ);
    return (struct lanes){_mm256_and_ps(x.low, low), _mm256_and_ps(x.high, high)};
}
LANES struct lanes lanes_add(struct lanes a, struct lanes b) { return LANES_BOTH(_mm256_add_ps, a, b); }
LANES struct lanes lanes_sub(struct lanes a, struct lanes b) { return LANES_BOTH(_mm256_sub_ps, a, b); }
LANES struct lanes lanes_mul(struct lanes a, struct lanes b) { return LANES_BOTH(_mm256_mul_ps, a, b); }
LANES struct lanes lanes_div(struct lanes a, struct lanes b) { return LANES_BOTH(_mm256_div_ps, a, b); }
LANES struct lanes lanes_min(struct lanes a, struct lanes b) { return LANES_BOTH(_mm256_min_ps, a, b); }
LANES struct lanes lanes_max(struct lanes a, struct lanes b) { return LANES_BOTH(_mm256_max_ps, a, b); }
LANES struct lanes lanes_fma(struct lanes a, struct lanes b, struct lanes c)
{
    return (struct lanes){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
LANES struct lanes lanes_round(struct lanes x)
{
    return (struct lanes){_mm256_round_ps(x.low, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
                          _mm256_round_ps(x.high, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
LANES __m256 lanes_power(__m256 n)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
}
LANES struct lanes lanes_scale(struct lanes x, struct lanes n)
{
    return (struct lanes){_mm256_mul_ps(x.low, lanes_power(n.low)), _mm256_mul_ps(x.high, lanes_power(n.high))};
}
LANES struct lanes lanes_load_i32(const void *p, size_t n)
{
    int32_t some[16] = {0};
    memcpy(some, p, n * sizeof *some);
    return (struct lanes){_mm256_cvtepi32_ps(_mm256_loadu_si256((const void *)some)),
                          _mm256_cvtepi32_ps(_mm256_loadu_si256((const void *)(some + 8)))};
}
LANES void lanes_store_u8(uint8_t *p, struct lanes x, size_t n)
{
    __m256i low = _mm256_cvtps_epi32(x.low), high = _mm256_cvtps_epi32(x.high);
    __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(low, high), 0xd8);
    uint8_t all[16];
    __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128((void *)all, bytes);
    memcpy(p, all, n);
}
LANES __m256i lanes_bf16(__m256 x)
{
    __m256i bits = _mm256_castps_si256(x), odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    return _mm256_srli_epi32(_mm256_add_epi32(_mm256_add_epi32(bits, odd), _mm256_set1_epi32(0x7fff)), 16);
}
LANES void lanes_store_bf16(uint16_t *p, struct lanes x, size_t n)
{
    uint16_t all[16];
    __m256i words = _mm256_packus_epi32(lanes_bf16(x.low), lanes_bf16(x.high));
    _mm256_storeu_si256((void *)all, _mm256_permute4x64_epi64(words, 0xd8));
    memcpy(p, all, n * sizeof *p);
}
LANES float lanes_sum(struct lanes x)
{
    __m256 eight = _mm256_add_ps(x.low, x.high);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
LANES float lanes_least(struct lanes x)
{
    __m256 eight = _mm256_min_ps(x.low, x.high);
    __m128 four = _mm_min_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_min_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_min_ss(two, _mm_movehdup_ps(two)));
}
LANES float lanes_greatest(struct lanes x)
{
    __m256 eight = _mm256_max_ps(x.low, x.high);
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
#endif

#endif
