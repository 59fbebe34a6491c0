/* 12 x 32: 24 accumulators of 16 floats, two registers of queries, rows broadcast one by one. */
#include "vec/tile_variants.h"

#if defined __x86_64__
#include <immintrin.h>

enum { ROWS = 12, QUERIES = 32 };

#define AVX512 __attribute__((target("avx512f,popcnt")))
#define AVX512_INLINE static inline __attribute__((always_inline, target("avx512f,popcnt")))

/* Compressed in a register: compressing into memory is slow on Zen 4. */
AVX512_INLINE size_t store(struct tile_hits *hits, size_t n, __mmask16 pass, __m512 estimate, int first)
{
    const __m512i number = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i at = _mm512_add_epi32(_mm512_set1_epi32(first), number);
    _mm512_storeu_ps(hits->estimate + n, _mm512_maskz_compress_ps(pass, estimate));
    _mm512_storeu_si512(hits->at + n, _mm512_maskz_compress_epi32(pass, at));
    return n + (size_t)_mm_popcnt_u32(pass);
}

AVX512 static size_t tile_avx512_run(const struct tile *t, struct tile_hits *hits)
{
    const float *x = t->x, *q = t->q;
    __m512 sum[ROWS][2];
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++)
        sum[r][0] = sum[r][1] = _mm512_setzero_ps();
    for (size_t i = 0; i < t->dim; i++, x += ROWS, q += QUERIES) {
        __m512 a = _mm512_load_ps(q), b = _mm512_load_ps(q + 16);
#pragma GCC unroll 12
        for (int r = 0; r < ROWS; r++) {
            __m512 v = _mm512_set1_ps(x[r]);
            sum[r][0] = _mm512_fmadd_ps(v, a, sum[r][0]);
            sum[r][1] = _mm512_fmadd_ps(v, b, sum[r][1]);
        }
    }
    size_t n = 0;
    __m512 low_limit = _mm512_loadu_ps(t->limit), high_limit = _mm512_loadu_ps(t->limit + 16);
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++) {
        __m512 base = _mm512_set1_ps(t->base[r]);
        __m512 low = _mm512_sub_ps(base, sum[r][0]), high = _mm512_sub_ps(base, sum[r][1]);
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

const struct tile_kernel tile_avx512 = {ROWS, QUERIES, tile_avx512_run};
#endif
