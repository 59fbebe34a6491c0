/* balance - the exact assignment of n points to k clusters whose sizes are bounded, at the least total cost.
 *
 *     minimise sum_i c(i, a(i))   subject to   lower[j] <= n_j <= upper[j],   n_j = points with a(i) = j
 *
 * A transportation problem with n >> k.  Its dual has one price p_j a cluster (and 0 for the sink): a is optimal where every a(i)
 * is among argmin_j c(i,j) + p_j, p_j > 0 only where n_j = upper[j], p_j < 0 only where n_j = lower[j].  So:
 *   0. Where the prices given are of no use: those of every 8th point, found in the same way.
 *   1. Ascent (balance_ascent.c): prices by exact line searches, cluster by cluster, on short lists of near clusters a point:
 *      Bertsekas and Castanon, "The auction algorithm for the transportation problem", 1989, for similar persons, in blocks.
 *      Any prices will do for what follows; good ones make it short.
 *   2. Flow (balance_flow.c): every point to its cheapest cluster; what is then too much or too little moves along shortest
 *      paths of the residual graph contracted to k + 1 nodes.  Successive shortest paths with potentials: Ahuja, Magnanti and
 *      Orlin, "Network Flows", 1993, section 9.7.
 *   3. Certificate, always: the conditions above for every point and cluster, and primal = dual, in 64-bit integers.
 * Costs are integers, so optimal means optimal; of several optima the one that is returned depends on neither threads nor CPU. */
#ifndef BALANCE_H
#define BALANCE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
    BALANCE_MAX_COST = 1 << 28,
    BALANCE_MAX_CLUSTERS = 4096      /* memory grows with its square: 12 MB for 512, 740 MB for 4096 */
};

/* Costs 0..BALANCE_MAX_COST of n points (< 2^31) and k clusters (>= 1), in one of three ways:
 *     held alone       they are held
 *     held and some    lower bounds of them are held, >= 0; some computes the few that are not ruled out by their bounds
 *     row and some     they are computed whenever they are needed
 * row and some are called from several threads and say always the same; what comes out depends on costs and never on bounds. */
struct balance_costs {
    size_t n, k;
    const int32_t *held;                                      /* (n, k) row-major, or NULL */
    void (*row)(void *ctx, size_t i, int32_t *out);           /* out (k) */
    void (*some)(void *ctx, size_t i, const uint32_t *at, size_t n, int32_t *out);      /* out (n): of the clusters at (n) */
    void *ctx;
};

/* What a run did; the certificate held wherever balance_assign returned 0. */
struct balance_report {
    int64_t cost;                    /* the optimum */
    uint64_t sweeps, moved;          /* of the ascent; units that the flow sent */
    uint64_t sizes_off;              /* points that the ascent had left in excess of what their clusters may hold */
};

/* Assign: label (n) the caller's, price (k) the start, such as those of the iteration before, or all 0, and the optimal prices
 * on return; lower, upper (k).  report may be NULL.  ERR_USAGE where no sizes within the bounds add up to n,
 * or k > BALANCE_MAX_CLUSTERS; ERR_INTERNAL where the certificate fails.
 * Cost in practice some 20 passes over the costs; the flow takes O(k^2) a unit moved.  Memory 100 bytes a point. */
MUST_CHECK int balance_assign(const struct balance_costs *costs, const uint32_t *lower, const uint32_t *upper, int64_t *price,
                              uint32_t *label, int n_threads, struct balance_report *report, struct err *err);

/* The certificate alone: is label with price optimal?  ERR_INTERNAL, saying where not. */
MUST_CHECK int balance_certify(const struct balance_costs *costs, const uint32_t *lower, const uint32_t *upper,
                               const int64_t *price, const uint32_t *label, int n_threads, int64_t *cost, struct err *err);

#endif
