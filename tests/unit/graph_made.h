/* graph_made - small base sets and graphs over them, for the tests of lib/graph. */
#ifndef GRAPH_MADE_H
#define GRAPH_MADE_H

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "graph/beam.h"
#include "graph/hnsw.h"
#include "vec/kernel.h"

#include <stdlib.h>

enum made_kind { MADE_NORMAL, MADE_INTEGER, MADE_SAME, MADE_TWO, MADE_SORTED };

struct made {
    struct graph g;
    float *x;
    uint64_t *ids;
};

static inline float made_value(enum made_kind kind, uint64_t row, size_t j, size_t dim)
{
    switch (kind) {
    case MADE_NORMAL:
        return (float)rng_normal(1, RNG_TEST, row * dim + j);
    case MADE_INTEGER:
        return (float)rng_below(2, RNG_TEST, row * dim + j, 3);
    case MADE_SAME:
        return 1.5f;
    case MADE_TWO:
        return row % 3 == 0 ? 1.0f : (float)j;
    case MADE_SORTED:
        return j == 0 ? (float)row : 0.25f;
    }
    return 0;
}

/* n vectors without edges.  Ids fall, so that (dist, id) and (dist, node) are different orders. */
static inline struct made made_base(enum metric metric, enum made_kind kind, size_t n, size_t dim)
{
    struct err err = {0};
    struct made m = {.g = {.metric = metric, .n = n, .dim = dim, .stride = (dim + 15) / 16 * 16}};
    m.x = MEM_SLAB(float, n * m.g.stride, &err);
    m.ids = MEM_ARRAY(uint64_t, n, &err);
    if (!m.x || !m.ids)
        exit(99);
    for (size_t i = 0; i < n; i++) {
        m.ids[i] = 1000 + n - i;
        for (size_t j = 0; j < dim; j++)
            m.x[i * m.g.stride + j] = made_value(kind, i, j, dim);
        if (metric == METRIC_COSINE && !kernel_normalise(m.x + i * m.g.stride, dim))
            m.x[i * m.g.stride] = 1;
    }
    m.g.vectors = m.x;
    m.g.ids = m.ids;
    return m;
}

static inline struct made made_graph(enum metric metric, enum made_kind kind, size_t n, size_t dim, size_t m, size_t ef,
                                     int n_threads)
{
    struct err err = {0};
    struct made made = made_base(metric, kind, n, dim);
    struct hnsw_options o = {.m = m, .ef_construction = ef, .seed = 7, .n_threads = n_threads};
    CHECK_OK(hnsw_build(&made.g, &o, &err), &err);
    return made;
}

static inline void made_done(struct made *m)
{
    graph_done(&m->g);
    mem_free(m->x);
    mem_free(m->ids);
}

/* Query number i of a set, in storage of its own. */
static inline const float *made_query(const struct made *m, enum made_kind kind, uint64_t i)
{
    static float q[1024];
    for (size_t j = 0; j < m->g.dim; j++)
        q[j] = made_value(kind, 1000000 + i, j, m->g.dim);
    if (m->g.metric == METRIC_COSINE && !kernel_normalise(q, m->g.dim))
        q[0] = 1;
    return q;
}

/* What beam_search does before layer 0: b's pool holds what that layer starts from. */
static inline void made_descend(struct beam *b, const struct graph *g, const float *q)
{
    struct err err = {0};
    beam_start(b, q);
    beam_enter(b, g, g->entry);
    uint64_t entry = b->pool[0];
    for (size_t layer = g->n_layers - 1; layer > 0; layer--)
        CHECK_OK(beam_layer(b, g, layer, 1, &err), &err);
    beam_offer(b, entry);
}

#endif
