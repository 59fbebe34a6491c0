/* resolve - other last codes for items that share their tuple.
 *
 * Items that agree in all codes but the last form a family; what is left of each before the last level is its residual.  A family
 * in which tuples occur twice gets last codes anew.  Families do not share tuples, so one cannot break another.
 *
 * RESOLVE_REASSIGN   the exact assignment (quant/balance.h) of least total squared distance under which each code is taken by
 *                    ceil(members / codes) items at most: all differ wherever there are codes enough.
 * RESOLVE_SINKHORN   as MiniOneRec's generate_indices does: in up to 20 rounds the members of each group of equal tuples, that
 *                    group alone, are spread by entropic transport (eps .003, 50 iterations) with even marginals.  Equal
 *                    vectors never part.  Departs: each round looks for groups among all items; doubles, not floats. */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "quant/residual.h"

enum resolve { RESOLVE_NONE, RESOLVE_SUFFIX, RESOLVE_SINKHORN, RESOLVE_REASSIGN };

/* x (n, stride): residuals after all levels; those of changed items follow.  *changed: items whose last code is another.
 * For RESOLVE_NONE and RESOLVE_SUFFIX nothing happens here (codeset_suffix). */
MUST_CHECK int resolve_last(enum resolve how, const struct residual *q, float *x, struct codeset *s, int n_threads,
                            uint64_t *changed, struct err *err);

#endif
