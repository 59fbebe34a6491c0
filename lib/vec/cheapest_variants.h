/* cheapest_variants - the instruction sets' own, for cheapest.c alone. */
#ifndef CHEAPEST_VARIANTS_H
#define CHEAPEST_VARIANTS_H

#include "vec/cheapest.h"

static inline void cheapest_two_add(struct cheapest_two *found, float v, size_t j)
{
    if (v < found->first) {
        found->second = found->first;
        found->first = v;
        found->at = (uint32_t)j;
    } else if (v < found->second) {
        found->second = v;
    }
}

#if defined __x86_64__
extern const struct cheapest cheapest_avx2;
#endif

#endif
