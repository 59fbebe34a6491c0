/* prune - which of a node's candidates become its neighbours.
 *
 * Malkov and Yashunin (TPAMI 2018), algorithm 4 without its two options: candidates in ascending order of distance; one is kept
 * unless some kept one is nearer to it than the node itself is.  Candidates are pool entries (graph/beam.h) whose lowest bit says
 * CLEAN: this one came through an earlier pruning of the same list.  Two clean ones were compared then, and are not again;
 * the outcome is the same and a full list takes few distances to keep pruned. */
#ifndef PRUNE_H
#define PRUNE_H

#include "graph/graph.h"
#include "graph/steer.h"
#include "vec/kernel.h"

enum { PRUNE_CLEAN = 1 };

/* How a thread compares pairs of nodes: by their vectors, or by codes of them. */
struct prune {
    const struct graph *g;
    struct distance distance;
    const struct steer *steer;     /* NULL: vectors */
    uint32_t at;                   /* the node that q is, GRAPH_NONE: none */
    struct codes_query q;
    size_t n_places;               /* a power of 2: a node's bytes as a query lie at its number modulo this */
    int8_t *w;                     /* (n_places, codes_query_bytes) */
    uint32_t *of;                  /* (n_places) whose they are, GRAPH_NONE: nobody's */
};

/* By vectors: takes no memory. */
struct prune prune_exact(const struct graph *g);

/* By what steer has (all borrowed): codes, or nothing, then by vectors.  One for each of n_threads: up to 8 MiB, and in all at
 * most half as much as SQ8 codes take. */
MUST_CHECK int prune_init(struct prune *p, const struct graph *g, const struct steer *steer, int n_threads, struct err *err);
void prune_done(struct prune *p);

/* out[i] = distance of node to nodes[i], or the estimate. */
void prune_distances(struct prune *p, uint32_t node, const uint32_t *nodes, size_t n, float *out);

/* Keep at most max of the n candidates (ascending) in kept (max); returns how many, ascending.  Flags are passed through. */
size_t prune_select(struct prune *p, const uint64_t *candidates, size_t n, size_t max, uint64_t *kept);

#endif
