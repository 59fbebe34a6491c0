/* ngfix - NGFix: which edges to add so that a query's neighbours reach each other.
 *
 * Source   NGFix (arXiv 2510.22316).  Of the nq nearest neighbours of a query those pairs are defects whose Escape Hardness is
 *          more than kh.  Pairs in ascending order of the distance between them; a pair that is still a defect gets an edge, and
 *          what becomes reachable by it is none any more.  Theorem: at most 2 (nq - 1) edges.  An edge is marked with the
 *          hardness that the pair had before the round.
 * Departs  Both directions of a pair follow each other, and equal distances go by (i, j), i < j: upstream's order among equal
 *          distances differs.  Pairs are taken from a heap until no defect is left, not sorted; distances are computed once for
 *          both directions, and only of pairs with a defect. */
#ifndef NGFIX_H
#define NGFIX_H

#include "repair/escape.h"
#include "vec/kernel.h"

enum ngfix_order {
    NGFIX_BY_DISTANCE,
    NGFIX_BY_EH                /* greatest hardness first, then distance: a variant without the bound of 2 (nq - 1) */
};

struct ngfix_edge {
    uint16_t from, to, eh;     /* places among the neighbours; eh before */
};

struct ngfix {                 /* scratch of one thread */
    uint64_t *heap;
    uint64_t *into;            /* columns of escape.within */
    uint32_t *others;
    float *dist;
    struct ngfix_edge *edges;  /* (n_edges) what the last call chose */
    size_t n_edges;
};

MUST_CHECK int ngfix_init(struct ngfix *f, size_t max_nq, struct err *err);
void ngfix_done(struct ngfix *f);

/* Choose edges for the defects that escape_compute found in e, and add them to e and to x->within, which is all ones then;
 * near: nodes of g. */
void ngfix_choose(struct ngfix *f, struct escape_graph *e, struct escape *x, const struct graph *g, const uint32_t *near,
                  enum ngfix_order order);

#endif
