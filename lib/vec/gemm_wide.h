/* gemm_wide - products of narrow numbers by way of f32, for gemm.c alone, where the CPU has no instructions for them.
 *
 * bf16 inputs are exact in f32.  int8 products of up to 512 terms stay below 2^24, so f32 adds them exactly in any order; longer
 * rows are cut into parts, whose sums are added as integers. */
#ifndef GEMM_WIDE_H
#define GEMM_WIDE_H

#include "vec/gemm.h"

struct gemm_wide;

/* As gemm_pack and gemm_run; type is GEMM_BF16 or GEMM_I8, n and k are not 0. */
MUST_CHECK int gemm_wide_pack(struct gemm_wide **w, enum gemm_type type, size_t n, size_t k, const void *b, size_t ldb,
                              struct err *err);
MUST_CHECK int gemm_wide_run(const struct gemm_wide *w, size_t m, const void *a, size_t lda, void *c, size_t ldc,
                             struct err *err);
void gemm_wide_free(struct gemm_wide *w);

#endif
