/* significance - could a difference between two runs be chance?  The paired randomisation test on the mean.
 *
 * If both runs were equally good, each query's difference could as well have had the other sign.  p is the share of all choices
 * of signs whose mean is at least as far from 0 as the one that was seen (two-sided).
 * Source: Smucker, Allan, Carterette, "A comparison of statistical significance tests for information retrieval evaluation", CIKM
 * 2007; that what was seen counts as one of the sample: Phipson, Smyth, "Permutation p-values should never be zero", 2010. */
#ifndef SIGNIFICANCE_H
#define SIGNIFICANCE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIGNIFICANCE_EXACT = 20, SIGNIFICANCE_SAMPLE = 100000 };

struct significance {
    double p;                   /* (0, 1]; 1 where nothing differs */
    bool exact;                 /* all signs were tried, as at most SIGNIFICANCE_EXACT differences are not 0 */
};

/* d: (n) differences of the queries, finite.  Where more than SIGNIFICANCE_EXACT are not 0, SIGNIFICANCE_SAMPLE choices of signs
 * are tried, which follow from the seed and go by the order of d.
 * Sums are whole numbers, in units of 2^-36 of the largest difference: equal ones are equal in whatever order they were summed.
 * Cost: 2^19 steps, or n / 4 table look-ups for each of the sample; 40 bytes a difference. */
MUST_CHECK int significance_test(const double *d, size_t n, uint64_t seed, struct significance *s, struct err *err);

#endif
