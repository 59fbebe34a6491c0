/* Lanes 0..7 and 8..15 of the definition are two 256-bit registers.  A tail is loaded under a mask, which reads nothing beyond
 * the vector; lanes outside it keep their old sum (adding 0 to them would turn -0.0 into 0.0).
 * gcc ends such functions by vzeroupper at -O2 only; without it the SSE code of a -O1 caller runs some 20 times slower. */
#include "vec/kernel_variants.h"

#if defined __x86_64__
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2,fma")))

struct lanes {
    __m256 low, high;
};

AVX2_INLINE __m256 step(__m256 sum, __m256 a, __m256 b, bool l2)
{
    __m256 d = l2 ? _mm256_sub_ps(a, b) : a;
    return _mm256_fmadd_ps(d, l2 ? d : b, sum);
}

AVX2_INLINE struct lanes step_16(struct lanes s, const float *a, const float *b, bool l2)
{
    s.low = step(s.low, _mm256_loadu_ps(a), _mm256_loadu_ps(b), l2);
    s.high = step(s.high, _mm256_loadu_ps(a + 8), _mm256_loadu_ps(b + 8), l2);
    return s;
}

/* n < 16 elements. */
AVX2_INLINE struct lanes step_tail(struct lanes s, const float *a, const float *b, size_t n, bool l2)
{
    __m256i number = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    if (n >= 8) {
        s.low = step(s.low, _mm256_loadu_ps(a), _mm256_loadu_ps(b), l2);
        a += 8;
        b += 8;
    }
    __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(n & 7)), number);
    __m256 before = n >= 8 ? s.high : s.low;
    __m256 after = step(before, _mm256_maskload_ps(a, mask), _mm256_maskload_ps(b, mask), l2);
    after = _mm256_blendv_ps(before, after, _mm256_castsi256_ps(mask));
    if (n >= 8)
        s.high = after;
    else
        s.low = after;
    return s;
}

/* The first two levels of the tree: 16 lanes to 4. */
AVX2_INLINE __m128 fold(struct lanes s)
{
    __m256 eight = _mm256_add_ps(s.low, s.high);
    return _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
}

AVX2_INLINE float one(const float *a, const float *b, size_t dim, bool l2)
{
    struct lanes s = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + 16 <= dim; i += 16)
        s = step_16(s, a + i, b + i, l2);
    if (i < dim)
        s = step_tail(s, a + i, b + i, dim - i, l2);
    __m128 four = fold(s);
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    float total = _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    _mm256_zeroupper();
    return total;
}

AVX2_INLINE void four(const float *q, const float *const x[4], size_t dim, float out[4], bool l2)
{
    const float *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
    struct lanes s0 = {_mm256_setzero_ps(), _mm256_setzero_ps()}, s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 16 <= dim; i += 16) {
        s0 = step_16(s0, q + i, x0 + i, l2);
        s1 = step_16(s1, q + i, x1 + i, l2);
        s2 = step_16(s2, q + i, x2 + i, l2);
        s3 = step_16(s3, q + i, x3 + i, l2);
    }
    if (i < dim) {
        s0 = step_tail(s0, q + i, x0 + i, dim - i, l2);
        s1 = step_tail(s1, q + i, x1 + i, dim - i, l2);
        s2 = step_tail(s2, q + i, x2 + i, dim - i, l2);
        s3 = step_tail(s3, q + i, x3 + i, dim - i, l2);
    }
    /* The last two levels for all four at once: lane j of vector r becomes lane r of t_j. */
    __m128 t0 = fold(s0), t1 = fold(s1), t2 = fold(s2), t3 = fold(s3);
    _MM_TRANSPOSE4_PS(t0, t1, t2, t3);
    _mm_storeu_ps(out, _mm_add_ps(_mm_add_ps(t0, t2), _mm_add_ps(t1, t3)));
    _mm256_zeroupper();
}

AVX2 static float kernel_avx2_dot(const float *a, const float *b, size_t dim)
{
    return one(a, b, dim, false);
}

AVX2 static float kernel_avx2_l2(const float *a, const float *b, size_t dim)
{
    return one(a, b, dim, true);
}

AVX2 static void kernel_avx2_dot4(const float *q, const float *const x[4], size_t dim, float out[4])
{
    four(q, x, dim, out, false);
}

AVX2 static void kernel_avx2_l2x4(const float *q, const float *const x[4], size_t dim, float out[4])
{
    four(q, x, dim, out, true);
}

const struct kernel kernel_avx2 = {"avx2", kernel_avx2_dot, kernel_avx2_l2, kernel_avx2_dot4, kernel_avx2_l2x4};
#endif
