#include "quant/level.h"

#include "base/mem.h"
#include "base/num.h"
#include "quant/level_costs.h"
#include "vec/nearest.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { MAX_EXPONENT = 126 };

struct level {
    const struct kmeans_points *p;
    const struct level_options *o;
    struct level_costs costs;
    double variance;
    uint32_t *lower, *upper;         /* (k) */
    int64_t *price;                  /* (k) of the last assignment */
    struct level_report *report;
};

/* ---- one level ---- */

int level_check(size_t n, const struct level_options *o, struct err *err)
{
    if (o->k < 1 || o->k > n)
        return err_set(err, ERR_USAGE, "%zu clusters of %zu vectors: there must be a vector for each", o->k, n);
    if (o->bounded && o->k > BALANCE_MAX_CLUSTERS)
        return err_set(err, ERR_USAGE, "%zu clusters of bounded size, expected at most %d", o->k, BALANCE_MAX_CLUSTERS);
    if (o->bounded && ((uint64_t)o->least * o->k > n || (uint64_t)o->most * o->k < n))
        return err_set(err, ERR_USAGE, "%zu vectors cannot be shared out among %zu clusters of %u to %u", n, o->k, o->least,
                       o->most);
    return 0;
}

static void level_done(struct level *l)
{
    mem_free(l->costs.held);
    mem_free(l->lower);
    mem_free(l->upper);
    mem_free(l->price);
}

/* Points lie within `radius` of their mean, so centres do, and no distance passes twice that. */
static int set_scale(struct level *l, struct err *err)
{
    int rc = 0, exponent = MAX_EXPONENT;
    double radius, *mean = NULL;
    TRY_NEW(mean, MEM_ARRAY(double, l->p->dim, err));
    TRY(kmeans_spread(l->p, mean, &l->variance, &radius, err));
    double most = 2 * radius * (1 + 0x1p-10);
    if (l->o->cost == LEVEL_SQ)
        most *= most;
    if (!(most < 0x1p100)) {
        rc = err_set(err, ERR_DATA, "vectors %g apart: squares of distances come near the end of 32-bit floats", 2 * radius);
        goto out;
    }
    if (most > 0)
        exponent = (int)floor(log2((double)BALANCE_MAX_COST / most));
    l->costs.scale = ldexpf(1, exponent < MAX_EXPONENT ? exponent : MAX_EXPONENT);
out:
    mem_free(mean);
    return rc;
}

static int level_init(struct level *l, struct err *err)
{
    int rc = 0;
    const struct level_options *o = l->o;
    size_t n = l->p->n, k = o->k, bytes;
    TRY(level_check(n, o, err));
    l->costs = (struct level_costs){.p = l->p, .k = k, .root = o->cost == LEVEL_L2};
    TRY(set_scale(l, err));
    if (!o->bounded)
        goto out;
    TRY_NEW(l->lower, MEM_ARRAY(uint32_t, k, err));
    TRY_NEW(l->upper, MEM_ARRAY(uint32_t, k, err));
    TRY_NEW(l->price, MEM_ARRAY(int64_t, k, err));
    for (size_t j = 0; j < k; j++) {
        l->lower[j] = o->least;
        l->upper[j] = o->most;
    }
    if (!num_mul_size(n, k * sizeof *l->costs.held, &bytes))
        bytes = SIZE_MAX;
    if (o->max_costs_bytes == 0 || bytes <= o->max_costs_bytes)
        TRY_NEW(l->costs.held, MEM_SLAB(int32_t, n * k, err));
out:
    return rc;
}

static int assign(struct level *l, const float *centres, uint32_t *label, struct err *err)
{
    int rc = 0;
    const struct kmeans_points *p = l->p;
    struct balance_report report;
    if (!l->o->bounded)
        return p->coarse ? nearest_from(p->coarse, p->x, p->stride, centres, l->o->k, label, p->n_threads, err)
                         : nearest_find(p->x, p->n, p->dim, p->stride, centres, l->o->k, label, p->n_threads, err);
    l->costs.centres = centres;
    if (l->costs.held)
        TRY(level_costs_hold(&l->costs, err));
    const struct balance_costs costs = {.n = p->n, .k = l->o->k, .held = l->costs.held, .row = level_costs_row,
                                        .some = level_costs_some, .ctx = &l->costs};
    TRY(balance_assign(&costs, l->lower, l->upper, l->price, label, p->n_threads, &report, err));
    l->report->assignments++;
    l->report->moved += report.moved;
out:
    return rc;
}

/* ---- Lloyd ---- */

struct best {
    double inertia;
    float *centres;                  /* (k, stride) the caller's */
    uint32_t *label;                 /* (n) the caller's */
};

struct lloyd {
    float *centres;                  /* (k, stride) */
    uint32_t *label, *size;          /* (n), (k) */
};

/* What is better than `best` replaces it. */
static int keep_best(struct level *l, struct lloyd *w, uint32_t iteration, struct best *best, struct err *err)
{
    double inertia;
    int rc = kmeans_inertia(l->p, w->centres, w->label, NULL, &inertia, err);
    if (rc || inertia >= best->inertia)
        return rc;
    best->inertia = inertia;
    l->report->iterations = iteration;
    memcpy(best->centres, w->centres, l->o->k * l->p->stride * sizeof *w->centres);
    memcpy(best->label, w->label, l->p->n * sizeof *w->label);
    return 0;
}

/* One run from its own first centres.  Without bounds no iteration makes it worse, so the last one is the run's best. */
static int run(struct level *l, uint32_t number, struct lloyd *w, struct best *best, struct err *err)
{
    int rc = 0;
    const struct kmeans_points *p = l->p;
    const struct level_options *o = l->o;
    uint32_t iteration = 0;
    bool last = false;
    if (l->price)
        memset(l->price, 0, o->k * sizeof *l->price);
    TRY(kmeans_seed(p, o->k, o->seed, ((uint64_t)o->number << 16) + number, w->centres, w->label, err));
    for (;; iteration++) {
        double shift;
        TRY(assign(l, w->centres, w->label, err));
        if (o->bounded)
            TRY(keep_best(l, w, iteration, best, err));
        if (o->progress)
            o->progress((uint64_t)number * (o->max_iter + 1) + iteration + 1);
        if (last || iteration == o->max_iter)
            break;
        TRY(kmeans_means(p, o->k, w->label, w->centres, w->size, &shift, err));
        if (!(shift > 0))
            break;
        last = shift <= o->tol * l->variance;
    }
    if (!o->bounded)
        TRY(keep_best(l, w, iteration, best, err));
out:
    return rc;
}

int level_fit(const struct kmeans_points *points, const struct level_options *o, float *centres, uint32_t *label,
              struct level_report *report, struct err *err)
{
    int rc = 0;
    struct coarse coarse = {0};
    struct kmeans_points p = *points;
    struct level l = {.p = &p, .o = o, .report = report};
    struct lloyd w = {0};
    struct best best = {.inertia = INFINITY, .centres = centres, .label = label};
    *report = (struct level_report){0};
    TRY(level_init(&l, err));
    if (p.dim <= COARSE_MAX_DIM) {
        TRY(coarse_make(&coarse, p.x, p.n, p.dim, p.stride, p.n_threads, err));
        p.coarse = &coarse;
    }
    TRY_NEW(w.centres, MEM_SLAB(float, o->k * p.stride, err));
    TRY_NEW(w.label, MEM_ARRAY(uint32_t, p.n, err));
    TRY_NEW(w.size, MEM_ARRAY(uint32_t, o->k, err));
    for (uint32_t i = 0; i < o->n_init; i++)
        TRY(run(&l, i, &w, &best, err));
    report->inertia = best.inertia;
out:
    coarse_free(&coarse);
    mem_free(w.centres);
    mem_free(w.label);
    mem_free(w.size);
    level_done(&l);
    return rc;
}

int level_assign(const struct kmeans_points *p, const struct level_options *o, const float *centres, uint32_t *label,
                 struct level_report *report, struct err *err)
{
    int rc = 0;
    struct level l = {.p = p, .o = o, .report = report};
    *report = (struct level_report){0};
    TRY(level_init(&l, err));
    if (l.price)
        memset(l.price, 0, o->k * sizeof *l.price);
    TRY(assign(&l, centres, label, err));
    TRY(kmeans_inertia(p, centres, label, NULL, &report->inertia, err));
out:
    level_done(&l);
    return rc;
}
