/* neartruth - the true neighbours of training queries, read from a stream of neighbours and joined to queries and nodes by
 * identity (formats/vps.md §9), so that no query can meet another's. */
#ifndef NEARTRUTH_H
#define NEARTRUTH_H

#include "base/map.h"
#include "fmt/neighbours.h"
#include "graph/graph.h"

struct neartruth {
    struct map queries;            /* identity -> number */
    bool by_key;                   /* how queries are named */
    size_t max_near;
    uint32_t *nodes;               /* (queries.n, max_near) */
    uint32_t *n_near;              /* (queries.n) */
    size_t cap_nodes, cap_near;
};

/* Read the max_near first neighbours of each query.  ERR_DATA where a query comes twice, or a neighbour is not in the index or
 * comes twice in a row, or the metric is another.  Memory 4 max_near bytes a query. */
MUST_CHECK int neartruth_open(struct neartruth *t, const char *path, const struct graph *g, bool queries_have_keys,
                              size_t max_near, struct err *err);
void neartruth_done(struct neartruth *t);

/* The neighbours of a query: *n of them, nodes, nearest first; NULL where the truth does not have it. */
const uint32_t *neartruth_get(const struct neartruth *t, uint64_t id, struct text key, uint32_t *n);

#endif
