/* lanes_avx512 - sixteen floats in one AVX-512 register: the operations that rowops_body.h is written in.  lanes_scalar.h says
 * what each of them is; all files of lanes_* give the same bits. */
#ifndef LANES_AVX512_H
#define LANES_AVX512_H

#include <stddef.h>
#include <stdint.h>

#if defined __x86_64__
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,fma,avx2")
#include <immintrin.h>

enum { LANES_ROWS = 12, LANES_WIDE = 2 };

struct lanes {
    __m512 v;
};

#define LANES static inline __attribute__((always_inline))
#define LANES_END() _mm256_zeroupper()

LANES __mmask16 lanes_mask(size_t n) { return (__mmask16)((1u << n) - 1); }
LANES struct lanes lanes_set(float x) { return (struct lanes){_mm512_set1_ps(x)}; }
LANES struct lanes lanes_load(const float *p) { return (struct lanes){_mm512_loadu_ps(p)}; }
LANES struct lanes lanes_load_some(const float *p, size_t n) { return (struct lanes){_mm512_maskz_loadu_ps(lanes_mask(n), p)}; }
LANES void lanes_store(float *p, struct lanes x) { _mm512_storeu_ps(p, x.v); }
LANES void lanes_store_some(float *p, struct lanes x, size_t n) { _mm512_mask_storeu_ps(p, lanes_mask(n), x.v); }
LANES struct lanes lanes_keep(struct lanes x, size_t n) { return (struct lanes){_mm512_maskz_mov_ps(lanes_mask(n), x.v)}; }
LANES struct lanes lanes_add(struct lanes a, struct lanes b) { return (struct lanes){_mm512_add_ps(a.v, b.v)}; }
LANES struct lanes lanes_sub(struct lanes a, struct lanes b) { return (struct lanes){_mm512_sub_ps(a.v, b.v)}; }
LANES struct lanes lanes_mul(struct lanes a, struct lanes b) { return (struct lanes){_mm512_mul_ps(a.v, b.v)}; }
LANES struct lanes lanes_div(struct lanes a, struct lanes b) { return (struct lanes){_mm512_div_ps(a.v, b.v)}; }
LANES struct lanes lanes_min(struct lanes a, struct lanes b) { return (struct lanes){_mm512_min_ps(a.v, b.v)}; }
LANES struct lanes lanes_max(struct lanes a, struct lanes b) { return (struct lanes){_mm512_max_ps(a.v, b.v)}; }
LANES struct lanes lanes_fma(struct lanes a, struct lanes b, struct lanes c)
{
    return (struct lanes){_mm512_fmadd_ps(a.v, b.v, c.v)};
}
LANES struct lanes lanes_round(struct lanes x)
{
    return (struct lanes){_mm512_roundscale_ps(x.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
LANES struct lanes lanes_scale(struct lanes x, struct lanes n)
{
    __m512i power = _mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127)), 23);
    return (struct lanes){_mm512_mul_ps(x.v, _mm512_castsi512_ps(power))};
}
LANES struct lanes lanes_load_i32(const void *p, size_t n)
{
    return (struct lanes){_mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(lanes_mask(n), p))};
}
LANES void lanes_store_u8(uint8_t *p, struct lanes x, size_t n)
{
    _mm_mask_storeu_epi8(p, lanes_mask(n), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(x.v)));
}
LANES void lanes_store_bf16(uint16_t *p, struct lanes x, size_t n)
{
    __m512i bits = _mm512_castps_si512(x.v), odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    bits = _mm512_srli_epi32(_mm512_add_epi32(_mm512_add_epi32(bits, odd), _mm512_set1_epi32(0x7fff)), 16);
    _mm256_mask_storeu_epi16(p, lanes_mask(n), _mm512_cvtepi32_epi16(bits));
}
LANES float lanes_sum(struct lanes x)
{
    __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(x.v), _mm512_extractf32x8_ps(x.v, 1));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
LANES float lanes_least(struct lanes x) { return _mm512_reduce_min_ps(x.v); }
LANES float lanes_greatest(struct lanes x) { return _mm512_reduce_max_ps(x.v); }
#endif

#endif
