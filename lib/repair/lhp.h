/* lhp - Local Hardness Probe: which edges one plain search of a query shows to be missing.  Our own reading.
 *
 * Source   none.  A published program calls an "LHP" with a frontier of 96 and a "kappa" of 18, and no text or code says what it
 *          does; what follows is ours, with these two numbers.
 * A search of width nq is watched.  Its frontier is the first LHP_FRONTIER nodes whose neighbours it looked at.  Of the query's
 * nq nearest those are hard that it saw after more than half of its distances, or never; the LHP_KAPPA nearest to the query of
 * these get an edge each, from the node of the frontier that is nearest to it.  None where that node is the target, or has a
 * neighbour nearer to the target than itself (the pruning rule: the way leads over that one).
 * So it costs one narrow search, and no hardness of pairs; edges lead from where the search comes by to where it should arrive,
 * not from one neighbour of the query to the other. */
#ifndef LHP_H
#define LHP_H

#include "graph/beam.h"
#include "graph/edge.h"
#include "vec/kernel.h"

enum { LHP_FRONTIER = 96, LHP_KAPPA = 18, LHP_MAX_EDGES = LHP_KAPPA };

struct lhp_edge {
    uint32_t from, to;
    uint16_t eh;                   /* in the place of a hardness: the rank of `to`, or EDGE_UNREACHABLE if it was never seen */
};

struct lhp {                       /* scratch of one thread */
    struct beam_watch watch;       /* first: beam.watch points here */
    const struct graph *g;
    struct beam beam;
    struct distance distance;
    uint16_t *target;              /* (n) 1 + the place of a node among the query's nearest; else 0 */
    uint32_t *when;                /* (max_nq) distances until it was seen, UINT32_MAX: never */
    uint32_t frontier[LHP_FRONTIER];
    size_t n_frontier;
    float *dist;                   /* (slots0 or LHP_FRONTIER) */
    struct lhp_edge edges[LHP_MAX_EDGES];
    size_t n_edges;                /* what the last call chose */
};

/* Scratch for g, whose rows may change in between, and up to max_nq < 65,535 neighbours: 2 bytes for each node, and a beam. */
MUST_CHECK int lhp_init(struct lhp *l, const struct graph *g, size_t max_nq, struct err *err);
void lhp_done(struct lhp *l);

/* Choose edges for query q (dim) with the nq nearest nodes near.  ERR_DATA where the index is damaged. */
MUST_CHECK int lhp_choose(struct lhp *l, const float *q, const uint32_t *near, size_t nq, struct err *err);

#endif
