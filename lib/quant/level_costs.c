#include "quant/level_costs.h"

#include "base/mem.h"
#include "base/num.h"
#include "quant/balance.h"
#include "sys/par.h"
#include "vec/cheapest.h"
#include "vec/gemm.h"
#include "vec/kernel.h"

#include <math.h>

enum { BLOCK = 256 };

static int32_t cost_of(const struct level_costs *c, float dist)
{
    float cost = (c->root ? sqrtf(dist) : dist) * c->scale;
    return cost < (float)BALANCE_MAX_COST ? (int32_t)cost : BALANCE_MAX_COST;
}

void level_costs_row(void *ctx, size_t i, int32_t *out)
{
    const struct level_costs *c = ctx;
    const struct kernel *kernel = kernel_best();
    const float *x = c->p->x + i * c->p->stride;
    size_t k = c->k, stride = c->p->stride;
    for (size_t j = 0; j < k; j += 4) {
        const float *rows[4];
        float dist[4];
        for (size_t r = 0; r < 4; r++)
            rows[r] = c->centres + num_min_size(j + r, k - 1) * stride;
        kernel->l2x4(x, rows, c->p->dim, dist);
        for (size_t r = 0; r < 4 && j + r < k; r++)
            out[j + r] = cost_of(c, dist[r]);
    }
}

void level_costs_some(void *ctx, size_t i, const uint32_t *at, size_t n, int32_t *out)
{
    const struct level_costs *c = ctx;
    const struct kernel *kernel = kernel_best();
    const float *x = c->p->x + i * c->p->stride;
    for (size_t m = 0; m < n; m += 4) {
        const float *rows[4];
        float dist[4];
        for (size_t r = 0; r < 4; r++)
            rows[r] = c->centres + at[num_min_size(m + r, n - 1)] * c->p->stride;
        if (n - m == 1)
            dist[0] = kernel->l2(x, rows[0], c->p->dim);
        else
            kernel->l2x4(x, rows, c->p->dim, dist);
        for (size_t r = 0; r < 4 && m + r < n; r++)
            out[m + r] = cost_of(c, dist[r]);
    }
}

/* Lower bounds of costs, by matrix products.  The reference kernel's distance and |x|^2 + 2 (|c|^2 / 2 - <x,c>) differ by at
 * most 2 (dim + 8) 2^-24 (|x| + |c|)^2 as vec/nearest.h says, |x|^2 is off by (dim / 16 + 8) 2^-24 of itself, and three roundings
 * are left. */
struct bounds {
    const struct level_costs *costs;
    const struct cheapest *cheapest;
    struct cheapest_scale scale;
    struct gemm_weights *packed;
    float *half, **products;         /* (k) |c|^2 / 2; (worker) (BLOCK, k) */
    double longest;                  /* of the centres */
};

static int bound_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct bounds *b = ctx;
    const struct level_costs *c = b->costs;
    const struct kmeans_points *p = c->p;
    size_t first = block * BLOCK, n = num_min_size(BLOCK, p->n - first), k = c->k;
    const double part = 3 * (double)(p->dim + 16) * 0x1p-24;
    float *product = b->products[worker];
    int rc = gemm_run(b->packed, n, p->x + first * p->stride, p->stride, product, k, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const float *x = p->x + (first + i) * p->stride;
        double square = (double)kernel_best()->dot(x, x, p->dim), reach = sqrt(square) * (1 + 0x1p-10) + b->longest;
        float base = reach < 0x1p60 ? (float)(square - part * reach * reach - 0x1p-100) : -INFINITY;
        b->cheapest->scaled(product + i * k, b->half, k, &b->scale, base, c->held + (first + i) * k);
    }
    return rc;
}

int level_costs_hold(struct level_costs *c, struct err *err)
{
    int rc = 0;
    size_t k = c->k, stride = c->p->stride;
    struct bounds b = {.costs = c, .cheapest = cheapest_best(),
                       .scale = {.scale = c->scale, .most = BALANCE_MAX_COST, .root = c->root}};
    TRY_NEW(b.half, MEM_ARRAY(float, k, err));
    for (size_t j = 0; j < k; j++) {
        const float *centre = c->centres + j * stride;
        float square = kernel_best()->dot(centre, centre, c->p->dim);
        b.half[j] = square / 2;
        b.longest = fmax(b.longest, sqrt((double)square) * (1 + 0x1p-10));
    }
    TRY(gemm_pack(&b.packed, GEMM_F32, k, stride, c->centres, stride, err));
    TRY_NEW(b.products, MEM_ZARRAY(float *, (size_t)c->p->n_threads, err));
    for (int i = 0; i < c->p->n_threads; i++)
        TRY_NEW(b.products[i], MEM_SLAB(float, BLOCK * k, err));
    TRY(par_for(c->p->n_threads, (c->p->n + BLOCK - 1) / BLOCK, bound_block, &b, err));
out:
    for (int i = 0; b.products && i < c->p->n_threads; i++)
        mem_free(b.products[i]);
    mem_free(b.products);
    mem_free(b.half);
    gemm_weights_free(b.packed);
    return rc;
}
