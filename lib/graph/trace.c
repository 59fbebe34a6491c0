#include "graph/trace.h"
#include "base/mem.h"
#include "base/num.h"

#include <math.h>

enum { MOST_EARLY = 1000 };

static const struct { const char *name; enum column_type type; size_t offset; } columns[TRACE_COLUMNS] = {
#define COLUMN(name, type) {#name, type, offsetof(struct trace_features, name)}
    COLUMN(t_last, COLUMN_U32), COLUMN(n_inserts, COLUMN_U32), COLUMN(r_visit, COLUMN_F32), COLUMN(r_early, COLUMN_F32),
    COLUMN(d_first, COLUMN_F32), COLUMN(d_early, COLUMN_F32), COLUMN(d_final, COLUMN_F32), COLUMN(d_best_cand, COLUMN_F32),
    COLUMN(delta_improve, COLUMN_F32),
#undef COLUMN
};

static void seen(struct beam_watch *watch, struct beam *b, uint32_t from, const uint32_t *nodes, const float *dist, size_t n)
{
    struct trace *t = (struct trace *)watch;
    struct topk *top = &t->nearest;
    float before = top->n == top->k ? top->heap[0].dist : INFINITY;
    if (t->n_seen == 0)
        t->f.d_first = dist[0];
    if (from != GRAPH_NONE) {
        t->expanded[from >> 6] |= (uint64_t)1 << (from & 63);
        t->looked[t->n_looked++] = from;
    }
    for (size_t i = 0; i < n; i++) {
        t->seen[t->n_seen++] = beam_key(dist[i], nodes[i]);
        if (top->n == top->k && !(dist[i] < top->heap[0].dist))
            continue;
        topk_push(top, (struct neighbour){dist[i], nodes[i]});
        t->f.n_inserts++;
    }
    if (top->n < top->k)
        return;
    t->f.d_final = top->heap[0].dist;
    if (t->f.d_final < before)
        t->f.t_last = b->ndc;
    if (!t->has_early && b->ndc >= t->early) {
        t->has_early = true;
        t->f.d_early = t->f.d_final;
    }
}

int trace_init(struct trace *t, size_t n, size_t k, struct err *err)
{
    int rc = 0;
    *t = (struct trace){.watch = {.seen = seen}};
    TRY_NEW(t->heap, MEM_ARRAY(struct neighbour, k, err));
    TRY_NEW(t->seen, MEM_SLAB(uint64_t, n, err));
    TRY_NEW(t->looked, MEM_SLAB(uint32_t, n, err));
    TRY_NEW(t->expanded, MEM_SLAB(uint64_t, n / 64 + 1, err));
out:
    return rc;
}

void trace_done(struct trace *t)
{
    mem_free(t->heap);
    mem_free(t->seen);
    mem_free(t->looked);
    mem_free(t->expanded);
    *t = (struct trace){0};
}

static void finish(struct trace *t, const struct beam *b, size_t ef)
{
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i < t->n_seen; i++) {
        uint32_t node = beam_node(t->seen[i]);
        if (t->seen[i] < best && !(t->expanded[node >> 6] >> (node & 63) & 1))
            best = t->seen[i];
    }
    for (size_t i = 0; i < t->n_looked; i++)
        t->expanded[t->looked[i] >> 6] = 0;
    struct trace_features *f = &t->f;
    if (!t->has_early)
        f->d_early = f->d_final;
    f->d_best_cand = best == UINT64_MAX ? f->d_final : beam_dist(best);
    f->r_visit = (float)b->ndc / (float)ef;
    f->r_early = b->ndc ? (float)f->t_last / (float)b->ndc : 0;
    f->delta_improve = (f->d_early - f->d_final) / (fabsf(f->d_early) + 1e-6f);
}

int trace_search(struct trace *t, struct beam *b, const struct graph *g, const float *q, size_t width, size_t k, size_t ef,
                 struct err *err)
{
    t->f = (struct trace_features){0};
    t->n_seen = t->n_looked = 0;
    t->has_early = false;
    t->early = num_min_size((ef + 4) / 5, MOST_EARLY);
    topk_init(&t->nearest, t->heap, k);
    b->watch = &t->watch;
    int rc = beam_search(b, g, q, width, err);
    b->watch = NULL;
    finish(t, b, ef);
    return rc;
}

int trace_add_columns(struct header *h, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < TRACE_COLUMNS && rc == 0; i++)
        rc = header_add_column(h, columns[i].name, columns[i].type, 1, err);
    return rc;
}

void trace_cells(const struct trace_features *f, struct cell cells[TRACE_COLUMNS])
{
    for (size_t i = 0; i < TRACE_COLUMNS; i++)
        cells[i] = (struct cell){(const char *)f + columns[i].offset, 1};
}
