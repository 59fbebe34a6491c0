/* trim - takes out again those extra edges that cost more than they help.
 *
 * Ours, not of the paper.  An edge is worth what it leads to: each training query is searched for in the repaired graph, and the
 * edges of the paths by which its k nearest were found are used once.  An edge costs a distance each time it shows a node that
 * was not seen before.  Control queries, which should not become slower (vectors of the base set are such), are searched for,
 * too.  An extra edge stays if it was used at least once in `ratio` distances.
 * Measured on wordnet-debian (2,000 held-out queries of each kind, ndc at recall@10 .99, not trimmed and trimmed by 300):
 * English 2,297 and 2,226, German 3,985 and 3,944, Japanese 11,158 and 10,762, in-distribution 2,121 and 2,020.
 * With `base` edges of the builder are trimmed by the same rule.  Those that the entry needs to reach every node stay: the first
 * that a breadth-first walk over what is kept, then over what is not, finds.  Measured so (57,250 training queries, exact truth,
 * ratio 300): English 2,175, German 4,146, base vectors at recall@10 .95 305.0 distances where the base graph takes 303.8; degree
 * 23.2 in place of 27.4.
 * Counters are sums of whole numbers, so they depend neither on threads nor on order. */
#ifndef TRIM_H
#define TRIM_H

#include "graph/beam.h"
#include "repair/extra.h"

struct trim {
    struct extra *x;
    size_t ef, k;
    int n_threads;
    bool base;                     /* base edges, too */
    uint32_t *uses, *costs;        /* (n, slots0) of each edge; base edges' are 0 without base */
    struct trim_worker *workers;   /* (n_threads) */
    const float *q;                /* of trim_searches */
    size_t stride;
};

/* Scratch: 8 bytes for each slot of layer 0, 4 bytes for each node and thread.  Rows of x may not change until trim_apply. */
MUST_CHECK int trim_init(struct trim *t, struct extra *x, size_t ef, size_t k, bool base, int n_threads, struct err *err);
void trim_done(struct trim *t);

/* Count what the searches of n queries use and cost, row i at q + i*stride. */
MUST_CHECK int trim_searches(struct trim *t, const float *q, size_t stride, size_t n, struct err *err);

/* Take out edges with uses * ratio < costs, and those never used; *n_gone grows by their number.  Ratio >= 1; it may be called
 * again with a smaller one.  With base: 5 bytes of scratch for each node. */
MUST_CHECK int trim_apply(struct trim *t, double ratio, uint64_t *n_gone, struct err *err);

#endif
