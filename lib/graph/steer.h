/* steer - codes of the base set that steer building: walks and pruning compare these, in a quarter of the memory traffic. */
#ifndef STEER_H
#define STEER_H

#include "graph/graph.h"

enum { STEER_MIN_DIM = 16 };       /* below, a vector is one cache line and nothing is won */

struct steer {
    struct codes codes;            /* SQ8; type CODES_NONE: build on the vectors */
    struct codes_query *folded;    /* (n) every node as a query */
    int8_t *w;                     /* (n, codes_query_bytes) */
};

/* Quantise g's vectors, where that helps.  Free with steer_free. */
MUST_CHECK int steer_make(struct steer *s, const struct graph *g, int n_threads, struct err *err);
void steer_free(struct steer *s);

/* What batches take: NULL where vectors are compared. */
static inline const struct codes *steer_codes(const struct steer *s)
{
    return s->codes.type == CODES_NONE ? NULL : &s->codes;
}

#endif
