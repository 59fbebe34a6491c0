/* Eight postings at a time: their documents widened, norms gathered, addends computed as in bm25_addend, operation by operation.
 * (A document comes once in a list, but adding eight scores by gather and scatter is no faster than one by one.) */
#include "text/bm25_kernel.h"

#if defined __x86_64__
#include <immintrin.h>
#include <stdbool.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2")))

AVX2_INLINE __m256i widen(const unsigned char *p, size_t width, size_t i)
{
    if (width == 1)
        return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(p + i)));
    if (width == 2)
        return _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)(p + 2 * i)));
    return _mm256_loadu_si256((const __m256i *)(const void *)(p + 4 * i));
}

AVX2_INLINE void add(const struct bm25_run_of *run, struct bm25_window *w, size_t doc_bytes, bool ones)
{
    const struct bm25_scorer *s = run->scorer;
    const struct bm25_block *b = run->block;
    const unsigned char *docs = s->index->postings + b->offset, *tfs = docs + (size_t)b->n * doc_bytes;
    const __m256i first = _mm256_set1_epi32((int)b->first), base = _mm256_set1_epi32((int)run->base),
                  mask = _mm256_set1_epi32(BM25_WINDOW - 1);
    const __m256 one = _mm256_set1_ps(1), weight = _mm256_set1_ps(run->term->weight), plus = _mm256_set1_ps(run->term->plus),
                 round = _mm256_set1_ps(run->step.round),
                 least = _mm256_set1_ps(run->term->weight > 0 ? run->step.q : -__builtin_inff());
    size_t i = run->from;
    for (; i + 8 <= run->to; i += 8) {
        _Alignas(32) uint32_t at[8];
        _Alignas(32) float addends[8];
        __m256i document = _mm256_add_epi32(widen(docs, doc_bytes, i), first);
        __m256 x = _mm256_i32gather_ps(s->norms, document, 4);
        if (!ones)
            x = _mm256_mul_ps(x, _mm256_i32gather_ps(s->inverses, widen(tfs, 1, i), 4));
        __m256 a = _mm256_add_ps(_mm256_div_ps(weight, _mm256_add_ps(one, x)), plus);
        a = _mm256_sub_ps(_mm256_add_ps(a, round), round);
        _mm256_store_ps(addends, _mm256_max_ps(a, least));
        _mm256_store_si256((__m256i *)(void *)at, _mm256_and_si256(_mm256_sub_epi32(document, base), mask));
        for (int j = 0; j < 8; j++) {
            w->scores[at[j]] += addends[j];
            bm25_touch(w, at[j]);
        }
    }
    struct bm25_run_of rest = *run;
    rest.from = i;
    bm25_add_scalar(&rest, w);
}

AVX2 static void add_avx2(const struct bm25_run_of *run, struct bm25_window *w)
{
    const struct bm25_block *b = run->block;
    if (run->to - run->from < 8 || b->doc_bytes == 4 || b->tf_bytes > 1)
        bm25_add_scalar(run, w);
    else if (b->doc_bytes == 1)
        b->tf_bytes == 0 ? add(run, w, 1, true) : add(run, w, 1, false);
    else
        b->tf_bytes == 0 ? add(run, w, 2, true) : add(run, w, 2, false);
}

AVX2 static size_t pick_avx2(struct bm25_window *w, float limit, uint32_t base, struct neighbour *out)
{
    const __m256 above = _mm256_set1_ps(limit), zero = _mm256_setzero_ps();
    size_t found = 0;
    for (size_t word = 0; word < BM25_WORDS; word++) {
        for (uint64_t lines = w->touched[word]; lines; lines &= lines - 1) {
            size_t line = (word * 64 + (size_t)__builtin_ctzll(lines)) * BM25_LINE;
            float *scores = w->scores + line;
            __m256 low = _mm256_load_ps(scores), high = _mm256_load_ps(scores + 8);
            unsigned who = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(low, above, _CMP_GT_OQ)) |
                           (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(high, above, _CMP_GT_OQ)) << 8;
            for (; who; who &= who - 1) {
                size_t at = (size_t)__builtin_ctz(who);
                out[found++] = (struct neighbour){scores[at], base + (uint32_t)(line + at)};
            }
            _mm256_store_ps(scores, zero);
            _mm256_store_ps(scores + 8, zero);
        }
        w->touched[word] = 0;
    }
    return found;
}

const struct bm25_kernel bm25_kernel_avx2 = {add_avx2, pick_avx2};
#endif
