/* ngfixhead - the first 56 bytes of an index file of NGFix (HNSW_NGFix<float>::StoreIndex, on 64-bit little-endian machines).
 *
 *      0 u64 M            16 u64 MEX, most extra edges      32 u64 entry point    48 u64 elements that there is room for
 *      8 u64 M0 = 2 M     24 u64 n, elements                40 u64 dim
 *
 * Behind them room * (u8 1 where deleted, dim f32), then for each of the n elements (1 + capacity) u32 and, where there is room
 * for extra edges, as many u16.  The first u32 is four bytes: capacity, size, extra capacity, extra size.  Of the slots behind it
 * the first `extra capacity` hold extra edges at their end, the newest first; the others edges of the base graph at their start.
 * The u16 are the Escape Hardness of the extra slots, ranks counted from 0.  There is neither a magic, nor a checksum, nor the
 * metric, nor ids: an element is named by its number. */
#ifndef NGFIXHEAD_H
#define NGFIXHEAD_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NGFIXHEAD_BYTES = 56,
    NGFIXHEAD_MAX_EDGES = 255,     /* counts are bytes */
    NGFIXHEAD_RFIX = 201,          /* Escape Hardness of RFix's edges */
    NGFIXHEAD_UNREACHABLE = 65535,
    NGFIXHEAD_STEP = 4             /* capacities grow by this */
};

struct ngfixhead {
    uint64_t m, max_degree0, max_extra, n, entry, dim, room;
};

/* Are these the first bytes of such a file?  By the numbers, which bound each other. */
bool ngfixhead_sniff(const unsigned char *p, size_t n);

/* Decode, without any check. */
struct ngfixhead ngfixhead_get(const unsigned char p[NGFIXHEAD_BYTES]);
void ngfixhead_put(const struct ngfixhead *h, unsigned char p[NGFIXHEAD_BYTES]);

#endif
