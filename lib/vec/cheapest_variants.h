/* cheapest_variants - the instruction sets' own, for cheapest.c alone. */
#ifndef CHEAPEST_VARIANTS_H
#define CHEAPEST_VARIANTS_H

#include "vec/cheapest.h"

#if defined __x86_64__
extern const struct cheapest cheapest_avx2;
#endif

#endif
