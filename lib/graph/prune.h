/* prune - which of a node's candidates become its neighbours.
 *
 * Malkov and Yashunin (TPAMI 2018), algorithm 4 without its two options: candidates in ascending order of distance; one is kept
 * unless some kept one is nearer to it than the node itself is.  Candidates are pool entries (graph/beam.h) whose lowest bit says
 * CLEAN: this one came through an earlier pruning of the same list.  Two clean ones were compared then, and are not again;
 * the outcome is the same and a full list takes few distances to keep pruned. */
#ifndef PRUNE_H
#define PRUNE_H

#include "graph/graph.h"
#include "vec/codes.h"
#include "vec/kernel.h"

enum { PRUNE_CLEAN = 1 };

/* How pairs of nodes are compared: by their vectors, or by codes of them. */
struct prune {
    const struct graph *g;
    struct distance distance;
    const struct codes *codes;     /* NULL: vectors */
    const struct codes_query *folded;   /* (n) each node as a query; with codes */
};

/* Both borrowed; codes NULL for exact distances. */
struct prune prune_make(const struct graph *g, const struct codes *codes, const struct codes_query *folded);

/* out[i] = distance of node to nodes[i], or the estimate. */
void prune_distances(const struct prune *p, uint32_t node, const uint32_t *nodes, size_t n, float *out);

/* Keep at most max of the n candidates (ascending) in kept (max); returns how many, ascending.  Flags are passed through. */
size_t prune_select(const struct prune *p, const uint64_t *candidates, size_t n, size_t max, uint64_t *kept);

#endif
