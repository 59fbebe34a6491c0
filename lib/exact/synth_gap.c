#include "exact/synth_gap.h"
#include "base/mem.h"
#include "base/num.h"
#include "exact/exact.h"
#include "sys/par.h"
#include "vec/kernel.h"
#include "vec/mahalanobis.h"

#include <math.h>

enum { BASE = 100000, BASE_FLOATS = 1 << 26, FITTED = 20000, QUERIES = 500, CHUNK = 64 };
static const size_t ks[SYNTH_GAP_N_KS] = {10, 100};
enum { K = 100 };

struct sample {
    const struct synth *synth;
    enum synth_role role;
    enum metric metric;
    size_t n, dim;
    float *x;                          /* (n, dim) */
};

/* Rows chunk * CHUNK and on. */
static int make_rows(void *ctx, size_t chunk, int worker, struct err *err)
{
    (void)worker;
    const struct sample *s = ctx;
    size_t first = chunk * CHUNK, n = num_min_size(CHUNK, s->n - first);
    float *x = s->x + first * s->dim, *scratch = MEM_ARRAY(float, synth_scratch(s->synth), err);
    int rc = scratch ? 0 : ERR_NOMEM;
    if (scratch)
        synth_rows(s->synth, s->role, first, n, x, scratch);
    for (size_t i = 0; rc == 0 && s->metric == METRIC_COSINE && i < n; i++)
        if (!kernel_normalise(x + i * s->dim, s->dim))
            rc = err_set(err, ERR_DATA, "%s: row %zu: a zero vector has no cosine", synth_roles[s->role], first + i);
    mem_free(scratch);
    return rc;
}

static int make_sample(struct sample *s, int n_threads, struct err *err)
{
    s->x = MEM_SLAB(float, s->n * s->dim, err);
    return s->x ? par_for(n_threads, (s->n + CHUNK - 1) / CHUNK, make_rows, s, err) : ERR_NOMEM;
}

struct spread {
    const struct sample *base;
    struct neighbour *found;           /* (QUERIES, K) */
    double (*of)[SYNTH_GAP_N_KS];      /* (QUERIES) mean distance of the first k from each other */
};

static int measure_spread(void *ctx, size_t query, int worker, struct err *err)
{
    (void)worker, (void)err;
    const struct spread *s = ctx;
    const struct distance l2 = distance_make(METRIC_L2, s->base->dim);
    const struct neighbour *found = s->found + query * K;
    unsigned ids[K];
    float dist[K];
    double sum = 0;
    for (size_t i = 0, next = 0; i < K; i++) {
        ids[i] = found[i].id;
        distance_gather(&l2, s->base->x + ids[i] * s->base->dim, s->base->x, s->base->dim, ids, i, dist);
        for (size_t j = 0; j < i; j++)
            sum += sqrt((double)dist[j]);
        if (i + 1 == ks[next]) {
            s->of[query][next] = sum / ((double)ks[next] * (double)(ks[next] - 1) / 2);
            next++;
        }
    }
    return 0;
}

static int measure(struct synth_gap *g, int which, const struct sample *base, const struct sample *queries,
                   const struct mahalanobis *m, struct exact *exact, int n_threads, struct err *err)
{
    int rc = 0;
    struct spread s = {.base = base};
    double *scratch = NULL;
    TRY_NEW(s.found, MEM_ARRAY(struct neighbour, QUERIES * K, err));
    TRY_NEW(s.of, mem_alloc(QUERIES, sizeof *s.of, err));
    TRY_NEW(scratch, MEM_ARRAY(double, base->dim, err));
    TRY(exact_search(exact, queries->x, QUERIES, base->dim, K, n_threads, s.found, err));
    TRY(par_for(n_threads, QUERIES, measure_spread, &s, err));
    for (size_t i = 0; i < QUERIES; i++) {
        g->far[which] += mahalanobis_of(m, queries->x + i * base->dim, scratch) / QUERIES;
        for (size_t k = 0; k < SYNTH_GAP_N_KS; k++)
            g->spread[k][which] += s.of[i][k] / QUERIES;
    }
out:
    mem_free(s.found);
    mem_free(s.of);
    mem_free(scratch);
    return rc;
}

int synth_gap_measure(struct synth_gap *g, const struct synth *s, const struct synth_options *o, enum metric metric,
                      int n_threads, struct err *err)
{
    int rc = 0;
    struct sample base = {.synth = s, .role = SYNTH_BASE, .metric = metric, .dim = o->dim,
                          .n = num_min_size(BASE, BASE_FLOATS / o->dim)};
    struct sample queries[2] = {base, base};
    struct mahalanobis *m = NULL;
    struct exact *exact = NULL;
    struct err why = {0};
    *g = (struct synth_gap){.n_base = base.n, .n_fitted = num_min_size(FITTED, base.n), .n_queries = QUERIES};
    TRY(synth_check(o->set, SYNTH_OOD_QUERIES, err));
    if (o->dim > SYNTH_GAP_DIM)
        return err_set(err, ERR_USAGE, "dimension %zu: a report takes at most %d", o->dim, SYNTH_GAP_DIM);
    TRY(make_sample(&base, n_threads, err));
    rc = mahalanobis_fit(&m, base.x, g->n_fitted, o->dim, n_threads, &why);
    if (rc == ERR_DATA)
        TRY(err_set(err, ERR_USAGE, "no report: --%s is too small: %s", o->set == SYNTH_LATENT ? "noise" : "spread", why.msg));
    if (rc)
        TRY(err_set(err, why.code, "%s", why.msg));
    TRY(exact_new(&exact, base.x, base.n, base.dim, base.dim, NULL, metric, err));
    for (int which = 0; which < 2; which++) {
        queries[which].role = which == 0 ? SYNTH_QUERIES : SYNTH_OOD_QUERIES;
        queries[which].n = QUERIES;
        TRY(make_sample(&queries[which], n_threads, err));
        TRY(measure(g, which, &base, &queries[which], m, exact, n_threads, err));
    }
out:
    exact_free(exact);
    mahalanobis_free(m);
    mem_free(base.x);
    mem_free(queries[0].x);
    mem_free(queries[1].x);
    return rc;
}

int synth_gap_write(const struct synth_gap *g, struct output *out, struct err *err)
{
    int rc = 0;
    TRY(output_printf(out, err, "sample.base\t%zu\nsample.fitted\t%zu\nsample.queries\t%zu\n", g->n_base, g->n_fitted,
                      g->n_queries));
    TRY(output_printf(out, err, "mahalanobis.queries\t%.6g\nmahalanobis.ood-queries\t%.6g\nmahalanobis.ratio\t%.6g\n",
                      g->far[0], g->far[1], g->far[1] / g->far[0]));
    for (size_t k = 0; k < SYNTH_GAP_N_KS; k++)
        TRY(output_printf(out, err, "spread@%zu.queries\t%.6g\nspread@%zu.ood-queries\t%.6g\nspread@%zu.ratio\t%.6g\n", ks[k],
                          g->spread[k][0], ks[k], g->spread[k][1], ks[k], g->spread[k][1] / g->spread[k][0]));
out:
    return rc;
}
