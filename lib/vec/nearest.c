#include "vec/nearest.h"

#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/cheapest.h"
#include "vec/gemm.h"
#include "vec/kernel.h"

#include <math.h>

enum { BLOCK = 256 };

struct nearest {
    const struct cheapest *cheapest;
    const float *x, *centres;
    size_t n, dim, stride, k;
    struct gemm_weights *packed;
    float *half_square;              /* (k) |c|^2 / 2 */
    double longest, bound;           /* of the centres; of an error, by (|x| + |c|)^2 */
    float **products;                /* (worker) (BLOCK, k) */
    uint32_t *label;
};

/* The nearest of those centres whose estimate is within `limit`. */
static uint32_t settle(const struct nearest *s, const float *x, const float *product, double limit)
{
    struct distance d = distance_make(METRIC_L2, s->dim);
    uint32_t best = 0;
    float least = INFINITY;
    for (size_t j = 0; j < s->k; j++) {
        if ((double)(s->half_square[j] - product[j]) > limit)
            continue;
        float dist = distance_one(&d, x, s->centres + j * s->stride);
        if (dist < least) {
            least = dist;
            best = (uint32_t)j;
        }
    }
    return best;
}

static uint32_t find(const struct nearest *s, const float *x, const float *product)
{
    struct cheapest_two found = s->cheapest->two(product, s->half_square, s->k);
    struct distance d = distance_make(METRIC_IP, s->dim);
    double reach = sqrt(fabs((double)distance_one(&d, x, x))) * (1 + 0x1p-10) + s->longest;
    double limit = (double)found.first + 2 * s->bound * reach * reach + 0x1p-100;
    return (double)found.second > limit ? found.at : settle(s, x, product, limit);
}

static int find_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct nearest *s = ctx;
    size_t first = block * BLOCK, n = num_min_size(BLOCK, s->n - first);
    const float *x = s->x + first * s->stride;
    float *products = s->products[worker];
    int rc = gemm_run(s->packed, n, x, s->stride, products, s->k, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        s->label[first + i] = find(s, x + i * s->stride, products + i * s->k);
    return rc;
}

int nearest_find(const float *x, size_t n, size_t dim, size_t stride, const float *centres, size_t k, uint32_t *label,
                 int n_threads, struct err *err)
{
    int rc = 0;
    struct nearest s = {.cheapest = cheapest_best(), .x = x, .centres = centres, .n = n, .dim = dim, .stride = stride, .k = k,
                        .label = label, .bound = (double)(dim + 8) * 0x1p-24};
    struct distance d = distance_make(METRIC_IP, dim);
    TRY_NEW(s.half_square, MEM_ARRAY(float, k, err));
    for (size_t j = 0; j < k; j++) {
        float square = -distance_one(&d, centres + j * stride, centres + j * stride);
        s.half_square[j] = square / 2;
        s.longest = fmax(s.longest, sqrt((double)square) * (1 + 0x1p-10));
    }
    TRY(gemm_pack(&s.packed, GEMM_F32, k, stride, centres, stride, err));    /* with the padding: rows without gaps */
    TRY_NEW(s.products, MEM_ZARRAY(float *, (size_t)n_threads, err));
    for (int i = 0; i < n_threads; i++)
        TRY_NEW(s.products[i], MEM_SLAB(float, BLOCK * k, err));
    TRY(par_for(n_threads, (n + BLOCK - 1) / BLOCK, find_block, &s, err));
out:
    for (int i = 0; s.products && i < n_threads; i++)
        mem_free(s.products[i]);
    mem_free(s.products);
    mem_free(s.half_square);
    gemm_weights_free(s.packed);
    return rc;
}
