/* steer - codes of the base set that steer building: walks estimate by SQ4, what they found is compared and pruned by SQ8, in an
 * eighth and a quarter of the memory traffic of the vectors. */
#ifndef STEER_H
#define STEER_H

#include "graph/graph.h"

enum { STEER_MIN_DIM = 16 };   /* below it a vector is one cache line and nothing is won */

struct steer {
    struct codes walk;             /* SQ4; type CODES_NONE: build on the vectors */
    struct codes codes;            /* SQ8 */
    struct codes_folded *folded;   /* (n) every node as a query of codes, but for its bytes */
};

/* Quantise g's vectors, where that helps.  Free with steer_free. */
MUST_CHECK int steer_make(struct steer *s, const struct graph *g, int n_threads, struct err *err);

/* Give g the codes that it is to keep: taken from s where it has made them. */
MUST_CHECK int steer_keep(struct steer *s, struct graph *g, enum codes_type type, int n_threads, struct err *err);
void steer_free(struct steer *s);

/* Node as a query of codes; q->w has codes_query_bytes.  has_bytes: they are there from an earlier time. */
void steer_query(const struct steer *s, const struct graph *g, uint32_t node, bool has_bytes, struct codes_query *q);

/* Ask for what steer_query reads. */
void steer_fetch(const struct steer *s, const struct graph *g, uint32_t node, bool has_bytes);

/* Bytes for a node, beside what its index will have. */
size_t steer_node_bytes(size_t dim);

#endif
