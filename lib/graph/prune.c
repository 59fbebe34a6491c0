#include "graph/prune.h"
#include "graph/beam.h"

struct prune prune_make(const struct graph *g, const struct codes *codes, const struct codes_query *folded)
{
    return (struct prune){.g = g, .distance = distance_make(g->metric, g->dim), .codes = codes, .folded = folded};
}

void prune_distances(const struct prune *p, uint32_t node, const uint32_t *nodes, size_t n, float *out)
{
    const struct graph *g = p->g;
    if (!p->codes) {
        distance_gather(&p->distance, g->vectors + node * g->stride, g->vectors, g->stride, nodes, n, out);
        return;
    }
    if (n > 4)
        codes_fetch(p->codes, nodes, n);
    codes_estimates(p->codes, &p->folded[node], nodes, n, out);
}

/* Is one of these four nodes nearer to c than limit?  (Fewer than four: filled with the first.) */
static bool any_nearer(const struct prune *p, uint32_t c, const uint32_t nodes[4], float limit)
{
    float out[4];
    prune_distances(p, c, nodes, 4, out);
    return out[0] < limit || out[1] < limit || out[2] < limit || out[3] < limit;
}

/* Is some kept one nearer to c than c is to the node? */
static bool dominated(const struct prune *p, uint64_t c, const uint64_t *kept, size_t n)
{
    uint32_t nodes[4];
    size_t waiting = 0;
    for (size_t i = 0; i < n; i++) {
        if (c & kept[i] & PRUNE_CLEAN)
            continue;
        nodes[waiting++] = beam_node(kept[i]);
        if (waiting < 4)
            continue;
        waiting = 0;
        if (any_nearer(p, beam_node(c), nodes, beam_dist(c)))
            return true;
    }
    if (waiting == 0)
        return false;
    for (size_t i = waiting; i < 4; i++)
        nodes[i] = nodes[0];
    return any_nearer(p, beam_node(c), nodes, beam_dist(c));
}

size_t prune_select(const struct prune *p, const uint64_t *candidates, size_t n, size_t max, uint64_t *kept)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < n && n_kept < max; i++)
        if (!dominated(p, candidates[i], kept, n_kept))
            kept[n_kept++] = candidates[i];
    return n_kept;
}
