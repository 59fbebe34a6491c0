/* Steps, for each group of queries that lie near each other:
 *  1. pack the group in panels of the tile kernel; a ball about the group and one about each panel
 *  2. walk the tree, the child whose ball is nearer first; a node is passed over when no row of it can be wanted by the group
 *  3. at a leaf choose the panels that may want one of its rows: by the panel's ball, then by each query where that has been
 *     found to spare work
 *  4. run the tiles of leaf and panels; what hits gets its published distance, and with it limits fall.
 * Groups of few queries, and numbers near the range of floats, take step 4 by the reference kernel alone. */
#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "tree/ball_inside.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    GROUP = 256,                  /* queries; a multiple of all panels */
    MAX_PANELS = GROUP / 4,
    FEW = 4,                      /* fewer queries do not fill enough of a tile */
    MAX_DEPTH = 64,
    TRIES = 16, WORTH = 8         /* single queries are held against leaves as long as that spares one leaf in 8 */
};

struct search {
    const struct ball *b;
    const float *q;
    size_t n_queries, stride, k, group;
    float radius;
    struct neighbour *out;        /* (n_queries, k), or NULL: lists */
    struct ball_list *lists;
    struct ball_split split;      /* of the queries */
    struct scratch *scratch;      /* (workers) */
};

struct scratch {
    const uint32_t *queries;      /* (n) of the group */
    size_t n, n_panels;
    struct topk nearest[GROUP];
    float worst[GROUP];           /* a row farther than that is not wanted */
    float limits[GROUP], bounds[GROUP], lengths[GROUP];    /* of tiles; |q'| */
    struct ball_around around[MAX_PANELS + 1];             /* panels, then the group */
    float *centres;               /* (MAX_PANELS + 1, stride) */
    float *panels, *rows;         /* (GROUP, dim) in panels; (TILE_MAX_QUERIES, stride) */
    double *sum;                  /* (dim) */
    bool by_tiles;
    size_t tried, spared;
};

static const float *query(const struct search *s, const struct scratch *g, size_t i)
{
    return s->q + g->queries[i] * s->stride;
}

/* ---- what is wanted ---- */

static int take(struct search *s, struct scratch *g, size_t i, float dist, uint32_t row, struct err *err)
{
    int rc = 0;
    if (!(dist <= g->worst[i]))
        return 0;
    if (s->out) {
        topk_push(&g->nearest[i], (struct neighbour){dist, row});
        if (g->nearest[i].n == s->k)
            g->worst[i] = g->nearest[i].heap[0].dist;
        return 0;
    }
    struct ball_list *list = &s->lists[g->queries[i]];
    TRY(mem_reserve(&list->at, &list->cap, list->n + 1, sizeof *list->at, err));
    list->at[list->n++] = (struct neighbour){dist, row};
out:
    return rc;
}

static float greatest(const float *a, size_t n)
{
    float most = -INFINITY;
    for (size_t i = 0; i < n; i++)
        most = a[i] > most ? a[i] : most;
    return most;
}

/* ---- a leaf ---- */

static int leaf_by_kernel(struct search *s, struct scratch *g, const struct ball_node *node, struct err *err)
{
    enum { RUN = 64 };
    int rc = 0;
    float dist[RUN];
    const struct ball *b = s->b;
    for (size_t from = node->from; from < node->to; from += RUN) {
        size_t n = num_min_size(RUN, node->to - from);
        for (size_t i = 0; i < g->n; i++) {
            distance_gather(&b->distance, query(s, g, i), b->x, b->stride, b->split.order + from, n, dist);
            for (size_t j = 0; j < n; j++)
                TRY(take(s, g, i, dist[j], b->split.order[from + j], err));
        }
    }
out:
    return rc;
}

/* What an estimate must not pass (vec/exact_bound.h). */
static float limit_of(const struct ball *b, float worst, double length, float bound)
{
    double image = (double)worst - (b->distance.metric == METRIC_COSINE ? 1 : 0);
    if (b->distance.metric == METRIC_L2)
        image = ((double)worst - length * length) / 2;
    return fminf(exact_bound_up((double)exact_bound_up(image) + (double)bound), FLT_MAX);
}

static int take_hits(struct search *s, struct scratch *g, const struct ball_node *node, size_t first_query, size_t first_place,
                     const struct tile_hits *hits, size_t n, struct err *err)
{
    int rc = 0;
    const struct ball *b = s->b;
    for (size_t h = 0; h < n; h++) {
        size_t i = first_query + hits->at[h] % TILE_MAX_QUERIES, place = first_place + hits->at[h] / TILE_MAX_QUERIES;
        if (place < node->from || place >= node->to || !(hits->estimate[h] <= g->limits[i]))
            continue;
        uint32_t row = b->split.order[place];
        float before = g->worst[i];
        TRY(take(s, g, i, distance_one(&b->distance, query(s, g, i), b->x + row * b->stride), row, err));
        if (g->worst[i] < before)
            g->limits[i] = limit_of(b, g->worst[i], (double)g->lengths[i], g->bounds[i]);
    }
out:
    return rc;
}

static int leaf_by_tiles(struct search *s, struct scratch *g, size_t at, const size_t *panels, size_t n_panels, struct err *err)
{
    int rc = 0;
    const struct ball *b = s->b;
    const struct ball_node *node = &b->split.nodes[at];
    size_t rows = b->kernel->rows, width = b->kernel->queries;
    struct tile_hits hits;
    for (size_t p = 0; p < n_panels; p++)
        for (size_t i = panels[p] * width; i < (panels[p] + 1) * width; i++) {
            bool there = i < g->n;
            const struct exact_extent q = {.length = there ? (double)g->lengths[i] : 0}, x = {.length = b->lengths[at]};
            g->bounds[i] = exact_bound_up(exact_bound_of(&b->bound, q, x));
            g->limits[i] = there ? limit_of(b, g->worst[i], q.length, g->bounds[i]) : -INFINITY;
        }
    for (size_t place = node->from / rows * rows; place < node->to; place += rows)
        for (size_t p = 0; p < n_panels; p++) {
            size_t first = panels[p] * width;
            const struct tile tile = {.x = b->packed + place * b->dim, .q = g->panels + first * b->dim, .words = b->dim,
                                      .base = b->base + place, .limit = g->limits + first};
            size_t n = b->kernel->run(&tile, &hits);
            if (n > 0)
                TRY(take_hits(s, g, node, first, place, &hits, n, err));
        }
out:
    return rc;
}

/* May a query of the panel want a row of the leaf? */
static bool panel_wants(const struct search *s, struct scratch *g, size_t panel, size_t at)
{
    const struct ball *b = s->b;
    size_t first = panel * b->kernel->queries, n = num_min_size(b->kernel->queries, g->n - first);
    if (ball_lower(b, &g->around[panel], at) > (double)greatest(g->worst + first, n))
        return false;
    if (g->tried >= TRIES && g->spared * WORTH < g->tried)
        return true;
    g->tried++;
    for (size_t i = first; i < first + n; i++) {
        const struct ball_around one = {.centre = query(s, g, i), .length = g->around[panel].length};
        if (!(ball_lower(b, &one, at) > (double)g->worst[i]))
            return true;
    }
    g->spared++;
    return false;
}

static int search_leaf(struct search *s, struct scratch *g, size_t at, struct err *err)
{
    size_t wanting[MAX_PANELS], n = 0;
    for (size_t panel = 0; panel < g->n_panels; panel++)
        if (panel_wants(s, g, panel, at))
            wanting[n++] = panel;
    if (n == 0)
        return 0;
    return g->by_tiles ? leaf_by_tiles(s, g, at, wanting, n, err) : leaf_by_kernel(s, g, &s->b->split.nodes[at], err);
}

/* ---- a group ---- */

static void around_make(const struct search *s, struct scratch *g, size_t which, size_t first, size_t n)
{
    float *centre = g->centres + which * s->b->stride;
    struct ball_around *a = &g->around[which];
    *a = (struct ball_around){.centre = centre};
    a->radius = ball_measure(s->b, s->q, s->stride, g->queries + first, n, g->sum, centre);
    for (size_t i = first; i < first + n; i++)
        a->length = fmax(a->length, ball_length(s->b, query(s, g, i)));
}

static void group_make(struct search *s, struct scratch *g, size_t first)
{
    const struct ball *b = s->b;
    size_t width = b->kernel->queries;
    g->queries = s->split.order + first;
    g->n = num_min_size(s->group, s->n_queries - first);
    g->n_panels = (g->n + width - 1) / width;
    g->tried = g->spared = 0;
    g->by_tiles = g->n >= FEW;
    for (size_t i = 0; i < g->n; i++) {
        const float *q = query(s, g, i);
        bool l2 = b->distance.metric == METRIC_L2;
        g->lengths[i] = sqrtf(l2 ? b->distance.kernel->l2(q, b->middle, b->dim) : b->distance.kernel->dot(q, q, b->dim));
        g->by_tiles = g->by_tiles && exact_bound_holds((double)g->lengths[i], b->greatest);
        g->worst[i] = s->out ? INFINITY : s->radius;
        if (s->out)
            topk_init(&g->nearest[i], s->out + g->queries[i] * s->k, s->k);
    }
    for (size_t panel = 0; panel < g->n_panels; panel++) {
        size_t from = panel * width, n = num_min_size(width, g->n - from);
        around_make(s, g, panel, from, n);
        for (size_t i = 0; i < n; i++)
            ball_shift(b, g->rows + i * b->stride, query(s, g, from + i));
        tile_pack(g->panels + from * b->dim, width, g->rows, n, b->dim, b->stride);
    }
    around_make(s, g, g->n_panels, 0, g->n);
}

struct place {
    double lower;
    uint32_t node;
};

static int search_group(void *ctx, size_t item, int worker, struct err *err)
{
    int rc = 0;
    struct search *s = ctx;
    struct scratch *g = &s->scratch[worker];
    struct place stack[MAX_DEPTH];
    size_t n = 1;
    group_make(s, g, item * s->group);
    stack[0] = (struct place){-INFINITY, 0};
    while (n > 0) {
        const struct place p = stack[--n];
        const struct ball_node *node = &s->b->split.nodes[p.node];
        if (p.lower > (double)greatest(g->worst, g->n))
            continue;
        if (!node->child) {
            TRY(search_leaf(s, g, p.node, err));
            continue;
        }
        struct place near = {ball_lower(s->b, &g->around[g->n_panels], node->child), node->child};
        struct place far = {ball_lower(s->b, &g->around[g->n_panels], node->child + 1), node->child + 1};
        if (ball_apart(s->b, &g->around[g->n_panels], far.node) < ball_apart(s->b, &g->around[g->n_panels], near.node)) {
            struct place swap = near;
            near = far;
            far = swap;
        }
        stack[n++] = far;
        stack[n++] = near;
    }
    for (size_t i = 0; i < g->n; i++) {
        if (s->out)
            (void)topk_sort(&g->nearest[i]);
        else
            neighbour_sort(s->lists[g->queries[i]].at, s->lists[g->queries[i]].n);
    }
out:
    return rc;
}

static int search_all(struct search *s, int n_threads, struct err *err)
{
    int rc = 0;
    const struct ball *b = s->b;
    size_t workers = (size_t)n_threads;
    if (b->n == 0 || s->n_queries == 0)
        return 0;
    s->group = num_min_size(GROUP, num_round_up((s->n_queries + 2 * workers - 1) / (2 * workers), TILE_MAX_QUERIES));
    TRY(ball_split_make(&s->split, s->q, s->n_queries, b->dim, s->stride, TILE_MAX_QUERIES, TILE_MAX_QUERIES, n_threads, err));
    TRY_NEW(s->scratch, MEM_ZARRAY(struct scratch, workers, err));
    for (size_t i = 0; i < workers; i++) {
        TRY_NEW(s->scratch[i].centres, MEM_SLAB(float, (MAX_PANELS + 1) * b->stride, err));
        TRY_NEW(s->scratch[i].panels, MEM_SLAB(float, GROUP * b->dim, err));
        TRY_NEW(s->scratch[i].rows, MEM_SLAB(float, TILE_MAX_QUERIES * b->stride, err));
        TRY_NEW(s->scratch[i].sum, MEM_ARRAY(double, b->dim, err));
    }
    TRY(par_for(n_threads, (s->n_queries + s->group - 1) / s->group, search_group, s, err));
out:
    for (size_t i = 0; s->scratch && i < workers; i++) {
        mem_free(s->scratch[i].centres);
        mem_free(s->scratch[i].panels);
        mem_free(s->scratch[i].rows);
        mem_free(s->scratch[i].sum);
    }
    mem_free(s->scratch);
    ball_split_done(&s->split);
    return rc;
}

int ball_search(const struct ball *b, const float *q, size_t n_queries, size_t stride, size_t k, int n_threads,
                struct neighbour *out, struct err *err)
{
    struct search s = {.b = b, .q = q, .n_queries = n_queries, .stride = stride, .k = k, .out = out};
    return search_all(&s, n_threads, err);
}

int ball_radius(const struct ball *b, const float *q, size_t n_queries, size_t stride, float radius, int n_threads,
                struct ball_list *lists, struct err *err)
{
    struct search s = {.b = b, .q = q, .n_queries = n_queries, .stride = stride, .radius = radius, .lists = lists};
    return search_all(&s, n_threads, err);
}
