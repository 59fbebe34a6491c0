#include "quant/resolve.h"

#include "base/mem.h"
#include "vec/kernel.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 20, ITERATIONS = 50 };
static const double EPSILON = 0.003;

struct resolving {
    const struct residual *q;
    float *x;
    struct codeset *s;
    int n_threads;
    size_t last, k;                  /* the last level, its codes */
    uint32_t *order;                 /* (n) by tuple */
};

static uint16_t *last_code(const struct resolving *r, uint32_t row) { return r->s->code + row * r->s->n_levels + r->last; }

/* Residuals before the last level for rows order[from..to-1]: x + the centre of the code they have; dist (members, k). */
static void measure(const struct resolving *r, size_t from, size_t to, float *dist)
{
    const struct distance d = distance_make(METRIC_L2, r->q->dim);
    size_t stride = r->q->stride;
    for (size_t i = from; i < to; i++) {
        float *x = r->x + r->order[i] * stride;
        residual_take(r->q, r->last, r->last + 1, r->s, r->order[i], x, true);
        for (size_t j = 0; j < r->k; j++)
            dist[(i - from) * r->k + j] = distance_one(&d, x, r->q->level[r->last].centres + j * stride);
    }
}

/* Take the codes label (members) for those rows. */
static void settle(struct resolving *r, size_t from, size_t to, const uint32_t *label)
{
    for (size_t i = from; i < to; i++) {
        *last_code(r, r->order[i]) = (uint16_t)label[i - from];
        residual_take(r->q, r->last, r->last + 1, r->s, r->order[i], r->x + r->order[i] * r->q->stride, false);
    }
}

/* ---- exact ---- */

static int reassign(struct resolving *r, size_t from, size_t to, struct err *err)
{
    int rc = 0;
    size_t m = to - from, k = r->k;
    float *dist = NULL, most = 0;
    int32_t *cost = NULL;
    int64_t *price = NULL;
    uint32_t *bounds = NULL, *label = NULL;
    TRY_NEW(dist, MEM_ARRAY(float, m * k, err));
    TRY_NEW(cost, MEM_ARRAY(int32_t, m * k, err));
    TRY_NEW(price, MEM_ZARRAY(int64_t, k, err));
    TRY_NEW(bounds, MEM_ZARRAY(uint32_t, 2 * k, err));
    TRY_NEW(label, MEM_ARRAY(uint32_t, m, err));
    measure(r, from, to, dist);
    for (size_t e = 0; e < m * k; e++)
        most = dist[e] > most ? dist[e] : most;
    float scale = most > 0 ? ldexpf(1, (int)fmin(126, floor(log2((double)BALANCE_MAX_COST / (double)most)))) : 1;
    for (size_t e = 0; e < m * k; e++)
        cost[e] = (int32_t)(dist[e] * scale);
    for (size_t j = 0; j < k; j++)
        bounds[k + j] = (uint32_t)((m + k - 1) / k);
    const struct balance_costs costs = {.n = m, .k = k, .held = cost};
    TRY(balance_assign(&costs, bounds, bounds + k, price, label, r->n_threads, NULL, err));
    settle(r, from, to, label);
out:
    mem_free(dist);
    mem_free(cost);
    mem_free(price);
    mem_free(bounds);
    mem_free(label);
    return rc;
}

/* Do all codes but the last agree? */
static bool same_family(const struct resolving *r, size_t a, size_t b)
{
    const uint16_t *code = r->s->code;
    return memcmp(code + r->order[a] * r->s->n_levels, code + r->order[b] * r->s->n_levels, r->last * sizeof *code) == 0;
}

static int reassign_families(struct resolving *r, struct err *err)
{
    int rc = codeset_sort(r->s, r->order, err);
    for (size_t from = 0, to; rc == 0 && from < r->s->n; from = to) {
        bool shared = false;
        for (to = from + 1; to < r->s->n && same_family(r, from, to); to++)
            shared = shared || *last_code(r, r->order[to]) == *last_code(r, r->order[to - 1]);
        if (shared)
            rc = reassign(r, from, to, err);
    }
    return rc;
}

/* ---- Sinkhorn ---- */

/* Distances about to [-1, 1], exp(-d / eps), then rows and columns to even sums in turn; each row takes its greatest. */
static void transport(const float *dist, size_t m, size_t k, double *plan, uint32_t *label)
{
    double least = INFINITY, most = 0, total = 0;
    for (size_t e = 0; e < m * k; e++) {
        least = fmin(least, (double)dist[e]);
        most = fmax(most, (double)dist[e]);
    }
    double middle = (least + most) / 2, reach = most - middle + 1e-5;
    for (size_t e = 0; e < m * k; e++)
        total += plan[e] = exp(-((double)dist[e] - middle) / reach / EPSILON);
    for (size_t e = 0; e < m * k; e++)
        plan[e] /= total;
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        for (size_t j = 0; j < k; j++) {
            double sum = 0;
            for (size_t i = 0; i < m; i++)
                sum += plan[i * k + j];
            for (size_t i = 0; i < m && sum > 0; i++)
                plan[i * k + j] /= sum * (double)k;
        }
        for (size_t i = 0; i < m; i++) {
            double sum = 0;
            for (size_t j = 0; j < k; j++)
                sum += plan[i * k + j];
            for (size_t j = 0; j < k && sum > 0; j++)
                plan[i * k + j] /= sum * (double)m;
        }
    }
    for (size_t i = 0; i < m; i++) {
        label[i] = 0;
        for (size_t j = 1; j < k; j++)
            label[i] = plan[i * k + j] > plan[i * k + label[i]] ? (uint32_t)j : label[i];
    }
}

static int spread(struct resolving *r, size_t from, size_t to, struct err *err)
{
    int rc = 0;
    size_t m = to - from;
    float *dist = NULL;
    double *plan = NULL;
    uint32_t *label = NULL;
    TRY_NEW(dist, MEM_ARRAY(float, m * r->k, err));
    TRY_NEW(plan, MEM_ARRAY(double, m * r->k, err));
    TRY_NEW(label, MEM_ARRAY(uint32_t, m, err));
    measure(r, from, to, dist);
    transport(dist, m, r->k, plan, label);
    settle(r, from, to, label);
out:
    mem_free(dist);
    mem_free(plan);
    mem_free(label);
    return rc;
}

static int spread_groups(struct resolving *r, struct err *err)
{
    int rc = 0;
    for (int round = 0; rc == 0 && round < ROUNDS; round++) {
        bool found = false;
        rc = codeset_sort(r->s, r->order, err);
        /* a group of before this round may meet others that moved in it: those are for the next one */
        for (size_t from = 0, to; rc == 0 && from < r->s->n; from = to) {
            to = codeset_run(r->s, r->order, from);
            if (to - from > 1) {
                found = true;
                rc = spread(r, from, to, err);
            }
        }
        if (!found)
            break;
    }
    return rc;
}

int resolve_last(enum resolve how, const struct residual *q, float *x, struct codeset *s, int n_threads, uint64_t *changed,
                 struct err *err)
{
    int rc = 0;
    uint16_t *before = NULL;
    *changed = 0;
    if (how != RESOLVE_REASSIGN && how != RESOLVE_SINKHORN)
        return 0;
    struct resolving r = {.q = q, .x = x, .s = s, .n_threads = n_threads, .last = q->n_levels - 1,
                          .k = q->clusters[q->n_levels - 1]};
    TRY_NEW(r.order, MEM_ARRAY(uint32_t, s->n, err));
    TRY_NEW(before, MEM_ARRAY(uint16_t, s->n, err));
    for (uint32_t i = 0; i < s->n; i++)
        before[i] = *last_code(&r, i);
    TRY(how == RESOLVE_REASSIGN ? reassign_families(&r, err) : spread_groups(&r, err));
    for (uint32_t i = 0; i < s->n; i++)
        *changed += *last_code(&r, i) != before[i];
out:
    mem_free(r.order);
    mem_free(before);
    return rc;
}
