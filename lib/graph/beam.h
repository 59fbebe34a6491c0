/* beam - the one best-first search, of hnsw-build, hnsw-query and all that walk a graph.
 *
 * Malkov and Yashunin (TPAMI 2018), algorithms 2 (a layer) and 5 (descent), with one sorted pool in place of their two heaps: the
 * ef nearest found so far, each marked once its neighbours were looked at; the search ends when all are marked.  Departures:
 *   - the entry of the index joins the pool of layer 0 (its distance is known already).  Every node is reachable from it there,
 *     so a search with ef >= n is exact;
 *   - order is (dist, node), a total one, so that what is found does not depend on the order of slots in a row.
 * A pool entry is one integer, [ dist 32, order-preserving | node 31 | looked at 1 ], so sorting needs no comparison of pairs. */
#ifndef BEAM_H
#define BEAM_H

#include "graph/graph.h"
#include "vec/codes.h"
#include "vec/kernel.h"
#include "vec/topk.h"

#include <string.h>

struct beam;

/* Told what a search sees in layer 0: the nodes that it starts from (from GRAPH_NONE), then, once for each node `from` whose
 * neighbours it looked at, those of them that are new, after they came into the pool.  May shorten the pool at its end. */
struct beam_watch {
    void (*seen)(struct beam_watch *w, struct beam *b, uint32_t from, const uint32_t *nodes, const float *dist, size_t n);
};

struct beam {
    const float *q;                /* the query, (dim); set by beam_start */
    const struct codes *codes;     /* distances are estimated from these; NULL: exact ones */
    struct codes_query folded;     /* the query for codes */
    uint64_t *pool;                /* (max_ef + 1), ascending */
    size_t n, ef, max_ef;          /* entries in the pool, its bound now and at most */
    uint32_t ndc, ndc_code, hops;  /* since beam_start, in all layers: distances, of these from codes; rows looked at */

    struct distance distance;
    size_t lines;                  /* of a vector that are worth fetching early */
    float *dist;                   /* (slots) */
    uint64_t *fresh;               /* (slots + 1) entries of what was looked at: n_fresh came into the pool, ascending */
    size_t n_fresh;
    uint64_t *visited;             /* a bit for each node, all 0 between searches */
    size_t n_words;
    uint32_t *journal;             /* nodes visited in this layer, so that clearing costs what the search did */
    size_t n_journal, max_journal;
    bool overflow;                 /* more were visited than the journal holds: clear all bits */
    struct beam_watch *watch;      /* NULL, or the owner's */

    /* Where the walk is: */
    size_t at;                     /* in the pool: all before it were looked around */
    uint32_t from;                 /* the node looked around now */
    size_t n_new;                  /* its neighbours not visited before: the last of the journal */
    size_t layer, last_ef;         /* of a search in steps */
    uint64_t entry;
    bool looked;
};

/* Scratch for searches of g with ef up to max_ef, by codes of its vectors (borrowed) or, NULL, by the vectors; g's arrays may
 * grow in place afterwards (building), not n, dim, metric, slots. */
MUST_CHECK int beam_init(struct beam *b, const struct graph *g, const struct codes *codes, size_t max_ef, struct err *err);
void beam_done(struct beam *b);

/* Begin with query q (dim): empty pool, counters 0. */
void beam_start(struct beam *b, const float *q);

/* Compute node's distance and put it into the pool, for the next layer to start from.  Requires n < max_ef, node < g->n. */
void beam_enter(struct beam *b, const struct graph *g, uint32_t node);

/* Put an entry whose distance is known into the pool, unless its node is there. */
void beam_offer(struct beam *b, uint64_t key);

/* Algorithm 2: search one layer from what is in the pool (the nearest ef of it) and leave the ef nearest there.
 * Errors: ERR_DATA where a row of a damaged index points out of range. */
MUST_CHECK int beam_layer(struct beam *b, const struct graph *g, size_t layer, size_t ef, struct err *err);

/* Algorithm 5: q's ef nearest, left in the pool; empty for an empty graph.  1 <= ef <= max_ef. */
MUST_CHECK int beam_search(struct beam *b, const struct graph *g, const float *q, size_t ef, struct err *err);

/* beam_search in steps, so that a thread can do others' while what this one asked for comes from memory: begin, then step while
 * it returns 1.  0: the same is in the pool, counted the same.  Neither may be mixed with the functions above before the end. */
bool beam_begin(struct beam *b, const struct graph *g, const float *q, size_t ef);
MUST_CHECK int beam_step(struct beam *b, const struct graph *g, struct err *err);

/* Exact distances in place of estimates: of the n nearest of the pool, which is cut to them and sorted anew.  Counted in ndc.
 * Nothing to do without codes. */
void beam_rerank(struct beam *b, const struct graph *g, size_t n);

/* Pool entries. */
static inline uint64_t beam_key(float dist, uint32_t node)
{
    uint32_t bits;
    memcpy(&bits, &dist, sizeof bits);
    bits ^= bits >> 31 ? UINT32_MAX : 0x80000000u;
    return (uint64_t)bits << 32 | (uint64_t)node << 1;
}

static inline uint32_t beam_node(uint64_t key)
{
    return (uint32_t)key >> 1;
}

static inline float beam_dist(uint64_t key)
{
    uint32_t bits = (uint32_t)(key >> 32);
    bits ^= bits >> 31 ? 0x80000000u : UINT32_MAX;
    float dist;
    memcpy(&dist, &bits, sizeof dist);
    return dist;
}

/* Sort entries; short runs, and such as are nearly in order, are fast. */
void beam_sort(uint64_t *keys, size_t n);

/* Entry i of the pool, 0 the nearest. */
static inline struct neighbour beam_at(const struct beam *b, size_t i)
{
    return (struct neighbour){.dist = beam_dist(b->pool[i]), .id = beam_node(b->pool[i])};
}

/* Distances of q to n nodes, or estimates, four at a time, the next ones prefetched meanwhile; counted in ndc. */
void beam_distances(struct beam *b, const struct graph *g, const uint32_t *nodes, size_t n, float *out);

#endif
