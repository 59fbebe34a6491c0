/* kmeans - pieces of k-means: first centres, means, inertia.  How points are assigned is another's affair (vec/nearest.h,
 * quant/level.h).
 *
 * Vectors are (n, dim) in rows of `stride` floats, stride a multiple of 16, the padding 0; so are centres (k, dim).  Distances
 * are the reference kernel's, sums are of doubles in an order that depends on n alone: the same bits on every CPU, with any
 * number of threads. */
#ifndef KMEANS_H
#define KMEANS_H

#include "base/err.h"
#include "vec/coarse.h"

#include <stddef.h>
#include <stdint.h>

struct kmeans_points {
    const float *x;
    size_t n, dim, stride;
    const struct coarse *coarse;     /* of these points, which makes kmeans_seed faster, or NULL */
    int n_threads;
};

/* Mean (dim); the mean over dimensions of the variance; the greatest distance from the mean (not squared). */
MUST_CHECK int kmeans_spread(const struct kmeans_points *p, double *mean, double *variance, double *radius, struct err *err);

/* First centres by greedy k-means++: each further one is the best of 2 + floor(ln k) points drawn by their squared distance from
 * the nearest centre so far.  Arthur and Vassilvitskii, SODA 2007; as scikit-learn has it.  run, below 2^32, names the draws
 * under a seed.  centres (k, stride), 1 <= k; label (n): the nearest of them, of equals the first.  O(n k dim ln k) time, 10
 * bytes a point.  p->coarse changes no bit. */
MUST_CHECK int kmeans_seed(const struct kmeans_points *p, size_t k, uint64_t seed, uint64_t run, float *centres, uint32_t *label,
                           struct err *err);

/* dist (n): squared distance of each point from the centre of its label; *sum: of all.  Both may be NULL. */
MUST_CHECK int kmeans_inertia(const struct kmeans_points *p, const float *centres, const uint32_t *label, float *dist,
                              double *sum, struct err *err);

/* Centres become the means of their points, size (k) their number.  The centre of no point goes to a point that was farthest from
 * its own, each to another.  *shift: sum of the squares of what all centres moved. */
MUST_CHECK int kmeans_means(const struct kmeans_points *p, size_t k, const uint32_t *label, float *centres, uint32_t *size,
                            double *shift, struct err *err);

#endif
