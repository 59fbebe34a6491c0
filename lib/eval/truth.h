/* truth - the ground truth of recall: each query's exact neighbours, held in memory. */
#ifndef TRUTH_H
#define TRUTH_H

#include "eval/pairs.h"
#include "eval/run.h"

struct truth_query {
    size_t first, n;            /* its distances, nearest first: truth.dist[first ...] */
};

struct truth {
    struct map queries;         /* identity -> number */
    struct truth_query *at;     /* (queries.n) */
    struct pairs ranks;
    float *dist;
    size_t n_dist, longest;     /* longest: most neighbours of a query */
    size_t cap_at, cap_dist;
};

/* Read all rows.  by_key: how queries and documents are named.  A query that comes twice is ERR_DATA. */
MUST_CHECK int truth_read(struct truth *t, struct run *from, bool queries_by_key, bool documents_by_key, struct err *err);

/* rank[i]: the place of row's neighbour i among the true ones of query number `query`, MEASURE_NO_RANK: not there. */
void truth_ranks(const struct truth *t, uint32_t query, const struct neighbours_row *row, bool by_key, uint32_t *rank);

void truth_done(struct truth *t);

#endif
