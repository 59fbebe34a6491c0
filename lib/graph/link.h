/* link - rows of neighbours while they are built: distances beside the numbers, and reverse edges by the batch.
 *
 * One table holds layer 0, one the rows of all upper layers.  A row is a prefix that came through pruning (clean, ascending) and
 * what was appended since.  Searching threads read `rows`, so link_apply must not run beside a search. */
#ifndef LINK_H
#define LINK_H

#include "graph/graph.h"
#include "graph/group.h"
#include "graph/prune.h"

struct link_table {
    size_t n_rows, slots, max_degree;
    uint32_t *rows;                /* (n_rows, slots), GRAPH_NONE from degree on */
    float *dist;                   /* (n_rows, slots) */
    uint16_t *degree, *clean;      /* (n_rows) */
};

MUST_CHECK int link_init(struct link_table *t, size_t n_rows, size_t slots, size_t max_degree, struct err *err);
void link_done(struct link_table *t);      /* frees what link_take did not take */
uint32_t *link_take(struct link_table *t); /* rows, now the caller's */

/* Set a row to n <= max_degree entries (pool entries of graph/beam.h, ascending); clean: they came through pruning. */
void link_set(struct link_table *t, size_t row, const uint64_t *entries, size_t n, bool clean);

/* Entry i of a row, with its clean flag. */
uint64_t link_entry(const struct link_table *t, size_t row, size_t i);

/* Add the edges gathered by row, with a struct prune for each of n_threads: each row gets its new entries in ascending order,
 * entries that it has already are dropped, and a row that would grow past max_degree is pruned.  Parallel over rows. */
MUST_CHECK int link_apply(struct link_table *t, struct prune *prunes, const struct group *edges, int n_threads,
                          struct err *err);

/* Sort every row by (exact distance, node), the order in the file: rows of layer 0, or of the upper layers.  ERR_DATA for a
 * distance that overflows. */
MUST_CHECK int link_finish(struct link_table *t, const struct graph *g, bool upper, int n_threads, struct err *err);

#endif
