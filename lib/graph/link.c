#include "graph/link.h"
#include "base/mem.h"
#include "graph/beam.h"
#include "graph/prune.h"
#include "sys/par.h"

#include <inttypes.h>
#include <math.h>

enum { ROWS_A_TASK = 64 };    /* rows are small work: hand them out by the dozen */

int link_init(struct link_table *t, size_t n_rows, size_t slots, size_t max_degree, struct err *err)
{
    int rc = 0;
    *t = (struct link_table){.n_rows = n_rows, .slots = slots, .max_degree = max_degree};
    TRY_NEW(t->rows, mem_slab(n_rows, slots * sizeof *t->rows, err));
    TRY_NEW(t->dist, mem_slab(n_rows, slots * sizeof *t->dist, err));
    TRY_NEW(t->degree, MEM_ZARRAY(uint16_t, n_rows, err));
    TRY_NEW(t->clean, MEM_ZARRAY(uint16_t, n_rows, err));
    memset(t->rows, 0xFF, n_rows * slots * sizeof *t->rows);
out:
    if (rc)
        link_done(t);
    return rc;
}

void link_done(struct link_table *t)
{
    mem_free(t->rows);
    mem_free(t->dist);
    mem_free(t->degree);
    mem_free(t->clean);
    *t = (struct link_table){0};
}

uint32_t *link_take(struct link_table *t)
{
    uint32_t *rows = t->rows;
    t->rows = NULL;
    return rows;
}

void link_set(struct link_table *t, size_t row, const uint64_t *entries, size_t n, bool clean)
{
    uint32_t *nodes = t->rows + row * t->slots;
    float *dist = t->dist + row * t->slots;
    for (size_t i = 0; i < n; i++) {
        nodes[i] = beam_node(entries[i]);
        dist[i] = beam_dist(entries[i]);
    }
    for (size_t i = n; i < t->degree[row]; i++)
        nodes[i] = GRAPH_NONE;
    t->degree[row] = (uint16_t)n;
    t->clean[row] = (uint16_t)(clean ? n : 0);
}

uint64_t link_entry(const struct link_table *t, size_t row, size_t i)
{
    size_t at = row * t->slots + i;
    return beam_key(t->dist[at], t->rows[at]) | (i < t->clean[row] ? PRUNE_CLEAN : 0);
}

struct apply {
    struct link_table *t;
    struct prune *prunes;          /* (n_threads) */
    const struct group *edges;
    size_t max_candidates;
    uint64_t *candidates, *kept;   /* (n_threads, max_candidates), (n_threads, max_degree) */
};

static bool row_has(const struct link_table *t, size_t row, uint32_t node)
{
    const uint32_t *nodes = t->rows + row * t->slots;
    for (size_t i = 0; i < t->degree[row]; i++)
        if (nodes[i] == node)
            return true;
    return false;
}

static void row_append(struct link_table *t, size_t row, const uint64_t *entries, size_t n)
{
    size_t at = row * t->slots + t->degree[row];
    for (size_t i = 0; i < n; i++) {
        t->rows[at + i] = beam_node(entries[i]);
        t->dist[at + i] = beam_dist(entries[i]);
    }
    t->degree[row] = (uint16_t)(t->degree[row] + n);
}

static void row_apply(const struct apply *a, size_t i, struct prune *prune, uint64_t *candidates, uint64_t *kept)
{
    struct link_table *t = a->t;
    size_t row = a->edges->keys[i], n_new = 0, degree = t->degree[row];
    for (size_t e = a->edges->start[i]; e < a->edges->start[i + 1]; e++)
        if (!row_has(t, row, beam_node(a->edges->values[e])))
            candidates[n_new++] = a->edges->values[e];
    beam_sort(candidates, n_new);
    if (degree + n_new <= t->max_degree) {
        row_append(t, row, candidates, n_new);
        return;
    }
    for (size_t e = 0; e < degree; e++)
        candidates[n_new + e] = link_entry(t, row, e);
    beam_sort(candidates, n_new + degree);
    size_t n_kept = prune_select(prune, candidates, n_new + degree, t->max_degree, kept);
    link_set(t, row, kept, n_kept, true);
}

static int apply_task(void *ctx, size_t task, int worker, struct err *err)
{
    const struct apply *a = ctx;
    (void)err;
    size_t from = task * ROWS_A_TASK, to = from + ROWS_A_TASK < a->edges->n ? from + ROWS_A_TASK : a->edges->n;
    for (size_t i = from; i < to; i++)
        row_apply(a, i, &a->prunes[worker], a->candidates + (size_t)worker * a->max_candidates,
                  a->kept + (size_t)worker * a->t->max_degree);
    return 0;
}

int link_apply(struct link_table *t, struct prune *prunes, const struct group *edges, int n_threads, struct err *err)
{
    int rc = 0;
    struct apply a = {.t = t, .prunes = prunes, .edges = edges};
    for (size_t i = 0; i < edges->n; i++)
        if (edges->start[i + 1] - edges->start[i] > a.max_candidates)
            a.max_candidates = edges->start[i + 1] - edges->start[i];
    a.max_candidates += t->max_degree;
    TRY_NEW(a.candidates, mem_alloc((size_t)n_threads * a.max_candidates, sizeof *a.candidates, err));
    TRY_NEW(a.kept, mem_alloc((size_t)n_threads * t->max_degree, sizeof *a.kept, err));
    TRY(par_for(n_threads, (edges->n + ROWS_A_TASK - 1) / ROWS_A_TASK, apply_task, &a, err));
out:
    mem_free(a.candidates);
    mem_free(a.kept);
    return rc;
}

struct finish {
    struct link_table *t;
    const struct graph *g;
    bool upper;
    struct distance distance;
};

/* The node that a row of the upper layers is of: the last one whose rows do not begin behind it. */
static size_t owner(const struct graph *g, size_t row)
{
    size_t low = 0, high = g->n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (g->first[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int finish_task(void *ctx, size_t task, int worker, struct err *err)
{
    const struct finish *f = ctx;
    struct link_table *t = f->t;
    const struct graph *g = f->g;
    uint64_t entries[GRAPH_MAX_SLOTS];
    float dist[GRAPH_MAX_SLOTS];
    (void)worker;
    size_t from = task * ROWS_A_TASK, to = from + ROWS_A_TASK < t->n_rows ? from + ROWS_A_TASK : t->n_rows;
    for (size_t row = from; row < to; row++) {
        const uint32_t *nodes = t->rows + row * t->slots;
        size_t node = f->upper ? owner(g, row) : row, n = t->degree[row];
        distance_gather(&f->distance, g->vectors + node * g->stride, g->vectors, g->stride, nodes, n, dist);
        for (size_t i = 0; i < n; i++) {
            if (!isfinite(dist[i]))
                return err_set(err, ERR_DATA, "the distance of vectors %" PRIu64 " and %" PRIu64 " lies beyond 32-bit floats",
                               g->ids[node], g->ids[nodes[i]]);
            entries[i] = beam_key(dist[i], nodes[i]);
        }
        beam_sort(entries, n);
        link_set(t, row, entries, n, false);
    }
    return 0;
}

int link_finish(struct link_table *t, const struct graph *g, bool upper, int n_threads, struct err *err)
{
    struct finish f = {t, g, upper, distance_make(g->metric, g->dim)};
    return par_for(n_threads, (t->n_rows + ROWS_A_TASK - 1) / ROWS_A_TASK, finish_task, &f, err);
}
