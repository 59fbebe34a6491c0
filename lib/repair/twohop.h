/* twohop - extra edges to neighbours' neighbours, without any query: the negative control of a repair.
 *
 * Source   the variant NGFix-2hop of a fork of NGFix: a node u gets an edge to each node v that is a base neighbour of one of its
 *          base neighbours and has d(u, v) <= 1.1 * (mean distance of u to its base neighbours).
 * Departs  Of all these edges the n_edges with the least d(u, v) / mean are added, so that the control has the same number of
 *          edges as a repair that it stands beside; of equal ones those of the lower u, then v.  Distances are squared Euclidean
 *          whatever the metric, for the ratio needs a zero: on unit vectors it is upstream's of 1 - ip.  Edges of
 *          EDGE_LINK, with the hardness of unreachable pairs, as upstream has it. */
#ifndef TWOHOP_H
#define TWOHOP_H

#include "repair/extra.h"

/* Add at most n_edges, 0: as many as there are, within the nodes' budgets.  *n_added: how many.  ERR_DATA where a row of a
 * damaged index points out of range.  Cost: the distances of all two-hop neighbours; 8 bytes for each edge of the budget of a
 * node, 4 for each node and thread. */
MUST_CHECK int twohop_add(struct extra *x, uint64_t n_edges, int n_threads, uint64_t *n_added, struct err *err);

#endif
