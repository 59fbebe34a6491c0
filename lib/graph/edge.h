/* edge - what an index may say of an edge of layer 0 (section edges): where it comes from, and how hard it was to do without.
 *
 * 16 bits a slot, 0 in an empty one: bits 12 to 15 the kind, bits 0 to 11 the Escape Hardness (repair/escape.h) that the edge's
 * ends had before it was added; 0 for edges of the base graph. */
#ifndef EDGE_H
#define EDGE_H

#include <stdint.h>

enum edge_kind {
    EDGE_BASE = 0,             /* the builder's */
    EDGE_NGFIX = 1,            /* between a query's neighbours */
    EDGE_RFIX = 2,             /* towards a query's neighbours */
    EDGE_LINK = 3              /* added without Escape Hardness */
};
enum { EDGE_N_KINDS = 4, EDGE_UNREACHABLE = 4095 };

static inline uint16_t edge_make(enum edge_kind kind, unsigned eh)
{
    return (uint16_t)((unsigned)kind << 12 | (eh < EDGE_UNREACHABLE ? eh : EDGE_UNREACHABLE));
}

static inline unsigned edge_kind(uint16_t edge)
{
    return edge >> 12;
}

static inline unsigned edge_eh(uint16_t edge)
{
    return edge & 4095;
}

#endif
