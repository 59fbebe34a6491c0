#include "graph/allow.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINE = 16 << 20, RUN = 64 };

static int add_name(struct map *names, bool by_key, const char *name, size_t n, struct err *err)
{
    uint64_t id;
    if (n == 0)
        return err_set(err, ERR_DATA, "an empty line or name");
    if (by_key)
        return map_add(names, name, n, 0, NULL, NULL, err);
    if (!num_parse_u64(name, n, 0, UINT64_MAX, &id))
        return err_set(err, ERR_DATA, "\"%.*s\": expected an id, the index has no keys", (int)num_min_size(n, 64), name);
    return map_add(names, &id, sizeof id, 0, NULL, NULL, err);
}

static int read_names(struct map *names, bool by_key, struct input *in, struct err *err)
{
    int rc = 0;
    char *line;
    size_t n;
    bool is_stream;
    TRY(stream_sniff(in, &is_stream, err));
    if (is_stream)
        return err_set(err, ERR_DATA, "%s: a stream, expected lines of names: vec-view --all --columns id prints them",
                       input_name(in));
    input_limit_lines(in, MAX_LINE);
    for (;;) {
        TRY(input_line(in, &line, &n, err));
        if (!line)
            break;
        if (input_line_number(in) == 1 && n >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
            line += 3;
            n -= 3;
        }
        const char *tab = memchr(line, '\t', n);
        n = tab ? (size_t)(tab - line) : n - (n > 0 && line[n - 1] == '\r');
        if ((rc = add_name(names, by_key, line, n, err)) != 0)
            return err_prefix(err, "%s:%" PRIu64 ": ", input_name(in), input_line_number(in));
    }
out:
    return rc;
}

struct pair {
    uint64_t id;
    uint32_t node;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : (x->node > y->node) - (x->node < y->node);
}

static int sort_nodes(struct allow *a, const struct graph *g, struct err *err)
{
    struct pair *pairs = MEM_ARRAY(struct pair, a->n, err);
    if (!pairs)
        return ERR_NOMEM;
    for (size_t i = 0; i < a->n; i++)
        pairs[i] = (struct pair){g->ids[a->nodes[i]], a->nodes[i]};
    qsort(pairs, a->n, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < a->n; i++)
        a->nodes[i] = pairs[i].node;
    mem_free(pairs);
    return 0;
}

static int mark_nodes(struct allow *a, const struct graph *g, const struct map *names, struct err *err)
{
    for (uint32_t i = 0; i < g->n; i++) {
        struct text key = graph_key(g, i);
        if (g->key_starts && !key.p)
            return err_set(err, ERR_DATA, "damaged index: the key of node %u lies outside of the keys", i);
        if (!(key.p ? map_get(names, key.p, key.n) : map_get(names, &g->ids[i], sizeof g->ids[i])))
            continue;
        a->bits[i >> 6] |= (uint64_t)1 << (i & 63);
        a->nodes[a->n++] = i;
    }
    return sort_nodes(a, g, err);
}

int allow_read(struct allow *a, const struct graph *g, struct input *in, struct err *err)
{
    int rc = 0;
    struct map names = {0};
    *a = (struct allow){0};
    TRY(read_names(&names, g->key_starts != NULL, in, err));
    TRY_NEW(a->bits, MEM_ZARRAY(uint64_t, g->n / 64 + 1, err));
    TRY_NEW(a->nodes, MEM_ARRAY(uint32_t, g->n, err));
    TRY(mark_nodes(a, g, &names, err));
    a->n_unknown = names.n - num_min_size(names.n, a->n);
    if (names.n == 0)
        rc = err_set(err, ERR_DATA, "%s: no names in it, expected one of the index (%s) a line", input_name(in),
                     g->key_starts ? "by key" : "by id");
    else if (a->n == 0)
        rc = err_set(err, ERR_DATA, "%s: none of %zu names is one of the index (%s)", input_name(in), names.n,
                     g->key_starts ? "by key" : "by id");
out:
    map_done(&names);
    return rc;
}

int allow_open(struct allow *a, const struct graph *g, const char *path, struct err *err)
{
    struct input *in;
    int rc = input_open(&in, path, err);
    if (rc)
        return rc;
    rc = allow_read(a, g, in, err);
    input_close(in);
    return rc;
}

void allow_done(struct allow *a)
{
    mem_free(a->bits);
    mem_free(a->nodes);
    *a = (struct allow){0};
}

size_t allow_scan(const struct allow *a, const struct graph *g, const struct distance *d, const float *q, size_t k,
                  struct neighbour *heap, uint32_t *nodes, float *dist)
{
    struct topk top;
    float run[RUN];
    topk_init(&top, heap, k);
    for (size_t at = 0; at < a->n; at += RUN) {
        size_t m = num_min_size(a->n - at, RUN);
        distance_gather(d, q, g->vectors, g->stride, a->nodes + at, m, run);
        for (size_t i = 0; i < m; i++)
            if (topk_wants(&top, run[i]))   /* places in a->nodes stand for ids: they are in their order */
                topk_push(&top, (struct neighbour){run[i], (uint32_t)(at + i)});
    }
    size_t n = topk_sort(&top);
    for (size_t i = 0; i < n; i++) {
        nodes[i] = a->nodes[heap[i].id];
        dist[i] = heap[i].dist;
    }
    return n;
}
