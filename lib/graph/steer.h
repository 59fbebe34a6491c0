/* steer - codes of the base set that steer building: walks estimate by SQ4, what they found is compared and pruned by SQ8, in an
 * eighth and a quarter of the memory traffic of the vectors. */
#ifndef STEER_H
#define STEER_H

#include "graph/graph.h"

/* Below STEER_MIN_DIM a vector is one cache line and nothing is won.  A node as a query is as large as its code: its bytes are
 * made again whenever they are needed, which with the vector fetched ahead took 10 % less time at dim 128, the same at 384 and
 * 17 % more at 784; so above STEER_MAX_FOLD they are kept. */
enum { STEER_MIN_DIM = 16, STEER_MAX_FOLD = 512 };

struct steer {
    struct codes walk;             /* SQ4; type CODES_NONE: build on the vectors */
    struct codes codes;            /* SQ8 */
    struct codes_folded *folded;   /* (n) every node as a query of codes, but for its bytes */
    int8_t *w;                     /* (n, codes_query_bytes) these, or NULL */
};

/* Quantise g's vectors, where that helps.  Free with steer_free. */
MUST_CHECK int steer_make(struct steer *s, const struct graph *g, int n_threads, struct err *err);

/* Give g the codes that it is to keep: taken from s where it has made them. */
MUST_CHECK int steer_keep(struct steer *s, struct graph *g, enum codes_type type, int n_threads, struct err *err);
void steer_free(struct steer *s);

/* Node as a query of codes; q->w has codes_query_bytes and may be used or not. */
void steer_query(const struct steer *s, const struct graph *g, uint32_t node, struct codes_query *q);

/* Ask for what steer_query reads. */
void steer_fetch(const struct steer *s, const struct graph *g, uint32_t node);

/* Bytes for a node, beside what its index will have. */
size_t steer_node_bytes(size_t dim);

#endif
