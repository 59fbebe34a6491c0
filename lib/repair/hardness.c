#include "repair/hardness.h"
#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/prefetch.h"

#include <math.h>

enum { SAMPLE = 250, AHEAD = 8 };

struct hardness_worker {
    uint64_t *around, *found;      /* a bit for each node, all 0 between queries */
    uint32_t *words;               /* (k slots0 + 1) those of around that are not 0 */
};

struct job {
    struct hardness *h;
    const float *x;
    size_t stride;
    float *features;
};

const char *const hardness_names[HARDNESS_FEATURES] = {
    "ndc", "hops", "t_last", "n_inserts", "r_visit", "r_early", "d_first", "d_early", "d_final", "d_best_cand", "delta_improve",
    "d_nearest", "d_mean", "d_var", "d_median", "offset", "edges", "around", "density", "d_tail",
    "d_gap"};

/* A distance by ip grows with the query's length, though the order of base vectors does not change. */
static double scale(const struct graph *g, const float *q)
{
    if (g->metric != METRIC_IP)
        return 1;
    float length = sqrtf(kernel_best()->dot(q, q, g->dim));
    return length > 0 ? 1 / (double)length : 1;
}

/* The mean distance of a node to its neighbours; false where it has none. */
static bool neighbour_mean(const struct graph *g, const struct distance *distance, uint32_t node, double *mean)
{
    const uint32_t *row = graph_row(g, 0, node);
    const float *x = g->vectors + node * g->stride;
    double sum = 0;
    size_t n = 0;
    for (; n < g->slots0 && row[n] < g->n; n++)
        sum += (double)distance_one(distance, x, g->vectors + row[n] * g->stride);
    *mean = n ? sum / (double)n * scale(g, x) : 0;
    return n > 0;
}

static void measure_base(struct hardness *h)
{
    const struct graph *g = h->g;
    const struct distance distance = distance_make(g->metric, g->dim);
    size_t n_sample = num_min_size(g->n, SAMPLE), n = 0;
    double sum = 0, squares = 0, mean;
    for (size_t i = 0; i < n_sample; i++) {
        if (!neighbour_mean(g, &distance, (uint32_t)(i * g->n / n_sample), &mean) || !isfinite(mean))
            continue;
        double before = n ? sum / (double)n : 0;
        n++;
        sum += mean;
        squares += (mean - before) * (mean - sum / (double)n);       /* Welford's */
    }
    h->base_mean = n ? sum / (double)n : 0;
    h->base_sd = n > 1 && squares > 0 ? sqrt(squares / (double)n) : 1;
}

int hardness_init(struct hardness *h, const struct graph *g, size_t k, size_t ef, int n_threads, size_t cap, struct err *err)
{
    int rc = 0;
    const struct search_options o = {.k = k, .n_threads = n_threads, .trace = true};
    *h = (struct hardness){.g = g, .n_threads = n_threads, .ef = ef};
    TRY(search_init(&h->search, g, &o, ef, err));
    TRY(search_results_init(&h->found, &h->search, cap, err));
    TRY_NEW(h->workers, MEM_ZARRAY(struct hardness_worker, (size_t)n_threads, err));
    for (int i = 0; i < n_threads; i++) {
        TRY_NEW(h->workers[i].around, MEM_SLAB(uint64_t, g->n / 64 + 1, err));
        TRY_NEW(h->workers[i].found, MEM_SLAB(uint64_t, g->n / 64 + 1, err));
        TRY_NEW(h->workers[i].words, MEM_ARRAY(uint32_t, h->search.k * g->slots0 + 1, err));
    }
    measure_base(h);
out:
    return rc;
}

void hardness_done(struct hardness *h)
{
    for (int i = 0; h->workers && i < h->n_threads; i++) {
        mem_free(h->workers[i].around);
        mem_free(h->workers[i].found);
        mem_free(h->workers[i].words);
    }
    mem_free(h->workers);
    search_results_done(&h->found);
    search_done(&h->search);
    *h = (struct hardness){0};
}

static uint64_t bit(uint32_t node)
{
    return (uint64_t)1 << (node & 63);
}

/* Links among n nodes, and nodes that they point to. */
static void count_links(const struct graph *g, struct hardness_worker *w, const uint32_t *nodes, size_t n, float *edges,
                        float *around)
{
    const size_t lines = (g->slots0 * sizeof *nodes + PREFETCH_LINE - 1) / PREFETCH_LINE;
    size_t n_edges = 0, n_around = 0, n_words = 0;
    for (size_t i = 0; i < n; i++) {
        w->found[nodes[i] >> 6] |= bit(nodes[i]);
        if (i < AHEAD)
            prefetch_lines(graph_row(g, 0, nodes[i]), lines);
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t *row = graph_row(g, 0, nodes[i]);
        if (i + AHEAD < n)
            prefetch_lines(graph_row(g, 0, nodes[i + AHEAD]), lines);
        for (size_t j = 0; j < g->slots0 && row[j] < g->n; j++) {
            const uint32_t at = row[j] >> 6;
            const uint64_t mask = bit(row[j]), word = w->around[at];
            n_edges += (w->found[at] & mask) != 0;
            n_around += (word & mask) == 0;
            w->words[n_words] = at;
            n_words += word == 0;
            w->around[at] = word | mask;
        }
    }
    for (size_t i = 0; i < n; i++)
        w->found[nodes[i] >> 6] = 0;
    for (size_t i = 0; i < n_words; i++)
        w->around[w->words[i]] = 0;
    *edges = (float)n_edges / (float)n;
    *around = (float)n_around / (float)n;
}

static int describe(void *ctx, size_t i, int worker, struct err *err)
{
    struct job *job = ctx;
    struct hardness *h = job->h;
    const struct search_found *found = &h->found.found[i];
    const struct trace_features *t = &found->trace;
    const float *dist = h->found.dist + i * h->search.k;
    float *f = job->features + i * HARDNESS_FEATURES;
    size_t n = found->n;
    for (size_t j = 0; j < HARDNESS_FEATURES; j++)
        f[j] = 0;
    if (n == 0)
        return 0;
    double sum = 0, squares = 0;
    for (size_t j = 0; j < n; j++)
        sum += (double)dist[j];
    double mean = sum / (double)n;
    for (size_t j = 0; j < n; j++)
        squares += ((double)dist[j] - mean) * ((double)dist[j] - mean);
    f[HARDNESS_NDC] = (float)found->ndc;
    f[HARDNESS_HOPS] = (float)found->hops;
    f[HARDNESS_T_LAST] = (float)t->t_last;
    f[HARDNESS_N_INSERTS] = (float)t->n_inserts;
    f[HARDNESS_R_VISIT] = t->r_visit;
    f[HARDNESS_R_EARLY] = t->r_early;
    f[HARDNESS_D_FIRST] = t->d_first;
    f[HARDNESS_D_EARLY] = t->d_early;
    f[HARDNESS_D_FINAL] = t->d_final;
    f[HARDNESS_D_BEST_CAND] = t->d_best_cand;
    f[HARDNESS_DELTA_IMPROVE] = t->delta_improve;
    f[HARDNESS_D_NEAREST] = dist[0];
    f[HARDNESS_D_MEAN] = (float)mean;
    f[HARDNESS_D_VAR] = (float)(squares / (double)n);
    f[HARDNESS_D_MEDIAN] = dist[n / 2];
    f[HARDNESS_OFFSET] = (float)((mean * scale(h->g, job->x + i * job->stride) - h->base_mean) / h->base_sd);
    count_links(h->g, &h->workers[worker], h->found.nodes + i * h->search.k, n, &f[HARDNESS_EDGES], &f[HARDNESS_AROUND]);
    f[HARDNESS_DENSITY] = f[HARDNESS_AROUND] > 0 ? f[HARDNESS_EDGES] / f[HARDNESS_AROUND] : 0;
    f[HARDNESS_D_TAIL] = f[HARDNESS_D_FINAL] - f[HARDNESS_D_NEAREST];
    f[HARDNESS_D_GAP] = f[HARDNESS_D_BEST_CAND] - f[HARDNESS_D_FINAL];
    for (size_t j = 0; j < HARDNESS_FEATURES; j++)
        if (!isfinite(f[j]))
            return err_set(err, ERR_DATA, "query %zu of a batch: its %s lies beyond 32-bit floats", i, hardness_names[j]);
    return 0;
}

int hardness_search(struct hardness *h, const float *x, size_t stride, size_t n, float *features, struct err *err)
{
    int rc = 0;
    struct job job = {h, x, stride, features};
    TRY(search_run(&h->search, x, stride, n, h->ef, &h->found, NULL, err));
    TRY(par_for(h->n_threads, n, describe, &job, err));
out:
    return rc;
}

float hardness_upstream(const float f[HARDNESS_FEATURES])
{
    /* d_k - d_1: the trace's last distance is that of the k-th, by codes its estimate */
    return f[HARDNESS_R_VISIT] * (1 - f[HARDNESS_R_EARLY]) + 0.1f * fmaxf(0, f[HARDNESS_D_FINAL] - f[HARDNESS_D_NEAREST]);
}

float hardness_trace(const float f[HARDNESS_FEATURES])
{
    return f[HARDNESS_OFFSET] / 10 - 0.4f * f[HARDNESS_DENSITY];
}
