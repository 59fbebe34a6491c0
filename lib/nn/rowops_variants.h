/* rowops_variants - the instruction sets' operations, for rowops.c alone.  Everyone else asks rowops_best or rowops_variant. */
#ifndef ROWOPS_VARIANTS_H
#define ROWOPS_VARIANTS_H

#include "nn/rowops.h"

extern const struct rowops rowops_scalar;
#if defined __x86_64__
extern const struct rowops rowops_avx2, rowops_avx512, rowops_avx512_bf16;
#elif defined __aarch64__
extern const struct rowops rowops_neon;
#endif

#endif
