/* exact_base - the prepared base set, for the files of exact alone. */
#ifndef EXACT_BASE_H
#define EXACT_BASE_H

#include "exact/exact.h"
#include "vec/exact_bound.h"
#include "vec/kernel.h"
#include "vec/tile.h"

enum { EXACT_BLOCK = 384 };     /* base rows that share a bound; whole tiles of every kernel (vec/tile.h) */

struct exact {
    const float *x;
    size_t n, dim, stride;
    struct distance distance;
    uint32_t *rank, *row_of;    /* (n) each: place of a row in the order of ids, and back; NULL where rows are in that order */
    struct exact_bound bound;
    /* Measured when first needed; extents is NULL until then. */
    float *centre;              /* (dim) of l2, else NULL */
    float *half_square;         /* (n) |x'|^2 / 2 for l2, else NULL */
    struct exact_extent *extents;   /* (blocks); errors from when a block is packed for the pass */
    struct exact_extent greatest;   /* of all; its error, of all blocks that are packed */
    enum tile_type pass;
};

static inline size_t exact_n_blocks(const struct exact *e)
{
    return (e->n + EXACT_BLOCK - 1) / EXACT_BLOCK;
}

/* Where topk holds a row it calls it by its rank, so that its order is (dist, id, row). */
static inline uint32_t exact_rank(const struct exact *e, size_t row)
{
    return e->rank ? e->rank[row] : (uint32_t)row;
}

/* Sort what t holds, from ranks back to rows. */
void exact_finish(const struct exact *e, struct topk *t);

/* x' (dim) of a vector, and |x'|^2 by the reference kernel. */
void exact_shift(const struct exact *e, float *restrict out, const float *restrict x);
float exact_square(const struct exact *e, const float *x);

/* The pass over tiles.  1 <= k <= n, and exact_bound_holds for all queries. */
MUST_CHECK int exact_sweep(struct exact *e, const float *q, size_t n_queries, size_t stride, size_t k, int n_threads,
                           struct neighbour *out, struct err *err);

#endif
