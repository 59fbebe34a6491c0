#include "repair/extra.h"
#include "base/mem.h"
#include "base/num.h"
#include "graph/beam.h"
#include "graph/hnsw.h"
#include "sys/par.h"

static void take_rows(struct extra *x, const struct graph *g)
{
    size_t slots0 = x->g.slots0;
    for (size_t i = 0; i < g->n; i++) {
        size_t n = 0, extra = 0;
        for (; n < g->slots0 && g->layer0[i * g->slots0 + n] != GRAPH_NONE; n++) {
            uint16_t edge = g->edges ? g->edges[i * g->slots0 + n] : edge_make(EDGE_BASE, 0);
            x->rows[i * slots0 + n] = g->layer0[i * g->slots0 + n];
            x->edges[i * slots0 + n] = edge;
            extra += edge_kind(edge) != EDGE_BASE;
        }
        for (size_t j = n; j < slots0; j++)
            x->rows[i * slots0 + j] = GRAPH_NONE;
        x->degree[i] = (uint16_t)n;
        x->n_extra[i] = (uint16_t)extra;
    }
}

int extra_init(struct extra *x, const struct graph *g, const struct extra_options *o, struct err *err)
{
    int rc = 0;
    *x = (struct extra){.g = *g, .o = *o};
    x->g.slots0 = hnsw_slots(g->max_degree0 + o->max_extra);
    if (x->g.slots0 > GRAPH_MAX_SLOTS)
        return err_set(err, ERR_LIMIT, "%zu neighbours and %zu extra ones a node, at most %d", g->max_degree0, o->max_extra,
                       GRAPH_MAX_SLOTS);
    TRY_NEW(x->rows, mem_slab(g->n, x->g.slots0 * sizeof *x->rows, err));
    TRY_NEW(x->edges, mem_slab(g->n, x->g.slots0 * sizeof *x->edges, err));
    TRY_NEW(x->degree, MEM_ARRAY(uint16_t, g->n, err));
    TRY_NEW(x->n_extra, MEM_ARRAY(uint16_t, g->n, err));
    TRY(group_init(&x->group, g->n, err));
    take_rows(x, g);
    x->g.layer0 = x->rows;
    x->g.edges = x->edges;
out:
    return rc;
}

void extra_done(struct extra *x)
{
    mem_free(x->rows);
    mem_free(x->edges);
    mem_free(x->degree);
    mem_free(x->n_extra);
    mem_free(x->keys);
    mem_free(x->places);
    group_done(&x->group);
    *x = (struct extra){0};
}

static size_t count_unreachable(const uint16_t *edges, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += edge_kind(edges[i]) != EDGE_BASE && edge_eh(edges[i]) == EDGE_UNREACHABLE;
    return found;
}

/* The extra edge of least hardness, the first or the last of equals; n where all are the builder's. */
static size_t weakest(const uint16_t *edges, size_t n, bool last)
{
    size_t at = n;
    for (size_t i = 0; i < n; i++)
        if (edge_kind(edges[i]) != EDGE_BASE && (at == n || edge_eh(edges[i]) < edge_eh(edges[at]) + last))
            at = i;
    return at;
}

static bool add(struct extra *x, uint32_t from, uint32_t to, uint16_t edge)
{
    uint32_t *row = x->rows + from * x->g.slots0;
    uint16_t *edges = x->edges + from * x->g.slots0;
    size_t n = x->degree[from], at = n;
    for (size_t i = 0; i < n; i++)
        if (row[i] == to) {
            if (edge_kind(edges[i]) != EDGE_BASE && edge_eh(edge) > edge_eh(edges[i]))
                edges[i] = edge;
            return false;
        }
    if (x->o.cap_unreachable && edge_eh(edge) == EDGE_UNREACHABLE && count_unreachable(edges, n) >= x->o.max_extra / 2)
        return false;
    if (x->n_extra[from] >= x->o.max_extra) {
        at = weakest(edges, n, false);
        if (at == n || edge_eh(edge) < edge_eh(edges[at]))
            return false;
    } else {
        x->degree[from]++;
        x->n_extra[from]++;
    }
    row[at] = to;
    edges[at] = edge;
    return true;
}

static int apply_group(void *ctx, size_t i, int worker, struct err *err)
{
    struct extra *x = ctx;
    (void)worker, (void)err;
    for (size_t at = x->group.start[i]; at < x->group.start[i + 1]; at++) {
        struct extra_edge *e = &x->batch[x->group.values[at]];
        e->added = add(x, e->from, e->to, e->edge);
    }
    return 0;
}

int extra_apply(struct extra *x, struct extra_edge *edges, size_t n, int n_threads, struct err *err)
{
    int rc = 0;
    x->batch = edges;
    TRY(mem_reserve(&x->keys, &x->cap_keys, n, sizeof *x->keys, err));
    TRY(mem_reserve(&x->places, &x->cap_places, n, sizeof *x->places, err));
    for (size_t i = 0; i < n; i++) {
        x->keys[i] = edges[i].from;
        x->places[i] = i;
    }
    TRY(group_make(&x->group, x->keys, x->places, n, err));
    TRY(par_for(n_threads, x->group.n, apply_group, x, err));
out:
    return rc;
}

/* Take out the weakest; what follows moves up. */
static void drop_weakest(struct extra *x, uint32_t node)
{
    uint32_t *row = x->rows + node * x->g.slots0;
    uint16_t *edges = x->edges + node * x->g.slots0;
    size_t n = --x->degree[node], at = weakest(edges, n + 1, true);
    memmove(row + at, row + at + 1, (n - at) * sizeof *row);
    memmove(edges + at, edges + at + 1, (n - at) * sizeof *edges);
    row[n] = GRAPH_NONE;
    edges[n] = 0;
    x->n_extra[node]--;
}

uint64_t extra_thin(struct extra *x, double share)
{
    uint64_t gone = 0;
    for (size_t i = 0; i < x->g.n; i++)
        if (x->n_extra[i] > 1)
            for (size_t keep = num_max_size(1, (size_t)((1 - share) * x->n_extra[i])); x->n_extra[i] > keep; gone++)
                drop_weakest(x, (uint32_t)i);
    return gone;
}

/* ---- the rows as the file has them ---- */

static int sort_row(void *ctx, size_t i, int worker, struct err *err)
{
    struct extra *x = ctx;
    const struct graph *g = &x->g;
    struct distance d = distance_make(g->metric, g->dim);
    uint32_t *row = x->rows + i * g->slots0, nodes[GRAPH_MAX_SLOTS];
    uint16_t *edges = x->edges + i * g->slots0, marks[GRAPH_MAX_SLOTS];
    float dist[GRAPH_MAX_SLOTS];
    uint64_t keys[GRAPH_MAX_SLOTS];
    size_t n = x->degree[i];
    (void)worker, (void)err;
    distance_gather(&d, g->vectors + i * g->stride, g->vectors, g->stride, row, n, dist);
    for (size_t j = 0; j < n; j++) {
        nodes[j] = row[j];
        marks[j] = edges[j];
        keys[j] = beam_key(dist[j], row[j]);
    }
    beam_sort(keys, n);
    for (size_t j = 0; j < n; j++) {
        size_t from = 0;
        row[j] = beam_node(keys[j]);
        while (nodes[from] != row[j])
            from++;
        edges[j] = marks[from];
    }
    return 0;
}

int extra_finish(struct extra *x, int n_threads, struct err *err)
{
    size_t most = 0;
    int rc = par_for(n_threads, x->g.n, sort_row, x, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < x->g.n; i++)
        most = num_max_size(most, x->degree[i]);
    x->g.max_degree0 = num_max_size(x->g.max_degree0, most);
    size_t slots0 = hnsw_slots(x->g.max_degree0);
    for (size_t i = 0; i < x->g.n; i++) {      /* in place: rows only move down */
        memmove(x->rows + i * slots0, x->rows + i * x->g.slots0, slots0 * sizeof *x->rows);
        memmove(x->edges + i * slots0, x->edges + i * x->g.slots0, slots0 * sizeof *x->edges);
    }
    x->g.slots0 = slots0;
    return 0;
}
