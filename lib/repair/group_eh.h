/* group_eh - Escape Hardness between groups of a query's neighbours, in place of that between all pairs.
 *
 * Source   grouped EH, a published variant of NGFix's hardness (no paper).
 * GROUP_EH_TWO_HOP, as described there: by rising rank, a neighbour that is in no group founds one, and claims what it reaches by
 *          at most two edges among the nq nearest and is in none.  Arcs between groups are those of the founders' edges.  The
 *          rank of a group is its number; a group reaches its like by paths over groups; pairs of one group have no defect.
 *          Where there are >= 0.7 nq groups, exact EH.  It is coarse: a group's members need not reach each other, edges of
 *          others than founders and neighbours beyond nq do not count, and since numbers stay below kh only the unreachable is a
 *          defect.
 * GROUP_EH_SCC, mended: groups are the strongly connected components of the graph of the kh nearest, arcs the edges of all
 *          members, and each neighbour of rank > kh stands for itself.  Members of a group are within kh of each other, and paths
 *          that need more than kh have the same bottleneck from each of them: defects, their hardness and so the edges
 *          of NGFix are those of exact EH.
 * Departs  Ranks of groups count from 1, as those of neighbours. */
#ifndef GROUP_EH_H
#define GROUP_EH_H

#include "repair/escape.h"

enum group_eh_kind { GROUP_EH_NONE, GROUP_EH_TWO_HOP, GROUP_EH_SCC };

struct group_eh {                  /* scratch of one thread */
    struct escape_graph graph;     /* of groups */
    struct escape escape;
    uint16_t *of;                  /* (max_s) a neighbour's group */
    size_t n_groups;               /* of the nq nearest, by the last call */
    size_t n_saved;                /* entries of the (nq, nq) matrix that it did not compute */
};

MUST_CHECK int group_eh_init(struct group_eh *g, size_t max_s, struct err *err);
void group_eh_done(struct group_eh *g);

/* As escape_compute_defects (of which the conditions are), by groups; x->n_entries: the entries of the groups' matrix.  False:
 * there are too many groups, x is as it was, n_saved 0.  Cost: that of escape_compute_defects for the groups; for components
 * that of the kh nearest as well. */
bool group_eh_compute(struct group_eh *g, struct escape *x, const struct escape_graph *e, enum group_eh_kind kind, size_t nq,
                      size_t s, size_t kh);

#endif
