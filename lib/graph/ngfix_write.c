/* Writing NGFix's file: head, elements, lists of edges, in one pass. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/ngfixhead.h"
#include "graph/edge.h"
#include "graph/ngfix_file.h"

#include <inttypes.h>

static uint16_t edge_of(const struct graph *g, uint32_t node, size_t slot)
{
    return g->edges ? g->edges[node * g->slots0 + slot] : 0;
}

/* Hardness as upstream counts it; RFix's edges are known by theirs. */
static uint16_t hardness(uint16_t edge)
{
    unsigned eh = edge_eh(edge);
    return (uint16_t)(edge_kind(edge) == EDGE_RFIX ? NGFIXHEAD_RFIX : eh == EDGE_UNREACHABLE ? NGFIXHEAD_UNREACHABLE : eh - 1);
}

/* node[id]: ids must be 0 to n - 1, because the file names elements by their number. */
static int order_nodes(const struct graph *g, uint32_t *node, struct err *err)
{
    for (size_t i = 0; i < g->n; i++)
        node[i] = GRAPH_NONE;
    for (uint32_t i = 0; i < g->n; i++) {
        if (g->ids[i] >= g->n)
            return err_set(err, ERR_LIMIT, "id %" PRIu64 " of %zu vectors: NGFix names them by number, ids 0 to %zu are expected",
                           g->ids[i], g->n, g->n - 1);
        node[g->ids[i]] = i;
    }
    return 0;
}

static size_t count_edges(const struct graph *g, uint32_t node, size_t *n_extra)
{
    size_t n = 0;
    *n_extra = 0;
    for (; n < g->slots0 && g->layer0[node * g->slots0 + n] != GRAPH_NONE; n++)
        *n_extra += edge_kind(edge_of(g, node, n)) != EDGE_BASE;
    return n;
}

static int write_vectors(struct output *out, const struct graph *g, const uint32_t *node, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < g->n; i++) {
        TRY(output_write(out, "", 1, err));      /* not deleted */
        TRY(output_write(out, g->vectors + node[i] * g->stride, g->dim * sizeof(float), err));
    }
out:
    return rc;
}

static int write_lists(struct output *out, const struct graph *g, uint32_t node, struct err *err)
{
    size_t n_extra, n = count_edges(g, node, &n_extra), extra = 0, base = 0;
    size_t extra_capacity = num_round_up(n_extra, NGFIXHEAD_STEP);
    size_t capacity = extra_capacity + num_round_up(num_max_size(n - n_extra, 1), NGFIXHEAD_STEP);
    unsigned char list[4 + 6 * (NGFIXHEAD_MAX_EDGES + 1)] = {0};
    if (capacity > NGFIXHEAD_MAX_EDGES)
        return err_set(err, ERR_LIMIT, "vector %" PRIu64 " has %zu neighbours: NGFix has room for %d", g->ids[node], n,
                       NGFIXHEAD_MAX_EDGES);
    const unsigned char counts[4] = {(unsigned char)capacity, (unsigned char)n, (unsigned char)extra_capacity,
                                     (unsigned char)n_extra};
    memcpy(list, counts, sizeof counts);
    for (size_t j = 0; j < n; j++) {
        uint16_t edge = edge_of(g, node, j);
        bool is_extra = edge_kind(edge) != EDGE_BASE;
        size_t slot = is_extra ? extra_capacity - n_extra + extra++ : extra_capacity + base++;
        bytes_put_u32(list + 4 + 4 * slot, (uint32_t)g->ids[g->layer0[node * g->slots0 + j]]);
        if (is_extra)
            bytes_put_u16(list + 4 + 4 * capacity + 2 * slot, hardness(edge));
    }
    return output_write(out, list, 4 + 4 * capacity + 2 * extra_capacity, err);
}

int ngfix_file_write(struct output *out, const struct graph *g, struct err *err)
{
    int rc = 0;
    unsigned char head[NGFIXHEAD_BYTES];
    struct ngfixhead h = {.m = g->m, .max_degree0 = 2 * g->m, .max_extra = 48, .n = g->n,
                          .entry = g->n ? g->ids[g->entry] : 0, .dim = g->dim, .room = g->n};
    uint32_t *node = MEM_ARRAY(uint32_t, g->n, err);
    size_t n_extra;
    if (!node)
        return ERR_NOMEM;
    TRY(order_nodes(g, node, err));
    for (uint32_t i = 0; i < g->n; i++) {
        count_edges(g, i, &n_extra);
        h.max_extra = num_max_size(h.max_extra, num_round_up(n_extra, NGFIXHEAD_STEP));
    }
    if (h.m > NGFIXHEAD_MAX_EDGES / 2 || h.max_extra > NGFIXHEAD_MAX_EDGES) {
        rc = err_set(err, ERR_LIMIT, "M %zu and up to %" PRIu64 " extra edges: NGFix has room for %d edges", g->m, h.max_extra,
                     NGFIXHEAD_MAX_EDGES);
        goto out;
    }
    ngfixhead_put(&h, head);
    TRY(output_write(out, head, sizeof head, err));
    TRY(write_vectors(out, g, node, err));
    for (size_t i = 0; i < g->n; i++)
        TRY(write_lists(out, g, node[i], err));
out:
    mem_free(node);
    return rc;
}
