/* escape - Escape Hardness: how far a search must look to get from one of a query's nearest neighbours to another.
 *
 * Source   NGFix (arXiv 2510.22316), definition of Escape Hardness.  near[0], near[1], ... are a query's neighbours, nearest
 *          first; the rank of near[i] is i + 1.  EH(i, j) is the least r such that a path leads from i to j through neighbours of
 *          rank <= r, both ends included: the bottleneck of ranks over all paths.  Theorem of the paper: a greedy search that
 *          stands at i and keeps a list of EH(i, j) nodes visits j.
 * Departs  Upstream counts ranks from 0, so that its test EH <= Kh admits one rank more; these are 1-based, as in the paper.
 *          Only neighbours up to rank s are looked at (2 Nq upstream and here): what needs more is ESCAPE_UNREACHABLE.
 *          Neighbours are taken in by rank, one at a time; strongly connected ones share a row of bits from then on.  The result
 *          is that of upstream's closure by Warshall, exactly. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include "graph/edge.h"
#include "graph/graph.h"

enum { ESCAPE_MAX_S = 512, ESCAPE_UNREACHABLE = EDGE_UNREACHABLE };

/* Which of s neighbours have edges to which: row i of out has bit j for an edge i -> j, in[j] bit i. */
struct escape_graph {
    size_t s, words;               /* words: of a row */
    uint64_t *out, *in;            /* (s, words) */
    struct escape_slot *slots;     /* node -> rank while the graph is made */
    size_t n_slots;
};

/* Scratch for up to max_s <= ESCAPE_MAX_S neighbours. */
MUST_CHECK int escape_graph_init(struct escape_graph *e, size_t max_s, struct err *err);
void escape_graph_done(struct escape_graph *e);

/* The edges of g's layer 0 among near[0 .. s-1].  ERR_DATA where a neighbour comes twice or is none of g's nodes, or where a row
 * of a damaged index points out of range.  Cost: s rows read. */
MUST_CHECK int escape_graph_make(struct escape_graph *e, const struct graph *g, const uint32_t *near, size_t s, struct err *err);

static inline bool escape_has_edge(const struct escape_graph *e, size_t i, size_t j)
{
    return e->out[i * e->words + j / 64] >> j % 64 & 1;
}

static inline void escape_add_edge(struct escape_graph *e, size_t i, size_t j)
{
    e->out[i * e->words + j / 64] |= (uint64_t)1 << j % 64;
    e->in[j * e->words + i / 64] |= (uint64_t)1 << i % 64;
}

struct escape {
    size_t nq, words;              /* words: of a row of within */
    uint16_t *eh;                  /* (nq, nq) EH(i, j), or ESCAPE_UNREACHABLE; EH(i, i) = i + 1 */
    uint64_t *within;              /* (nq, words) bit j of row i: EH(i, j) <= kh */
    size_t n_defects;              /* pairs that are not */
    size_t n_entries;              /* of eh that were computed, not counting what is unreachable */

    size_t reach_words;
    uint64_t *reach, *members;     /* of a component, at its root */
    uint16_t *parent, *roots;
};

MUST_CHECK int escape_init(struct escape *x, size_t max_s, struct err *err);
void escape_done(struct escape *x);

/* EH of all pairs of the nq first neighbours in the graph of the s first.  1 <= nq <= s <= e->s, nq <= kh <= s.
 * Cost: O(s * components * s / 64) time, no allocation. */
void escape_compute(struct escape *x, const struct escape_graph *e, size_t nq, size_t s, size_t kh);

/* The same, but only entries of eh with EH > kh are set.  What NGFix needs of the others is that they are within kh, for which
 * strongly connected neighbours share a row: the same edges come of it.  (wordnet-debian, nq 100, s 200, before any repair: 39 us
 * and 45 us for all pairs, of a thread's CPU time on a busy machine.) */
void escape_compute_defects(struct escape *x, const struct escape_graph *e, size_t nq, size_t s, size_t kh);

#endif
