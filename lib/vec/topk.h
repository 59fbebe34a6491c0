/* topk - the k nearest of a stream of candidates, in the project's one order: (dist, id) ascending. */
#ifndef TOPK_H
#define TOPK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct neighbour {
    float dist;
    uint32_t id;    /* row number in the base set; external ids are put in when written */
};

static inline bool neighbour_before(struct neighbour a, struct neighbour b)
{
    return a.dist < b.dist || (a.dist == b.dist && a.id < b.id);
}

/* A max-heap of at most k in the caller's storage. */
struct topk {
    struct neighbour *heap;    /* (k) */
    size_t k, n;
};

void topk_init(struct topk *t, struct neighbour *storage, size_t k);
void topk_push(struct topk *t, struct neighbour c);
/* Is a candidate at this distance worth pushing?  (An equal distance is: its id may be smaller.) */
static inline bool topk_wants(const struct topk *t, float dist)
{
    return t->n < t->k || dist <= t->heap[0].dist;
}
/* Sort what is held, nearest first; ends the heap's use until topk_init.  Returns how many. */
size_t topk_sort(struct topk *t);

/* Sort any array of neighbours by (dist, id). */
void neighbour_sort(struct neighbour *a, size_t n);

/* Reorder a so that its k first are the k nearest, in any order; k <= n, O(n) mostly and O(n log n) always. */
void neighbour_select(struct neighbour *a, size_t n, size_t k);

#endif
