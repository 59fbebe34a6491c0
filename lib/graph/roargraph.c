#include "graph/roargraph.h"
#include "base/mem.h"
#include "base/num.h"
#include "exact/exact.h"
#include "graph/beam.h"
#include "graph/reach.h"
#include "graph/steer.h"
#include "sys/par.h"

#include <math.h>

enum { QUERIES_AT_ONCE = 4096, NODES_AT_ONCE = 8192 };

struct roar_worker {
    struct beam beam;
    uint32_t *nodes;               /* (room) */
    float *dist;                   /* (room) */
    uint64_t *candidates, *kept;   /* (room), (3 m) */
};

struct roar {
    struct graph *g;
    const struct hnsw_options *o;
    size_t n_nearest, room;        /* room: the most candidates of a node */
    size_t from;                   /* the first node of the run that enhance is at */
    struct link_table projected, joined, all;   /* up to m, 2 m, 3 m neighbours */
    struct steer steer;
    struct group edges;
    uint32_t *keys;                /* (cap) edges to gather: the row, and the entry */
    uint64_t *values;
    size_t cap_keys, cap_values;
    const struct neighbour *truth; /* (QUERIES_AT_ONCE, n_nearest) of the queries at hand */
    struct prune *prunes;          /* (n_threads) */
    uint32_t *owner;               /* (n) of them the one that a node's list is of, + 1; 0: none */
    struct roar_worker *workers;
};

static int roar_init(struct roar *r, struct graph *g, const struct hnsw_options *o, struct err *err)
{
    int rc = 0;
    *r = (struct roar){.g = g, .o = o, .n_nearest = num_min_size(g->n, ROARGRAPH_NEAREST)};
    r->room = num_max_size(num_max_size(r->n_nearest, o->ef_construction + 1), 3 * o->m);
    TRY(link_init(&r->projected, g->n, hnsw_slots(o->m), o->m, err));
    g->layer0 = r->projected.rows;
    TRY(steer_make(&r->steer, g, o->n_threads, err));
    bool by_codes = r->steer.walk.type != CODES_NONE;
    TRY(group_init(&r->edges, g->n, err));
    TRY_NEW(r->owner, MEM_ZARRAY(uint32_t, g->n, err));
    TRY_NEW(r->prunes, MEM_ZARRAY(struct prune, (size_t)o->n_threads, err));
    TRY_NEW(r->workers, MEM_ZARRAY(struct roar_worker, (size_t)o->n_threads, err));
    for (int i = 0; i < o->n_threads; i++) {
        struct roar_worker *w = &r->workers[i];
        TRY(prune_init(&r->prunes[i], g, &r->steer, o->n_threads, err));
        TRY(beam_init(&w->beam, g, by_codes ? &r->steer.walk : NULL, num_min_size(g->n, o->ef_construction), err));
        TRY_NEW(w->nodes, MEM_ARRAY(uint32_t, r->room, err));
        TRY_NEW(w->dist, MEM_ARRAY(float, r->room, err));
        TRY_NEW(w->candidates, MEM_ARRAY(uint64_t, r->room, err));
        TRY_NEW(w->kept, MEM_ARRAY(uint64_t, 3 * o->m, err));
    }
out:
    return rc;
}

static void roar_done(struct roar *r)
{
    for (int i = 0; r->workers && i < r->o->n_threads; i++) {
        struct roar_worker *w = &r->workers[i];
        beam_done(&w->beam);
        mem_free(w->nodes);
        mem_free(w->dist);
        mem_free(w->candidates);
        mem_free(w->kept);
    }
    for (int i = 0; r->prunes && i < r->o->n_threads; i++)
        prune_done(&r->prunes[i]);
    mem_free(r->prunes);
    mem_free(r->workers);
    mem_free(r->owner);
    mem_free(r->keys);
    mem_free(r->values);
    group_done(&r->edges);
    link_done(&r->projected);
    link_done(&r->joined);
    link_done(&r->all);
    steer_free(&r->steer);
}

/* The n nodes in w->nodes as candidates of `node`, ascending by the distances that pruning goes by. */
static void rank(struct prune *prune, struct roar_worker *w, uint32_t node, size_t n)
{
    prune_distances(prune, node, w->nodes, n, w->dist);
    for (size_t i = 0; i < n; i++)
        w->candidates[i] = beam_key(w->dist[i], w->nodes[i]);
    beam_sort(w->candidates, n);
}

/* Fill up kept, n of them of the candidates in their order, with the nearest of the others: at most max. */
static size_t back_fill(const uint64_t *candidates, size_t n_candidates, uint64_t *kept, size_t n, size_t max)
{
    size_t n_pruned = n, at = 0;
    for (size_t i = 0; i < n_candidates && n < max; i++) {
        if (at < n_pruned && kept[at] == candidates[i])
            at++;
        else
            kept[n++] = candidates[i];
    }
    beam_sort(kept, n);
    return n;
}

/* Step 3 of a query: its nearest vector t gets the others, pruned, then filled up to m. */
static int project(void *ctx, size_t i, int worker, struct err *err)
{
    struct roar *r = ctx;
    struct roar_worker *w = &r->workers[worker];
    const struct neighbour *nearest = r->truth + i * r->n_nearest;
    uint32_t t = (uint32_t)nearest[0].id;
    size_t n = r->n_nearest - 1, m = r->o->m;
    (void)err;
    if (r->owner[t] != i + 1)
        return 0;
    for (size_t j = 0; j < n; j++)
        w->nodes[j] = (uint32_t)nearest[j + 1].id;
    rank(&r->prunes[worker], w, t, n);
    size_t n_kept = prune_select(&r->prunes[worker], w->candidates, n, m, w->kept);
    n_kept = back_fill(w->candidates, n, w->kept, n_kept, m);
    link_set(&r->projected, t, w->kept, n_kept, false);
    return 0;
}

static int project_all(struct roar *r, const struct vector_set *queries, struct err *err)
{
    int rc = 0;
    struct graph *g = r->g;
    struct exact *exact = NULL;
    struct neighbour *truth = NULL;
    TRY(exact_new(&exact, g->vectors, g->n, g->dim, g->stride, g->ids, g->metric, err));
    TRY_NEW(truth, mem_alloc(QUERIES_AT_ONCE, r->n_nearest * sizeof *truth, err));
    r->truth = truth;
    for (size_t from = 0; from < queries->n; from += QUERIES_AT_ONCE) {
        size_t n = num_min_size(queries->n - from, QUERIES_AT_ONCE);
        TRY(exact_search(exact, queries->x + from * queries->stride, n, queries->stride, r->n_nearest, r->o->n_threads, truth,
                         err));
        for (size_t i = 0; i < n; i++)
            r->owner[truth[i * r->n_nearest].id] = (uint32_t)i + 1;
        TRY(par_for(r->o->n_threads, n, project, r, err));
        for (size_t i = 0; i < n; i++)
            r->owner[truth[i * r->n_nearest].id] = 0;
        if (r->o->progress)
            r->o->progress(from + n);
    }
out:
    exact_free(exact);
    mem_free(truth);
    return rc;
}

/* Add the reverse of every edge of a table; rows that grow too long are pruned. */
static int add_reverse(struct roar *r, struct link_table *t, struct err *err)
{
    int rc = 0;
    size_t n = 0, n_edges = 0;
    for (size_t row = 0; row < t->n_rows; row++)
        n_edges += t->degree[row];
    TRY(mem_reserve(&r->keys, &r->cap_keys, n_edges, sizeof *r->keys, err));
    TRY(mem_reserve(&r->values, &r->cap_values, n_edges, sizeof *r->values, err));
    for (size_t row = 0; row < t->n_rows; row++)
        for (size_t e = 0; e < t->degree[row]; e++, n++) {
            uint64_t entry = link_entry(t, row, e);
            r->keys[n] = beam_node(entry);
            r->values[n] = beam_key(beam_dist(entry), (uint32_t)row);
        }
    TRY(group_make(&r->edges, r->keys, r->values, n, err));
    TRY(link_apply(t, r->prunes, &r->edges, r->o->n_threads, err));
out:
    return rc;
}

/* The joined node nearest to the mean of the base set, by l2 whatever the metric. */
static int find_entry(struct roar *r, struct err *err)
{
    struct graph *g = r->g;
    float *mean = MEM_SLAB(float, g->stride, err), best = INFINITY;
    double *sum = MEM_ZARRAY(double, g->dim, err);
    if (mean && sum) {
        for (size_t i = 0; i < g->n; i++)
            for (size_t j = 0; j < g->dim; j++)
                sum[j] += (double)g->vectors[i * g->stride + j];
        for (size_t j = 0; j < g->dim; j++)
            mean[j] = (float)(sum[j] / (double)g->n);
        g->entry = 0;
        for (size_t i = 0; i < g->n; i++) {
            float d = r->projected.degree[i] ? kernel_best()->l2(mean, g->vectors + i * g->stride, g->dim) : INFINITY;
            if (d < best) {
                best = d;
                g->entry = (uint32_t)i;
            }
        }
    }
    int rc = mean && sum ? 0 : ERR_NOMEM;
    mem_free(mean);
    mem_free(sum);
    return rc;
}

/* Step 5 of a node: what a search for it passes, pruned and not filled up. */
static int enhance(void *ctx, size_t i, int worker, struct err *err)
{
    struct roar *r = ctx;
    struct roar_worker *w = &r->workers[worker];
    struct graph *g = r->g;
    uint32_t node = (uint32_t)(r->from + i);
    size_t n = 0;
    beam_start(&w->beam, g->vectors + node * g->stride);
    beam_enter(&w->beam, g, g->entry);
    int rc = beam_layer(&w->beam, g, 0, w->beam.max_ef, err);
    if (rc)
        return rc;
    for (size_t e = 0; e < w->beam.n; e++)
        if (beam_at(&w->beam, e).id != node)
            w->nodes[n++] = beam_at(&w->beam, e).id;
    rank(&r->prunes[worker], w, node, n);
    link_set(&r->joined, node, w->kept, prune_select(&r->prunes[worker], w->candidates, n, r->o->m, w->kept), true);
    return 0;
}

static int enhance_all(struct roar *r, uint64_t n_done, struct err *err)
{
    int rc = 0;
    size_t n = r->g->n;
    TRY(link_init(&r->joined, n, hnsw_slots(2 * r->o->m), 2 * r->o->m, err));
    for (r->from = 0; r->from < n; r->from += NODES_AT_ONCE) {
        TRY(par_for(r->o->n_threads, num_min_size(n - r->from, NODES_AT_ONCE), enhance, r, err));
        if (r->o->progress)
            r->o->progress(n_done + num_min_size(n, r->from + NODES_AT_ONCE));
    }
    TRY(add_reverse(r, &r->joined, err));
out:
    return rc;
}

/* Step 6: a node's projected neighbours, then its new ones. */
static int unite(void *ctx, size_t i, int worker, struct err *err)
{
    struct roar *r = ctx;
    uint64_t *kept = r->workers[worker].kept;
    size_t n = 0, n_projected = r->projected.degree[i];
    (void)err;
    for (; n < n_projected; n++)
        kept[n] = link_entry(&r->projected, i, n) & ~(uint64_t)PRUNE_CLEAN;
    for (size_t e = 0; e < r->joined.degree[i]; e++) {
        uint64_t entry = link_entry(&r->joined, i, e) & ~(uint64_t)PRUNE_CLEAN;
        bool had = false;
        for (size_t j = 0; j < n_projected && !had; j++)
            had = beam_node(kept[j]) == beam_node(entry);
        if (!had)
            kept[n++] = entry;
    }
    beam_sort(kept, n);
    link_set(&r->all, i, kept, n, false);
    return 0;
}

int roargraph_build(struct graph *g, const struct vector_set *queries, const struct hnsw_options *o, struct err *err)
{
    int rc = 0;
    struct roar r = {.o = o};
    g->m = o->m;
    g->max_degree0 = 3 * o->m;
    g->slots = hnsw_slots(o->m);
    g->slots0 = hnsw_slots(o->m);  /* of the projected graph, which is searched first */
    g->ef_construction = o->ef_construction;
    g->seed = o->seed;
    g->n_layers = g->n > 0;
    g->n_upper = 0;
    g->entry = GRAPH_NONE;
    if (g->n > GRAPH_MAX_N)
        return err_set(err, ERR_LIMIT, "%zu vectors: an index holds at most %d", g->n, GRAPH_MAX_N);
    if (queries->n == 0)
        return err_set(err, ERR_DATA, "no queries to build by");
    TRY_NEW(g->first, MEM_ZARRAY(uint32_t, g->n + 1, err));
    if (g->n == 0)
        goto out;
    TRY(roar_init(&r, g, o, err));
    TRY(project_all(&r, queries, err));
    TRY(add_reverse(&r, &r.projected, err));
    TRY(find_entry(&r, err));
    TRY(enhance_all(&r, queries->n, err));
    TRY(link_init(&r.all, g->n, hnsw_slots(3 * o->m), 3 * o->m, err));
    TRY(par_for(o->n_threads, g->n, unite, &r, err));
    g->slots0 = r.all.slots;
    g->layer0 = r.all.rows;
    TRY(reach_all(g, &r.all, NULL, err));
    TRY(link_finish(&r.all, g, false, o->n_threads, err));
    TRY(steer_keep(&r.steer, g, o->codes, o->n_threads, err));
    g->layer0 = link_take(&r.all);
out:
    if (rc || g->n == 0)
        g->layer0 = NULL;
    roar_done(&r);
    return rc;
}
