/* comparison - two runs side by side, measure by measure: means, wins, and whether the difference could be chance.
 *
 * Queries are paired: in measures of a side input those that are averaged over, a missing one as 0 (EVALUATION_BOTH: only those
 * that both runs have); in measures of the search itself those that both runs have, by name.  Means are over these pairs.
 * Runs of several ef are compared ef by ef; a run of one ef is compared with every ef of the other. */
#ifndef COMPARISON_H
#define COMPARISON_H

#include "eval/evaluation.h"
#include "eval/significance.h"

struct comparison {             /* [0]: the run, [1]: the one it is held against */
    const struct measure_spec *spec;
    uint32_t ef[2];
    double mean[2];
    size_t wins, ties, losses;  /* queries where [0] has the larger value, the same, the smaller */
    struct significance test;
};

struct comparisons {
    struct comparison *at;
    size_t n, cap;
};

/* Compare the two runs of e, which must outlive c.  ERR_USAGE where no measure has a value for each query (qps, percentiles);
 * ERR_DATA where the runs' efs do not fit or no query is in both. */
MUST_CHECK int comparisons_make(struct comparisons *c, const struct evaluation *e, const struct evaluation_options *o,
                                uint64_t seed, struct err *err);
void comparisons_done(struct comparisons *c);

#endif
