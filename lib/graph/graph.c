#include "graph/graph.h"
#include "base/mem.h"

int graph_of_set(struct graph *g, const struct vector_set *base, struct err *err)
{
    g->n = base->n;
    g->dim = base->dim;
    g->stride = base->stride;
    g->vectors = base->x;
    g->ids = base->ids;
    if (!base->keys)
        return 0;
    uint64_t *starts = MEM_ARRAY(uint64_t, base->n + 1, err);
    if (!starts)
        return ERR_NOMEM;
    starts[0] = 0;                 /* the set's keys lie end to end */
    for (size_t i = 0; i < base->n; i++)
        starts[i + 1] = starts[i] + base->keys[i].n;
    g->key_starts = starts;
    g->key_bytes = base->key_pool;
    g->n_key_bytes = starts[base->n];
    return 0;
}

void graph_done(struct graph *g)
{
    const void *arrays[] = {g->layer0, g->first, g->upper, g->key_starts};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        mem_free((void *)(uintptr_t)arrays[i]);
    codes_free(&g->codes);
    *g = (struct graph){0};
}
