#include "graph/prune.h"
#include "graph/beam.h"

/* Is some kept one nearer to c than c is to the node? */
static bool dominated(const struct graph *g, const struct distance *d, uint64_t c, const uint64_t *kept, size_t n)
{
    const float *q = g->vectors + beam_node(c) * g->stride, *x[4];
    float limit = beam_dist(c), out[4];
    size_t waiting = 0;
    for (size_t i = 0; i < n; i++) {
        if (c & kept[i] & PRUNE_CLEAN)
            continue;
        x[waiting++] = g->vectors + beam_node(kept[i]) * g->stride;
        if (waiting < 4)
            continue;
        waiting = 0;
        distance_four(d, q, x, out);
        if (out[0] < limit || out[1] < limit || out[2] < limit || out[3] < limit)
            return true;
    }
    for (size_t i = 0; i < waiting; i++)
        if (distance_one(d, q, x[i]) < limit)
            return true;
    return false;
}

size_t prune_select(const struct graph *g, const struct distance *d, const uint64_t *candidates, size_t n,
                    size_t max, uint64_t *kept)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < n && n_kept < max; i++)
        if (!dominated(g, d, candidates[i], kept, n_kept))
            kept[n_kept++] = candidates[i];
    return n_kept;
}
