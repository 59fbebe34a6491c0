/* hardness - how hard a query is for an index, told from one search for it.
 *
 * The search is hnsw-query's with its trace (graph/trace.h).  To its features come some of what it has found, all of them free
 * of the scale of the vectors where the trace's are not:
 *   offset    how far the neighbours that were found lie off, on average, where base vectors have theirs: their mean distance,
 *             less the mean and in standard deviations of the mean distance of base vectors to their neighbours in layer 0 (of
 *             250 of them, evenly spaced).  By ip distances are first divided by the length of the query.
 *   edges     links in layer 0 from one neighbour that was found to another, by neighbour
 *   around    nodes that they point to, each counted once, by neighbour
 *   density   edges / around
 *   d_tail    d_final - d_nearest
 *   d_gap     d_best_cand - d_final
 *
 * Scores, each larger for what is harder:
 *   upstream  r_visit (1 - r_early) + 0.1 max(0, d_k - d_1): the seed's stage 0, as it stands there; "hard" is > 0.5
 *   trace     offset / 10 - 0.4 density: least squares of 1 - recall@k on the two, on 58,250 queries (wordnet-minilm,
 *             debian-en.train) at k 10, ef 64 and k 100, ef 100, the weights rounded; it is about 1 - recall there, elsewhere a
 * rank alone. Of the trace's own features and their logarithms and ratios none bettered these two on all the sets that
 * hardq-detect(1) lists; delta_improve, the best of the source's data, tells nothing there. */
#ifndef HARDNESS_H
#define HARDNESS_H

#include "graph/search.h"

enum hardness_feature {
    HARDNESS_NDC, HARDNESS_HOPS, HARDNESS_T_LAST, HARDNESS_N_INSERTS, HARDNESS_R_VISIT, HARDNESS_R_EARLY, HARDNESS_D_FIRST,
    HARDNESS_D_EARLY, HARDNESS_D_FINAL, HARDNESS_D_BEST_CAND, HARDNESS_DELTA_IMPROVE,
    HARDNESS_D_NEAREST, HARDNESS_D_MEAN, HARDNESS_D_VAR, HARDNESS_D_MEDIAN,     /* of the distances of the k that were found */
    HARDNESS_OFFSET, HARDNESS_EDGES, HARDNESS_AROUND, HARDNESS_DENSITY, HARDNESS_D_TAIL, HARDNESS_D_GAP,
    HARDNESS_FEATURES
};
extern const char *const hardness_names[HARDNESS_FEATURES];     /* as columns of streams are called: "ndc", ... */

struct hardness {
    const struct graph *g;
    struct search search;
    struct search_results found;   /* of the last hardness_search */
    struct hardness_worker *workers;
    int n_threads;
    size_t ef;
    double base_mean, base_sd;     /* of what offset compares with */
};

/* For searches of g (borrowed) for k neighbours at this ef (>= k), up to `cap` at once.  Cost: some 8,000 distances, and per
 * thread 12 bytes and 2 bits a node. */
MUST_CHECK int hardness_init(struct hardness *h, const struct graph *g, size_t k, size_t ef, int n_threads, size_t cap,
                             struct err *err);
void hardness_done(struct hardness *h);

/* Search for n <= cap queries, row i at x + i*stride; features (n, HARDNESS_FEATURES), all 0 where nothing was found.  What was
 * found stays in h->found until the next call.  ERR_DATA where the index is damaged, or a distance lies beyond f32. */
MUST_CHECK int hardness_search(struct hardness *h, const float *x, size_t stride, size_t n, float *features, struct err *err);

/* The scores that need no more than the features of one query. */
float hardness_upstream(const float features[HARDNESS_FEATURES]);
float hardness_trace(const float features[HARDNESS_FEATURES]);

#endif
