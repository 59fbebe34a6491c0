/* hnsw - building the index: deterministic, batch-synchronous, without locks.
 *
 * Malkov and Yashunin (TPAMI 2018), algorithms 1 and 4: a node draws its highest layer (mL = 1 / ln M), is searched for with
 * ef = ef_construction from that layer down, and is joined both ways to at most M of what was found, chosen by graph/prune.h;
 * a row holds at most M neighbours, 2 M in layer 0.  Departures:
 *   - nodes come in batches that double up to min(2 % of n, 8,192), as in ParlayANN (Manohar et al., PPoPP 2024).  Each searches
 *     the graph as it was before the batch; then reverse edges are gathered by target and applied.  The result depends neither
 *     on threads nor on time;
 *   - members of a batch, which cannot find each other by searching, are offered to each other where they found the same nodes;
 *   - at the end every node that the entry does not reach in layer 0 is joined to a near one that it does (graph/reach.h). */
#ifndef HNSW_H
#define HNSW_H

#include "graph/graph.h"

struct hnsw_options {
    size_t m;                      /* 2 .. GRAPH_MAX_M */
    size_t ef_construction;        /* 1 .. HNSW_MAX_EF */
    enum codes_type codes;         /* to keep in g */
    uint64_t seed;
    int n_threads;                 /* as par_threads gives it */
    void (*progress)(uint64_t n);  /* may be NULL: told the number of nodes that are in */
};
enum { HNSW_MAX_EF = 1 << 20, HNSW_MAX_BATCH = 8192 };

/* Build over g's base set: metric, n, dim, stride, vectors are given (vectors stay the caller's, ids and keys untouched); the
 * rest is set.  Free with graph_done.  n may be 0.  Cost about n * ef_construction * M / 2 distances. */
MUST_CHECK int hnsw_build(struct graph *g, const struct hnsw_options *o, struct err *err);

/* Of max_memory bytes (0: no limit, and returned), what vectors of a dimension may take so that building has the rest. */
uint64_t hnsw_vectors_share(uint64_t max_memory, size_t dim, const struct hnsw_options *o);

/* Where the batch ends that begins with node `from` of n. */
size_t hnsw_batch_end(size_t n, size_t from);

/* Length of a row that holds max_degree neighbours. */
size_t hnsw_slots(size_t max_degree);

#endif
