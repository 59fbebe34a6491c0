/* exact_panels - exact neighbours where the base does not fit in memory: the queries are held, the base passes once in panels.
 *
 * Each panel is a base set of its own to exact_search; what it finds is merged into the answers in the published order
 * (dist, id), so the answers are those of the whole base.  Identities of the base are not held: that no two of its rows have the
 * same one is not checked here. */
#ifndef EXACT_PANELS_H
#define EXACT_PANELS_H

#include "exact/exact_truth.h"
#include "fmt/vecselect.h"

struct exact_panels_options {
    uint64_t max_memory;           /* bytes, of which half for the queries and answers; 0: no limit */
    struct vecselect_options rows; /* of the base: a shard, or all */
    const char *base_path;         /* to count rows, for a shard */
};

struct exact_panels;

/* Read all queries, then the base to its end (or the end of the shard), and keep the k nearest of every query.  ERR_NOMEM where
 * the queries and their answers take more than half of max_memory; ERR_USAGE for a shard of stdin. */
MUST_CHECK int exact_panels_search(struct exact_panels **p, struct vector_reader *base, struct vector_reader *queries,
                                   const struct exact_truth_options *o, const struct exact_panels_options *panels,
                                   struct err *err);
uint64_t exact_panels_rows(const struct exact_panels *p);    /* of the base that were compared */
/* What exact_truth_write writes; o as it was for exact_panels_search, and its k not above exact_panels_rows. */
MUST_CHECK int exact_panels_write(struct stream_writer *w, const struct exact_panels *p, const struct exact_truth_base *base,
                                  const struct exact_truth_options *o, struct err *err);
void exact_panels_free(struct exact_panels *p);

#endif
