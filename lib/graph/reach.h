/* reach - make every node reachable from the entry in layer 0.
 *
 * Pruning may cut the last edge to a node.  A breadth-first tree from the entry tells which nodes are reached; for each that is
 * not, a search from the entry in layer 0 gives near ones that are, and the nearest that can take an edge gets one: in a free
 * slot, else in place of its farthest edge that is no edge of the tree.  The tree proves that nothing reached is lost by that.
 * Where no found node can (all their edges are in the tree), the tree is followed down from the nearest: a leaf always can.
 * Serial: few nodes need it, except among many duplicates. */
#ifndef REACH_H
#define REACH_H

#include "graph/graph.h"
#include "graph/link.h"

/* g is complete but for this, layer0 the table that its layer 0 lies in.  *n_joined: nodes that were not reached (may be
 * NULL). */
MUST_CHECK int reach_all(struct graph *g, struct link_table *layer0, size_t *n_joined, struct err *err);

#endif
