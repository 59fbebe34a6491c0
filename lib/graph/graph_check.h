/* graph_check - the invariants of an index, and what can be counted on the way.
 *
 * Checked, ERR_DATA with node and place otherwise: entry and levels; every row's neighbours within range, in the layer, without
 * self edges or duplicates, ended and filled as formats/hnsw.md says, at most max_degree0 in layer 0; what is said of edges
 * (graph/edge.h); vectors finite, padding 0; no identity (key, else id) twice; keys in order; every node reachable from the entry
 * in layer 0.
 * Cost O(edges) and, for ids, O(n log n); memory 13 bytes a node. */
#ifndef GRAPH_CHECK_H
#define GRAPH_CHECK_H

#include "graph/edge.h"
#include "graph/graph.h"

struct graph_layer_report {
    uint64_t n_nodes, n_edges;
    uint32_t min_degree, max_degree;
};

struct graph_report {
    size_t n_layers;
    struct graph_layer_report layers[GRAPH_MAX_LAYERS];
    uint64_t n_self, n_duplicate;      /* edges of a node to itself, or twice to the same */
    uint64_t n_reachable;              /* nodes reached from the entry in layer 0, the entry included */
    uint64_t n_edges_of[EDGE_N_KINDS]; /* edges of layer 0 by kind, where the index says it */
    uint64_t n_two_way;                /* edges of layer 0 whose reverse is an edge, too */
    uint32_t depth;                    /* hops from the entry to the farthest node in layer 0 */
    double mean_hops;                  /* the mean over nodes */
};

/* Check; the first violation is the error.  report may be NULL; where it is not, all is counted even after a violation. */
MUST_CHECK int graph_check(const struct graph *g, struct graph_report *report, struct err *err);

#endif
