/* codedot - inner products of a query in signed bytes with rows of codes: the inner loop of a search on quantised vectors.
 *
 * Sums of integers, so every variant gives the same.  A row is a multiple of 64 bytes:
 *   sq8   byte i is the code of dimension i;
 *   sq4   two dimensions a byte, in chunks of 64 bytes: byte j of chunk c holds dimension 128 c + j in its low half and
 *         128 c + 64 + j in its high half.
 * q has as many bytes as a row has codes.  |sum| < 2^31 up to dimension 66,000: CODES_MAX_DIM sees to it. */
#ifndef CODEDOT_H
#define CODEDOT_H

#include "sys/cpu.h"

#include <stddef.h>
#include <stdint.h>

/* out[i] = sum of q[j] * code j of row which[i], for i < n.  Rows that come later are fetched while earlier ones are summed; the
 * first CODEDOT_AHEAD are the caller's to fetch. */
typedef void codedot_fn(const int8_t *q, const uint8_t *rows, size_t row_bytes, const uint32_t *which, size_t n, int32_t *out);

enum { CODEDOT_AHEAD = 8 };    /* rows */

/* q[i] = the low byte of the integer nearest to (x[i] - center[i]) * step[i] * unit, ties to even, for i < dim; center NULL:
 * zeros.  Rounded after each operation, so the same everywhere. */
typedef void codedot_fold_fn(const float *x, const float *center, const float *step, float unit, size_t dim, int8_t *q);

struct codedot {
    const char *name;
    codedot_fn *sq8, *sq4;
    codedot_fold_fn *fold;
};

const struct codedot *codedot_best(void);                  /* for this process: by cpu_isa() */
const struct codedot *codedot_variant(enum cpu_isa isa);   /* NULL where it is not built or not supported here */

codedot_fold_fn codedot_scalar_fold;    /* for what is left over by the wide ones */

/* The instruction sets' own, for codedot.c. */
extern const struct codedot codedot_scalar;
#if defined __x86_64__
extern const struct codedot codedot_avx2, codedot_vnni;
#elif defined __aarch64__
extern const struct codedot codedot_neon;
#endif

#endif
