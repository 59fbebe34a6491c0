#include "graph/ngfix_file.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "fmt/foreign.h"
#include "fmt/ngfixhead.h"
#include "graph/beam.h"
#include "graph/edge.h"
#include "graph/graph_check.h"
#include "graph/hnsw.h"
#include "graph/link.h"
#include "graph/reach.h"
#include "sys/mapfile.h"

#include <inttypes.h>
#include <math.h>

struct load {
    struct ngfix_file *f;
    struct mapfile map;
    struct ngfixhead head;
    const unsigned char **rows;    /* (head.n) where an element's lists begin */
    uint32_t *number;              /* (head.n) its node, GRAPH_NONE where deleted */
    uint16_t *marks;               /* (n, slots0) what the file says of each edge, in its order */
    uint32_t *targets;             /* (n, slots0) */
    struct link_table layer0;
};

static uint64_t element_bytes(const struct load *l)
{
    return 1 + 4 * l->head.dim;
}

static const unsigned char *element(const struct load *l, uint64_t i)
{
    return l->map.p + NGFIXHEAD_BYTES + i * element_bytes(l);
}

struct list {                      /* an element's four counts */
    size_t capacity, size, extra_capacity, extra_size;
};

static struct list get_list(const unsigned char *p)
{
    return (struct list){p[0], p[1], p[2], p[3]};
}

/* Where each element's lists are, up to the end of the file. */
static int find_rows(struct load *l, size_t *longest, struct err *err)
{
    const struct ngfixhead *h = &l->head;
    int rc = 0;
    uint64_t left = l->map.n - NGFIXHEAD_BYTES;
    if (h->room > left / element_bytes(l))
        return err_set(err, ERR_TRUNCATED, "truncated: %" PRIu64 " elements of %" PRIu64 " bytes in a file of %zu", h->room,
                       element_bytes(l), l->map.n);
    left -= h->room * element_bytes(l);
    TRY_NEW(l->rows, MEM_ARRAY(const unsigned char *, h->n, err));
    for (uint64_t i = 0; i < h->n; i++) {
        const unsigned char *p = l->map.p + (l->map.n - left);
        if (left < 4)
            return err_set(err, ERR_TRUNCATED, "truncated: no edges of element %" PRIu64, i);
        struct list list = get_list(p);
        if (list.size > list.capacity || list.extra_size > list.extra_capacity || list.extra_size > list.size ||
            list.extra_capacity > list.capacity || list.size - list.extra_size > list.capacity - list.extra_capacity)
            return err_set(err, ERR_DATA, "element %" PRIu64 ": %zu edges in %zu slots, of these %zu extra ones in %zu", i,
                           list.size, list.capacity, list.extra_size, list.extra_capacity);
        size_t bytes = 4 + 4 * list.capacity + 2 * list.extra_capacity;
        if (left < bytes)
            return err_set(err, ERR_TRUNCATED, "truncated: the edges of element %" PRIu64 " have %zu bytes, %" PRIu64 " are left",
                           i, bytes, left);
        l->rows[i] = p;
        *longest = list.size > *longest ? list.size : *longest;
        left -= bytes;
    }
    if (left != 0)
        return err_set(err, ERR_DATA, "%" PRIu64 " bytes behind the end of the index", left);
out:
    return rc;
}

static int number_nodes(struct load *l, struct err *err)
{
    struct graph *g = &l->f->graph;
    int rc = 0;
    uint32_t *first;
    TRY_NEW(l->number, MEM_ARRAY(uint32_t, l->head.n, err));
    for (uint64_t i = 0; i < l->head.n; i++) {
        unsigned flag = element(l, i)[0];
        if (flag > 1)
            return err_set(err, ERR_DATA, "element %" PRIu64 ": flag %u, expected 0 or 1 where deleted", i, flag);
        l->number[i] = flag ? GRAPH_NONE : (uint32_t)g->n++;
    }
    l->f->counts.n_deleted = l->head.n - g->n;
    TRY_NEW(first, MEM_ZARRAY(uint32_t, g->n + 1, err));
    g->first = first;
    g->n_layers = g->n > 0;
    g->entry = g->n == 0 ? GRAPH_NONE : l->number[l->head.entry] == GRAPH_NONE ? 0 : l->number[l->head.entry];
out:
    return rc;
}

static int read_vectors(struct load *l, struct err *err)
{
    struct graph *g = &l->f->graph;
    struct distance dot = distance_make(METRIC_IP, g->dim);
    int rc = 0;
    TRY_NEW(l->f->vectors, mem_slab(g->n, g->stride * sizeof(float), err));
    TRY_NEW(l->f->ids, MEM_ARRAY(uint64_t, g->n, err));
    g->vectors = l->f->vectors;
    g->ids = l->f->ids;
    for (uint64_t i = 0; i < l->head.n; i++) {
        if (l->number[i] == GRAPH_NONE)
            continue;
        float *x = l->f->vectors + l->number[i] * g->stride;
        memcpy(x, element(l, i) + 1, g->dim * sizeof *x);
        l->f->ids[l->number[i]] = i;
        size_t bad = kernel_first_not_finite(x, g->dim);
        if (bad < g->dim)
            return err_set(err, ERR_DATA, "element %" PRIu64 ": component %zu is not a finite number", i, bad);
        float square = -distance_one(&dot, x, x);
        if (g->metric == METRIC_COSINE && !(square > 0.998f && square < 1.002f))
            return err_set(err, ERR_DATA, "element %" PRIu64 " has length %g, metric cosine has 1: the index is of another", i,
                           (double)sqrtf(square));
    }
out:
    return rc;
}

/* Kind and hardness of an extra edge, by what the file has. */
static int make_mark(uint16_t eh, uint64_t i, uint16_t *mark, struct err *err)
{
    if (eh != NGFIXHEAD_UNREACHABLE && eh >= EDGE_UNREACHABLE - 1)
        return err_set(err, ERR_DATA, "element %" PRIu64 ": an edge of Escape Hardness %u, expected at most %d", i, eh,
                       EDGE_UNREACHABLE - 2);
    *mark = eh == NGFIXHEAD_UNREACHABLE ? edge_make(EDGE_NGFIX, EDGE_UNREACHABLE)
            : eh == NGFIXHEAD_RFIX      ? edge_make(EDGE_RFIX, eh)
            : eh == 0                   ? edge_make(EDGE_LINK, 1) : edge_make(EDGE_NGFIX, eh + 1u);
    return 0;
}

/* An element's edges: those of the base graph, then the extra ones. */
static int read_row(struct load *l, uint64_t i, const struct distance *d, struct err *err)
{
    const struct graph *g = &l->f->graph;
    const unsigned char *p = l->rows[i];
    struct list list = get_list(p);
    uint64_t entries[NGFIXHEAD_MAX_EDGES];
    uint32_t node = l->number[i], *targets = l->targets + node * g->slots0;
    uint16_t *marks = l->marks + node * g->slots0;
    size_t kept = 0, n_base = list.size - list.extra_size;
    for (size_t j = 0; j < list.size; j++) {
        size_t extra = list.extra_capacity - list.extra_size + (j - n_base);
        size_t slot = j < n_base ? list.extra_capacity + j : extra, twice = 0;
        uint32_t other = bytes_get_u32(p + 4 + 4 * slot);
        if (other >= l->head.n || other == i)
            return err_set(err, ERR_DATA, "element %" PRIu64 " has an edge to %" PRIu32 ", which is %s", i, other,
                           other == i ? "itself" : "not there");
        uint16_t mark = 0;
        int rc = j < n_base ? 0 : make_mark(bytes_get_u16(p + 4 + 4 * list.capacity + 2 * extra), i, &mark, err);
        if (rc)
            return rc;
        if (l->number[other] == GRAPH_NONE)
            continue;
        while (twice < kept && targets[twice] != l->number[other])
            twice++;
        if (twice < kept) {
            l->f->counts.n_twice++;
            continue;
        }
        targets[kept] = l->number[other];
        marks[kept] = mark;
        float dist = distance_one(d, g->vectors + node * g->stride, g->vectors + targets[kept] * g->stride);
        entries[kept] = beam_key(dist, targets[kept]);
        kept++;
    }
    link_set(&l->layer0, node, entries, kept, false);
    return 0;
}

static int read_edges(struct load *l, struct err *err)
{
    struct graph *g = &l->f->graph;
    struct distance d = distance_make(g->metric, g->dim);
    int rc = 0;
    TRY(link_init(&l->layer0, g->n, g->slots0, g->max_degree0, err));
    TRY_NEW(l->marks, mem_alloc(g->n, g->slots0 * sizeof *l->marks, err));
    TRY_NEW(l->targets, mem_alloc(g->n, g->slots0 * sizeof *l->targets, err));
    g->layer0 = l->layer0.rows;
    memset(l->targets, 0xFF, g->n * g->slots0 * sizeof *l->targets);
    for (uint64_t i = 0; i < l->head.n; i++)
        if (l->number[i] != GRAPH_NONE)
            TRY(read_row(l, i, &d, err));
out:
    return rc;
}

/* What the file said of each edge, where the edge is now; what was added to reach all is the base graph's. */
static int place_marks(struct load *l, struct err *err)
{
    struct graph *g = &l->f->graph;
    uint16_t *edges = mem_slab(g->n, g->slots0 * sizeof *edges, err);
    if (!edges)
        return ERR_NOMEM;
    l->f->edges = edges;
    g->edges = edges;
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = i * g->slots0; j < (i + 1) * g->slots0 && g->layer0[j] != GRAPH_NONE; j++)
            for (size_t k = i * g->slots0; k < (i + 1) * g->slots0 && l->targets[k] != GRAPH_NONE; k++)
                if (l->targets[k] == g->layer0[j])
                    edges[j] = l->marks[k];
    return 0;
}

static int read_all(struct load *l, struct err *err)
{
    int rc = 0;
    struct graph *g = &l->f->graph;
    size_t longest = 1, n_joined = 0;
    if (l->head.n > GRAPH_MAX_N)
        return err_set(err, ERR_LIMIT, "%" PRIu64 " elements, at most %d", l->head.n, GRAPH_MAX_N);
    TRY(find_rows(l, &longest, err));
    g->dim = l->head.dim;
    g->stride = hnsw_slots(g->dim);
    g->m = l->head.m;
    g->slots = hnsw_slots(g->m);
    g->max_degree0 = longest > l->head.max_degree0 ? longest : l->head.max_degree0;
    g->slots0 = hnsw_slots(g->max_degree0);
    TRY(number_nodes(l, err));
    TRY(read_vectors(l, err));
    TRY(read_edges(l, err));
    TRY(reach_all(g, &l->layer0, &n_joined, err));
    l->f->counts.n_joined = n_joined;
    TRY(link_finish(&l->layer0, g, false, 1, err));
    TRY(place_marks(l, err));
    TRY(graph_check(g, NULL, err));
out:
    return rc;
}

int ngfix_file_read(struct ngfix_file *f, struct input *in, enum metric metric, struct err *err)
{
    struct load l = {.f = f};
    const unsigned char *p;
    size_t got;
    int rc = 0;
    *f = (struct ngfix_file){.graph = {.metric = metric}};
    TRY(input_peek(in, NGFIXHEAD_BYTES, &p, &got, err));
    if (!ngfixhead_sniff(p, got)) {
        rc = foreign_error(in, "an index of NGFix", err);
        goto out;
    }
    TRY(mapfile_read(&l.map, in, err));
    l.head = ngfixhead_get(l.map.p);
    TRY(read_all(&l, err));
out:
    f->graph.layer0 = link_take(&l.layer0);
    link_done(&l.layer0);
    mem_free(l.rows);
    mem_free(l.number);
    mem_free(l.marks);
    mem_free(l.targets);
    if (l.map.p)
        mapfile_close(&l.map);
    if (rc) {
        ngfix_file_done(f);
        if (rc == ERR_DATA || rc == ERR_LIMIT || rc == ERR_TRUNCATED)
            err_prefix(err, "%s: ", input_name(in));
    }
    return rc;
}

void ngfix_file_done(struct ngfix_file *f)
{
    graph_done(&f->graph);
    mem_free(f->vectors);
    mem_free(f->ids);
    mem_free(f->edges);
    *f = (struct ngfix_file){0};
}
