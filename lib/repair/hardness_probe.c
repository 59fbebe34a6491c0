#include "repair/hardness_probe.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "sys/par.h"
#include "vec/gauss.h"

#include <math.h>

struct hardness_escape {
    struct escape_graph graph;
    struct escape escape;
};

struct job {
    struct hardness_probe *p;
    const float *x;
    size_t stride;
    const uint64_t *ids;
    float *scores;
};

int hardness_probe_init(struct hardness_probe *p, enum hardness_probe_kind kind, const struct graph *g, size_t k, size_t ef,
                        int n_threads, size_t cap, double eps, uint64_t seed, struct err *err)
{
    int rc = 0;
    const struct search_options o = {.k = kind == HARDNESS_EH ? 2 * k : k, .n_threads = n_threads};
    *p = (struct hardness_probe){.kind = kind, .g = g, .k = k, .ef = kind == HARDNESS_STABILITY ? 2 * ef : num_max_size(ef, o.k),
                                 .eps = eps, .seed = seed};
    if (kind == HARDNESS_EH && k > HARDNESS_MAX_EH_K)
        return err_set(err, ERR_USAGE, "--score eh: -k is %zu, expected %d at most", k, HARDNESS_MAX_EH_K);
    TRY(search_init(&p->search, g, &o, p->ef, err));
    TRY(search_results_init(&p->found, &p->search, cap, err));
    if (kind == HARDNESS_JITTER)
        TRY_NEW(p->moved, mem_slab(cap, g->stride * sizeof *p->moved, err));
    if (kind == HARDNESS_EH)
        TRY_NEW(p->escapes, MEM_ZARRAY(struct hardness_escape, (size_t)n_threads, err));
    for (int i = 0; i < n_threads && kind == HARDNESS_EH; i++) {
        TRY(escape_graph_init(&p->escapes[i].graph, o.k, err));
        TRY(escape_init(&p->escapes[i].escape, o.k, err));
    }
out:
    return rc;
}

void hardness_probe_done(struct hardness_probe *p)
{
    search_results_done(&p->found);
    for (int i = 0; p->escapes && i < p->search.o.n_threads; i++) {
        escape_graph_done(&p->escapes[i].graph);
        escape_done(&p->escapes[i].escape);
    }
    mem_free(p->escapes);
    search_done(&p->search);
    mem_free(p->moved);
    *p = (struct hardness_probe){0};
}

static int move(void *ctx, size_t i, int worker, struct err *err)
{
    struct job *job = ctx;
    struct hardness_probe *p = job->p;
    const struct kernel *kernel = kernel_best();
    const size_t dim = p->g->dim;
    const float *q = job->x + i * job->stride;
    float *moved = p->moved + i * p->g->stride;
    (void)worker;
    (void)err;
    float length = sqrtf(kernel->dot(q, q, dim)), step = (float)p->eps * length;
    gauss_fill(p->seed, RNG_JITTER, job->ids[i], moved, dim);
    for (size_t j = 0; j < dim; j++)
        moved[j] = q[j] + step * moved[j];
    float moved_length = sqrtf(kernel->dot(moved, moved, dim));
    for (size_t j = 0; j < dim && moved_length > 0; j++)
        moved[j] = moved[j] / moved_length * length;
    return 0;
}

static int escape_one(void *ctx, size_t i, int worker, struct err *err)
{
    struct job *job = ctx;
    const struct hardness_probe *p = job->p;
    struct hardness_escape *e = &p->escapes[worker];
    const size_t s = p->found.found[i].n, nq = num_min_size(s, p->k);
    job->scores[i] = 0;
    if (nq < 2)
        return 0;
    int rc = escape_graph_make(&e->graph, p->g, p->found.nodes + i * p->search.k, s, err);
    if (rc)
        return rc;
    escape_compute(&e->escape, &e->graph, nq, s, nq);
    job->scores[i] = (float)e->escape.n_defects / (float)(nq * (nq - 1));
    return 0;
}

/* Nodes that two short lists have in common. */
static size_t in_common(const uint32_t *a, const uint32_t *b, size_t n_a, size_t n_b)
{
    size_t n = 0;
    for (size_t i = 0; i < n_a; i++)
        for (size_t j = 0; j < n_b; j++)
            if (a[i] == b[j]) {
                n++;
                break;
            }
    return n;
}

int hardness_probe_run(struct hardness_probe *p, const float *x, size_t stride, const uint64_t *ids, size_t n,
                       const uint32_t *nodes, float *scores, struct err *err)
{
    int rc = 0;
    struct job job = {p, x, stride, ids, scores};
    const size_t k = p->search.k;
    if (p->kind == HARDNESS_JITTER) {
        TRY(par_for(p->search.o.n_threads, n, move, &job, err));
        x = p->moved;
        stride = p->g->stride;
    }
    TRY(search_run(&p->search, x, stride, n, p->ef, &p->found, NULL, err));
    for (size_t i = 0; i < n; i++)
        p->ndc += p->found.found[i].ndc;
    if (p->kind == HARDNESS_EH)
        return par_for(p->search.o.n_threads, n, escape_one, &job, err);
    for (size_t i = 0; i < n; i++) {
        const struct search_found *found = &p->found.found[i];
        size_t n_before = 0;
        while (n_before < k && nodes[i * k + n_before] != GRAPH_NONE)
            n_before++;
        size_t common = in_common(nodes + i * k, p->found.nodes + i * k, n_before, found->n);
        size_t of = p->kind == HARDNESS_JITTER ? n_before : n_before + found->n - common;
        scores[i] = of ? 1 - (float)common / (float)of : 0;
    }
out:
    return rc;
}
