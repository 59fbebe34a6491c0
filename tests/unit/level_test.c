/* Balanced and plain k-means: sizes, convergence, the same bits with any threads and whether costs are held or not. */
#include "quant/level.h"

#include "base/rng.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>

static void *get(size_t bytes)
{
    void *p = aligned_alloc(64, bytes / 64 * 64 + 64);
    if (!p)
        exit(4);
    memset(p, 0, bytes / 64 * 64 + 64);
    return p;
}

/* Crowds of very different sizes around corners of a cube. */
static struct kmeans_points points_make(size_t n, size_t dim)
{
    struct kmeans_points p = {.n = n, .dim = dim, .stride = (dim + 15) / 16 * 16, .n_threads = 1};
    float *x = get(n * p.stride * sizeof *x);
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < dim; t++) {
            uint64_t crowd = (uint64_t)(8 * pow(rng_uniform(1, RNG_TEST, i), 3));
            x[i * p.stride + t] = (float)(20 * (double)(crowd >> (t % 3) & 1) + rng_normal(2, RNG_TEST, i * dim + t));
        }
    p.x = x;
    return p;
}

static struct level_options balanced(size_t n, size_t k)
{
    return (struct level_options){.k = k, .bounded = true, .least = n / k > 1 ? (uint32_t)(n / k - 1) : 1,
                                  .most = (uint32_t)(n / k + 1), .n_init = 2, .max_iter = 15, .tol = 1e-4, .seed = 42};
}

struct fit {
    float *centres;
    uint32_t *label;
    struct level_report report;
};

static struct fit fit_make(const struct kmeans_points *p, const struct level_options *o)
{
    struct fit f = {.centres = get(o->k * p->stride * sizeof(float)), .label = get(p->n * sizeof(uint32_t))};
    struct err err = {0};
    CHECK_OK(level_fit(p, o, f.centres, f.label, &f.report, &err), &err);
    return f;
}

static void fit_done(struct fit *f)
{
    free(f->centres);
    free(f->label);
}

static void check_same(const struct kmeans_points *p, size_t k, const struct fit *a, const struct fit *b)
{
    CHECK(memcmp(a->centres, b->centres, k * p->stride * sizeof(float)) == 0);
    CHECK(memcmp(a->label, b->label, p->n * sizeof(uint32_t)) == 0);
    CHECK(a->report.inertia == b->report.inertia);
}

static void check_sizes(const struct kmeans_points *p, const struct level_options *o, const struct fit *f)
{
    uint32_t *size = get(o->k * sizeof *size);
    for (size_t i = 0; i < p->n; i++)
        size[f->label[i]]++;
    for (size_t j = 0; j < o->k; j++)
        CHECK(size[j] >= o->least && size[j] <= o->most);
    free(size);
}

/* What is returned belongs together: assigning to the centres again costs the same. */
static void check_consistent(const struct kmeans_points *p, const struct level_options *o, const struct fit *f)
{
    struct level_report report;
    struct err err = {0};
    uint32_t *label = get(p->n * sizeof *label);
    CHECK_OK(level_assign(p, o, f->centres, label, &report, &err), &err);
    CHECK(fabs(report.inertia - f->report.inertia) <= 1e-6 * f->report.inertia);
    free(label);
}

static void test_balanced(void)
{
    struct kmeans_points p = points_make(1003, 6);
    for (int cost = LEVEL_SQ; cost <= LEVEL_L2; cost++) {
        struct level_options o = balanced(p.n, 12), panels = o;
        o.cost = panels.cost = (enum level_cost)cost;
        struct fit a = fit_make(&p, &o);
        check_sizes(&p, &o, &a);
        check_consistent(&p, &o, &a);
        panels.max_costs_bytes = 1;
        p.n_threads = 3;
        struct fit b = fit_make(&p, &panels);
        check_same(&p, o.k, &a, &b);
        p.n_threads = 1;
        fit_done(&a);
        fit_done(&b);
    }
    free((void *)(uintptr_t)p.x);
}

/* More runs and more iterations are never worse; sizes without bounds are better than with. */
static void test_inertia(void)
{
    struct kmeans_points p = points_make(2000, 5);
    struct level_options o = balanced(p.n, 8), more, freed;
    o.n_init = 1;
    o.max_iter = 2;
    more = freed = o;
    more.n_init = 3;
    more.max_iter = 30;
    freed.max_iter = 300;
    freed.bounded = false;
    struct fit a = fit_make(&p, &o), b = fit_make(&p, &more), c = fit_make(&p, &freed);
    CHECK(b.report.inertia <= a.report.inertia);
    CHECK(c.report.inertia < b.report.inertia);
    CHECK_EQ(c.report.assignments, 0);
    CHECK(b.report.assignments > 3);
    CHECK(c.report.iterations < 300);      /* it converged */
    p.n_threads = 4;
    struct fit d = fit_make(&p, &freed);
    check_same(&p, o.k, &c, &d);
    fit_done(&a);
    fit_done(&b);
    fit_done(&c);
    fit_done(&d);
    free((void *)(uintptr_t)p.x);
}

/* On a line six points make three pairs, whatever the start. */
static void test_by_hand(void)
{
    static const float at[6] = {0, 1, 2, 3, 100, 101};
    struct kmeans_points p = {.n = 6, .dim = 1, .stride = 16, .n_threads = 1};
    float *x = get(6 * 16 * sizeof *x);
    for (size_t i = 0; i < 6; i++)
        x[i * 16] = at[i];
    p.x = x;
    struct level_options o = {.k = 3, .bounded = true, .least = 2, .most = 2, .n_init = 5, .max_iter = 20, .seed = 1};
    struct fit f = fit_make(&p, &o);
    CHECK(f.report.inertia == 1.5);
    for (size_t i = 0; i < 6; i += 2) {
        CHECK_EQ(f.label[i], f.label[i + 1]);
        CHECK(f.centres[f.label[i] * 16] == (at[i] + at[i + 1]) / 2);
    }
    fit_done(&f);
    free(x);
}

/* n = k; all points equal; more centres than different points. */
static void test_extremes(void)
{
    struct kmeans_points p = points_make(40, 3);
    struct level_options o = balanced(40, 40);
    struct fit f = fit_make(&p, &o);
    CHECK(f.report.inertia == 0);
    check_sizes(&p, &o, &f);
    fit_done(&f);
    memset((void *)(uintptr_t)p.x, 0, p.n * p.stride * sizeof(float));
    o = balanced(40, 7);
    f = fit_make(&p, &o);
    CHECK(f.report.inertia == 0);
    check_sizes(&p, &o, &f);
    fit_done(&f);
    o.bounded = false;
    f = fit_make(&p, &o);
    CHECK(f.report.inertia == 0);
    fit_done(&f);
    free((void *)(uintptr_t)p.x);
}

static void test_refused(void)
{
    struct kmeans_points p = points_make(10, 3);
    struct level_options o = balanced(10, 11);
    float centres[11 * 16];
    uint32_t label[10];
    struct level_report report;
    struct err err = {0};
    CHECK_EQ(level_fit(&p, &o, centres, label, &report, &err), ERR_USAGE);
    o = balanced(10, 3);
    o.most = 3;
    err = (struct err){0};
    CHECK_EQ(level_fit(&p, &o, centres, label, &report, &err), ERR_USAGE);
    float *x = (float *)(uintptr_t)p.x;
    x[0] = 1e30f;
    o.most = 4;
    err = (struct err){0};
    CHECK_EQ(level_fit(&p, &o, centres, label, &report, &err), ERR_DATA);
    free(x);
}

int main(void)
{
    CHECK_RUN(test_balanced);
    CHECK_RUN(test_inertia);
    CHECK_RUN(test_by_hand);
    CHECK_RUN(test_extremes);
    CHECK_RUN(test_refused);
    return check_status();
}
