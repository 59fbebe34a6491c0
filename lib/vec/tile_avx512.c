/* 12 x 32: 24 accumulators of 16 lanes, two registers of queries, words of the rows broadcast one by one. */
#include "vec/tile_variants.h"

#if defined __x86_64__
#include <immintrin.h>

enum { ROWS = 12, QUERIES = 32 };

#define AVX512 __attribute__((target("avx512f,popcnt")))
#define AVX512_INLINE static inline __attribute__((always_inline, target("avx512f,popcnt")))

/* sum += <x, q>.  With intrinsics of mixed types gcc 12 copies and spills accumulators, at half the speed or less. */
AVX512_INLINE __m512i step(__m512i sum, __m512i x, __m512i q, enum tile_type type)
{
    if (type == TILE_F32)
        __asm__("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(q), "v"(x));
    else if (type == TILE_BF16)
        __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(q), "v"(x));
    else
        __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(q), "v"(x));
    return sum;
}

AVX512_INLINE __m512 estimate(float base, __m512i sum, __m512 scale, enum tile_type type)
{
    if (type != TILE_I8)
        return _mm512_sub_ps(_mm512_set1_ps(base), _mm512_castsi512_ps(sum));
    return _mm512_fnmadd_ps(scale, _mm512_cvtepi32_ps(sum), _mm512_set1_ps(base));
}

/* Compressed in a register: compressing into memory is slow on Zen 4. */
AVX512_INLINE size_t store(struct tile_hits *hits, size_t n, __mmask16 pass, __m512 value, int first)
{
    const __m512i number = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i at = _mm512_add_epi32(_mm512_set1_epi32(first), number);
    _mm512_storeu_ps(hits->estimate + n, _mm512_maskz_compress_ps(pass, value));
    _mm512_storeu_si512(hits->at + n, _mm512_maskz_compress_epi32(pass, at));
    return n + (size_t)_mm_popcnt_u32(pass);
}

AVX512_INLINE size_t run(const struct tile *t, struct tile_hits *hits, enum tile_type type)
{
    const int *x = t->x, *q = t->q;
    __m512i sum[ROWS][2];
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++)
        sum[r][0] = sum[r][1] = type == TILE_I8 ? _mm512_set1_epi32(t->start[r]) : _mm512_setzero_si512();
    for (size_t i = 0; i < t->words; i++, x += ROWS, q += QUERIES) {
        __m512i low = _mm512_load_si512(q), high = _mm512_load_si512(q + 16);
#pragma GCC unroll 12
        for (int r = 0; r < ROWS; r++) {
            __m512i v = _mm512_set1_epi32(x[r]);
            sum[r][0] = step(sum[r][0], v, low, type);
            sum[r][1] = step(sum[r][1], v, high, type);
        }
    }
    size_t n = 0;
    __m512 low_limit = _mm512_loadu_ps(t->limit), high_limit = _mm512_loadu_ps(t->limit + 16);
    __m512 low_scale = low_limit, high_scale = low_limit;
    if (type == TILE_I8) {
        low_scale = _mm512_mul_ps(_mm512_set1_ps(t->x_scale), _mm512_loadu_ps(t->q_scale));
        high_scale = _mm512_mul_ps(_mm512_set1_ps(t->x_scale), _mm512_loadu_ps(t->q_scale + 16));
    }
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++) {
        __m512 low = estimate(t->base[r], sum[r][0], low_scale, type), high = estimate(t->base[r], sum[r][1], high_scale, type);
        __mmask16 low_pass = _mm512_cmp_ps_mask(low, low_limit, _CMP_LE_OQ);
        __mmask16 high_pass = _mm512_cmp_ps_mask(high, high_limit, _CMP_LE_OQ);
        if (__builtin_expect(low_pass | high_pass, 0)) {
            n = store(hits, n, low_pass, low, r * TILE_MAX_QUERIES);
            n = store(hits, n, high_pass, high, r * TILE_MAX_QUERIES + 16);
        }
    }
    _mm256_zeroupper();
    return n;
}

AVX512 static size_t tile_avx512_run(const struct tile *t, struct tile_hits *hits)
{
    return run(t, hits, TILE_F32);
}

AVX512 static size_t tile_avx512_bf16_run(const struct tile *t, struct tile_hits *hits)
{
    return run(t, hits, TILE_BF16);
}

AVX512 static size_t tile_avx512_i8_run(const struct tile *t, struct tile_hits *hits)
{
    return run(t, hits, TILE_I8);
}

const struct tile_kernel tile_avx512 = {TILE_F32, ROWS, QUERIES, tile_avx512_run};
const struct tile_kernel tile_avx512_bf16 = {TILE_BF16, ROWS, QUERIES, tile_avx512_bf16_run};
const struct tile_kernel tile_avx512_i8 = {TILE_I8, ROWS, QUERIES, tile_avx512_i8_run};
#endif
