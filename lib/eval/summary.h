/* summary - from the values of queries to those of an ef: averages, percentiles, counts, and what the user asked for. */
#ifndef SUMMARY_H
#define SUMMARY_H

#include "eval/evaluation.h"

/* Fill in groups, order and means of an evaluation whose rows are complete.  Sums run in the order of the queries' names
 * (bytes), in double, as trec_eval's: whatever the order of the run.
 * ERR_DATA where a side and the run have no query in common. */
MUST_CHECK int summary_make(struct evaluation *e, const struct evaluation_options *o, struct err *err);

#endif
