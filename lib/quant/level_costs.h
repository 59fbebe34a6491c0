/* level_costs - what putting a point into a cluster costs, as quant/balance.h asks for it: integers, and lower bounds of them. */
#ifndef LEVEL_COSTS_H
#define LEVEL_COSTS_H

#include "vec/kmeans.h"

#include <stdbool.h>

struct level_costs {
    const struct kmeans_points *p;
    const float *centres;            /* (k, stride) of the assignment at hand */
    size_t k;
    bool root;                       /* distances, else their squares */
    float scale;                     /* a power of two; costs end at BALANCE_MAX_COST */
    int32_t *held;                   /* (n, k) lower bounds of costs, or NULL */
};

/* struct balance_costs' row and some: of point i the costs of all clusters, of those at[0 .. n-1].  ctx: struct level_costs. */
void level_costs_row(void *ctx, size_t i, int32_t *out);
void level_costs_some(void *ctx, size_t i, const uint32_t *at, size_t n, int32_t *out);

/* Fill held, by matrix products: 2 n k dim flops. */
MUST_CHECK int level_costs_hold(struct level_costs *c, struct err *err);

#endif
