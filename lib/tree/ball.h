/* ball - a ball tree: exact neighbours, where whole balls of vectors can be passed over.
 *
 * What is found is what comparing with every row by the reference kernel finds (vec/kernel.h), bit for bit, in the order
 * (dist, row): it does not depend on the leaf size, the threads or the instruction set.  After Omohundro (ICSI TR-89-063, 1989)
 * and, for inner products, Ram and Gray (KDD 2012, §3).  Departs:
 *   - queries are searched in groups of near ones.  A group's ball is held against a node's, and a leaf is compared with the
 *     whole group by the tiles of vec/tile.h.  Where balls overlap all, as in high dimension, that is blocked brute force.
 *   - bounds allow for the rounding of everything that they are computed from, and so does the tiles' comparison
 *     (vec/exact_bound.h), which decides only what need not be computed by the reference kernel. */
#ifndef BALL_H
#define BALL_H

#include "base/err.h"
#include "vec/metric.h"
#include "vec/topk.h"

#include <stddef.h>
#include <stdint.h>

enum { BALL_LEAF = 256 };    /* a good leaf size: 256 x 128 floats stay in L2 while a group is compared */

struct ball;

/* x (n, dim), rows of `stride` floats, all finite, for cosine normalised; borrowed.  leaf >= 1: rows of a leaf, at most.
 * ERR_LIMIT where n >= 2^32.  Cost: O(n dim log(n / leaf)); memory: a copy of x, 12 bytes a row, dim floats a node. */
MUST_CHECK int ball_new(struct ball **b, const float *x, size_t n, size_t dim, size_t stride, enum metric metric, size_t leaf,
                        int n_threads, struct err *err);
void ball_free(struct ball *b);

/* The k nearest, 1 <= k <= n, of each of n_queries rows of q: out (n_queries, k), nearest first, ids = rows of x.  Several calls
 * may run at once. */
MUST_CHECK int ball_search(const struct ball *b, const float *q, size_t n_queries, size_t stride, size_t k, int n_threads,
                           struct neighbour *out, struct err *err);

/* Neighbours of one query, as many as there are. */
struct ball_list {
    struct neighbour *at;    /* (n), nearest first */
    size_t n, cap;
};

/* All rows at a distance of at most `radius`, in the metric's units (l2: squared): lists (n_queries), zero-initialised by the
 * caller, who frees each `at` by mem_free, also after a failure. */
MUST_CHECK int ball_radius(const struct ball *b, const float *q, size_t n_queries, size_t stride, float radius, int n_threads,
                           struct ball_list *lists, struct err *err);

#endif
