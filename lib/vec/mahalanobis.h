/* mahalanobis - how far a vector lies from a distribution, in the distribution's own deviations:
 *     sqrt((x - m)^T S^-1 (x - m))        Mahalanobis, "On the generalised distance in statistics", 1936
 * with the mean m and the covariance S of a sample.  OOD-DiskANN (arXiv 2211.12850) and RoarGraph (arXiv 2408.08933) measure by
 * it how far queries are out of the base's distribution.  Sums in f64, in a fixed order: the same bits with any number of threads
 * and on any CPU. */
#ifndef MAHALANOBIS_H
#define MAHALANOBIS_H

#include "base/err.h"

#include <stddef.h>

struct mahalanobis;

/* Fit to x (n, dim), n > dim.  ERR_DATA where the covariance is singular (to within 1e-9 of an element's variance).
 * O(n dim^2 + dim^3); 4 bytes an element of x and 8 for dim^2 of memory. */
MUST_CHECK int mahalanobis_fit(struct mahalanobis **m, const float *x, size_t n, size_t dim, int n_threads, struct err *err);
void mahalanobis_free(struct mahalanobis *m);

/* The distance of x (dim); scratch (dim). */
double mahalanobis_of(const struct mahalanobis *m, const float *x, double *scratch);

#endif
