#include "graph/prune.h"
#include "graph/beam.h"

struct prune prune_make(const struct graph *g, const struct codes *codes, const struct codes_query *folded)
{
    struct prune p = {.g = g, .distance = distance_make(g->metric, g->dim), .codes = codes, .folded = folded};
    if (codes)
        p.dots = codes->type == CODES_SQ8 ? codedot_best()->sq8 : codedot_best()->sq4;
    return p;
}

/* Is one of these four nodes nearer to c than limit?  (Fewer than four: filled with the first.) */
static bool any_nearer(const struct prune *p, uint32_t c, const uint32_t nodes[4], float limit)
{
    const struct graph *g = p->g;
    float out[4];
    if (p->codes) {
        const struct codes_query *q = &p->folded[c];
        int32_t sums[4];
        p->dots(q->w, p->codes->rows, p->codes->row_bytes, nodes, 4, sums);
        for (size_t j = 0; j < 4; j++)
            out[j] = codes_estimate(p->codes, q, nodes[j], sums[j]);
    } else {
        const float *x[4];
        for (size_t j = 0; j < 4; j++)
            x[j] = g->vectors + nodes[j] * g->stride;
        distance_four(&p->distance, g->vectors + c * g->stride, x, out);
    }
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
