/* coarse_variants - the instruction sets' own, for coarse.c alone. */
#ifndef COARSE_VARIANTS_H
#define COARSE_VARIANTS_H

#include "vec/coarse.h"

#if defined __x86_64__
coarse_fn coarse_avx2, coarse_vnni;
#endif

#endif
