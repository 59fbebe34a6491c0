#include "vec/gemm_wide.h"

#include "base/mem.h"
#include "base/num.h"
#include "vec/half.h"

enum { EXACT_K = 512 };             /* products of at most 255 * 128 */

struct gemm_wide {
    enum gemm_type type;
    size_t n, k, part_k, n_parts;
    struct gemm_weights **parts;    /* (n_parts) of GEMM_F32; part p holds the columns from p * part_k on */
};

int gemm_wide_pack(struct gemm_wide **out, enum gemm_type type, size_t n, size_t k, const void *b, size_t ldb, struct err *err)
{
    int rc = 0;
    float *rows = NULL;
    struct gemm_wide *w = *out = MEM_NEW(struct gemm_wide, err);
    if (!w)
        return ERR_NOMEM;
    *w = (struct gemm_wide){.type = type, .n = n, .k = k, .part_k = type == GEMM_I8 ? EXACT_K : k};
    TRY_NEW(rows, MEM_SLAB(float, n * num_min_size(w->part_k, k), err));
    TRY_NEW(w->parts, MEM_ZARRAY(struct gemm_weights *, (k + w->part_k - 1) / w->part_k, err));
    for (size_t start = 0; start < k; start += w->part_k) {
        size_t part_k = num_min_size(w->part_k, k - start);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < part_k; j++) {
                size_t from = i * ldb + start + j, to = i * part_k + j;
                rows[to] = type == GEMM_I8 ? ((const int8_t *)b)[from] : half_from_bf16(half_to_bf16(((const float *)b)[from]));
            }
        TRY(gemm_pack(&w->parts[w->n_parts], GEMM_F32, n, part_k, rows, part_k, err));
        w->n_parts++;
    }
out:
    mem_free(rows);
    if (rc != 0) {
        gemm_wide_free(w);
        *out = NULL;
    }
    return rc;
}

void gemm_wide_free(struct gemm_wide *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->n_parts; i++)
        gemm_weights_free(w->parts[i]);
    mem_free(w->parts);
    mem_free(w);
}

static int run_bf16(const struct gemm_wide *w, size_t m, const uint16_t *a, size_t lda, float *c, size_t ldc, struct err *err)
{
    float *rows = MEM_SLAB(float, m * w->k, err);
    if (!rows)
        return ERR_NOMEM;
    for (size_t i = 0; i < m; i++)
        half_widen_bf16(rows + i * w->k, a + i * lda, w->k);
    int rc = gemm_run(w->parts[0], m, rows, w->k, c, ldc, err);
    mem_free(rows);
    return rc;
}

static int run_i8(const struct gemm_wide *w, size_t m, const uint8_t *a, size_t lda, int32_t *c, size_t ldc, struct err *err)
{
    int rc = 0;
    float *rows = NULL, *sums = NULL;
    TRY_NEW(rows, MEM_SLAB(float, m * EXACT_K, err));
    TRY_NEW(sums, MEM_SLAB(float, m * w->n, err));
    for (size_t part = 0; part < w->n_parts; part++) {
        size_t start = part * EXACT_K, part_k = num_min_size(EXACT_K, w->k - start);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < part_k; j++)
                rows[i * part_k + j] = a[i * lda + start + j];
        TRY(gemm_run(w->parts[part], m, rows, part_k, sums, w->n, err));
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < w->n; j++)
                c[i * ldc + j] = (part ? c[i * ldc + j] : 0) + (int32_t)sums[i * w->n + j];
    }
out:
    mem_free(rows);
    mem_free(sums);
    return rc;
}

int gemm_wide_run(const struct gemm_wide *w, size_t m, const void *a, size_t lda, void *c, size_t ldc, struct err *err)
{
    return w->type == GEMM_I8 ? run_i8(w, m, a, lda, c, ldc, err) : run_bf16(w, m, a, lda, c, ldc, err);
}
