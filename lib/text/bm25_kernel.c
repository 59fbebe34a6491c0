#include "text/bm25_kernel.h"

void bm25_add_scalar(const struct bm25_run_of *run, struct bm25_window *w)
{
    const struct bm25_index *x = run->scorer->index;
    const struct bm25_block *b = run->block;
    const float *norms = run->scorer->norms;
    for (size_t i = run->from; i < run->to; i++) {
        uint32_t document = b->first + bm25_offset(x, b, i);
        float inverse = bm25_inverse(run->scorer, bm25_tf(x, b, i));
        if (b->doc_bytes == 4 && document >= x->n)      /* a damaged file; narrower ones stay within norms */
            document = b->first;
        uint32_t at = (document - run->base) % BM25_WINDOW;
        w->scores[at] += bm25_addend(run->term, run->step, norms[document] * inverse);
        bm25_touch(w, at);
    }
}

static size_t pick_scalar(struct bm25_window *w, float limit, uint32_t base, struct neighbour *out)
{
    size_t found = 0;
    for (size_t word = 0; word < BM25_WORDS; word++) {
        for (uint64_t lines = w->touched[word]; lines; lines &= lines - 1) {
            size_t line = (word * 64 + (size_t)__builtin_ctzll(lines)) * BM25_LINE;
            for (size_t at = line; at < line + BM25_LINE; at++) {
                if (w->scores[at] > limit)
                    out[found++] = (struct neighbour){w->scores[at], base + (uint32_t)at};
                w->scores[at] = 0;
            }
        }
        w->touched[word] = 0;
    }
    return found;
}

static const struct bm25_kernel scalar = {bm25_add_scalar, pick_scalar};

const struct bm25_kernel *bm25_kernel_variant(enum cpu_isa isa)
{
    if (!cpu_has(isa))
        return NULL;
#if defined __x86_64__
    if (isa == CPU_AVX2 || isa == CPU_AVX512)
        return &bm25_kernel_avx2;
#endif
    return &scalar;
}

const struct bm25_kernel *bm25_kernel_best(void)
{
    return bm25_kernel_variant(cpu_isa());
}
