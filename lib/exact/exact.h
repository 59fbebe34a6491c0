/* exact - brute-force k nearest neighbours: the ground truth, and the oracle of every approximate search.
 *
 * The answer is defined by exact_scan: every distance by the reference kernel (vec/kernel.h), order (dist, id, row), the first k.
 * exact_search gives the same bits faster: one pass over matrix products, which decides nothing but what can be left out
 * (exact_bound.h), then the reference kernel on what remains.  Neither depends on threads or instruction set. */
#ifndef EXACT_H
#define EXACT_H

#include "base/err.h"
#include "vec/metric.h"
#include "vec/tile.h"
#include "vec/topk.h"

#include <stddef.h>
#include <stdint.h>

struct exact;

/* Prepare a base set: x (n, dim), rows of `stride` floats, all finite, for cosine normalised; ids (n) for the order of equal
 * distances, NULL = row numbers.  Both are borrowed.  ERR_LIMIT where n >= 2^32.  Up to 12 bytes a row of memory. */
MUST_CHECK int exact_new(struct exact **e, const float *x, size_t n, size_t dim, size_t stride, const uint64_t *ids,
                         enum metric metric, struct err *err);
void exact_free(struct exact *e);

/* What exact_search's pass computes with, TILE_F32 unless told.  Bytes are up to four times faster, where
 * the vectors are not much farther from their nearest bytes than neighbours are from each other; the result is the same. */
void exact_use(struct exact *e, enum tile_type pass);

/* The k nearest, 1 <= k <= n, of each of n_queries rows of q: out (n_queries, k), nearest first, ids = base rows.  The first
 * exact_search of many queries measures the base, in O(n dim); so one call at a time, and after
 * a failure only exact_free. */
MUST_CHECK int exact_search(struct exact *e, const float *q, size_t n_queries, size_t stride, size_t k, int n_threads,
                            struct neighbour *out, struct err *err);
MUST_CHECK int exact_scan(const struct exact *e, const float *q, size_t n_queries, size_t stride, size_t k, int n_threads,
                          struct neighbour *out, struct err *err);

/* Memory that exact_search takes for each query of a call, beside the caller's. */
size_t exact_query_bytes(const struct exact *e, size_t k);

#endif
