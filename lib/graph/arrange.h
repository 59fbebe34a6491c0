/* arrange - the order in which a base set is put into the graph: it becomes the order of the nodes.
 *
 * Batches are drawn at random, so that no order of the input (sorted, by cluster) makes a worse graph; within a batch,
 * vectors that are near each other follow each other: their searches read the same nodes, which then are in the cache.
 * Nearness is by cells: the nearest of some hundred pivots, and the pivots in a greedy path from each to the nearest that is
 * left.  Building mnist took 30 % less time than in random order, 200,000 vectors of 24 factors 9 %. */
#ifndef ARRANGE_H
#define ARRANGE_H

#include "fmt/vectors.h"
#include "vec/metric.h"

enum { ARRANGE_MIN_N = 1024 };     /* smaller sets stay as they are: they fit the cache */

/* Rearrange the rows of base; metric cosine: normalised ones.  O(n sqrt(n)) estimates by codes. */
MUST_CHECK int arrange_base(struct vector_set *base, enum metric metric, uint64_t seed, int n_threads, struct err *err);

#endif
