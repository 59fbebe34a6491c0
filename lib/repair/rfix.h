/* rfix - RFix: edges that lead a search to where a query's neighbours are.
 *
 * Source   NGFix (arXiv 2510.22316).  u is the nearest node that a search of width nq finds.  Where u is farther from the query
 *          than its nq-th neighbour, the search has not reached them: from u a wide search finds nodes that are nearer to the
 *          query than u, and of these, in order of their distance to u and pruned (graph/prune.h), at most max_edges become
 *          neighbours of u.  To be repeated until the query is reached.
 * Departs  The neighbours themselves are candidates, too: where the wide search leads nowhere, they are what is left. */
#ifndef RFIX_H
#define RFIX_H

#include "graph/beam.h"
#include "graph/prune.h"

enum { RFIX_MAX_EDGES = 64 };

struct rfix {                      /* scratch of one thread */
    const struct graph *g;
    struct beam beam;
    struct prune prune;
    size_t ef, max_edges;
    uint64_t *candidates;
    uint64_t kept[RFIX_MAX_EDGES];
    bool reached;                  /* what the last call found: ... */
    uint32_t from;                 /* ... u, */
    size_t n_edges;                /* and its new neighbours: beam_node(kept[0 .. n_edges-1]) */
};

/* Searches of g, whose rows may change in between, of width up to max_nq and ef; max_edges <= RFIX_MAX_EDGES. */
MUST_CHECK int rfix_init(struct rfix *r, const struct graph *g, size_t max_nq, size_t ef, size_t max_edges, struct err *err);
void rfix_done(struct rfix *r);

/* Is q reached, whose nq nearest nodes are near?  choose: if not, which edges would mend it. */
MUST_CHECK int rfix_query(struct rfix *r, const float *q, const uint32_t *near, size_t nq, bool choose, struct err *err);

#endif
