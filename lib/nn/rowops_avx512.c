#include "nn/lanes_avx512.h"
#if defined __x86_64__
#include "nn/rowops_body.h"
#include "nn/rowops_variants.h"

/* As product.  By assembler because gcc 12's intrinsics of mixed types copy and spill accumulators (vec/tile_avx512.c). */
static void product_bf16(const uint32_t *a, size_t a_stride, const uint32_t *panel, size_t k, float *c, size_t c_stride)
{
    __m512 sum[LANES_ROWS][2];
#pragma GCC unroll 12
    for (int r = 0; r < LANES_ROWS; r++)
        sum[r][0] = sum[r][1] = _mm512_setzero_ps();
    for (size_t i = 0; i < k; i++, panel += 32) {
        __m512 low = _mm512_loadu_ps(panel), high = _mm512_loadu_ps(panel + 16);
#pragma GCC unroll 12
        for (int r = 0; r < LANES_ROWS; r++) {
            __m512 x = _mm512_castsi512_ps(_mm512_set1_epi32((int)a[(size_t)r * a_stride + i]));
            __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum[r][0]) : "v"(x), "v"(low));
            __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum[r][1]) : "v"(x), "v"(high));
        }
    }
#pragma GCC unroll 12
    for (int r = 0; r < LANES_ROWS; r++) {
        _mm512_storeu_ps(c + (size_t)r * c_stride, sum[r][0]);
        _mm512_storeu_ps(c + (size_t)r * c_stride + 16, sum[r][1]);
    }
    LANES_END();
}

const struct rowops rowops_avx512 = ROWOPS("avx512", NULL), rowops_avx512_bf16 = ROWOPS("avx512 bf16", product_bf16);
#endif
