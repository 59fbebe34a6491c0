/* steer - codes of the base set that steer building: walks estimate by SQ4, what they found is compared and pruned by SQ8, in an
 * eighth and a quarter of the memory traffic of the vectors. */
#ifndef STEER_H
#define STEER_H

#include "graph/graph.h"

enum { STEER_MIN_DIM = 16 };       /* below, a vector is one cache line and nothing is won */

struct steer {
    struct codes walk;             /* SQ4; type CODES_NONE: build on the vectors */
    struct codes codes;            /* SQ8 */
    struct codes_query *folded;    /* (n) every node as a query of codes */
    int8_t *w;                     /* (n, codes_query_bytes) */
};

/* Quantise g's vectors, where that helps.  Free with steer_free. */
MUST_CHECK int steer_make(struct steer *s, const struct graph *g, int n_threads, struct err *err);

/* Give g the codes that it is to keep: taken from s where it has made them. */
MUST_CHECK int steer_keep(struct steer *s, struct graph *g, enum codes_type type, int n_threads, struct err *err);
void steer_free(struct steer *s);

#endif
