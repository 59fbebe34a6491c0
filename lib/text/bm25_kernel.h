/* bm25_kernel - the two loops that take a search's time: postings into an array of scores, and who in it passes a limit.
 * All variants give the same bits. */
#ifndef BM25_KERNEL_H
#define BM25_KERNEL_H

#include "sys/cpu.h"
#include "text/bm25_score.h"
#include "vec/topk.h"

enum {
    BM25_WINDOW = 65536,                /* documents, at most: a power of two */
    BM25_LINE = 16,                     /* scores of a cache line */
    BM25_WORDS = BM25_WINDOW / BM25_LINE / 64
};

struct bm25_window {
    uint64_t touched[BM25_WORDS];       /* a bit for each line of scores that is not all 0 */
    _Alignas(64) float scores[BM25_WINDOW];
};

struct bm25_run_of {                    /* postings from .. to-1 of a block */
    const struct bm25_scorer *scorer;
    const struct bm25_term *term;
    const struct bm25_block *block;
    struct bm25_step step;
    uint32_t base;                      /* the document of scores[0] */
    size_t from, to;
};

/* scores[(document - base) mod BM25_WINDOW] += addend. */
typedef void bm25_add_fn(const struct bm25_run_of *run, struct bm25_window *w);

/* The scores above limit, each as {score, base + its place}, ascending by place; all become 0.  Returns how many. */
typedef size_t bm25_pick_fn(struct bm25_window *w, float limit, uint32_t base, struct neighbour *out);

struct bm25_kernel {
    bm25_add_fn *add;
    bm25_pick_fn *pick;
};

const struct bm25_kernel *bm25_kernel_best(void);                   /* by cpu_isa() */
const struct bm25_kernel *bm25_kernel_variant(enum cpu_isa isa);    /* NULL where it is not built or not supported here */

/* Addends of postings run->from on, for what is left behind full registers. */
void bm25_add_scalar(const struct bm25_run_of *run, struct bm25_window *w);

static inline void bm25_touch(struct bm25_window *w, uint32_t at)
{
    w->touched[at / BM25_LINE / 64] |= (uint64_t)1 << (at / BM25_LINE % 64);
}

#if defined __x86_64__
extern const struct bm25_kernel bm25_kernel_avx2;
#endif

#endif
