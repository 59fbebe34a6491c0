#include "repair/hardness_run.h"
#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <string.h>

/* Probe the queries that order ranks first up to last - 1; the others' stability is NaN. */
static int probe_doubtful(struct hardness_run *r, const uint32_t *order, size_t first, size_t last, float *stability,
                          struct err *err)
{
    int rc = 0;
    struct hardness_probe probe = {0};
    const struct hardness_scorer_options *o = &r->o->scorer;
    const struct hardness_row *row;
    const size_t stride = graph_file_graph(r->index)->stride;
    float *x = NULL, scores[HARDNESS_CHUNK];
    uint32_t *nodes = NULL, at[HARDNESS_CHUNK];
    uint64_t ids[HARDNESS_CHUNK];
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        stability[i] = NAN;
    for (size_t i = first; i < last; i++)
        stability[order[i]] = 0;
    TRY(hardness_probe_init(&probe, HARDNESS_STABILITY, graph_file_graph(r->index), o->k, o->ef, o->n_threads, HARDNESS_CHUNK, 0,
                            0, err));
    TRY_NEW(x, mem_slab(HARDNESS_CHUNK, stride * sizeof *x, err));
    TRY_NEW(nodes, mem_alloc(HARDNESS_CHUNK, r->k * sizeof *nodes, err));
    TRY(hardness_store_rewind(&r->store, err));
    for (size_t i = 0; i < r->n; i++) {
        TRY(hardness_store_next(&r->store, &row, err));
        if (!isnan(stability[i])) {
            memcpy(x + n * stride, row->vec, r->dim * sizeof *x);
            memcpy(nodes + n * r->k, row->nodes, r->k * sizeof *nodes);
            ids[n] = row->id;
            at[n++] = (uint32_t)i;
        }
        if (n == HARDNESS_CHUNK || (n > 0 && i + 1 == r->n)) {
            TRY(hardness_probe_run(&probe, x, stride, ids, n, nodes, scores, err));
            for (size_t j = 0; j < n; j++)
                stability[at[j]] = scores[j];
            r->n_probed += n;
            n = 0;
        }
    }
    r->probe_ndc += probe.ndc;
out:
    hardness_probe_done(&probe);
    mem_free(x);
    mem_free(nodes);
    return rc;
}

int hardness_choose(struct hardness_run *r, bool *hard, float *stability, struct err *err)
{
    int rc = 0;
    uint32_t *order = NULL;
    float *doubt = NULL;
    size_t m = r->o->most ? num_min_size(r->o->most, r->n) : hardness_share(r->o->share, r->n);
    TRY_NEW(order, MEM_ARRAY(uint32_t, r->n, err));
    TRY(hardness_order(r->scores, r->n, order, err));
    size_t sure = r->o->cascade ? m / HARDNESS_CASCADE_SURE : m, end = num_min_size(HARDNESS_CASCADE_DOUBT * m, r->n);
    for (size_t i = 0; i < sure; i++)
        hard[order[i]] = true;
    if (!r->o->cascade)
        goto out;
    TRY(probe_doubtful(r, order, sure, end, stability, err));
    TRY_NEW(doubt, MEM_ARRAY(float, r->n, err));
    for (size_t i = 0; i < r->n; i++)
        doubt[i] = isnan(stability[i]) ? -INFINITY : r->scores[i] + stability[i] / 2;
    TRY(hardness_order(doubt, r->n, order, err));
    for (size_t i = 0; i < m - sure; i++)
        hard[order[i]] = true;
out:
    mem_free(order);
    mem_free(doubt);
    return rc;
}
