#include "graph/recall.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"

#include <inttypes.h>
#include <string.h>

static int add_names(struct map *names, const struct vector_set *queries, bool by_key, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < queries->n && rc == 0; i++)
        rc = by_key ? map_add(names, queries->keys[i].p, queries->keys[i].n, i, NULL, NULL, err)
                    : map_add(names, &queries->ids[i], sizeof queries->ids[i], i, NULL, NULL, err);
    return rc;
}

static int add_row(struct recall_truth *t, const struct map *names, bool by_key, const struct neighbours_row *row,
                   const char *name, struct err *err)
{
    const uint64_t *query = by_key ? map_get(names, row->key.p, row->key.n) : map_get(names, &row->id, sizeof row->id);
    if (!query || t->n_true[*query] > 0 || row->n == 0)
        return err_set(err, ERR_DATA, "%s: query %" PRIu64 " %s", name, row->id, !query ? "is not among the queries" :
                       row->n == 0 ? "has no neighbours" : "comes twice");
    int rc = mem_reserve(&t->dist, &t->cap_dist, t->n_dist + row->n, sizeof *t->dist, err);
    if (rc)
        return rc;
    memcpy(t->dist + t->n_dist, row->dist, row->n * sizeof *t->dist);
    t->first[*query] = t->n_dist;
    t->n_true[*query] = (uint32_t)row->n;
    t->n_dist += row->n;
    t->k = num_max_size(t->k, row->n);
    return 0;
}

static int read_rows(struct recall_truth *t, struct neighbours_reader *r, enum metric metric, const struct vector_set *queries,
                     const char *name, struct map *names, struct err *err)
{
    int rc = 0;
    const struct neighbours_options *o = neighbours_reader_options(r);
    const struct neighbours_row *row;
    bool by_key = o->has_key && queries->keys;
    if (o->lacks_dist)
        return err_set(err, ERR_DATA, "%s: neighbours without distances, which recall by tie compares", name);
    if (!o->lacks_metric && o->metric != metric)
        return err_set(err, ERR_DATA, "%s: distances by %s, the index has %s", name, metric_name(o->metric), metric_name(metric));
    t->k = o->k;
    TRY(add_names(names, queries, by_key, err));
    for (;;) {
        TRY(neighbours_reader_next(r, &row, err));
        if (!row)
            break;
        TRY(add_row(t, names, by_key, row, name, err));
    }
    for (size_t i = 0; i < t->n; i++)
        if (t->n_true[i] == 0)
            return err_set(err, ERR_DATA, "%s: query %" PRIu64 " is missing", name, queries->ids[i]);
out:
    return rc;
}

int recall_truth_read(struct recall_truth *t, struct input *in, enum metric metric, const struct vector_set *queries,
                      struct err *err)
{
    int rc = 0;
    struct neighbours_reader *r = NULL;
    struct map names = {0};
    const char *name = input_name(in);   /* lives as long as the reader */
    *t = (struct recall_truth){.n = queries->n};
    TRY(neighbours_reader_open(&r, in, err));
    TRY_NEW(t->first, MEM_ZARRAY(size_t, t->n, err));
    TRY_NEW(t->n_true, MEM_ZARRAY(uint32_t, t->n, err));
    TRY(read_rows(t, r, metric, queries, name, &names, err));
out:
    map_done(&names);
    neighbours_reader_close(r);
    return rc;
}

void recall_truth_done(struct recall_truth *t)
{
    mem_free(t->first);
    mem_free(t->n_true);
    mem_free(t->dist);
    *t = (struct recall_truth){0};
}

size_t recall_wanted(const struct recall_truth *t, size_t query, size_t k)
{
    return num_min_size(k, t->n_true[query]);
}

size_t recall_hits(const struct recall_truth *t, size_t query, const float *dist, size_t n, size_t k)
{
    size_t wanted = recall_wanted(t, query, k), hits = 0;
    float d_k = t->dist[t->first[query] + wanted - 1];
    for (size_t i = 0; i < n && i < k; i++)
        hits += dist[i] <= d_k;
    return num_min_size(hits, wanted);
}
