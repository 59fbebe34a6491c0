/* hnswlibhead - the first 96 bytes of an index file of hnswlib (saveIndex, 0.3 to 0.8, on 64-bit little-endian machines).
 *
 *      0 u64 offset of layer 0 in an element: 0     48 i32 the highest layer, -1 without elements
 *      8 u64 elements that there is room for        52 u32 entry point
 *     16 u64 n, elements                            56 u64 most links in a layer above 0: M
 *     24 u64 bytes of an element                    64 u64 most links in layer 0: 2 M
 *     32 u64 offset of the label in an element      72 u64 M
 *     40 u64 offset of the vector in an element     80 f64 1 / ln M
 *                                                   88 u64 ef-construction
 *
 * Behind them n elements: links in layer 0 (u16 count, u8 1 where deleted, u8 0, u32 each), the vector, u64 label; then for each
 * element a u32 size and as many bytes of links in its layers from 1 on (u16 count, u16 0, M u32 each layer).  There is neither
 * a magic, nor a checksum, nor the metric, nor the type of the values; but the sizes depend on each other. */
#ifndef HNSWLIBHEAD_H
#define HNSWLIBHEAD_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HNSWLIBHEAD_BYTES = 96, HNSWLIBHEAD_DELETED = 1 };

struct hnswlibhead {
    uint64_t room, n, element_bytes, label_at, vector_at;
    int32_t top;                   /* the highest layer */
    uint32_t entry;
    uint64_t max_degree, max_degree0, m;
    double mult;
    uint64_t ef_construction;
};

/* Are these the first bytes of such a file?  By the offsets, which follow from each other. */
bool hnswlibhead_sniff(const unsigned char *p, size_t n);

/* Decode, without any check. */
struct hnswlibhead hnswlibhead_get(const unsigned char p[HNSWLIBHEAD_BYTES]);
void hnswlibhead_put(const struct hnswlibhead *h, unsigned char p[HNSWLIBHEAD_BYTES]);

#endif
