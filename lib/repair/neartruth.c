#include "repair/neartruth.h"
#include "base/mem.h"
#include "base/num.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int map_nodes(struct map *nodes, const struct graph *g, bool by_key, struct err *err)
{
    int rc = 0;
    for (uint32_t i = 0; i < g->n && rc == 0; i++) {
        struct text key = by_key ? graph_key(g, i) : (struct text){(const char *)&g->ids[i], sizeof g->ids[i]};
        rc = map_add(nodes, key.p, key.n, i, NULL, NULL, err);
    }
    return rc;
}

static int compare_nodes(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool any_twice(const uint32_t *nodes, size_t n, uint32_t *sorted)
{
    memcpy(sorted, nodes, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_nodes);
    for (size_t i = 1; i < n; i++)
        if (sorted[i] == sorted[i - 1])
            return true;
    return false;
}

static int add_row(struct neartruth *t, const struct map *nodes, bool by_key, const struct neighbours_row *row, uint32_t *sorted,
                   struct err *err)
{
    int rc = 0;
    bool found;
    size_t at = t->queries.n, n = num_min_size(row->n, t->max_near);
    TRY(t->by_key ? map_add(&t->queries, row->key.p, row->key.n, at, &found, NULL, err)
                  : map_add(&t->queries, &row->id, sizeof row->id, at, &found, NULL, err));
    if (found)
        return err_set(err, ERR_DATA, "query %" PRIu64 " comes twice (second time at ef %u)", row->id, row->ef);
    TRY(mem_reserve(&t->nodes, &t->cap_nodes, (at + 1) * t->max_near, sizeof *t->nodes, err));
    TRY(mem_reserve(&t->n_near, &t->cap_near, at + 1, sizeof *t->n_near, err));
    for (size_t i = 0; i < n; i++) {
        const uint64_t *node = by_key ? map_get(nodes, row->nnkeys[i].p, row->nnkeys[i].n)
                                      : map_get(nodes, &row->nn[i], sizeof row->nn[i]);
        if (!node)
            return err_set(err, ERR_DATA, "query %" PRIu64 ": neighbour %zu (id %" PRIu64 ") is not in the index", row->id, i + 1,
                           row->nn[i]);
        t->nodes[at * t->max_near + i] = (uint32_t)*node;
    }
    t->n_near[at] = (uint32_t)n;
    if (any_twice(t->nodes + at * t->max_near, n, sorted))
        return err_set(err, ERR_DATA, "query %" PRIu64 " has a neighbour twice", row->id);
out:
    return rc;
}

static int read_rows(struct neartruth *t, struct neighbours_reader *r, const struct graph *g, const char *name,
                     struct err *err)
{
    int rc = 0;
    struct map nodes = {0};
    const struct neighbours_row *row;
    const struct neighbours_options *o = neighbours_reader_options(r);
    bool by_key = o->has_nnkey && g->key_starts;
    uint32_t *sorted = NULL;
    if (!o->lacks_metric && o->metric != g->metric)
        return err_set(err, ERR_DATA, "%s: distances by %s, the index has %s", name, metric_name(o->metric),
                       metric_name(g->metric));
    TRY(map_nodes(&nodes, g, by_key, err));
    TRY_NEW(sorted, MEM_ARRAY(uint32_t, t->max_near, err));
    for (;;) {
        TRY(neighbours_reader_next(r, &row, err));
        if (!row)
            break;
        if ((rc = add_row(t, &nodes, by_key, row, sorted, err)) != 0) {
            err_prefix(err, "%s: ", name);
            goto out;
        }
    }
out:
    mem_free(sorted);
    map_done(&nodes);
    return rc;
}

int neartruth_open(struct neartruth *t, const char *path, const struct graph *g, bool queries_have_keys, size_t max_near,
                   struct err *err)
{
    int rc = 0;
    struct input *in;
    struct neighbours_reader *r = NULL;
    *t = (struct neartruth){.max_near = max_near};
    TRY(input_open(&in, path, err));
    const char *name = input_name(in);      /* lives as long as the reader */
    TRY(neighbours_reader_open(&r, in, err));
    t->by_key = queries_have_keys && neighbours_reader_options(r)->has_key;
    TRY(read_rows(t, r, g, name, err));
out:
    neighbours_reader_close(r);
    return rc;
}

void neartruth_done(struct neartruth *t)
{
    map_done(&t->queries);
    mem_free(t->nodes);
    mem_free(t->n_near);
    *t = (struct neartruth){0};
}

const uint32_t *neartruth_get(const struct neartruth *t, uint64_t id, struct text key, uint32_t *n)
{
    const uint64_t *at = t->by_key ? map_get(&t->queries, key.p, key.n) : map_get(&t->queries, &id, sizeof id);
    if (!at)
        return NULL;
    *n = t->n_near[*at];
    return t->nodes + *at * t->max_near;
}
