/* graph - an HNSW index in memory: flat arrays indexed by a node's number, the same whether built here or mapped from a file.
 *
 * Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical navigable small world
 * graphs", TPAMI 2018.  A node is a number 0 <= i < n; ids[i] names its vector.  Layer 0 holds every node; node i is in the
 * layers 0 .. level(i).  A row of neighbours is a fixed number of slots, filled from the front and ended by GRAPH_NONE where it
 * is not full:
 *
 *     layer0   (n, slots0)          row i is node i's
 *     upper    (n_upper, slots)     rows first[i] .. first[i+1]-1 are node i's in layers 1, 2, ... level(i)
 *
 * slots are multiples of 16, so that every row starts on a cache line.  The arrays are those of hnsw_build, or borrowed
 * from a struct graph_file.  Contents of a mapped file are not trusted: who reads a neighbour or a first[] bounds it. */
#ifndef GRAPH_H
#define GRAPH_H

#include "fmt/vectors.h"
#include "vec/codes.h"
#include "vec/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GRAPH_MAX_N = 0x7FFFFFFF,      /* bit 31 of a node's number is the search pool's */
    GRAPH_MAX_M = 512,
    GRAPH_MAX_SLOTS = 4096,
    GRAPH_MAX_LAYERS = 32,
    GRAPH_ROW_ALIGN = 16           /* slots of a row and floats of a vector: multiples of one cache line */
};
#define GRAPH_NONE UINT32_MAX      /* an empty slot; no node */

struct graph {
    enum metric metric;
    size_t n, dim;
    size_t stride;                 /* floats from vector to vector, a multiple of 16; the padding is 0 */
    size_t m;                      /* M: links chosen for a new node */
    size_t max_degree0;            /* most neighbours in layer 0 (the builder's 2 M; a repaired graph has more) */
    size_t slots0, slots;          /* row lengths in layer 0 and above */
    size_t n_layers;               /* 0 where n is 0 */
    size_t n_upper;                /* rows of upper */
    uint32_t entry;                /* GRAPH_NONE where n is 0 */
    uint64_t ef_construction, seed;

    const uint32_t *layer0;        /* (n, slots0) */
    const uint16_t *edges;         /* (n, slots0) graph/edge.h of each edge, or NULL: all are the builder's */
    const uint32_t *first;         /* (n + 1) */
    const uint32_t *upper;         /* (n_upper, slots) */
    const float *vectors;          /* (n, stride) */
    const uint64_t *ids;           /* (n) external ids */
    const uint64_t *key_starts;    /* (n + 1) offsets in key_bytes, or NULL: no keys */
    const char *key_bytes;
    size_t n_key_bytes;
    struct codes codes;            /* type CODES_NONE: none */
};

/* A graph without edges over a base set, which it borrows: hnsw_build does the rest. */
MUST_CHECK int graph_of_set(struct graph *g, const struct vector_set *base, struct err *err);

/* Free what graph_of_set and hnsw_build allocated: not for the graph of a graph_file. */
void graph_done(struct graph *g);

/* Layers above 0 that node i is in.  Meaningless numbers (never a fault) where a damaged file says so. */
static inline uint32_t graph_level(const struct graph *g, uint32_t i)
{
    return g->first[i + 1] - g->first[i];
}

/* Node i's row in a layer; NULL where a damaged index puts it outside `upper`.  Requires i < n. */
static inline const uint32_t *graph_row(const struct graph *g, size_t layer, uint32_t i)
{
    if (layer == 0)
        return g->layer0 + i * g->slots0;
    size_t row = (size_t)g->first[i] + layer - 1;
    return row < g->first[i + 1] && row < g->n_upper ? g->upper + row * g->slots : NULL;
}

/* Node i's key; p is NULL where the index has no keys or a damaged one puts it outside of key_bytes. */
static inline struct text graph_key(const struct graph *g, uint32_t i)
{
    if (!g->key_starts)
        return (struct text){NULL, 0};
    uint64_t from = g->key_starts[i], to = g->key_starts[i + 1];
    return from <= to && to <= g->n_key_bytes ? (struct text){g->key_bytes + from, (size_t)(to - from)} : (struct text){NULL, 0};
}

#endif
