/* AVX2, for AVX-512 too: these loops are short and wait for memory. */
#include "vec/cheapest_variants.h"

#if defined __x86_64__
#include <immintrin.h>
#include <math.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2")))
enum { WIDTH = 8 };

AVX2_INLINE __m256i load(const int32_t *p) { return _mm256_loadu_si256((const __m256i *)(const void *)p); }

/* The places of the set bits, counted from j. */
AVX2_INLINE size_t put(unsigned mask, size_t j, uint32_t *at, size_t found)
{
    for (; mask; mask &= mask - 1)
        at[found++] = (uint32_t)(j + (size_t)__builtin_ctz(mask));
    return found;
}

AVX2_INLINE unsigned bits(__m256i v) { return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(v)); }

AVX2 static void lanes(const int32_t *a, const int32_t *b, size_t n, int32_t least[CHEAPEST_LANES])
{
    __m256i least0 = _mm256_set1_epi32(INT32_MAX), least1 = least0, least2 = least0, least3 = least0;
    size_t j = 0;
    for (; j + CHEAPEST_LANES <= n; j += CHEAPEST_LANES) {
        least0 = _mm256_min_epi32(least0, _mm256_add_epi32(load(a + j), load(b + j)));
        least1 = _mm256_min_epi32(least1, _mm256_add_epi32(load(a + j + WIDTH), load(b + j + WIDTH)));
        least2 = _mm256_min_epi32(least2, _mm256_add_epi32(load(a + j + 2 * WIDTH), load(b + j + 2 * WIDTH)));
        least3 = _mm256_min_epi32(least3, _mm256_add_epi32(load(a + j + 3 * WIDTH), load(b + j + 3 * WIDTH)));
    }
    __m256i *to = (__m256i *)(void *)least;
    _mm256_storeu_si256(to, least0);
    _mm256_storeu_si256(to + 1, least1);
    _mm256_storeu_si256(to + 2, least2);
    _mm256_storeu_si256(to + 3, least3);
    for (; j < n; j++)
        if (a[j] + b[j] < least[j % CHEAPEST_LANES])
            least[j % CHEAPEST_LANES] = a[j] + b[j];
}

AVX2 static size_t within(const int32_t *a, const int32_t *b, size_t n, int32_t most, uint32_t *at)
{
    size_t found = 0, j = 0;
    const __m256i limit = _mm256_set1_epi32(most);
    for (; j + WIDTH <= n; j += WIDTH) {
        __m256i above = _mm256_cmpgt_epi32(_mm256_add_epi32(load(a + j), load(b + j)), limit);
        found = put(~bits(above) & 0xFF, j, at, found);
    }
    for (; j < n; j++)
        if (a[j] + b[j] <= most)
            at[found++] = (uint32_t)j;
    return found;
}

AVX2 static size_t below(const int32_t *a, int32_t own, const int32_t *bound, size_t n, uint32_t *at)
{
    size_t found = 0, j = 0;
    const __m256i less = _mm256_set1_epi32(own);
    for (; j + WIDTH <= n; j += WIDTH) {
        __m256i under = _mm256_cmpgt_epi32(load(bound + j), _mm256_sub_epi32(load(a + j), less));
        found = put(bits(under), j, at, found);
    }
    for (; j < n; j++)
        if (a[j] - own < bound[j])
            at[found++] = (uint32_t)j;
    return found;
}

enum { WIDE = 4 };

AVX2_INLINE __m256i load64(const int64_t *p) { return _mm256_loadu_si256((const __m256i *)(const void *)p); }

AVX2 static void relax(const int32_t *head, const int64_t *price, size_t n, int64_t base, int64_t u, int64_t *open, int64_t *from)
{
    const __m256i start = _mm256_set1_epi64x(base), none = _mm256_set1_epi64x(INT32_MAX), by = _mm256_set1_epi64x(u);
    size_t j = 0;
    for (; j + WIDE <= n; j += WIDE) {
        __m256i h = _mm256_cvtepi32_epi64(_mm_loadu_si128((const __m128i *)(const void *)(head + j))), o = load64(open + j);
        __m256i d = _mm256_add_epi64(_mm256_add_epi64(start, h), load64(price + j));
        __m256i less = _mm256_andnot_si256(_mm256_cmpeq_epi64(h, none), _mm256_cmpgt_epi64(o, d));
        if (_mm256_testz_si256(less, less))
            continue;
        _mm256_storeu_si256((__m256i *)(void *)(open + j), _mm256_blendv_epi8(o, d, less));
        _mm256_storeu_si256((__m256i *)(void *)(from + j), _mm256_blendv_epi8(load64(from + j), by, less));
    }
    for (; j < n; j++) {
        int64_t d = base + head[j] + price[j];
        if (d < open[j] && head[j] != INT32_MAX) {
            open[j] = d;
            from[j] = u;
        }
    }
}

AVX2 static size_t least(const int64_t *open, size_t n, int64_t none)
{
    __m256i lanes = _mm256_set1_epi64x(none);
    const __m256i zero = _mm256_setzero_si256();
    int64_t of[WIDE];
    size_t j = 0;
    for (; j + WIDE <= n; j += WIDE) {
        __m256i o = load64(open + j);
        __m256i less = _mm256_andnot_si256(_mm256_cmpgt_epi64(zero, o), _mm256_cmpgt_epi64(lanes, o));
        lanes = _mm256_blendv_epi8(lanes, o, less);
    }
    _mm256_storeu_si256((__m256i *)(void *)of, lanes);
    int64_t best = none;
    for (size_t l = 0; l < WIDE; l++)
        best = of[l] < best ? of[l] : best;
    for (; j < n; j++)
        best = open[j] >= 0 && open[j] < best ? open[j] : best;
    if (best == none)
        return n;
    for (j = 0; open[j] != best;)
        j++;
    return j;
}

AVX2 static void scaled(const float *product, const float *half, size_t n, const struct cheapest_scale *s, float base,
                        int32_t *out)
{
    const __m256 first = _mm256_set1_ps(base), scale = _mm256_set1_ps(s->scale), most = _mm256_set1_ps(s->most);
    float h[WIDTH], p[WIDTH];
    int32_t tail[WIDTH];
    for (size_t j = 0; j < n; j += WIDTH) {
        const bool whole = j + WIDTH <= n;
        for (size_t l = 0; !whole && l < WIDTH; l++) {
            h[l] = j + l < n ? half[j + l] : 0;
            p[l] = j + l < n ? product[j + l] : 0;
        }
        __m256 v = _mm256_sub_ps(_mm256_loadu_ps(whole ? half + j : h), _mm256_loadu_ps(whole ? product + j : p));
        v = _mm256_max_ps(_mm256_add_ps(first, _mm256_add_ps(v, v)), _mm256_setzero_ps());      /* 0 where it is no number */
        v = _mm256_min_ps(_mm256_mul_ps(s->root ? _mm256_sqrt_ps(v) : v, scale), most);
        _mm256_storeu_si256((__m256i *)(void *)(whole ? out + j : tail), _mm256_cvttps_epi32(v));
        for (size_t l = 0; !whole && j + l < n; l++)
            out[j + l] = tail[l];
    }
}

/* Lane l sees all j = l mod 8; the first of equals is in the lane of the least place. */
AVX2 static struct cheapest_two two(const float *product, const float *half, size_t n)
{
    __m256 first = _mm256_set1_ps(INFINITY), second = first;
    __m256i at = _mm256_setzero_si256(), place = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i step = _mm256_set1_epi32(WIDTH);
    float firsts[WIDTH], seconds[WIDTH];
    uint32_t places[WIDTH];
    size_t j = 0;
    for (; j + WIDTH <= n; j += WIDTH) {
        __m256 v = _mm256_sub_ps(_mm256_loadu_ps(half + j), _mm256_loadu_ps(product + j));
        __m256 less = _mm256_cmp_ps(v, first, _CMP_LT_OQ);
        second = _mm256_min_ps(second, _mm256_max_ps(first, v));
        first = _mm256_min_ps(first, v);
        at = _mm256_blendv_epi8(at, place, _mm256_castps_si256(less));
        place = _mm256_add_epi32(place, step);
    }
    _mm256_storeu_ps(firsts, first);
    _mm256_storeu_ps(seconds, second);
    _mm256_storeu_si256((__m256i *)(void *)places, at);
    struct cheapest_two found = {firsts[0], seconds[0], places[0]};
    for (size_t l = 1; l < WIDTH; l++) {
        bool better = firsts[l] < found.first || (firsts[l] == found.first && places[l] < found.at);
        float other = better ? found.first : firsts[l];
        found.second = other < found.second ? other : found.second;
        found.second = seconds[l] < found.second ? seconds[l] : found.second;
        if (better) {
            found.first = firsts[l];
            found.at = places[l];
        }
    }
    for (; j < n; j++)
        cheapest_two_add(&found, half[j] - product[j], j);
    return found;
}

const struct cheapest cheapest_avx2 = {lanes, within, below, relax, least, scaled, two};
#endif
