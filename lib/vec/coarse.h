/* coarse - bytes in the place of vectors, that rule out most of those farther away than a radius.
 *
 * A row x is held as x^ = m + s c: m the mean of all rows, s a scale of its own, c signed bytes; and e >= |x - x^|.  So is a
 * query y.  By the triangle inequality |x - y| >= |x^ - y^| - e_x - e_y, and where that passes the radius, x is out.  Rows
 * stand in panels of 32 lanes, 4 dimensions a lane, the order in which VPDPBUSD multiplies; 4 times less memory is read than of
 * floats, and a product of 4 bytes costs what one of floats does.  What is left is the caller's to measure.
 *
 * Nothing within the radius is ever ruled out: e and radius are rounded up, and estimates, of floats, lowered by 2^-20 of
 * |x^ - m|^2 + |y^ - m|^2, twice what their roundings can add up to.  Variants find the same. */
#ifndef COARSE_H
#define COARSE_H

#include "base/err.h"
#include "sys/cpu.h"

#include <stddef.h>
#include <stdint.h>

enum {
    COARSE_LANES = 32,
    COARSE_AT_ONCE = 8,              /* queries */
    COARSE_MAX_DIM = 8192            /* sums of products stay below 2^31 */
};

struct coarse {
    size_t n, dim, bytes;            /* of a row: dim in whole fours */
    float *mean;                     /* (dim), padded */
    uint8_t *codes;                  /* (panels, bytes / 4, 32, 4): c + 128 */
    float *square, *twice;           /* (panels * 32) |s c|^2, a little less; 2 s */
    float *error;                    /* (panels * 32) */
};

/* Rows x (n, dim) of `stride` floats, a multiple of 16, the padding 0; squared lengths below 2^120; 1 <= n, 1 <= dim <=
 * COARSE_MAX_DIM.  dim + 12 bytes a row; O(n dim). */
MUST_CHECK int coarse_make(struct coarse *s, const float *x, size_t n, size_t dim, size_t stride, int n_threads, struct err *err);
void coarse_free(struct coarse *s);

static inline size_t coarse_panels(const struct coarse *s) { return (s->n + COARSE_LANES - 1) / COARSE_LANES; }

struct coarse_queries {
    size_t n;
    int8_t *codes, *scratch;         /* (eights, bytes / 4, 8, 4); (dim), padded */
    float *square, *scale, *error;   /* (n in whole eights) */
    int32_t *shift;                  /* 128 times the sum of the codes */
};

/* Room for n queries; query i is set to y (dim), padded as rows are. */
MUST_CHECK int coarse_queries_make(const struct coarse *s, struct coarse_queries *q, size_t n, struct err *err);
void coarse_queries_set(const struct coarse *s, struct coarse_queries *q, size_t i, const float *y);
void coarse_queries_free(struct coarse_queries *q);

/* The radius of row i as coarse_pass wants it, for what the kernel (vec/kernel.h) measures as a squared distance <= dist. */
float coarse_radius(const struct coarse *s, size_t i, float dist);

/* mask[t], t < 8: which rows of a panel may be within their radius of query first + t; first a multiple of 8.  radius: of the
 * panel's rows, 32 of them whatever n is. */
void coarse_pass(const struct coarse *s, size_t panel, const float *radius, const struct coarse_queries *q, size_t first,
                uint32_t mask[COARSE_AT_ONCE]);

/* The same by one instruction set, for tests: NULL where the CPU has it not, or it has none of its own. */
typedef void coarse_fn(const struct coarse *s, size_t panel, const float *radius, const struct coarse_queries *q, size_t first,
                      uint32_t mask[COARSE_AT_ONCE]);
coarse_fn *coarse_variant(enum cpu_isa isa);

#endif
