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

/* Of a row's nodes that did not come into the full pool the nearest is enough: a minimum without branches, which would be guessed
 * wrong one time in five.  Where a distance is the worst one's, the order of nodes decides. */
static void keep_out(struct trace *t, const uint32_t *nodes, const float *dist, size_t n)
{
    const float worst = beam_dist(t->worst);
    float nearest = t->nearest_out;
    bool tie = false;
    for (size_t i = 0; i < n; i++) {
        const float out = dist[i] > worst ? dist[i] : INFINITY;
        nearest = out < nearest ? out : nearest;
        tie |= dist[i] == worst;
    }
    for (size_t i = 0; tie && i < n; i++)
        if (dist[i] == worst && beam_key(dist[i], nodes[i]) > t->worst)
            nearest = fminf(nearest, worst);
    t->nearest_out = nearest;
}

static void seen(struct beam_watch *watch, struct beam *b, uint32_t from, const uint32_t *nodes, const float *dist, size_t n)
{
    struct trace *t = (struct trace *)watch;
    uint64_t *in = t->in + t->n_in;    /* kept: what came into the pool may fall out of it and not have been looked around */
    size_t n_in = from == GRAPH_NONE ? n : b->n_fresh;
    if (from == GRAPH_NONE) {
        if (t->n_in == 0)
            t->f.d_first = dist[0];
        *in = beam_key(*dist, *nodes);
    } else {
        t->looked[t->n_looked++] = from;
        memcpy(in, b->fresh, n_in * sizeof *in);
        if (n_in < n)
            keep_out(t, nodes, dist, n);
    }
    t->n_in += n_in;
    t->worst = b->n == b->ef ? b->pool[b->n - 1] | 1 : UINT64_MAX;
    if (b->n < t->k) {
        t->f.n_inserts += (uint32_t)n_in;
        return;
    }
    uint64_t kth = b->pool[t->k - 1] | 1;
    if (kth != t->kth) {
        for (size_t i = 0; i < n_in; i++)
            t->f.n_inserts += in[i] < kth;
        if (t->kth == UINT64_MAX || beam_dist(kth) < t->f.d_final)
            t->f.t_last = b->ndc;
        t->kth = kth;
        t->f.d_final = beam_dist(kth);
    }
    if (!t->has_early && b->ndc >= t->early) {
        t->has_early = true;
        t->f.d_early = t->f.d_final;
    }
}

int trace_init(struct trace *t, size_t n, struct err *err)
{
    int rc = 0;
    *t = (struct trace){.watch = {.seen = seen}};
    TRY_NEW(t->in, MEM_SLAB(uint64_t, n + 1, err));
    TRY_NEW(t->looked, MEM_SLAB(uint32_t, n, err));
    TRY_NEW(t->expanded, MEM_SLAB(uint64_t, n / 64 + 1, err));
out:
    return rc;
}

void trace_done(struct trace *t)
{
    mem_free(t->in);
    mem_free(t->looked);
    mem_free(t->expanded);
    *t = (struct trace){0};
}

void trace_begin(struct trace *t, struct beam *b, size_t k, size_t ef)
{
    t->f = (struct trace_features){0};
    t->n_in = t->n_looked = 0;
    t->has_early = false;
    t->k = k;
    t->ef = ef;
    t->early = num_min_size((ef + 4) / 5, MOST_EARLY);
    t->worst = t->kth = UINT64_MAX;
    t->nearest_out = INFINITY;
    b->watch = &t->watch;
}

void trace_end(struct trace *t, struct beam *b)
{
    struct trace_features *f = &t->f;
    uint64_t best = UINT64_MAX;
    b->watch = NULL;
    for (size_t i = 0; i < t->n_looked; i++)
        t->expanded[t->looked[i] >> 6] |= (uint64_t)1 << (t->looked[i] & 63);
    for (size_t i = 0; i < t->n_in; i++) {
        uint32_t node = beam_node(t->in[i]);
        if (t->in[i] < best && !(t->expanded[node >> 6] >> (node & 63) & 1))
            best = t->in[i];
    }
    for (size_t i = 0; i < t->n_looked; i++)
        t->expanded[t->looked[i] >> 6] = 0;
    if (!t->has_early)
        f->d_early = f->d_final;
    float best_dist = fminf(t->nearest_out, best == UINT64_MAX ? INFINITY : beam_dist(best));
    f->d_best_cand = isinf(best_dist) ? f->d_final : best_dist;
    f->r_visit = (float)b->ndc / (float)t->ef;
    f->r_early = b->ndc ? (float)f->t_last / (float)b->ndc : 0;
    f->delta_improve = (f->d_early - f->d_final) / (fabsf(f->d_early) + 1e-6f);
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
