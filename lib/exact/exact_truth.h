/* exact_truth - queries of a stream against a base set, exactly, to a stream of neighbours: the work of knn-exact.
 *
 * Queries are read in batches of bounded memory and answered in the order in which they came.  Neighbours are in the published
 * order (dist, external id), and the cut after the k-th respects it. */
#ifndef EXACT_TRUTH_H
#define EXACT_TRUTH_H

#include "exact/exact.h"
#include "fmt/neighbours.h"
#include "fmt/vectors.h"
#include "vec/tile.h"

struct exact_truth_options {
    size_t k;                      /* 1 <= k <= base->n */
    enum metric metric;
    enum tile_type pass;           /* as exact_use */
    int n_threads;                 /* as par_threads gives it */
    bool time;                     /* write @stat wall_ns.0 and threads.0 (searching only: no reading or writing) */
    void (*progress)(uint64_t n);  /* may be NULL: told the number of queries that are answered */
};

/* Choose the metric (requested: enum metric, or -1 for what the base says) and refuse queries that do not belong to the base:
 * other dimension, space, normalised, or metric where none is requested.  force: only the dimension counts.  Sets both readers to
 * normalise where the metric asks for it. */
MUST_CHECK int exact_truth_check(struct vector_reader *base, struct vector_reader *queries, int requested, bool force,
                                 enum metric *metric, struct err *err);

/* What the header of the answers says of the base. */
struct exact_truth_base {
    const struct header *header;
    uint64_t n;
    bool has_keys;
};

/* The header of the answers, programs aside.  ERR_USAGE where the base holds fewer than k vectors. */
MUST_CHECK int exact_truth_header(struct header *h, const struct exact_truth_base *base, const struct vector_reader *queries,
                                  const struct exact_truth_options *o, struct err *err);

/* Answer all queries; w was opened with exact_truth_header's header.  The end record is the caller's.  A distance beyond f32 is
 * ERR_DATA. */
MUST_CHECK int exact_truth_write(struct stream_writer *w, const struct vector_set *base, struct vector_reader *queries,
                                 const struct exact_truth_options *o, struct err *err);

/* ---- of its parts, what exact_panels writes by too ---- */

/* Queries to search together: many, so that packing the base costs little, in bounded memory. */
size_t exact_truth_batch(const struct exact *e, size_t stride, size_t k);

struct exact_truth_rows {
    struct neighbours_writer writer;
    uint64_t n_base;
    uint64_t *nn;                  /* (k) */
    float *dist;                   /* (k) */
    struct text *nnkeys;           /* (k) */
};

MUST_CHECK int exact_truth_rows_init(struct exact_truth_rows *r, struct stream_writer *w, bool has_key,
                                     const struct exact_truth_base *base, const struct exact_truth_options *o, struct err *err);
void exact_truth_rows_done(struct exact_truth_rows *r);
/* Neighbour i of the row at hand; the key is borrowed until the row is written. */
void exact_truth_rows_put(struct exact_truth_rows *r, size_t i, uint64_t id, float dist, struct text key);
/* The row of a query, all k of it put; key NULL where queries have none. */
MUST_CHECK int exact_truth_rows_write(struct exact_truth_rows *r, uint64_t id, const struct text *key, struct err *err);
MUST_CHECK int exact_truth_stats(struct stream_writer *w, uint64_t wall_ns, int n_threads, struct err *err);

#endif
