#include "repair/rfix.h"
#include "base/mem.h"
#include "base/num.h"

int rfix_init(struct rfix *r, const struct graph *g, size_t max_nq, size_t ef, size_t max_edges, struct err *err)
{
    int rc = 0;
    const struct codes *codes = g->codes.type == CODES_NONE ? NULL : &g->codes;
    *r = (struct rfix){.g = g, .prune = prune_exact(g), .ef = num_min_size(ef, num_max_size(g->n, 1)),
                       .max_edges = max_edges};
    TRY(beam_init(&r->beam, g, codes, num_max_size(r->ef, max_nq), err));
    TRY_NEW(r->candidates, MEM_ARRAY(uint64_t, r->beam.max_ef + max_nq, err));
out:
    return rc;
}

void rfix_done(struct rfix *r)
{
    beam_done(&r->beam);
    mem_free(r->candidates);
    *r = (struct rfix){0};
}

/* Nodes nearer to the query than u is, by their distance to u. */
static size_t gather(struct rfix *r, const struct neighbour *u, const uint32_t *near, size_t nq)
{
    const struct distance *d = &r->prune.distance;
    const float *x = r->g->vectors + u->id * r->g->stride;
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < r->beam.n; i++) {
        struct neighbour c = beam_at(&r->beam, i);
        if (c.dist < u->dist)
            r->candidates[n++] = beam_key(distance_one(d, x, r->g->vectors + c.id * r->g->stride), c.id);
    }
    for (size_t i = 0; i < nq; i++)
        if (near[i] != u->id)
            r->candidates[n++] = beam_key(distance_one(d, x, r->g->vectors + near[i] * r->g->stride), near[i]);
    beam_sort(r->candidates, n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || r->candidates[i] != r->candidates[i - 1])
            r->candidates[kept++] = r->candidates[i];
    return kept;
}

int rfix_query(struct rfix *r, const float *q, const uint32_t *near, size_t nq, bool choose, struct err *err)
{
    struct beam *b = &r->beam;
    r->n_edges = 0;
    int rc = beam_search(b, r->g, q, nq, err);
    if (rc)
        return rc;
    beam_rerank(b, r->g, nq);
    struct neighbour u = beam_at(b, 0);
    r->from = u.id;
    r->reached = u.dist <= distance_one(&b->distance, q, r->g->vectors + near[nq - 1] * r->g->stride);
    if (r->reached || !choose)
        return 0;
    beam_start(b, q);
    beam_enter(b, r->g, u.id);
    if ((rc = beam_layer(b, r->g, 0, r->ef, err)) != 0)
        return rc;
    beam_rerank(b, r->g, r->ef);
    r->n_edges = prune_select(&r->prune, r->candidates, gather(r, &u, near, nq), r->max_edges, r->kept);
    return 0;
}
