/* 6 x 16: 12 accumulators of 8 floats, two registers of queries and one of a row. */
#include "vec/tile_variants.h"

#if defined __x86_64__
#include <immintrin.h>

enum { ROWS = 6, QUERIES = 16 };

#define AVX2 __attribute__((target("avx2,fma")))

AVX2 static size_t tile_avx2_run(const struct tile *t, struct tile_hits *hits)
{
    const float *x = t->x, *q = t->q;
    __m256 sum[ROWS][2];
#pragma GCC unroll 6
    for (int r = 0; r < ROWS; r++)
        sum[r][0] = sum[r][1] = _mm256_setzero_ps();
    for (size_t i = 0; i < t->words; i++, x += ROWS, q += QUERIES) {
        __m256 a = _mm256_load_ps(q), b = _mm256_load_ps(q + 8);
#pragma GCC unroll 6
        for (int r = 0; r < ROWS; r++) {
            __m256 v = _mm256_set1_ps(x[r]);
            sum[r][0] = _mm256_fmadd_ps(v, a, sum[r][0]);
            sum[r][1] = _mm256_fmadd_ps(v, b, sum[r][1]);
        }
    }
    size_t n = 0;
    __m256 low_limit = _mm256_loadu_ps(t->limit), high_limit = _mm256_loadu_ps(t->limit + 8);
#pragma GCC unroll 6
    for (int r = 0; r < ROWS; r++) {
        __m256 base = _mm256_set1_ps(t->base[r]);
        __m256 low = _mm256_sub_ps(base, sum[r][0]), high = _mm256_sub_ps(base, sum[r][1]);
        unsigned pass = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(low, low_limit, _CMP_LE_OQ))
            | (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(high, high_limit, _CMP_LE_OQ)) << 8;
        if (!pass)
            continue;
        float estimate[QUERIES];
        _mm256_storeu_ps(estimate, low);
        _mm256_storeu_ps(estimate + 8, high);
        for (; pass; pass &= pass - 1) {
            unsigned c = (unsigned)__builtin_ctz(pass);
            hits->estimate[n] = estimate[c];
            hits->at[n++] = (uint32_t)r * TILE_MAX_QUERIES + c;
        }
    }
    _mm256_zeroupper();
    return n;
}

const struct tile_kernel tile_avx2 = {TILE_F32, ROWS, QUERIES, tile_avx2_run};
#endif
