#include "graph/group.h"
#include "base/mem.h"

#include <string.h>

int group_init(struct group *g, size_t n_keys, struct err *err)
{
    *g = (struct group){.n_keys = n_keys};
    g->index = MEM_ZARRAY(uint32_t, n_keys, err);
    return g->index ? 0 : ERR_NOMEM;
}

void group_done(struct group *g)
{
    mem_free(g->index);
    mem_free(g->keys);
    mem_free(g->start);
    mem_free(g->values);
    *g = (struct group){0};
}

int group_make(struct group *g, const uint32_t *keys, const uint64_t *values, size_t n, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < g->n; i++)
        g->index[g->keys[i]] = 0;
    g->n = 0;
    TRY(mem_reserve(&g->keys, &g->cap_keys, n, sizeof *g->keys, err));
    TRY(mem_reserve(&g->start, &g->cap_start, n + 2, sizeof *g->start, err));
    TRY(mem_reserve(&g->values, &g->cap_values, n, sizeof *g->values, err));

    /* start[i + 2] counts group i, becomes its first place in start[i + 1], and moves to its end as values come in */
    for (size_t i = 0; i < n; i++) {
        uint32_t *index = &g->index[keys[i]];
        if (*index == 0) {
            g->keys[g->n++] = keys[i];
            *index = (uint32_t)g->n;
            g->start[g->n + 1] = 0;
        }
        g->start[*index + 1]++;
    }
    g->start[0] = g->start[1] = 0;
    for (size_t i = 1; i <= g->n; i++)
        g->start[i + 1] += g->start[i];
    for (size_t i = 0; i < n; i++)
        g->values[g->start[g->index[keys[i]]]++] = values[i];
out:
    return rc;
}
