/* extra - a graph that takes edges beside those of its builder: rows with room, a budget for each node, what is evicted.
 *
 * Source   NGFix: at most max_extra (MEX, 48) extra edges a node.  A full node gives up the one of least Escape Hardness, the
 *          first of equals, where the new one has no less; else the new one is dropped.
 * Departs  An edge that the row has already is not added again (upstream has no check): it keeps the greater hardness.  Edges are
 *          applied by the batch, each node's in the order given, so nothing depends on threads.
 * Edges of the base graph stay, so what the entry reaches does not change. */
#ifndef EXTRA_H
#define EXTRA_H

#include "graph/edge.h"
#include "graph/graph.h"
#include "graph/group.h"

struct extra_options {
    size_t max_extra;              /* MEX */
    bool cap_unreachable;          /* no more than half of the budget may be edges of unreachable pairs, which nothing but
                                    * their like evicts */
};
enum { EXTRA_MAX = 512 };

struct extra {
    struct graph g;                /* the graph to search: rows, slots0, edges are ours, the rest is borrowed */
    struct extra_options o;
    uint32_t *rows;                /* (n, slots0): g.layer0 */
    uint16_t *edges;               /* (n, slots0): g.edges */
    uint16_t *degree, *n_extra;    /* (n) */
    struct extra_edge *batch;      /* of extra_apply, whose scratch follows */
    struct group group;
    uint32_t *keys;
    uint64_t *places;
    size_t cap_keys, cap_places;
};

struct extra_edge {
    uint32_t from, to;
    uint16_t edge;                 /* kind and hardness: graph/edge.h */
    uint16_t query;                /* whose edge: its number in the batch */
    uint32_t added;                /* set by extra_apply: 1 it is in, also where one was evicted for it; 0 not */
};

/* Rows of g with room for more.  Extra edges of an index that was repaired before count. */
MUST_CHECK int extra_init(struct extra *x, const struct graph *g, const struct extra_options *o, struct err *err);
void extra_done(struct extra *x);

/* Add n edges, from != to, both nodes of g.  Parallel over nodes. */
MUST_CHECK int extra_apply(struct extra *x, struct extra_edge *edges, size_t n, int n_threads, struct err *err);

/* NGFix's partial removal: each node keeps max(1, floor((1 - share) * its extra edges)) of them, those of greatest hardness, the
 * first of equals; returns how many are gone.  0 <= share <= 1.
 * Departs: upstream keeps the newest and forgets their hardness; a row of ours has no order in time. */
uint64_t extra_thin(struct extra *x, double share);

/* Sort every row by (distance, node) and cut slots0 to what is needed; max_degree0 grows to the longest row. */
MUST_CHECK int extra_finish(struct extra *x, int n_threads, struct err *err);

#endif
