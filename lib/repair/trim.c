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

static bool counts(const struct trim *t, size_t place)
{
    return t->base || edge_kind(t->x->edges[place]) != EDGE_BASE;
}

/* Nodes come in the order of their row. */
static void seen(struct beam_watch *watch, struct beam *b, uint32_t from, const uint32_t *nodes, const float *dist, size_t n)
{
    struct trim_worker *w = (struct trim_worker *)watch;
    const struct extra *x = w->trim->x;
    (void)b, (void)dist;
    for (size_t i = 0; i < n; i++)
        w->parent[nodes[i]] = from;
    if (from == GRAPH_NONE || (x->n_extra[from] == 0 && !w->trim->base))
        return;
    size_t row = from * x->g.slots0, at = 0;
    for (size_t i = 0; i < n; i++, at++) {
        while (x->rows[row + at] != nodes[i])
            at++;
        if (counts(w->trim, row + at))
            count(&w->trim->costs[row + at]);
    }
}

int trim_init(struct trim *t, struct extra *x, size_t ef, size_t k, bool base, int n_threads, struct err *err)
{
    int rc = 0;
    const struct codes *codes = x->g.codes.type == CODES_NONE ? NULL : &x->g.codes;
    *t = (struct trim){.x = x, .ef = num_max_size(1, num_min_size(ef, x->g.n)), .k = k, .n_threads = n_threads, .base = base};
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
        if (counts(w->trim, row + at))
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

static bool pays(const struct trim *t, size_t place, double ratio)
{
    return !counts(t, place) || (t->uses[place] > 0 && t->uses[place] * ratio >= t->costs[place]);
}

/* One node of the walk: what its edges lead to, of those that are kept, or of the others, which are kept then. */
static void walk_row(struct trim *t, uint32_t node, double ratio, bool kept, uint8_t *reached, uint32_t *queue, size_t *n)
{
    const struct extra *x = t->x;
    size_t row = node * x->g.slots0;
    for (size_t j = row; j < row + x->degree[node]; j++) {
        if (reached[x->rows[j]] || pays(t, j, ratio) != kept)
            continue;
        if (!kept) {
            t->uses[j] = 1;
            t->costs[j] = 0;       /* it pays from now on */
        }
        reached[x->rows[j]] = 1;
        queue[(*n)++] = x->rows[j];
        if (!kept)
            return;
    }
}

/* Every node stays reachable: where the walk ends early, one edge after the other comes back, and it goes on. */
static int keep_reachable(struct trim *t, double ratio, struct err *err)
{
    int rc = 0;
    const struct graph *g = &t->x->g;
    uint32_t *queue = NULL;
    uint8_t *reached = NULL;
    size_t n = 0;
    TRY_NEW(queue, MEM_ARRAY(uint32_t, g->n, err));
    TRY_NEW(reached, MEM_ZARRAY(uint8_t, g->n, err));
    reached[g->entry] = 1;
    queue[n++] = g->entry;
    for (size_t walked = 0, asked = 0; asked < n;)
        if (walked < n) {
            walk_row(t, queue[walked++], ratio, true, reached, queue, &n);
        } else {
            size_t before = n;
            walk_row(t, queue[asked], ratio, false, reached, queue, &n);
            asked += n == before;
        }
out:
    mem_free(queue);
    mem_free(reached);
    return rc;
}

int trim_apply(struct trim *t, double ratio, uint64_t *n_gone, struct err *err)
{
    struct extra *x = t->x;
    int rc = t->base && x->g.n > 0 ? keep_reachable(t, ratio, err) : 0;
    for (size_t i = 0; i < x->g.n && rc == 0; i++) {
        size_t row = i * x->g.slots0, n = x->degree[i], kept = row;
        x->n_extra[i] = 0;
        for (size_t j = row; j < row + n; j++)
            if (pays(t, j, ratio)) {
                x->rows[kept] = x->rows[j];
                x->edges[kept] = x->edges[j];
                t->uses[kept] = t->uses[j];
                t->costs[kept++] = t->costs[j];
                x->n_extra[i] = (uint16_t)(x->n_extra[i] + (edge_kind(x->edges[j]) != EDGE_BASE));
            }
        for (size_t j = kept; j < row + n; j++) {
            x->rows[j] = GRAPH_NONE;
            x->edges[j] = 0;
        }
        *n_gone += row + n - kept;
        x->degree[i] = (uint16_t)(kept - row);
    }
    return rc;
}
