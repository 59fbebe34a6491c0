#include "repair/lhp.h"
#include "base/mem.h"
#include "base/num.h"

static void seen(struct beam_watch *watch, struct beam *b, uint32_t from, const uint32_t *nodes, const float *dist, size_t n)
{
    struct lhp *l = (struct lhp *)watch;
    (void)dist;
    if (from != GRAPH_NONE && l->n_frontier < LHP_FRONTIER)
        l->frontier[l->n_frontier++] = from;
    for (size_t i = 0; i < n; i++)
        if (l->target[nodes[i]])
            l->when[l->target[nodes[i]] - 1] = b->ndc;
}

int lhp_init(struct lhp *l, const struct graph *g, size_t max_nq, struct err *err)
{
    int rc = 0;
    const struct codes *codes = g->codes.type == CODES_NONE ? NULL : &g->codes;
    *l = (struct lhp){.watch.seen = seen, .g = g, .distance = distance_make(g->metric, g->dim)};
    TRY(beam_init(&l->beam, g, codes, max_nq, err));
    l->beam.watch = &l->watch;
    TRY_NEW(l->target, MEM_ZARRAY(uint16_t, g->n, err));
    TRY_NEW(l->when, MEM_ARRAY(uint32_t, max_nq, err));
    TRY_NEW(l->dist, MEM_ARRAY(float, num_max_size(g->slots0, LHP_FRONTIER), err));
out:
    return rc;
}

void lhp_done(struct lhp *l)
{
    beam_done(&l->beam);
    mem_free(l->target);
    mem_free(l->when);
    mem_free(l->dist);
    *l = (struct lhp){0};
}

/* The node of the frontier that is nearest to x, and how near. */
static uint32_t nearest(struct lhp *l, const float *x, float *dist)
{
    size_t best = 0;
    distance_gather(&l->distance, x, l->g->vectors, l->g->stride, l->frontier, l->n_frontier, l->dist);
    for (size_t i = 1; i < l->n_frontier; i++)
        if (l->dist[i] < l->dist[best])
            best = i;
    *dist = l->dist[best];
    return l->frontier[best];
}

/* Does a neighbour of node lie nearer to x than dist?  The search has read the row, so it is sound. */
static bool has_nearer(struct lhp *l, uint32_t node, const float *x, float dist)
{
    const uint32_t *row = l->g->layer0 + node * l->g->slots0;
    size_t n = 0;
    while (n < l->g->slots0 && row[n] != GRAPH_NONE)
        n++;
    distance_gather(&l->distance, x, l->g->vectors, l->g->stride, row, n, l->dist);
    for (size_t i = 0; i < n; i++)
        if (l->dist[i] < dist)
            return true;
    return false;
}

int lhp_choose(struct lhp *l, const float *q, const uint32_t *near, size_t nq, struct err *err)
{
    size_t n_hard = 0;
    l->n_edges = l->n_frontier = 0;
    if (nq == 0)
        return 0;
    for (size_t i = 0; i < nq; i++) {
        l->when[i] = UINT32_MAX;
        l->target[near[i]] = (uint16_t)(i + 1);
    }
    int rc = beam_search(&l->beam, l->g, q, nq, err);
    for (size_t i = 0; i < nq; i++)
        l->target[near[i]] = 0;
    for (size_t i = 0; i < nq && n_hard < LHP_KAPPA && l->n_frontier > 0 && rc == 0; i++) {
        const float *x = l->g->vectors + near[i] * l->g->stride;
        float dist;
        if (l->when[i] <= l->beam.ndc / 2)
            continue;
        n_hard++;
        uint32_t from = nearest(l, x, &dist);
        if (from != near[i] && !has_nearer(l, from, x, dist))
            l->edges[l->n_edges++] =
                (struct lhp_edge){from, near[i], (uint16_t)(l->when[i] == UINT32_MAX ? EDGE_UNREACHABLE : i + 1)};
    }
    return rc;
}
