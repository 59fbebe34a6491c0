/* tile - a few base rows against a few queries: inner products in registers, compared there, and only those that pass stored.
 *
 * The inner loop of exact search.  A product of matrices that goes through memory, even through the cache, is written, read again
 * and compared by a second loop; here what does not pass leaves no trace.  For row r and query c of a tile
 *     estimate = base[r] - <x_r, q_c>
 * and a hit is estimate <= limit[c].  The order of summation differs between instruction sets, and so do the last bits of an
 * estimate: whoever uses them allows for g(dim + 4) of rounding (vec/exact_bound.h).
 *
 * Both sides are packed in panels of 32-bit words: word j of all vectors of a panel, then word j + 1.  A word is a float, two
 * bf16 or four bytes.  A panel of queries fills registers and a panel of rows is broadcast: 12 x 32 with AVX-512, whose 24
 * accumulators hide the latency of the multiplications and need 14 loads for 24 of them.  Both panels may come from L2:
 * measured, 112 of 114 GFLOP/s on Zen 4 at dim 128 and at dim 784, without a blocking of the sum for L1, and not better with
 * prefetches or 14 rows.  The layout follows BLIS (Van Zee and van de Geijn, ACM TOMS 41(3), 2015); what it departs in is that
 * the sum over dim is never cut.
 *
 * Bytes: <x, q> stands for x_scale q_scale[c] <x_r, q_c>, x signed, q signed and stored + 128; the sum is exact. */
#ifndef TILE_H
#define TILE_H

#include "sys/cpu.h"

#include <stddef.h>
#include <stdint.h>

enum {
    TILE_MAX_ROWS = 12, TILE_MAX_QUERIES = 32,   /* of all kernels; every kernel's rows divide 12 */
    TILE_HITS = TILE_MAX_ROWS * TILE_MAX_QUERIES + 16
};

enum tile_type {
    TILE_F32,
    TILE_BF16,             /* inputs below 2^-126 count as 0 */
    TILE_I8                /* for dim <= 65,793 */
};

struct tile {
    const void *x;         /* (words, rows) a panel */
    const void *q;         /* (words, queries) a panel, on 64 bytes */
    size_t words;
    const float *base;     /* (rows); NaN: a row that is not there, and never hit */
    const float *limit;    /* (queries) */
    /* of TILE_I8 alone */
    const int32_t *start;  /* (rows) -128 times the sum of the row's bytes */
    const float *q_scale;  /* (queries) */
    float x_scale;
};

/* The hits of a tile, in no particular order.  What lies beyond the count may be overwritten. */
struct tile_hits {
    float estimate[TILE_HITS];
    uint32_t at[TILE_HITS];          /* row * TILE_MAX_QUERIES + query */
};

struct tile_kernel {
    enum tile_type type;
    size_t rows, queries;            /* of a tile */
    size_t (*run)(const struct tile *t, struct tile_hits *hits);    /* returns the number of hits */
};

/* For this process, by cpu_isa(): of that type, or of TILE_F32 where the CPU has no instruction for it. */
const struct tile_kernel *tile_kernel_best(enum tile_type type);
/* NULL where it is not supported here. */
const struct tile_kernel *tile_kernel_variant(enum cpu_isa isa, enum tile_type type);

/* 32-bit words of a vector. */
size_t tile_words(enum tile_type type, size_t dim);

/* Pack n <= width vectors x, `stride` words after each other, as a panel (words, width); those that lack are zeros. */
void tile_pack(void *restrict panel, size_t width, const void *restrict x, size_t n, size_t words, size_t stride);

#endif
