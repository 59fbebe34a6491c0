/* exact_candidates - what one query may still need: rows whose published distance could be among the k first.
 *
 * Held are upper bounds of image distances (exact_bound.h).  When the place is full, the k-th least of them becomes the
 * threshold, and rows whose lower bound is above it are let go.  Where hardly any can go (ties), all are settled: their
 * published distances are computed and the k nearest kept.  So memory stays bounded whatever the data.
 *
 *     place:  [ settled, a heap of k | held ... ]                                                                       */
#ifndef EXACT_CANDIDATES_H
#define EXACT_CANDIDATES_H

#include "exact/exact_base.h"

struct exact_candidates {
    struct topk settled;        /* by published distance, ids are ranks */
    struct neighbour *held;     /* dist: upper bound; ids are rows */
    size_t n, cap;
    float threshold;            /* k rows are known with an image distance of at most that */
};

/* Items of place for each query. */
static inline size_t exact_candidates_place(size_t k)
{
    return 2 * k + (k > 32 ? k : 32);
}

void exact_candidates_init(struct exact_candidates *c, struct neighbour *place, size_t k);

/* Where c->n == c->cap: make room, q (dim) being the query as given and q_length its |q'|. */
void exact_candidates_prune(struct exact_candidates *c, const struct exact *e, const float *q, double q_length);

/* Let go what can go, then add the others' published distances to t. */
void exact_candidates_settle(struct exact_candidates *c, const struct exact *e, const float *q, double q_length, struct topk *t);

#endif
