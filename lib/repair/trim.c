#include "repair/trim.h"
#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"

struct trim_worker {
    struct beam_watch watch;       /* first: beam.watch points here */
    struct beam beam;
    struct trim *trim;
    uint32_t *parent;              /* (n) of each node that the search at hand has seen: from where; others: of earlier ones */
};

/* Counters are shared by threads; what is added does not depend on the order. */
static void count(uint32_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* Nodes come in the order of their row. */
static void seen(struct beam_watch *watch, struct beam *b, uint32_t from, const uint32_t *nodes, const float *dist, size_t n)
{
    struct trim_worker *w = (struct trim_worker *)watch;
    const struct extra *x = w->trim->x;
    (void)b, (void)dist;
    for (size_t i = 0; i < n; i++)
        w->parent[nodes[i]] = from;
    if (from == GRAPH_NONE || x->n_extra[from] == 0)
        return;
    size_t row = from * x->g.slots0, at = 0;
    for (size_t i = 0; i < n; i++, at++) {
        while (x->rows[row + at] != nodes[i])
            at++;
        if (edge_kind(x->edges[row + at]) != EDGE_BASE)
            count(&w->trim->costs[row + at]);
    }
}

int trim_init(struct trim *t, struct extra *x, size_t ef, size_t k, int n_threads, struct err *err)
{
    int rc = 0;
    const struct codes *codes = x->g.codes.type == CODES_NONE ? NULL : &x->g.codes;
    *t = (struct trim){.x = x, .ef = num_max_size(1, num_min_size(ef, x->g.n)), .k = k, .n_threads = n_threads};
    TRY_NEW(t->uses, mem_zalloc(x->g.n, x->g.slots0 * sizeof *t->uses, err));
    TRY_NEW(t->costs, mem_zalloc(x->g.n, x->g.slots0 * sizeof *t->costs, err));
    TRY_NEW(t->workers, MEM_ZARRAY(struct trim_worker, (size_t)n_threads, err));
    for (int i = 0; i < n_threads; i++) {
        struct trim_worker *w = &t->workers[i];
        w->watch.seen = seen;
        w->trim = t;
        TRY(beam_init(&w->beam, &x->g, codes, t->ef, err));
        w->beam.watch = &w->watch;
        TRY_NEW(w->parent, MEM_ARRAY(uint32_t, x->g.n, err));
    }
out:
    return rc;
}

void trim_done(struct trim *t)
{
    for (int i = 0; t->workers && i < t->n_threads; i++) {
        beam_done(&t->workers[i].beam);
        mem_free(t->workers[i].parent);
    }
    mem_free(t->workers);
    mem_free(t->uses);
    mem_free(t->costs);
    *t = (struct trim){0};
}

/* Count the edges by which node was found; the path is cut behind it, so that an edge counts once a query. */
static void follow(struct trim_worker *w, uint32_t node)
{
    const struct extra *x = w->trim->x;
    for (uint32_t from; (from = w->parent[node]) != GRAPH_NONE; node = from) {
        size_t row = from * x->g.slots0, at = 0;
        while (x->rows[row + at] != node)
            at++;
        if (edge_kind(x->edges[row + at]) != EDGE_BASE)
            count(&w->trim->uses[row + at]);
        w->parent[node] = GRAPH_NONE;
    }
}

static int search_one(void *ctx, size_t i, int worker, struct err *err)
{
    struct trim *t = ctx;
    struct trim_worker *w = &t->workers[worker];
    int rc = beam_search(&w->beam, &t->x->g, t->q + i * t->stride, t->ef, err);
    if (rc)
        return rc;
    beam_rerank(&w->beam, &t->x->g, t->ef);
    for (size_t j = 0; j < w->beam.n && j < t->k; j++)
        follow(w, beam_at(&w->beam, j).id);
    return 0;
}

int trim_searches(struct trim *t, const float *q, size_t stride, size_t n, struct err *err)
{
    t->q = q;
    t->stride = stride;
    return par_for(t->n_threads, n, search_one, t, err);
}

size_t trim_apply(struct trim *t, double ratio)
{
    size_t gone = 0;
    for (size_t i = 0; i < t->x->g.n; i++) {
        size_t row = i * t->x->g.slots0, n = t->x->degree[i], kept = 0;
        for (size_t j = row; j < row + n; j++)
            if (edge_kind(t->x->edges[j]) == EDGE_BASE || (t->uses[j] > 0 && t->uses[j] * ratio >= t->costs[j])) {
                t->x->rows[row + kept] = t->x->rows[j];
                t->x->edges[row + kept++] = t->x->edges[j];
            }
        for (size_t j = row + kept; j < row + n; j++) {
            t->x->rows[j] = GRAPH_NONE;
            t->x->edges[j] = 0;
        }
        gone += n - kept;
        t->x->degree[i] = (uint16_t)kept;
        t->x->n_extra[i] = (uint16_t)(t->x->n_extra[i] - (n - kept));
    }
    return gone;
}
