/* Lane j of the definition is lane j of one 512-bit register.  A tail is loaded under a mask, which reads nothing beyond the
 * vector, and added under the same mask, which leaves the other lanes as they are (adding 0 to them would turn -0.0 into 0.0).
 * gcc ends such functions by vzeroupper at -O2 only; without it the SSE code of a -O1 caller runs some 20 times slower. */
#include "vec/kernel_variants.h"

#if defined __x86_64__
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,fma")))
#define AVX512_INLINE static inline __attribute__((always_inline, target("avx512f,fma")))

AVX512_INLINE __m512 step(__m512 sum, __m512 a, __m512 b, bool l2)
{
    __m512 d = l2 ? _mm512_sub_ps(a, b) : a;
    return _mm512_fmadd_ps(d, l2 ? d : b, sum);
}

AVX512_INLINE __m512 step_tail(__m512 sum, __m512 a, __m512 b, __mmask16 tail, bool l2)
{
    __m512 d = l2 ? _mm512_sub_ps(a, b) : a;
    return _mm512_mask3_fmadd_ps(d, l2 ? d : b, sum, tail);
}

/* The first two levels of the tree: 16 lanes to 4. */
AVX512_INLINE __m128 fold(__m512 s)
{
    __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(s), 1));
    __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(s), high);
    return _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
}

AVX512_INLINE float one(const float *a, const float *b, size_t dim, bool l2)
{
    __m512 sum = _mm512_setzero_ps();
    size_t i = 0;
    for (; i + 16 <= dim; i += 16)
        sum = step(sum, _mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i), l2);
    if (i < dim) {
        __mmask16 tail = (__mmask16)((1u << (dim - i)) - 1);
        sum = step_tail(sum, _mm512_maskz_loadu_ps(tail, a + i), _mm512_maskz_loadu_ps(tail, b + i), tail, l2);
    }
    __m128 four = fold(sum);
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    float total = _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    _mm256_zeroupper();
    return total;
}

AVX512_INLINE void four(const float *q, const float *const x[4], size_t dim, float out[4], bool l2)
{
    const float *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
    __m512 s0 = _mm512_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 16 <= dim; i += 16) {
        __m512 a = _mm512_loadu_ps(q + i);
        s0 = step(s0, a, _mm512_loadu_ps(x0 + i), l2);
        s1 = step(s1, a, _mm512_loadu_ps(x1 + i), l2);
        s2 = step(s2, a, _mm512_loadu_ps(x2 + i), l2);
        s3 = step(s3, a, _mm512_loadu_ps(x3 + i), l2);
    }
    if (i < dim) {
        __mmask16 tail = (__mmask16)((1u << (dim - i)) - 1);
        __m512 a = _mm512_maskz_loadu_ps(tail, q + i);
        s0 = step_tail(s0, a, _mm512_maskz_loadu_ps(tail, x0 + i), tail, l2);
        s1 = step_tail(s1, a, _mm512_maskz_loadu_ps(tail, x1 + i), tail, l2);
        s2 = step_tail(s2, a, _mm512_maskz_loadu_ps(tail, x2 + i), tail, l2);
        s3 = step_tail(s3, a, _mm512_maskz_loadu_ps(tail, x3 + i), tail, l2);
    }
    /* The last two levels for all four at once: lane j of vector r becomes lane r of t_j. */
    __m128 t0 = fold(s0), t1 = fold(s1), t2 = fold(s2), t3 = fold(s3);
    _MM_TRANSPOSE4_PS(t0, t1, t2, t3);
    _mm_storeu_ps(out, _mm_add_ps(_mm_add_ps(t0, t2), _mm_add_ps(t1, t3)));
    _mm256_zeroupper();
}

AVX512 static float kernel_avx512_dot(const float *a, const float *b, size_t dim)
{
    return one(a, b, dim, false);
}

AVX512 static float kernel_avx512_l2(const float *a, const float *b, size_t dim)
{
    return one(a, b, dim, true);
}

AVX512 static void kernel_avx512_dot4(const float *q, const float *const x[4], size_t dim, float out[4])
{
    four(q, x, dim, out, false);
}

AVX512 static void kernel_avx512_l2x4(const float *q, const float *const x[4], size_t dim, float out[4])
{
    four(q, x, dim, out, true);
}

const struct kernel kernel_avx512 = {"avx512", kernel_avx512_dot, kernel_avx512_l2, kernel_avx512_dot4, kernel_avx512_l2x4};
#endif
