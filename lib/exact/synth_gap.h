/* synth_gap - how far the out-of-distribution queries of a synthetic set are out of its distribution, and what that does to their
 * neighbours.  Measured on a sample, which is the first rows of each role: they follow from the seed as all others do.
 *
 * far       mean Mahalanobis distance (vec/mahalanobis.h) of the queries to the base
 * spread    the k nearest of a query by exact search: their mean distance (Euclidean) from each other, averaged over queries.
 *           What RoarGraph (arXiv 2408.08933) shows of cross-modal queries: their neighbours are scattered. */
#ifndef SYNTH_GAP_H
#define SYNTH_GAP_H

#include "sys/output.h"
#include "vec/metric.h"
#include "vec/synth.h"

enum { SYNTH_GAP_DIM = 2048 };         /* at most: the covariance of more would need a larger sample */
enum { SYNTH_GAP_N_KS = 2 };           /* k = 10 and 100 */

struct synth_gap {
    size_t n_base, n_fitted, n_queries;          /* the sample; the covariance is of the first n_fitted */
    double far[2], spread[SYNTH_GAP_N_KS][2];    /* of queries, of ood-queries */
};

/* Neighbours are by metric; for cosine all vectors are scaled to length 1 before anything is measured.  ERR_USAGE where the set
 * has no ood-queries, its dimension is above SYNTH_GAP_DIM, or its covariance is singular.  Up to 256 MiB of memory for the
 * sample, about as much for the covariance of a part of it, and what exact_search takes. */
MUST_CHECK int synth_gap_measure(struct synth_gap *g, const struct synth *s, const struct synth_options *o, enum metric metric,
                                 int n_threads, struct err *err);

/* Lines of name TAB value. */
MUST_CHECK int synth_gap_write(const struct synth_gap *g, struct output *out, struct err *err);

#endif
