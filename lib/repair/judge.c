#include "repair/judge.h"
#include "base/mem.h"
#include "base/num.h"
#include "exact/exact.h"

#include <math.h>

static int find_truth(struct judge *j, const struct graph *g, struct err *err)
{
    int rc = 0;
    struct exact *exact = NULL;
    struct neighbour *found = NULL;
    TRY_NEW(found, MEM_ARRAY(struct neighbour, j->n * j->k, err));
    TRY_NEW(j->truth.first, MEM_ARRAY(size_t, j->n, err));
    TRY_NEW(j->truth.n_true, MEM_ARRAY(uint32_t, j->n, err));
    TRY_NEW(j->truth.dist, MEM_ARRAY(float, j->n * j->k, err));
    TRY(exact_new(&exact, g->vectors, g->n, g->dim, g->stride, g->ids, g->metric, err));
    TRY(exact_search(exact, j->x, j->n, j->stride, j->k, j->n_threads, found, err));
    for (size_t i = 0; i < j->n; i++) {
        j->truth.first[i] = i * j->k;
        j->truth.n_true[i] = (uint32_t)j->k;
    }
    for (size_t i = 0; i < j->n * j->k; i++)
        j->truth.dist[i] = found[i].dist;
    j->truth.n = j->n;
    j->truth.k = j->k;
out:
    exact_free(exact);
    mem_free(found);
    return rc;
}

static int measure_ef(const struct judge *j, struct search *s, struct search_results *results, size_t ef, struct judge_point *p,
                      struct err *err)
{
    size_t hits = 0;
    uint64_t ndc = 0;
    int rc = search_run(s, j->x, j->stride, j->n, ef, results, NULL, err);
    for (size_t i = 0; i < j->n && rc == 0; i++) {
        hits += recall_hits(&j->truth, i, results->dist + i * s->k, results->found[i].n, j->k);
        ndc += results->found[i].ndc;
    }
    *p = (struct judge_point){(double)hits / (double)(j->n * j->k), (double)ndc / (double)j->n};
    return rc;
}

static int measure(const struct judge *j, const struct graph *g, struct judge_point *point, struct err *err)
{
    int rc = 0;
    size_t max_ef = num_min_size(JUDGE_MAX_EF, g->n);
    struct search s = {0};
    struct search_results results = {0};
    const struct search_options o = {.k = j->k, .n_threads = j->n_threads};
    struct judge_point last = {0}, p;
    TRY(search_init(&s, g, &o, max_ef, err));
    TRY(search_results_init(&results, &s, j->n, err));
    for (size_t ef = j->k;; ef = num_min_size(max_ef, ef + 1 + ef / 4), last = p) {
        TRY(measure_ef(j, &s, &results, ef, &p, err));
        if (p.recall >= JUDGE_RECALL || ef == max_ef)
            break;
    }
    *point = p;
    if (p.recall > JUDGE_RECALL) {
        double share = (JUDGE_RECALL - last.recall) / (p.recall - last.recall);
        *point = (struct judge_point){JUDGE_RECALL, last.ndc + share * (p.ndc - last.ndc)};
    }
out:
    search_results_done(&results);
    search_done(&s);
    return rc;
}

int judge_init(struct judge *j, const struct graph *g, const float *x, size_t n, size_t stride, int n_threads, struct err *err)
{
    *j = (struct judge){.x = x, .n = n, .stride = stride, .k = num_min_size(JUDGE_K, g->n), .n_threads = n_threads};
    int rc = find_truth(j, g, err);
    return rc ? rc : measure(j, g, &j->before, err);
}

void judge_done(struct judge *j)
{
    recall_truth_done(&j->truth);
    *j = (struct judge){0};
}

int judge_again(struct judge *j, const struct graph *g, struct err *err)
{
    return measure(j, g, &j->after, err);
}

double judge_ratio(const struct judge *j)
{
    bool before = j->before.recall >= JUDGE_RECALL, after = j->after.recall >= JUDGE_RECALL;
    if (before && after)
        return j->after.ndc / j->before.ndc;
    if (before || after)
        return after ? 0 : INFINITY;
    return (1 - j->after.recall) / (1 - j->before.recall);
}

bool judge_pays(const struct judge *gain, const struct judge *control)
{
    double less = 1 - judge_ratio(gain), more = judge_ratio(control) - 1;
    return less >= JUDGE_GAIN && more < less;
}
