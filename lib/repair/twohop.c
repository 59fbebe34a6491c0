#include "repair/twohop.h"
#include "base/mem.h"
#include "base/num.h"
#include "graph/beam.h"
#include "sys/par.h"

enum { CHUNK = 1 << 14 };          /* edges that are applied at once */
static const float SLACK = 1.1f;

struct twohop_worker {
    uint32_t *seen;                /* (n) u + 1 of the last u that saw a node */
    uint32_t *nodes;
    float *dist;
    uint64_t *keys;
    size_t cap_nodes, cap_dist, cap_keys;
};

struct twohop {
    struct extra *x;
    struct distance d;
    uint64_t *kept;                /* (n, max_extra) a node's candidates: [ ratio | node ], ascending */
    uint16_t *n_kept;              /* (n) */
    struct twohop_worker *workers; /* (n_threads) */
};

/* The base neighbours of node: their number, at most slots0. */
static int base_neighbours(const struct extra *x, uint32_t node, uint32_t *out, size_t *n, struct err *err)
{
    const uint32_t *row = x->rows + node * x->g.slots0;
    for (size_t i = 0; i < x->degree[node]; i++) {
        if (row[i] >= x->g.n)
            return err_set(err, ERR_DATA, "damaged index: node %u has a neighbour out of range", node);
        if (edge_kind(x->edges[node * x->g.slots0 + i]) == EDGE_BASE)
            out[(*n)++] = row[i];
    }
    return 0;
}

/* What lies behind the first n of w->nodes and is no neighbour of u; *n grows. */
static int take_second(struct twohop *t, struct twohop_worker *w, uint32_t u, size_t *n, struct err *err)
{
    const struct extra *x = t->x;
    size_t n_first = *n, kept = *n;
    w->seen[u] = u + 1;
    for (size_t i = 0; i < x->degree[u]; i++)
        w->seen[x->rows[u * x->g.slots0 + i]] = u + 1;
    for (size_t i = 0; i < n_first; i++) {
        size_t end = kept;
        int rc = mem_reserve(&w->nodes, &w->cap_nodes, kept + x->g.slots0, sizeof *w->nodes, err);
        if (rc || (rc = base_neighbours(x, w->nodes[i], w->nodes, &end, err)) != 0)
            return rc;
        for (size_t j = kept; j < end; j++)
            if (w->seen[w->nodes[j]] != u + 1) {
                w->seen[w->nodes[j]] = u + 1;
                w->nodes[kept++] = w->nodes[j];
            }
    }
    *n = kept;
    return 0;
}

static int gather_one(void *ctx, size_t i, int worker, struct err *err)
{
    int rc = 0;
    struct twohop *t = ctx;
    const struct extra *x = t->x;
    struct twohop_worker *w = &t->workers[worker];
    uint32_t u = (uint32_t)i;
    size_t n_first = 0, n, n_keys = 0, room = x->o.max_extra - num_min_size(x->n_extra[u], x->o.max_extra);
    float mean = 0;
    TRY(mem_reserve(&w->nodes, &w->cap_nodes, x->g.slots0, sizeof *w->nodes, err));
    TRY(base_neighbours(x, u, w->nodes, &n_first, err));
    n = n_first;
    TRY(take_second(t, w, u, &n, err));
    TRY(mem_reserve(&w->dist, &w->cap_dist, n, sizeof *w->dist, err));
    TRY(mem_reserve(&w->keys, &w->cap_keys, n, sizeof *w->keys, err));
    distance_gather(&t->d, x->g.vectors + u * x->g.stride, x->g.vectors, x->g.stride, w->nodes, n, w->dist);
    for (size_t j = 0; j < n_first; j++)
        mean += w->dist[j] / (float)n_first;
    for (size_t j = n_first; j < n; j++)
        if (w->dist[j] <= SLACK * mean)
            w->keys[n_keys++] = beam_key(mean > 0 ? w->dist[j] / mean : 0, w->nodes[j]);
    beam_sort(w->keys, n_keys);
    t->n_kept[u] = (uint16_t)num_min_size(n_keys, room);
    for (size_t j = 0; j < t->n_kept[u]; j++)
        t->kept[u * x->o.max_extra + j] = w->keys[j];
out:
    return rc;
}

/* How many candidates have a ratio whose bits are at most `most`. */
static uint64_t count_up_to(const struct twohop *t, uint64_t most)
{
    uint64_t n = 0;
    for (size_t u = 0; u < t->x->g.n; u++)
        for (size_t j = 0; j < t->n_kept[u] && t->kept[u * t->x->o.max_extra + j] >> 32 <= most; j++)
            n++;
    return n;
}

/* The least ratio up to which there are n_edges candidates, by its bits; beyond all where there are fewer. */
static uint64_t find_threshold(const struct twohop *t, uint64_t n_edges)
{
    uint64_t low = 0, high = (uint64_t)1 << 32;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (count_up_to(t, middle) >= n_edges)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static int apply_all(struct twohop *t, uint64_t n_edges, int n_threads, uint64_t *n_added, struct err *err)
{
    int rc = 0;
    struct extra *x = t->x;
    uint64_t threshold = find_threshold(t, n_edges), equal = threshold ? n_edges - count_up_to(t, threshold - 1) : n_edges;
    size_t n = 0;
    struct extra_edge *edges = NULL;
    TRY_NEW(edges, MEM_ARRAY(struct extra_edge, CHUNK + EXTRA_MAX, err));
    for (size_t u = 0; u < x->g.n; u++) {
        for (size_t j = 0; j < t->n_kept[u]; j++) {
            uint64_t key = t->kept[u * x->o.max_extra + j];
            if (key >> 32 > threshold || (key >> 32 == threshold && equal == 0))
                break;
            equal -= key >> 32 == threshold;
            edges[n++] = (struct extra_edge){.from = (uint32_t)u, .to = beam_node(key),
                                             .edge = edge_make(EDGE_LINK, EDGE_UNREACHABLE)};
        }
        if (n < CHUNK && u + 1 < x->g.n)
            continue;
        TRY(extra_apply(x, edges, n, n_threads, err));
        for (size_t j = 0; j < n; j++)
            *n_added += edges[j].added;
        n = 0;
    }
out:
    mem_free(edges);
    return rc;
}

int twohop_add(struct extra *x, uint64_t n_edges, int n_threads, uint64_t *n_added, struct err *err)
{
    int rc = 0;
    struct twohop t = {.x = x, .d = distance_make(METRIC_L2, x->g.dim)};
    *n_added = 0;
    TRY_NEW(t.kept, mem_slab(x->g.n, x->o.max_extra * sizeof *t.kept, err));
    TRY_NEW(t.n_kept, MEM_ARRAY(uint16_t, x->g.n, err));
    TRY_NEW(t.workers, MEM_ZARRAY(struct twohop_worker, (size_t)n_threads, err));
    for (int i = 0; i < n_threads; i++)
        TRY_NEW(t.workers[i].seen, MEM_ZARRAY(uint32_t, x->g.n, err));
    TRY(par_for(n_threads, x->g.n, gather_one, &t, err));
    TRY(apply_all(&t, n_edges ? n_edges : UINT64_MAX, n_threads, n_added, err));
out:
    for (int i = 0; t.workers && i < n_threads; i++) {
        mem_free(t.workers[i].seen);
        mem_free(t.workers[i].nodes);
        mem_free(t.workers[i].dist);
        mem_free(t.workers[i].keys);
    }
    mem_free(t.workers);
    mem_free(t.kept);
    mem_free(t.n_kept);
    return rc;
}
