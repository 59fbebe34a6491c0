/* balance_run - what the steps of an assignment share.  For lib/quant/balance*.c alone. */
#ifndef BALANCE_RUN_H
#define BALANCE_RUN_H

#include "quant/balance.h"

#include <stdbool.h>

struct balance_run {
    const struct balance_costs *costs;
    size_t n, step;                  /* point i of the run is point i * step of the costs */
    const uint32_t *lower, *upper;   /* (k) */
    int64_t *price;                  /* (k) */
    uint32_t *label;                 /* (n) */
    uint32_t *size;                  /* (k) points of each label */
    int32_t **scratch;               /* (worker) rows of costs that are not held, (k) each */
    int n_threads;
    bool hopeless;
    int32_t *narrow;                 /* (k) prices, while all of them are below 2^30 */
    bool is_narrow;
    struct balance_report report;
};

enum { BALANCE_BLOCK = 1024 };       /* points that a worker takes at once */

static inline size_t balance_n_blocks(const struct balance_run *r)
{
    return (r->n + BALANCE_BLOCK - 1) / BALANCE_BLOCK;
}

/* Does balance_row give costs, or lower bounds of them? */
static inline bool balance_is_exact(const struct balance_run *r)
{
    return !r->costs->held || !r->costs->some;
}

/* The costs of point i, or lower bounds; valid until the worker's next call. */
static inline const int32_t *balance_row(const struct balance_run *r, size_t i, int worker)
{
    const struct balance_costs *c = r->costs;
    if (c->held)
        return c->held + i * r->step * c->k;
    c->row(c->ctx, i * r->step, r->scratch[worker]);
    return r->scratch[worker];
}

/* Costs of point i for the clusters at (n); c is its row. */
static inline void balance_some(const struct balance_run *r, size_t i, const int32_t *c, const uint32_t *at, size_t n,
                                int32_t *out)
{
    if (!balance_is_exact(r))
        r->costs->some(r->costs->ctx, i * r->step, at, n, out);
    else
        for (size_t m = 0; m < n; m++)
            out[m] = c[at[m]];
}

static inline int32_t balance_one(const struct balance_run *r, size_t i, const int32_t *c, size_t j)
{
    const uint32_t at = (uint32_t)j;
    int32_t cost;
    balance_some(r, i, c, &at, 1, &cost);
    return cost;
}

/* The sizes that prices ask for: *least .. *most is upper where the price is positive, lower where it is negative. */
static inline void balance_wanted(const struct balance_run *r, size_t j, uint32_t *least, uint32_t *most)
{
    *least = r->price[j] > 0 ? r->upper[j] : r->lower[j];
    *most = r->price[j] < 0 ? r->lower[j] : r->upper[j];
}

/* Fill narrow, or say that it cannot be. */
void balance_narrow(struct balance_run *r);

/* Better prices, in at most max_rounds rounds; then labels, each an argmin of cost + price, and sizes.  Where more than
 * `hopeless` points are too many for their clusters it stops, and sets r->hopeless. */
MUST_CHECK int balance_ascend(struct balance_run *r, int max_rounds, uint64_t hopeless, struct err *err);

/* From labels that are argmins to sizes that the prices ask for. */
MUST_CHECK int balance_flow(struct balance_run *r, struct err *err);

#endif
