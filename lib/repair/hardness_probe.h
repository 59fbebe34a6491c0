/* hardness_probe - scores that need more searches: what a query's neighbours do when the query, or the search, changes a little.
 *
 *   jitter     1 - |R(q) and R(q')| / k, the seed's stage 1: q' = q + eps |q| g, g standard normal in every dimension, brought
 *              back to the length of q; so |q' - q| is about eps sqrt(dim) |q|, which is not small.  Departures: the noise goes
 *              by the length of q (the source normalises q' alone, which rescales a q that is not of length 1), and follows from
 *              the seed and the query's id.  For l2 q' keeps the length of what it came from, too.  Cost: a search.
 *   stability  1 - |R and R2| / |R or R2|, R2 being found with twice the width.  Cost: a search of twice the width.
 *   eh         the share of pairs among R whose Escape Hardness (repair/escape.h) is more than k, in the graph of the 2 k
 *              nearest that a search of the width max(ef, 2 k) finds: defects, as ngfix-repair counts them, but by what is found
 *              where that has what is true.  Cost: that search, and the pairs; k <= HARDNESS_MAX_EH_K. */
#ifndef HARDNESS_PROBE_H
#define HARDNESS_PROBE_H

#include "graph/search.h"
#include "repair/escape.h"

enum hardness_probe_kind { HARDNESS_JITTER, HARDNESS_STABILITY, HARDNESS_EH, HARDNESS_PROBES };
enum { HARDNESS_MAX_EH_K = ESCAPE_MAX_S / 2 };

struct hardness_probe {
    enum hardness_probe_kind kind;
    const struct graph *g;
    struct search search;
    struct search_results found;
    size_t k, ef;
    double eps;
    uint64_t seed;
    float *moved;                  /* (cap, stride) queries with noise; of jitter */
    struct hardness_escape *escapes;   /* (threads) scratch of eh */
    uint64_t ndc;                  /* of all probes so far */
};

/* As hardness_init; eps and seed are jitter's. */
MUST_CHECK int hardness_probe_init(struct hardness_probe *p, enum hardness_probe_kind kind, const struct graph *g, size_t k,
                                   size_t ef, int n_threads, size_t cap, double eps, uint64_t seed, struct err *err);
void hardness_probe_done(struct hardness_probe *p);

/* scores (n) of n <= cap queries, row i at x + i*stride with ids[i] and the neighbours nodes + i*k, filled up with GRAPH_NONE. */
MUST_CHECK int hardness_probe_run(struct hardness_probe *p, const float *x, size_t stride, const uint64_t *ids, size_t n,
                                  const uint32_t *nodes, float *scores, struct err *err);

#endif
