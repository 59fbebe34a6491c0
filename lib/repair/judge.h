/* judge - does a repair pay?  Distances that queries take to recall@10 = .95, in the graph as it was and as it is.
 *
 * Ours, not of the paper.  What a repair is for are queries that it never saw: a held-out part of the training queries, or others
 * that say what the index will be asked.  Control queries are those that the base graph was built for.  It pays if the first
 * take at least JUDGE_GAIN less, and the share that the second take more is smaller.  Truth is exact.  ef grows from k on by a
 * quarter or 1 until the recall is reached, and the distances at it are between those of the last two, in proportion; so nothing
 * is decided by a clock, and the steps of ef do not show. */
#ifndef JUDGE_H
#define JUDGE_H

#include "graph/recall.h"
#include "graph/search.h"

enum { JUDGE_K = 10, JUDGE_MAX_EF = 4096, JUDGE_MAX_QUERIES = 1000 };
#define JUDGE_RECALL 0.95
#define JUDGE_GAIN 0.05
#define JUDGE_COST 0.03            /* of control queries: to be warned of */

struct judge_point {
    double recall, ndc;            /* recall is JUDGE_RECALL, or what the widest search reached, if that is less */
};

struct judge {                     /* of some queries */
    const float *x;                /* (n, stride), borrowed */
    size_t n, stride, k;
    int n_threads;
    struct recall_truth truth;
    struct judge_point before, after;
};

/* Prepare n >= 1 queries, row i at x + i*stride, for graphs over g's vectors: their truth by brute force; and set before. */
MUST_CHECK int judge_init(struct judge *j, const struct graph *g, const float *x, size_t n, size_t stride, int n_threads,
                          struct err *err);
void judge_done(struct judge *j);

/* Set after. */
MUST_CHECK int judge_again(struct judge *j, const struct graph *g, struct err *err);

/* What they take after over what they took before: distances, or where both miss the recall, neighbours that are missed.  0 where
 * it is reached after only, INFINITY where before only. */
double judge_ratio(const struct judge *j);

bool judge_pays(const struct judge *gain, const struct judge *control);

#endif
