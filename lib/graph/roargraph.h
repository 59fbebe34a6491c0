/* roargraph - an index built by what queries look for: the other published answer to out-of-distribution queries,
 * beside repair.
 *
 * Chen et al., "RoarGraph: A Projected Bipartite Graph for Efficient Cross-Modal Approximate Nearest Neighbor Search", PVLDB 17
 * (2024), section 4: a training query's exact nearest vectors become each other's neighbours around its nearest one (projection);
 * then every node searches that graph and is joined to what it finds (connectivity enhancement).  One layer.  Departures:
 *   - where several queries have the same nearest vector the last one's list counts, in the order of the queries: upstream's
 *     threads race for it;
 *   - the walk starts at the node nearest to the mean among those that the projection has joined to others: from one that no
 *     query has found a walk would end where it began;
 *   - all nodes search the graph as the projection left it, then all edges are applied: the result depends neither on threads
 *     nor on time;
 *   - every node is made reachable (graph/reach.h). */
#ifndef ROARGRAPH_H
#define ROARGRAPH_H

#include "fmt/vectors.h"
#include "graph/hnsw.h"

enum { ROARGRAPH_NEAREST = 100 };

/* Build over g's base set (as hnsw_build) by the queries, of the same dimension and, for cosine, normalised; at least one.
 * o->m: neighbours by projection; a node has up to 3 m in the end.  o->ef_construction: the width of each node's search.
 * ROARGRAPH_NEAREST nearest vectors are used of each query.  progress counts queries, then nodes.
 * Cost: exact search of all queries, and n searches. */
MUST_CHECK int roargraph_build(struct graph *g, const struct vector_set *queries, const struct hnsw_options *o,
                               struct err *err);

#endif
