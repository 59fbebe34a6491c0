/* recall - recall@k by tie of what a search found, against ground truth with distances: what least_ef has to reach.
 *
 * The definition is that of eval-recall (recall = recall.tie): of the first k neighbours those at dist <= d_k, exactly, d_k being
 * the distance of the k-th true one; where the truth has fewer than k, because the base has, all of them stand for k. */
#ifndef RECALL_H
#define RECALL_H

#include "fmt/neighbours.h"
#include "fmt/vectors.h"

struct recall_truth {
    size_t n;                      /* queries */
    size_t *first;                 /* (n) true distances of query i, nearest first: dist[first[i]] ... */
    uint32_t *n_true;              /* (n) >= 1 */
    float *dist;
    size_t n_dist, cap_dist;
    size_t k;                      /* how many were asked for, or the longest list */
};

/* Read the truth of these queries, joined by key where both sides have keys, else by id; `in` is taken over.  ERR_DATA where it
 * is of another metric, has no distances, or is not of just these queries, each once. */
MUST_CHECK int recall_truth_read(struct recall_truth *t, struct input *in, enum metric metric, const struct vector_set *queries,
                                 struct err *err);
void recall_truth_done(struct recall_truth *t);

/* The true neighbours that stand for k of a query: k, or fewer. */
size_t recall_wanted(const struct recall_truth *t, size_t query, size_t k);

/* How many of them were found: n distances, nearest first. */
size_t recall_hits(const struct recall_truth *t, size_t query, const float *dist, size_t n, size_t k);

#endif
