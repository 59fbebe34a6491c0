#include "graph/hnswlib_file.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "fmt/foreign.h"
#include "fmt/hnswlibhead.h"
#include "graph/beam.h"
#include "graph/graph_check.h"
#include "graph/hnsw.h"
#include "graph/link.h"
#include "graph/reach.h"
#include "sys/mapfile.h"

#include <inttypes.h>
#include <math.h>

struct load {
    struct hnswlib_file *f;
    struct mapfile map;
    struct hnswlibhead head;
    uint32_t *first;               /* (head.n + 1) rows of upper layers before an element's, in the file */
    uint32_t *number;              /* (head.n) its node, GRAPH_NONE where deleted */
    uint32_t *seen;                /* (head.n) mark of the last row that had it */
    uint32_t mark;
    struct link_table layer0, upper;
};

/* ---- the head: what each field says follows from others, or is bounded ---- */

static int check_head(const struct hnswlibhead *h, struct err *err)
{
    uint64_t dim = (h->label_at - h->vector_at) / sizeof(float);
    if ((h->label_at - h->vector_at) % sizeof(float) != 0)
        return err_set(err, ERR_DATA, "vectors of %" PRIu64 " bytes: 32-bit floats expected", h->label_at - h->vector_at);
    if (dim > HEADER_MAX_SHAPE)
        return err_set(err, ERR_LIMIT, "dimension %" PRIu64 ", the limit is %d", dim, HEADER_MAX_SHAPE);
    if (h->m < 2 || h->m > GRAPH_MAX_SLOTS || h->max_degree0 < 1 || h->max_degree0 > GRAPH_MAX_SLOTS)
        return err_set(err, ERR_LIMIT, "M %" PRIu64 ", %" PRIu64 " links in layer 0: expected M of 2 at least, at most %d links",
                       h->m, h->max_degree0, GRAPH_MAX_SLOTS);
    if (!(fabs(h->mult * log((double)h->m) - 1) < 1e-6))
        return err_set(err, ERR_DATA, "level multiplier %g: for M %" PRIu64 " it is %g", h->mult, h->m, 1 / log((double)h->m));
    if (h->n > h->room || h->n > GRAPH_MAX_N)
        return err_set(err, ERR_LIMIT, "%" PRIu64 " elements with room for %" PRIu64 ", at most %d", h->n, h->room, GRAPH_MAX_N);
    if (h->top >= GRAPH_MAX_LAYERS || h->top < -1)
        return err_set(err, ERR_LIMIT, "highest layer %" PRId32 ", the limit is %d", h->top, GRAPH_MAX_LAYERS - 1);
    if (h->n == 0 ? h->top != -1 : h->top < 0 || h->entry >= h->n)
        return err_set(err, ERR_DATA, "entry point %" PRIu32 " in layer %" PRId32 " of %" PRIu64 " elements", h->entry, h->top,
                       h->n);
    return 0;
}

static const unsigned char *element(const struct load *l, uint64_t i)
{
    return l->map.p + HNSWLIBHEAD_BYTES + i * l->head.element_bytes;
}

static size_t row_bytes(const struct load *l)
{
    return 4 + 4 * l->head.m;
}

/* An element's row in a layer from 1 on.  Before it lie the sizes of all elements up to it, and the rows of those before. */
static const unsigned char *upper_row(const struct load *l, uint64_t i, size_t layer)
{
    return element(l, l->head.n) + 4 * (i + 1) + (l->first[i] + layer - 1) * row_bytes(l);
}

static uint32_t level(const struct load *l, uint64_t i)
{
    return l->first[i + 1] - l->first[i];
}

/* The sizes behind the elements, up to the end of the file. */
static int read_levels(struct load *l, struct err *err)
{
    const struct hnswlibhead *h = &l->head;
    int rc = 0;
    uint64_t left = l->map.n - HNSWLIBHEAD_BYTES;
    if (h->n > left / h->element_bytes)
        return err_set(err, ERR_TRUNCATED, "truncated: %" PRIu64 " elements of %" PRIu64 " bytes in a file of %zu", h->n,
                       h->element_bytes, l->map.n);
    left -= h->n * h->element_bytes;
    TRY_NEW(l->first, MEM_ARRAY(uint32_t, h->n + 1, err));
    l->first[0] = 0;
    for (uint64_t i = 0; i < h->n; i++) {
        uint64_t at = l->map.n - left;
        if (left < 4)
            return err_set(err, ERR_TRUNCATED, "truncated: no link list of element %" PRIu64 " at byte %" PRIu64, i, at);
        uint32_t bytes = bytes_get_u32(l->map.p + at), levels = bytes / (uint32_t)row_bytes(l);
        if (bytes % row_bytes(l) != 0 || levels > (uint32_t)h->top)
            return err_set(err, ERR_DATA, "element %" PRIu64 ": link list of %" PRIu32 " bytes at byte %" PRIu64
                           ", expected at most %" PRId32 " times %zu", i, bytes, at, h->top, row_bytes(l));
        if (bytes > left - 4)
            return err_set(err, ERR_TRUNCATED, "truncated: the link list of element %" PRIu64 " at byte %" PRIu64 " has %" PRIu32
                           " bytes", i, at, bytes);
        if (levels > UINT32_MAX - l->first[i])
            return err_set(err, ERR_LIMIT, "more than %" PRIu32 " rows in upper layers", UINT32_MAX);
        l->first[i + 1] = l->first[i] + levels;
        left -= 4 + bytes;
    }
    if (left != 0)
        return err_set(err, ERR_DATA, "%" PRIu64 " bytes behind the end of the index", left);
    if (h->n > 0 && level(l, h->entry) != (uint32_t)h->top)
        return err_set(err, ERR_DATA, "entry point %" PRIu32 " is in layer %" PRIu32 ", expected in %" PRId32 ", the highest",
                       h->entry, level(l, h->entry), h->top);
out:
    return rc;
}

/* ---- nodes: the elements that are not deleted, in their order ---- */

static int number_nodes(struct load *l, struct err *err)
{
    struct graph *g = &l->f->graph;
    int rc = 0;
    uint32_t *first;
    TRY_NEW(l->number, MEM_ARRAY(uint32_t, l->head.n, err));
    for (uint64_t i = 0; i < l->head.n; i++)
        l->number[i] = element(l, i)[2] & HNSWLIBHEAD_DELETED ? GRAPH_NONE : (uint32_t)g->n++;
    l->f->counts.n_deleted = l->head.n - g->n;
    TRY_NEW(first, MEM_ARRAY(uint32_t, g->n + 1, err));
    g->first = first;
    first[0] = 0;
    g->entry = GRAPH_NONE;
    for (uint64_t i = 0; i < l->head.n; i++) {
        uint32_t node = l->number[i];
        if (node == GRAPH_NONE)
            continue;
        first[node + 1] = first[node] + level(l, i);
        if (level(l, i) >= g->n_layers || i == l->head.entry) {
            g->n_layers = level(l, i) + 1;
            g->entry = node;
        }
    }
    g->n_upper = first[g->n];
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
        memcpy(x, element(l, i) + l->head.vector_at, g->dim * sizeof *x);
        l->f->ids[l->number[i]] = bytes_get_u64(element(l, i) + l->head.label_at);
        size_t bad = kernel_first_not_finite(x, g->dim);
        if (bad < g->dim)
            return err_set(err, ERR_DATA, "element %" PRIu64 ": component %zu is not a finite number", i, bad);
        float square = -distance_one(&dot, x, x);
        if (g->metric == METRIC_COSINE && !(square > 0.998f && square < 1.002f))
            return err_set(err, ERR_DATA, "element %" PRIu64 " has length %g, metric cosine has 1: the index is of another",
                           i, (double)sqrtf(square));
    }
out:
    return rc;
}

/* ---- edges ---- */

/* A row of the file into row `to` of a table. */
static int read_row(struct load *l, uint64_t i, size_t layer, const unsigned char *p, struct link_table *t, size_t to,
                    const struct distance *d, struct err *err)
{
    const struct graph *g = &l->f->graph;
    uint64_t entries[GRAPH_MAX_SLOTS];
    size_t n = bytes_get_u16(p), kept = 0;
    const float *x = g->vectors + l->number[i] * g->stride;
    if (n > t->max_degree || bytes_get_u16(p + 2) != 0)
        return err_set(err, ERR_DATA, "element %" PRIu64 ": %zu links in layer %zu, flags %u: at most %zu, and none expected", i,
                       n, layer, bytes_get_u16(p + 2), t->max_degree);
    l->mark++;
    for (size_t j = 0; j < n; j++) {
        uint32_t other = bytes_get_u32(p + 4 + 4 * j);
        if (other >= l->head.n || level(l, other) < layer || other == i)
            return err_set(err, ERR_DATA, "element %" PRIu64 " has a link to %" PRIu32 " in layer %zu, which is %s", i, other,
                           layer, other == i ? "itself" : "not there");
        uint32_t node = l->number[other];
        if (node == GRAPH_NONE)
            continue;
        if (l->seen[other] == l->mark) {
            l->f->counts.n_twice++;
            continue;
        }
        l->seen[other] = l->mark;
        entries[kept++] = beam_key(distance_one(d, x, g->vectors + node * g->stride), node);
    }
    link_set(t, to, entries, kept, false);
    return 0;
}

static int read_edges(struct load *l, struct err *err)
{
    struct graph *g = &l->f->graph;
    struct distance d = distance_make(g->metric, g->dim);
    int rc = 0;
    TRY(link_init(&l->layer0, g->n, g->slots0, g->max_degree0, err));
    TRY(link_init(&l->upper, g->n_upper, g->slots, g->m, err));
    g->layer0 = l->layer0.rows;
    g->upper = l->upper.rows;
    TRY_NEW(l->seen, MEM_ZARRAY(uint32_t, l->head.n, err));
    for (uint64_t i = 0; i < l->head.n; i++) {
        if (l->number[i] == GRAPH_NONE)
            continue;
        TRY(read_row(l, i, 0, element(l, i), &l->layer0, l->number[i], &d, err));
        for (size_t layer = 1; layer <= level(l, i); layer++)
            TRY(read_row(l, i, layer, upper_row(l, i, layer), &l->upper, g->first[l->number[i]] + layer - 1, &d, err));
    }
out:
    return rc;
}

static int mend(struct load *l, struct err *err)
{
    struct graph *g = &l->f->graph;
    int rc = 0;
    size_t n_joined = 0;
    TRY(reach_all(g, &l->layer0, &n_joined, err));
    l->f->counts.n_joined = n_joined;
    TRY(link_finish(&l->layer0, g, false, 1, err));
    TRY(link_finish(&l->upper, g, true, 1, err));
    TRY(graph_check(g, NULL, err));
out:
    return rc;
}

int hnswlib_file_read(struct hnswlib_file *f, struct input *in, enum metric metric, struct err *err)
{
    struct load l = {.f = f};
    struct graph *g = &f->graph;
    const unsigned char *p;
    size_t got;
    int rc = 0;
    *f = (struct hnswlib_file){0};
    TRY(input_peek(in, HNSWLIBHEAD_BYTES, &p, &got, err));
    if (!hnswlibhead_sniff(p, got)) {
        rc = foreign_error(in, "an index of hnswlib", err);
        goto out;
    }
    TRY(mapfile_read(&l.map, in, err));
    l.head = hnswlibhead_get(l.map.p);
    TRY(check_head(&l.head, err));
    *g = (struct graph){.metric = metric, .dim = (l.head.label_at - l.head.vector_at) / sizeof(float), .m = l.head.m,
                        .max_degree0 = l.head.max_degree0, .slots0 = hnsw_slots(l.head.max_degree0),
                        .slots = hnsw_slots(l.head.m), .ef_construction = l.head.ef_construction};
    g->stride = hnsw_slots(g->dim);
    TRY(read_levels(&l, err));
    TRY(number_nodes(&l, err));
    TRY(read_vectors(&l, err));
    TRY(read_edges(&l, err));
    TRY(mend(&l, err));
out:
    g->layer0 = link_take(&l.layer0);
    g->upper = link_take(&l.upper);
    link_done(&l.layer0);
    link_done(&l.upper);
    mem_free(l.first);
    mem_free(l.number);
    mem_free(l.seen);
    if (l.map.p)
        mapfile_close(&l.map);
    if (rc) {
        hnswlib_file_done(f);
        if (rc == ERR_DATA || rc == ERR_LIMIT || rc == ERR_TRUNCATED)
            err_prefix(err, "%s: ", input_name(in));
    }
    return rc;
}

void hnswlib_file_done(struct hnswlib_file *f)
{
    graph_done(&f->graph);
    mem_free(f->vectors);
    mem_free(f->ids);
    *f = (struct hnswlib_file){0};
}
