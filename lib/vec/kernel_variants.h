/* kernel_variants - the instruction sets' kernels, for kernel.c alone.  Everyone else asks kernel_best or kernel_variant. */
#ifndef KERNEL_VARIANTS_H
#define KERNEL_VARIANTS_H

#include "vec/kernel.h"

extern const struct kernel kernel_scalar;
#if defined __x86_64__
extern const struct kernel kernel_avx2, kernel_avx512;
#elif defined __aarch64__
extern const struct kernel kernel_neon;
#endif

#endif
