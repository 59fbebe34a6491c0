/* tile - a few base rows against a few queries: inner products in registers, compared there, and only those that pass stored.
 *
 * The inner loop of exact search.  A product of matrices that goes through memory, even through the cache, is written, read again
 * and compared by a second loop; here what does not pass leaves no trace.  For row r and query c of a tile
 *     estimate = base[r] - <x_r, q_c>
 * and a hit is estimate <= limit[c].  The order of summation differs between instruction sets, and so do the last bits of an
 * estimate: whoever uses them allows for g(dim + 2) of rounding (exact/exact_bound.h).
 *
 * Both sides are packed in panels: element j of all vectors of a panel, then element j + 1.  A panel of queries fills registers
 * and a panel of rows is broadcast: 12 x 32 with AVX-512, whose 24 accumulators hide the latency of the multiplications and need
 * 14 loads for 24 of them.  Both panels may come from L2: measured, 112 of 114 GFLOP/s on Zen 4 at dim 128 and at dim 784,
 * without a blocking of the sum for L1, and not better with prefetches or 14 rows.  The layout follows BLIS (Van Zee and
 * van de Geijn, ACM TOMS 41(3), 2015); what it departs in is that the sum over dim is never cut. */
#ifndef TILE_H
#define TILE_H

#include "sys/cpu.h"

#include <stddef.h>
#include <stdint.h>

enum {
    TILE_MAX_ROWS = 12, TILE_MAX_QUERIES = 32,   /* of all kernels; every kernel's rows divide 12 */
    TILE_HITS = TILE_MAX_ROWS * TILE_MAX_QUERIES + 16
};

struct tile {
    const float *x;        /* (dim, rows) a panel */
    const float *q;        /* (dim, queries) a panel, on 64 bytes */
    size_t dim;
    const float *base;     /* (rows); NaN: a row that is not there, and never hit */
    const float *limit;    /* (queries) */
};

/* The hits of a tile, in no particular order.  What lies beyond the count may be overwritten. */
struct tile_hits {
    float estimate[TILE_HITS];
    uint32_t at[TILE_HITS];          /* row * TILE_MAX_QUERIES + query */
};

struct tile_kernel {
    size_t rows, queries;            /* of a tile */
    size_t (*run)(const struct tile *t, struct tile_hits *hits);    /* returns the number of hits */
};

const struct tile_kernel *tile_kernel_best(void);                   /* for this process: by cpu_isa() */
const struct tile_kernel *tile_kernel_variant(enum cpu_isa isa);    /* NULL where it is not supported here */

/* Pack n <= width rows (n, dim) of x, with row stride `stride`, as a panel (dim, width); the rows that lack are zeros. */
void tile_pack(float *restrict panel, size_t width, const float *restrict x, size_t n, size_t dim, size_t stride);

#endif
