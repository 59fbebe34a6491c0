/* level - k-means with bounded cluster sizes: one level of a residual quantiser.
 *
 * Lloyd's algorithm; where sizes are bounded every assignment is the exact optimum of quant/balance.h.  Like k-means-constrained
 * (Levy-Kramer), which follows Bradley, Bennett and Demiriz, "Constrained k-means clustering", 2000.  Departs:
 *   - the cost is the squared distance, which the means minimise too; LEVEL_L2 is the plain distance, as there;
 *   - costs are integers scaled to the data, 2^26 to 2^28 for twice its radius, not distances times 1000;
 *   - labels and centres that are returned belong together: labels are the optimal assignment to these centres. */
#ifndef LEVEL_H
#define LEVEL_H

#include "quant/balance.h"
#include "vec/kmeans.h"

#include <stdbool.h>

enum level_cost { LEVEL_SQ, LEVEL_L2 };

struct level_options {
    size_t k;                        /* 1 <= k <= n */
    bool bounded;
    uint32_t least, most;            /* points a cluster, where bounded: k * least <= n <= k * most */
    enum level_cost cost;
    uint32_t n_init, max_iter;       /* >= 1; the best run of n_init by inertia */
    double tol;                      /* stop when the centres' squared moves sum to <= tol * mean variance */
    uint64_t seed;
    uint32_t number;                 /* of the level: its own random numbers */
    uint64_t max_costs_bytes;        /* hold the costs of all points and clusters where they take no more, 0: hold them always */
    int n_threads;
    void (*progress)(uint64_t done); /* iterations so far; may be NULL */
};

struct level_report {
    double inertia;                  /* sum of squared distances */
    uint32_t iterations;             /* of the best run: how often its centres moved */
    uint64_t assignments, moved;     /* of all runs: exact assignments, each certified; points that flows moved */
};

/* Can n points be shared out like that?  ERR_USAGE. */
MUST_CHECK int level_check(size_t n, const struct level_options *o, struct err *err);

/* x (n, dim) as struct kmeans_points says; centres (k, stride) and label (n) out.  ERR_DATA where lengths overflow floats;
 * ERR_USAGE for bounds that cannot hold. */
MUST_CHECK int level_fit(const struct kmeans_points *p, const struct level_options *o, float *centres, uint32_t *label,
                         struct level_report *report, struct err *err);

/* The exact assignment to given centres alone. */
MUST_CHECK int level_assign(const struct kmeans_points *p, const struct level_options *o, const float *centres, uint32_t *label,
                            struct level_report *report, struct err *err);

#endif
