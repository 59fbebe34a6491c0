/* allow - the set of vectors that a search may answer, read from a text of names. */
#ifndef ALLOW_H
#define ALLOW_H

#include "graph/graph.h"
#include "sys/input.h"
#include "vec/kernel.h"
#include "vec/topk.h"

struct allow {
    uint64_t *bits;                /* (n / 64 + 1) of the graph's n: bit i is node i's */
    uint32_t *nodes;               /* (n) the allowed ones, by (external id, node) */
    size_t n;                      /* >= 1 */
    uint64_t n_unknown;            /* names that no vector has; one that comes twice counts once */
};

/* Read names, one a line: a line's first field, up to a tab.  They are keys where the index has keys, else ids in decimal.
 * ERR_DATA for an empty name, one that is no number where the index has no keys, and where no vector is named.
 * Cost: O(n + lines) look-ups. */
MUST_CHECK int allow_read(struct allow *a, const struct graph *g, struct input *in, struct err *err);
/* The same by path, - for stdin. */
MUST_CHECK int allow_open(struct allow *a, const struct graph *g, const char *path, struct err *err);
void allow_done(struct allow *a);

static inline bool allow_has(const struct allow *a, uint32_t node)
{
    return a->bits[node >> 6] >> (node & 63) & 1;
}

/* The k allowed ones that are nearest to q by (dist, external id), exactly: nodes and dist (k) get them, nearest first; heap (k)
 * is scratch.  Returns how many there are, k at most.  a->n distances. */
size_t allow_scan(const struct allow *a, const struct graph *g, const struct distance *d, const float *q, size_t k,
                  struct neighbour *heap, uint32_t *nodes, float *dist);

#endif
