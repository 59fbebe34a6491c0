/* gemm - matrix products by oneDNN; gemm.c is the only file that names it.
 *
 * C (m, n) = A (m, k) * B^T, with B given as (n, k) row-major rows: the layout of weights and of base vectors alike.
 * B is packed once (gemm_pack) and used many times.  Every call runs on one thread, the caller's, so tiles of a fixed shape give
 * the same bits at any thread count; different CPUs may differ in the last bits.  Primitives are cached per shape; weights may
 * be used by several threads at once.  Rows without gaps (lda = k, ldc = n) save a copy.  VECPIPE_ISA caps oneDNN too. */
#ifndef GEMM_H
#define GEMM_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum gemm_type {
    GEMM_F32,
    GEMM_BF16,   /* A and B rounded to bf16, sums in f32; on a CPU without bf16: rounded inputs through f32 */
    GEMM_I8      /* A u8, B s8, C s32: exact integers, for k <= 65,793 */
};

struct gemm_weights;

/* Pack b (n, k) row-major with row stride ldb: float for GEMM_F32 and GEMM_BF16, int8_t for GEMM_I8. */
MUST_CHECK int gemm_pack(struct gemm_weights **w, enum gemm_type type, size_t n, size_t k, const void *b, size_t ldb,
                         struct err *err);
void gemm_weights_free(struct gemm_weights *w);

/* a (m, k) row stride lda: float for GEMM_F32, uint16_t bf16 for GEMM_BF16, uint8_t for GEMM_I8.
 * c (m, n) row stride ldc: float, or int32_t for GEMM_I8. */
MUST_CHECK int gemm_run(const struct gemm_weights *w, size_t m, const void *a, size_t lda, void *c, size_t ldc, struct err *err);

#endif
