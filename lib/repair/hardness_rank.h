/* hardness_rank - how well a score tells the hard queries: against the recall that each query had.
 *
 * Hard is low recall, and many queries have the same.  So "the truly hardest tenth" is a set only up to a choice among equals:
 * what is found of it is counted as it is on average over all choices, and no score can find more than `most`.  Among queries of
 * equal score the first is taken first.  All sums go by the order of the queries: the same at any number of threads. */
#ifndef HARDNESS_RANK_H
#define HARDNESS_RANK_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* order (n): queries by score falling, equal ones as they come. */
MUST_CHECK int hardness_order(const float *score, size_t n, uint32_t *order, struct err *err);

/* How many queries a share of them is: share * n rounded up, but not for an error of rounding; n at most. */
size_t hardness_share(double share, size_t n);

struct hardness_found {
    double share;                  /* of the m truly hardest, among the m of the highest score */
    double most;                   /* what the best of scores finds */
    double auc;                    /* probability that a query among the m truly hardest has a higher score than one that is not,
                                    * equal scores counting half; NAN where either is nobody */
};

/* Errors: ERR_NOMEM.  n >= 1, 1 <= m <= n.  Cost: O(n log n). */
MUST_CHECK int hardness_find(struct hardness_found *f, const float *score, const float *recall, size_t n, size_t m,
                             struct err *err);

/* Pearson's correlation; NAN where either does not vary. */
double hardness_pearson(const float *x, const float *y, size_t n);

/* Spearman's: Pearson's of the ranks, equal values sharing the mean of theirs. */
MUST_CHECK int hardness_spearman(const float *x, const float *y, size_t n, double *rho, struct err *err);

#endif
