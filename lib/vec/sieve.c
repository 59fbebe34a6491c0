#include "vec/sieve.h"

#include "sys/cpu.h"

enum { RUN = 16 };   /* looked at without a branch in between: mostly, none of them passes */

static size_t sieve_plain(uint32_t *out, const float *base, const float *less, size_t from, size_t n, float limit)
{
    static const float zeros[RUN];
    size_t found = 0, j = from;
    for (; j + RUN <= n; j += RUN) {
        const float *b = base ? base + j : zeros;
        int any = 0;
        for (size_t i = 0; i < RUN; i++)
            any |= b[i] - less[j + i] <= limit;
        for (size_t i = 0; any && i < RUN; i++) {
            out[found] = (uint32_t)(j + i);
            found += b[i] - less[j + i] <= limit;
        }
    }
    for (; j < n; j++)
        if ((base ? base[j] : 0) - less[j] <= limit)
            out[found++] = (uint32_t)j;
    return found;
}

#if defined __x86_64__
#include <immintrin.h>

__attribute__((target("avx512f,popcnt")))
static size_t sieve_avx512(uint32_t *out, const float *base, const float *less, size_t n, float limit)
{
    size_t found = 0, j = 0;
    __m512 limits = _mm512_set1_ps(limit);
    __m512i number = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (; j + RUN <= n; j += RUN) {
        __m512 b = base ? _mm512_loadu_ps(base + j) : _mm512_setzero_ps();
        __mmask16 pass = _mm512_cmp_ps_mask(_mm512_sub_ps(b, _mm512_loadu_ps(less + j)), limits, _CMP_LE_OQ);
        if (!pass)
            continue;
        /* Compressed in a register: compressing into memory is slow on some CPUs. */
        __m512i numbers = _mm512_add_epi32(_mm512_set1_epi32((int)j), number);
        _mm512_storeu_si512(out + found, _mm512_maskz_compress_epi32(pass, numbers));
        found += (size_t)_mm_popcnt_u32(pass);
    }
    _mm256_zeroupper();
    return found + sieve_plain(out + found, base, less, j, n, limit);
}

__attribute__((target("avx2")))
static size_t sieve_avx2(uint32_t *out, const float *base, const float *less, size_t n, float limit)
{
    size_t found = 0, j = 0;
    __m256 limits = _mm256_set1_ps(limit);
    for (; j + RUN <= n; j += RUN) {
        __m256 low = base ? _mm256_loadu_ps(base + j) : _mm256_setzero_ps();
        __m256 high = base ? _mm256_loadu_ps(base + j + 8) : _mm256_setzero_ps();
        low = _mm256_cmp_ps(_mm256_sub_ps(low, _mm256_loadu_ps(less + j)), limits, _CMP_LE_OQ);
        high = _mm256_cmp_ps(_mm256_sub_ps(high, _mm256_loadu_ps(less + j + 8)), limits, _CMP_LE_OQ);
        unsigned pass = (unsigned)_mm256_movemask_ps(low) | (unsigned)_mm256_movemask_ps(high) << 8;
        for (; pass; pass &= pass - 1)
            out[found++] = (uint32_t)j + (uint32_t)__builtin_ctz(pass);
    }
    _mm256_zeroupper();
    return found + sieve_plain(out + found, base, less, j, n, limit);
}
#endif

size_t sieve(uint32_t *out, const float *base, const float *less, size_t n, float limit)
{
#if defined __x86_64__
    if (cpu_isa() == CPU_AVX512)
        return sieve_avx512(out, base, less, n, limit);
    if (cpu_isa() == CPU_AVX2)
        return sieve_avx2(out, base, less, n, limit);
#endif
    return sieve_plain(out, base, less, 0, n, limit);
}
