#include "quant/balance_run.h"

#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/cheapest.h"

#include <inttypes.h>
#include <string.h>

enum { SAMPLE_STEP = 8, SAMPLE_LEAST = 4, MAX_ROUNDS = 12,       /* SAMPLE_LEAST points a cluster tell something */
       NARROW = 1 << 30 };

/* ---- the certificate ---- */

struct audit {
    const struct balance_run *run;
    const struct cheapest *cheapest;
    int64_t *primal, *dual;          /* (blocks) sums of costs, and of costs and prices */
};

/* The least of cost and price of point i, with its row c, as far as it may be below `own`. */
static int64_t least_value(const struct audit *a, size_t i, const int32_t *c, int64_t own)
{
    const struct balance_run *r = a->run;
    size_t n = 0, k = r->costs->k;
    int64_t least = own;
    uint32_t at[BALANCE_MAX_CLUSTERS];
    int32_t cost[BALANCE_MAX_CLUSTERS], lanes[CHEAPEST_LANES];
    if (r->is_narrow) {
        a->cheapest->lanes(c, r->narrow, k, lanes);
        for (size_t lane = 0; lane < CHEAPEST_LANES; lane++)
            least = lanes[lane] < least ? lanes[lane] : least;
        if (least == own || balance_is_exact(r))
            return least;
    }
    for (size_t j = 0; j < k; j++)
        if (c[j] + r->price[j] < own)
            at[n++] = (uint32_t)j;
    least = own;
    balance_some(r, i, c, at, n, cost);
    for (size_t m = 0; m < n; m++)
        least = cost[m] + r->price[at[m]] < least ? cost[m] + r->price[at[m]] : least;
    return least;
}

static int audit_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct audit *a = ctx;
    const struct balance_run *r = a->run;
    size_t first = block * BALANCE_BLOCK, last = num_min_size(first + BALANCE_BLOCK, r->n);
    for (size_t i = first; i < last; i++) {
        const int32_t *c = balance_row(r, i, worker);
        if (r->label[i] >= r->costs->k)
            return err_set(err, ERR_INTERNAL, "assignment: point %zu has no cluster", i);
        int32_t cost = balance_one(r, i, c, r->label[i]);
        int64_t own = cost + r->price[r->label[i]], least = least_value(a, i, c, own);
        if (least < own)
            return err_set(err, ERR_INTERNAL, "assignment: point %zu would be cheaper elsewhere by %" PRId64, i, own - least);
        a->primal[block] += cost;
        a->dual[block] += own;
    }
    return 0;
}

static int audit_sizes(const struct balance_run *r, int64_t *dual, struct err *err)
{
    for (size_t i = 0; i < r->n; i++)
        r->size[r->label[i]]++;
    for (size_t j = 0; j < r->costs->k; j++) {
        uint32_t least, most;
        balance_wanted(r, j, &least, &most);
        if (r->size[j] < least || r->size[j] > most)
            return err_set(err, ERR_INTERNAL, "assignment: cluster %zu has %u points at price %" PRId64 ", expected %u to %u", j,
                           r->size[j], r->price[j], least, most);
        *dual -= r->price[j] * (int64_t)(r->price[j] > 0 ? r->upper[j] : r->lower[j]);
    }
    return 0;
}

static int certify(struct balance_run *r, int64_t *cost, struct err *err)
{
    int rc = 0;
    int64_t primal = 0, dual = 0;
    struct audit a = {.run = r, .cheapest = cheapest_best()};
    balance_narrow(r);
    TRY_NEW(a.primal, MEM_ZARRAY(int64_t, balance_n_blocks(r), err));
    TRY_NEW(a.dual, MEM_ZARRAY(int64_t, balance_n_blocks(r), err));
    TRY(par_for(r->n_threads, balance_n_blocks(r), audit_block, &a, err));
    for (size_t block = 0; block < balance_n_blocks(r); block++) {
        primal += a.primal[block];
        dual += a.dual[block];
    }
    memset(r->size, 0, r->costs->k * sizeof *r->size);
    TRY(audit_sizes(r, &dual, err));
    if (primal != dual) {
        rc = err_set(err, ERR_INTERNAL, "assignment: it costs %" PRId64 ", its dual bound is %" PRId64, primal, dual);
        goto out;
    }
    *cost = primal;
out:
    mem_free(a.primal);
    mem_free(a.dual);
    return rc;
}

/* ---- a run ---- */

void balance_narrow(struct balance_run *r)
{
    r->is_narrow = true;
    for (size_t j = 0; j < r->costs->k; j++) {
        r->is_narrow = r->is_narrow && r->price[j] > -NARROW && r->price[j] < NARROW;
        r->narrow[j] = (int32_t)(r->is_narrow ? r->price[j] : 0);
    }
}

static void run_done(struct balance_run *r)
{
    for (int i = 0; r->scratch && i < r->n_threads; i++)
        mem_free(r->scratch[i]);
    mem_free(r->scratch);
    mem_free(r->size);
    mem_free(r->narrow);
}

static int run_init(struct balance_run *r, struct err *err)
{
    int rc = 0;
    TRY_NEW(r->size, MEM_ZARRAY(uint32_t, r->costs->k, err));
    TRY_NEW(r->narrow, MEM_ARRAY(int32_t, r->costs->k, err));
    TRY_NEW(r->scratch, MEM_ZARRAY(int32_t *, (size_t)r->n_threads, err));
    for (int i = 0; i < r->n_threads && !r->costs->held; i++)
        TRY_NEW(r->scratch[i], MEM_ARRAY(int32_t, r->costs->k, err));
out:
    return rc;
}

static int check_bounds(const struct balance_costs *c, const uint32_t *lower, const uint32_t *upper, struct err *err)
{
    uint64_t least = 0, most = 0;
    if (c->k < 1 || c->k > BALANCE_MAX_CLUSTERS)
        return err_set(err, ERR_USAGE, "%zu clusters of bounded size, expected 1 to %d", c->k, BALANCE_MAX_CLUSTERS);
    if (c->n > INT32_MAX)
        return err_set(err, ERR_LIMIT, "%zu points, expected at most %d", c->n, INT32_MAX);
    for (size_t j = 0; j < c->k; j++) {
        if (lower[j] > upper[j])
            return err_set(err, ERR_USAGE, "cluster %zu: at least %u points and at most %u", j, lower[j], upper[j]);
        least += lower[j];
        most += upper[j];
    }
    if (c->n < least || c->n > most)
        return err_set(err, ERR_USAGE, "%zu points cannot be shared out among %zu clusters that take %" PRIu64 " at least and %"
                       PRIu64 " at most together", c->n, c->k, least, most);
    return 0;
}

int balance_certify(const struct balance_costs *costs, const uint32_t *lower, const uint32_t *upper, const int64_t *price,
                    const uint32_t *label, int n_threads, int64_t *cost, struct err *err)
{
    int rc = 0;
    struct balance_run r = {.costs = costs, .lower = lower, .upper = upper, .price = (int64_t *)(uintptr_t)price,
                            .label = (uint32_t *)(uintptr_t)label, .n = costs->n, .step = 1, .n_threads = n_threads};
    TRY(run_init(&r, err));
    TRY(certify(&r, cost, err));
out:
    run_done(&r);
    return rc;
}

/* Prices from nothing: those of a sample, of which every eighth point in turn makes a start for its own prices. */
static int sample_prices(const struct balance_run *whole, size_t step, struct err *err)
{
    int rc = 0;
    size_t n = (whole->n + step - 1) / step, k = whole->costs->k;
    if (n < SAMPLE_LEAST * k)
        return 0;
    uint32_t *bounds = NULL;
    struct balance_run r = *whole;
    TRY(sample_prices(whole, step * SAMPLE_STEP, err));
    TRY_NEW(bounds, MEM_ARRAY(uint32_t, 2 * k, err));
    for (size_t j = 0; j < k; j++) {
        bounds[j] = (uint32_t)((uint64_t)whole->lower[j] * n / whole->n);
        bounds[k + j] = (uint32_t)(((uint64_t)whole->upper[j] * n + whole->n - 1) / whole->n);
    }
    r.lower = bounds;
    r.upper = bounds + k;
    r.n = n;
    r.step = step;
    TRY(balance_ascend(&r, MAX_ROUNDS, UINT64_MAX, err));
    TRY(balance_flow(&r, err));
out:
    mem_free(bounds);
    return rc;
}

int balance_assign(const struct balance_costs *costs, const uint32_t *lower, const uint32_t *upper, int64_t *price,
                   uint32_t *label, int n_threads, struct balance_report *report, struct err *err)
{
    int rc = 0;
    bool cold = true;
    struct balance_run r = {.costs = costs, .n = costs->n, .step = 1, .lower = lower, .upper = upper, .price = price,
                            .label = label, .n_threads = n_threads};
    TRY(check_bounds(costs, lower, upper, err));
    for (size_t j = 0; j < costs->k; j++)
        cold = cold && price[j] == 0;
    TRY(run_init(&r, err));
    if (!cold)
        TRY(balance_ascend(&r, MAX_ROUNDS, r.n / 8, err));
    if (cold || r.hopeless) {
        memset(price, 0, costs->k * sizeof *price);
        TRY(sample_prices(&r, SAMPLE_STEP, err));
        TRY(balance_ascend(&r, MAX_ROUNDS, UINT64_MAX, err));
    }
    TRY(balance_flow(&r, err));
    TRY(certify(&r, &r.report.cost, err));
    if (report)
        *report = r.report;
out:
    run_done(&r);
    return rc;
}
