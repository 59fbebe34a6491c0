/* exact_candidates - what one query may still need: rows whose published distance could be among the k first.
 *
 * Held are upper bounds of image distances (exact_bound.h).  At a mark, the k-th least of them becomes the threshold, and rows
 * whose lower bound is above it are let go.  Where hardly any can go (ties, or a bound that is wide), the held are settled: the
 * published distances of the k nearest are computed, the k-th of those is a lower threshold still, and of the others those
 * that it does not let go are settled too.  So memory stays bounded whatever the data.
 *
 *     place:  [ settled, a heap of k | held ... ]                                                                       */
#ifndef EXACT_CANDIDATES_H
#define EXACT_CANDIDATES_H

#include "exact/exact_base.h"

struct exact_candidates {
    struct topk settled;        /* by published distance, ids are ranks */
    struct neighbour *held;     /* dist: upper bound; ids are rows */
    size_t n, mark, cap;        /* held, when to prune, place */
    float threshold;            /* k rows are known with an image distance of at most that */
};

/* Items of place for each query.  Bytes leave several times k in doubt. */
static inline size_t exact_candidates_place(size_t k, enum tile_type pass)
{
    return k + (pass == TILE_F32 ? 2 : 8) * k + 64;
}

void exact_candidates_init(struct exact_candidates *c, struct neighbour *place, size_t k, size_t n_place);

/* Where c->n == c->mark: make room, q (dim) being the query as given and extent its own. */
void exact_candidates_prune(struct exact_candidates *c, const struct exact *e, const float *q, struct exact_extent extent);

/* Let go what can go, then add the others' published distances to t. */
void exact_candidates_settle(struct exact_candidates *c, const struct exact *e, const float *q, struct exact_extent extent,
                             struct topk *t);

#endif
