/* codes - scalar-quantised vectors: a byte (SQ8) or half a byte (SQ4) for each dimension, for walks that estimate distances.
 *
 * Dimension i has a centre m, a step s and a zero point z (an integer): code c stands for m + s (c - z), 0 <= c <= 255 or 15.
 * Steps are by dimension, so vectors whose dimensions differ in range, or that are not normalised, lose no more than others.
 * Where a dimension holds integers alone whose range fits (images, bvecs), the step is 1 and nothing is lost.
 *
 * A query q is folded with the steps into signed bytes w, so that one inner product of integers (vec/codedot.h) gives the
 * estimate, whatever the metric:
 *
 *     l2      |q - x|^2 ~ |q - m|^2 + |x~ - m|^2 - 2 u sum_i w_i (c_i - z_i),   u w_i ~ (q_i - m_i) s_i
 *     ip      -<q, x>   ~ -<q, m> - u sum_i w_i (c_i - z_i),                    u w_i ~ q_i s_i
 *     cosine  1 more than ip
 *
 * Estimates are the same bits on every CPU: integers, and floating point of the reference kernel. */
#ifndef CODES_H
#define CODES_H

#include "base/err.h"
#include "vec/codedot.h"
#include "vec/kernel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codes_type { CODES_NONE, CODES_SQ8, CODES_SQ4, CODES_AUTO /* of codes_choose */ };
enum { CODES_MAX_DIM = 65536, CODES_HEAD_BYTES = 64 };

/* All arrays lie in one block, which is the section `codes` of an index (formats/hnsw.md §4.5), each on a 64-byte boundary. */
struct codes {
    enum codes_type type;
    enum metric metric;
    size_t n, dim;
    size_t row_bytes;              /* a multiple of 64 */
    const unsigned char *block;
    size_t block_bytes;
    const float *center, *step;    /* (dim) */
    const uint8_t *zero;           /* (row_bytes) packed as a row */
    const float *norms;            /* (n) |x~ - m|^2; with l2 only */
    const uint8_t *rows;           /* (n, row_bytes) */
    codedot_fn *dots;              /* of this type, for this CPU */
    codedot_fold_fn *fold;
};

/* What pays for a base set: nothing where a vector is little more than its code or all vectors fit a cache; SQ8 where half a line
 * would be empty; else SQ4, which with exact distances for twice k loses next to nothing.  type as given, unless AUTO. */
enum codes_type codes_choose(enum codes_type type, size_t n, size_t dim);

/* Quantise x (n, dim), rows of `stride` floats, all finite; n >= 1, dim <= CODES_MAX_DIM.  Ranges are those of all vectors,
 * narrowed by dimension where that lowers the mean squared error of a sample.  Free with codes_free.  O(n dim). */
MUST_CHECK int codes_make(struct codes *c, enum codes_type type, enum metric metric, const float *x, size_t n, size_t dim,
                          size_t stride, int n_threads, struct err *err);
void codes_free(struct codes *c);  /* not of codes_view */

/* Codes in a block that somebody else owns, 64-byte aligned.  ERR_DATA where head and size do not fit n, dim and metric; the
 * numbers inside may be anything: estimates then are, but nothing is read outside the block. */
MUST_CHECK int codes_view(struct codes *c, const void *block, size_t bytes, enum metric metric, size_t n, size_t dim,
                          struct err *err);

/* Are these the codes of x (n, dim)?  *bad gets the first row that is not, or whose norm or padding is wrong, else n.  ERR_DATA
 * where a centre or a step is no sound number. */
MUST_CHECK int codes_check(const struct codes *c, const float *x, size_t stride, size_t *bad, struct err *err);

const char *codes_name(enum codes_type type);    /* "none", "sq8", "sq4" */

/* A query as codes are compared with it. */
struct codes_query {
    int8_t *w;                     /* (codes_query_bytes) */
    float scale;                   /* u, twice that with l2 */
    float base;                    /* what all estimates have in common */
    int32_t shift;                 /* sum of w z */
};

/* A query without its bytes, which are quick to make again. */
struct codes_folded {
    float greatest;                /* of what w stands for: 127 u */
    float base;
    int32_t shift;
};

/* Signed bytes of a query: a multiple of 64. */
size_t codes_query_bytes(const struct codes *c);
/* Fill *q, whose w has codes_query_bytes; x (dim).  Returns what codes_query_again needs. */
struct codes_folded codes_query_make(const struct codes *c, const float *x, struct codes_query *q);

/* The same query again, without what costs most; x NULL: q->w is as it was made. */
void codes_query_again(const struct codes *c, const float *x, const struct codes_folded *f, struct codes_query *q);

/* out[i] = estimate for row which[i], i < n.  Rows are fetched while earlier ones are summed; the first are codes_fetch's. */
void codes_estimates(const struct codes *c, const struct codes_query *q, const uint32_t *which, size_t n, float *out);

/* Ask for what codes_estimates reads first, so that it waits once for all. */
void codes_fetch(const struct codes *c, const uint32_t *which, size_t n);

#endif
