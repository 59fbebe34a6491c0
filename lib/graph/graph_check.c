#include "graph/graph_check.h"
#include "base/map.h"
#include "base/mem.h"
#include "vec/kernel.h"

#include <string.h>

struct check {
    const struct graph *g;
    struct graph_report *report;
    struct err *err;
    int rc;                        /* the first violation */
    uint32_t *seen;                /* (n) node + 1 whose row had this neighbour last */
    uint32_t mark;
};

/* Record a violation; the first one is kept. */
#define VIOLATION(c, ...) ((c)->rc = (c)->rc ? (c)->rc : err_set((c)->err, ERR_DATA, __VA_ARGS__))

static void check_levels(struct check *c)
{
    const struct graph *g = c->g;
    size_t top = 0;
    if (g->first[0] != 0 || g->first[g->n] != g->n_upper)
        VIOLATION(c, "rows of upper layers: 0 to %zu expected, %u to %u found", g->n_upper, g->first[0], g->first[g->n]);
    for (size_t i = 0; i < g->n && !c->rc; i++) {
        uint32_t level = graph_level(g, (uint32_t)i);
        if (g->first[i] > g->first[i + 1] || level >= g->n_layers)
            VIOLATION(c, "node %zu: rows %u to %u in upper layers, of %zu layers", i, g->first[i], g->first[i + 1], g->n_layers);
        top = level > top ? level : top;
    }
    if (!c->rc && g->n > 0 && (g->n_layers != top + 1 || graph_level(g, g->entry) != top))
        VIOLATION(c, "entry %u is in %u layers, the highest node in %zu, of %zu", g->entry, graph_level(g, g->entry) + 1, top + 1,
                  g->n_layers);
}

static void check_row(struct check *c, size_t layer, uint32_t node)
{
    const struct graph *g = c->g;
    size_t slots = layer ? g->slots : g->slots0, max = layer ? g->m : g->max_degree0, degree = 0;
    const uint32_t *row = graph_row(g, layer, node);
    struct graph_layer_report *r = &c->report->layers[layer];
    c->mark++;
    for (; degree < slots && row[degree] != GRAPH_NONE; degree++) {
        uint32_t to = row[degree];
        if (to >= g->n || graph_level(g, to) < layer) {
            VIOLATION(c, "layer %zu: node %u has the neighbour %u, which is not there", layer, node, to);
            continue;
        }
        if (to == node) {
            c->report->n_self++;
            VIOLATION(c, "layer %zu: node %u is its own neighbour", layer, node);
        }
        if (c->seen[to] == c->mark) {
            c->report->n_duplicate++;
            VIOLATION(c, "layer %zu: node %u has the neighbour %u twice", layer, node, to);
        }
        c->seen[to] = c->mark;
    }
    for (size_t i = degree; i < slots; i++)
        if (row[i] != GRAPH_NONE)
            VIOLATION(c, "layer %zu: node %u has a neighbour behind the end of its row", layer, node);
    if (degree > max)
        VIOLATION(c, "layer %zu: node %u has %zu neighbours, at most %zu expected", layer, node, degree, max);
    r->min_degree = r->n_nodes == 0 || degree < r->min_degree ? (uint32_t)degree : r->min_degree;
    r->max_degree = degree > r->max_degree ? (uint32_t)degree : r->max_degree;
    r->n_nodes++;
    r->n_edges += degree;
}

/* What is said of each edge of layer 0: a kind that exists, a hardness just where it is none of the builder's. */
static void check_edges(struct check *c, uint32_t node)
{
    const struct graph *g = c->g;
    const uint32_t *row = graph_row(g, 0, node);
    const uint16_t *edges = g->edges + (size_t)node * g->slots0;
    for (size_t i = 0; i < g->slots0 && !c->rc; i++) {
        bool right = row[i] == GRAPH_NONE ? edges[i] == 0 : edge_kind(edges[i]) == EDGE_BASE ? edge_eh(edges[i]) == 0
                     : edge_kind(edges[i]) < EDGE_N_KINDS && edge_eh(edges[i]) > 0;
        if (!right)
            VIOLATION(c, "node %u: its edge %zu is said to be of kind %u and Escape Hardness %u", node, i, edge_kind(edges[i]),
                      edge_eh(edges[i]));
        if (row[i] != GRAPH_NONE && right)
            c->report->n_edges_of[edge_kind(edges[i])]++;
    }
}

static void check_rows(struct check *c)
{
    for (size_t i = 0; i < c->g->n; i++) {
        for (size_t layer = 0; layer <= graph_level(c->g, (uint32_t)i); layer++)
            check_row(c, layer, (uint32_t)i);
        if (c->g->edges)
            check_edges(c, (uint32_t)i);
    }
}

/* Breadth first from the entry; `seen` serves as depth + 1. */
static int check_reachable(struct check *c)
{
    const struct graph *g = c->g;
    uint32_t *queue = MEM_ARRAY(uint32_t, g->n, c->err);
    if (!queue)
        return ERR_NOMEM;
    memset(c->seen, 0, g->n * sizeof *c->seen);
    uint64_t hops = 0;
    size_t tail = 0;
    if (g->n > 0) {
        queue[tail++] = g->entry;
        c->seen[g->entry] = 1;
    }
    for (size_t head = 0; head < tail; head++) {
        const uint32_t *row = graph_row(g, 0, queue[head]);
        uint32_t depth = c->seen[queue[head]];
        hops += depth - 1;
        c->report->depth = depth - 1;
        for (size_t i = 0; i < g->slots0 && row[i] != GRAPH_NONE; i++)
            if (row[i] < g->n && c->seen[row[i]] == 0) {
                c->seen[row[i]] = depth + 1;
                queue[tail++] = row[i];
            }
    }
    c->report->n_reachable = tail;
    c->report->mean_hops = tail ? (double)hops / (double)tail : 0;
    for (size_t i = 0; i < g->n && tail < g->n && !c->rc; i++)
        if (c->seen[i] == 0)
            VIOLATION(c, "node %zu cannot be reached from the entry %u in layer 0, nor can %zu others", i, g->entry,
                      g->n - tail - 1);
    mem_free(queue);
    return 0;
}

static void check_vectors(struct check *c)
{
    const struct graph *g = c->g;
    for (size_t i = 0; i < g->n && !c->rc; i++) {
        const float *x = g->vectors + i * g->stride;
        size_t bad = kernel_first_not_finite(x, g->dim);
        if (bad < g->dim)
            VIOLATION(c, "vector %zu: component %zu is not a finite number", i, bad);
        for (size_t j = g->dim; j < g->stride; j++) {
            uint32_t bits;
            memcpy(&bits, x + j, sizeof bits);
            if (bits != 0)
                VIOLATION(c, "vector %zu: padding that is not zero", i);
        }
    }
}

static int check_codes(struct check *c)
{
    const struct graph *g = c->g;
    size_t bad;
    if (g->codes.type == CODES_NONE)
        return 0;
    int rc = codes_check(&g->codes, g->vectors, g->stride, &bad, c->err);
    if (rc == 0 && bad < g->n)
        VIOLATION(c, "vector %zu: its %s code, or the norm beside it, is not that of the vector", bad, codes_name(g->codes.type));
    return rc;
}

/* No identity twice: keys where there are some, else ids (formats/vps.md §9). */
static int check_identities(struct check *c)
{
    const struct graph *g = c->g;
    struct map seen = {0};
    int rc = 0;
    for (size_t i = 0; i < g->n && !c->rc && rc == 0; i++) {
        bool found = false;
        struct text key = graph_key(g, (uint32_t)i);
        if (g->key_starts && !key.p) {
            VIOLATION(c, "key %zu lies outside of the keys", i);
            break;
        }
        rc = key.p ? map_add(&seen, key.p, key.n, i, &found, NULL, c->err)
                   : map_add(&seen, &g->ids[i], sizeof g->ids[i], i, &found, NULL, c->err);
        if (found)
            VIOLATION(c, "node %zu has the %s of an earlier one", i, key.p ? "key" : "id");
    }
    if (g->key_starts && !c->rc && (g->key_starts[0] != 0 || g->key_starts[g->n] != g->n_key_bytes))
        VIOLATION(c, "keys do not fill their section");
    map_done(&seen);
    return rc;
}

static void count_two_way(struct check *c)
{
    const struct graph *g = c->g;
    for (uint32_t i = 0; i < g->n; i++) {
        const uint32_t *row = graph_row(g, 0, i);
        for (size_t s = 0; s < g->slots0 && row[s] < g->n; s++) {
            const uint32_t *back = graph_row(g, 0, row[s]);
            for (size_t t = 0; t < g->slots0 && back[t] != GRAPH_NONE; t++)
                if (back[t] == i) {
                    c->report->n_two_way++;
                    break;
                }
        }
    }
}

int graph_check(const struct graph *g, struct graph_report *report, struct err *err)
{
    int rc = 0;
    struct graph_report scratch;
    struct check c = {.g = g, .report = report ? report : &scratch, .err = err};
    *c.report = (struct graph_report){.n_layers = g->n_layers};
    if (g->n > 0 && g->entry >= g->n)
        return err_set(err, ERR_DATA, "entry %u of %zu nodes", g->entry, g->n);
    check_levels(&c);
    if (c.rc)
        return c.rc;               /* rows of upper layers cannot be found */
    TRY_NEW(c.seen, MEM_ZARRAY(uint32_t, g->n, err));
    check_rows(&c);
    TRY(check_reachable(&c));
    check_vectors(&c);
    if (!c.rc)
        TRY(check_codes(&c));
    TRY(check_identities(&c));
    if (report)
        count_two_way(&c);
    rc = c.rc;
out:
    mem_free(c.seen);
    return rc;
}
