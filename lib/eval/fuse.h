/* fuse - several runs to one, query by query.
 *
 * FUSE_MERGE    shards of one collection: the k nearest of all.  A document that several runs have counts once, at its least
 *               distance.
 * FUSE_RRF      reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009): the sum of w / (rrf_k + rank), ranks from 1
 * FUSE_MINMAX   the sum of w (s - min) / (max - min), s = -dist, min and max over the run's list; 1 where all are equal
 * FUSE_ZSCORE   the sum of w (s - mean) / deviation (of the population), 0 where that is 0
 *
 * In the weighted sums a document that a run does not have counts as the last of its list, so by min-max 0; where a run has no
 * list for the query it adds 0 to all.  Results are ordered by (dist, id, identity), dist = -sum rounded to 32 bits: which shard
 * comes first decides nothing but the order of the queries. */
#ifndef FUSE_H
#define FUSE_H

#include "eval/runpool.h"

enum fuse_method { FUSE_MERGE, FUSE_RRF, FUSE_MINMAX, FUSE_ZSCORE };
extern const char *const fuse_methods[];        /* by value; NULL behind the last */

struct fuse_options {
    enum fuse_method method;
    size_t k;
    double rrf_k;
    const double *weights;          /* (n runs), NULL: all 1; not for FUSE_MERGE */
    bool allow_missing;             /* FUSE_MERGE: take a query that a run lacks */
    bool force;                     /* FUSE_MERGE: take runs whose distances do not say that they can be compared */
};

/* "1,0.5": one number of 0 and more for each of n runs. */
MUST_CHECK int fuse_parse_weights(double *weights, size_t n, const char *list, struct err *err);

/* May they be merged or fused?  ERR_DATA for runs without distances, and, to be merged, of different metrics, scorers or spaces;
 * ERR_USAGE for shards that hold fewer neighbours than k.  Then the header of the result: k, metric, and metas that all agree in
 * (merged), or metric ip and the scorer (fused). */
MUST_CHECK int fuse_header(struct header *h, struct neighbours_options *no, struct run *const *runs, size_t n,
                           const struct fuse_options *o, struct err *err);

struct fuse_counts {
    uint64_t n_queries, n_missing, n_duplicates;   /* missing: rows that a run lacks; duplicates: documents in several shards */
};

/* All queries, in the order in which they first came up.  write gets each row, its ids and keys included. */
typedef int fuse_write_fn(void *ctx, const struct neighbours_row *row, struct err *err);
MUST_CHECK int fuse_run(const struct runpool *p, struct run *const *runs, const struct fuse_options *o, fuse_write_fn *write,
                        void *ctx, struct fuse_counts *counts, struct err *err);

#endif
