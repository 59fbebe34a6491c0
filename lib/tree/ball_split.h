/* ball_split - halves of halves of a set of vectors: the order of a ball tree's rows, and its nodes.
 *
 * A node is a run of the order.  One of more than `leaf` rows is cut at the median of the dimension in which it spreads widest,
 * rows at the same place by number (Omohundro, Five balltree construction algorithms, ICSI TR-89-063, 1989: the kd
 * construction).  Departs: cuts lie at multiples of `whole` rows, so that leaves are whole panels of tiles. */
#ifndef BALL_SPLIT_H
#define BALL_SPLIT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct ball_node {
    uint32_t from, to;      /* places [from, to) of the order */
    uint32_t child;         /* its two children are child and child + 1; 0: a leaf */
};

struct ball_split {
    uint32_t *order;            /* (n) rows */
    struct ball_node *nodes;    /* (n_nodes), the root first, children behind their parent */
    size_t n_nodes, cap;
};

/* x (n, dim), rows of `stride` floats, finite; n < 2^32, leaf >= 1, whole >= 1.  The result does not depend on n_threads.
 * Zero-initialise s; ball_split_done frees, also after a failure.  n = 0: no node.
 * Cost: O(n dim log(n / leaf)) time, 12 bytes a row for the time of the call. */
MUST_CHECK int ball_split_make(struct ball_split *s, const float *x, size_t n, size_t dim, size_t stride, size_t leaf,
                               size_t whole, int n_threads, struct err *err);
void ball_split_done(struct ball_split *s);

#endif
