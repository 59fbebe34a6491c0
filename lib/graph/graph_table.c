#include "graph/graph_table.h"

#include "base/mem.h"
#include "base/num.h"
#include "graph/edge.h"

#include <string.h>

enum { KEY, NN, UPPER, UPPER_STRINGS };      /* of offsets */
enum { BLOCK_BYTES = 1 << 20 };

static size_t block_rows(const struct graph *g)
{
    return num_max_size(1, BLOCK_BYTES / (4 * (g->dim + g->slots0 + 1)));
}

int graph_table_open(struct graph_table *t, const struct graph_file *f, struct err *err)
{
    const struct graph *g = graph_file_graph(f);
    size_t rows = block_rows(g);
    int rc = 0;
    *t = (struct graph_table){.file = f};
    TRY(header_copy(&t->header, graph_file_header(f), err));
    t->header.n_columns = 0;
    TRY(header_add_column(&t->header, "id", COLUMN_U64, 1, err));
    if (g->key_starts)
        TRY(header_add_column(&t->header, "key", COLUMN_STR, 1, err));
    TRY(header_add_column(&t->header, "level", COLUMN_U32, 1, err));
    TRY(header_add_column(&t->header, "nn", COLUMN_U64, COLUMN_RAGGED, err));
    if (g->edges) {
        TRY(header_add_column(&t->header, "kind", COLUMN_U8, COLUMN_RAGGED, err));
        TRY(header_add_column(&t->header, "eh", COLUMN_U16, COLUMN_RAGGED, err));
    }
    TRY(header_add_column(&t->header, "upper", COLUMN_STR, COLUMN_RAGGED, err));
    TRY(header_add_column(&t->header, "vec", COLUMN_F32, (uint32_t)g->dim, err));
    TRY_NEW(t->levels, MEM_ARRAY(uint32_t, rows, err));
    TRY_NEW(t->vectors, MEM_ARRAY(float, rows * g->dim, err));
out:
    return rc;
}

void graph_table_done(struct graph_table *t)
{
    header_done(&t->header);
    buf_done(&t->keys);
    buf_done(&t->nn);
    buf_done(&t->kinds);
    buf_done(&t->ehs);
    buf_done(&t->upper);
    for (size_t i = 0; i < 4; i++)
        mem_free(t->offsets[i]);
    mem_free(t->levels);
    mem_free(t->vectors);
    *t = (struct graph_table){0};
}

static int put_offset(struct graph_table *t, int list, size_t i, size_t offset, struct err *err)
{
    int rc = mem_reserve(&t->offsets[list], &t->cap_offsets[list], i + 1, sizeof(uint32_t), err);
    if (rc == 0)
        t->offsets[list][i] = (uint32_t)offset;
    return rc;
}

/* A mapped file's rows are not checked yet: a neighbour may be anything. */
static int neighbour_id(const struct graph *g, uint32_t node, uint32_t neighbour, uint64_t *id, struct err *err)
{
    if (neighbour >= g->n)
        return err_set(err, ERR_DATA, "node %u has the neighbour %u of %zu", node, neighbour, g->n);
    *id = g->ids[neighbour];
    return 0;
}

/* A node's upper layers: a string each. */
static int put_upper(struct graph_table *t, const struct graph *g, uint32_t node, size_t *n_strings, struct err *err)
{
    uint32_t level = graph_level(g, node);
    uint64_t id = 0;
    int rc = 0;
    if (level >= GRAPH_MAX_LAYERS)
        return err_set(err, ERR_DATA, "node %u: level %u", node, level);
    for (size_t layer = 1; layer <= level; layer++) {
        const uint32_t *row = graph_row(g, layer, node);
        if (!row)
            return err_set(err, ERR_DATA, "node %u: no row in layer %zu", node, layer);
        for (size_t i = 0; i < g->slots && row[i] != GRAPH_NONE; i++) {
            TRY(neighbour_id(g, node, row[i], &id, err));
            TRY(buf_printf(&t->upper, err, "%s%llu", i ? " " : "", (unsigned long long)id));
        }
        TRY(put_offset(t, UPPER_STRINGS, ++*n_strings, t->upper.n, err));
    }
out:
    return rc;
}

static int put_edge(struct graph_table *t, uint16_t edge, struct err *err)
{
    uint8_t kind = (uint8_t)edge_kind(edge);
    uint16_t eh = (uint16_t)edge_eh(edge);
    int rc = buf_put(&t->kinds, &kind, sizeof kind, err);
    return rc ? rc : buf_put(&t->ehs, &eh, sizeof eh, err);
}

static int put_node(struct graph_table *t, const struct graph *g, uint32_t node, size_t row, size_t *n_strings, struct err *err)
{
    const uint32_t *nn = graph_row(g, 0, node);
    struct text key = graph_key(g, node);
    uint64_t id = 0;
    int rc = 0;
    if (g->key_starts) {
        if (!key.p)
            return err_set(err, ERR_DATA, "node %u: its key lies outside of the keys", node);
        TRY(buf_put(&t->keys, key.p, key.n, err));
        TRY(put_offset(t, KEY, row + 1, t->keys.n, err));
    }
    for (size_t i = 0; i < g->slots0 && nn[i] != GRAPH_NONE; i++) {
        TRY(neighbour_id(g, node, nn[i], &id, err));
        TRY(buf_put(&t->nn, &id, sizeof id, err));
        if (g->edges)
            TRY(put_edge(t, g->edges[node * g->slots0 + i], err));
    }
    TRY(put_offset(t, NN, row + 1, t->nn.n / sizeof id, err));
    TRY(put_upper(t, g, node, n_strings, err));
    TRY(put_offset(t, UPPER, row + 1, *n_strings, err));
    t->levels[row] = graph_level(g, node);
    memcpy(t->vectors + row * g->dim, g->vectors + node * g->stride, g->dim * sizeof(float));
out:
    return rc;
}

static int table_next(void *ctx, struct block *b, struct err *err)
{
    struct graph_table *t = ctx;
    const struct graph *g = graph_file_graph(t->file);
    size_t rows = 0, most = block_rows(g), n_strings = 0;
    struct column_view *v = t->views;
    int rc = 0;
    buf_clear(&t->keys);
    buf_clear(&t->nn);
    buf_clear(&t->kinds);
    buf_clear(&t->ehs);
    buf_clear(&t->upper);
    for (int i = 0; i < 4; i++)
        TRY(put_offset(t, i, 0, 0, err));
    uint32_t first = t->node;
    for (; rows < most && t->node < g->n && t->keys.n + t->upper.n < BLOCK_BYTES; rows++, t->node++)
        TRY(put_node(t, g, t->node, rows, &n_strings, err));
    *v++ = (struct column_view){.values = g->ids + first};
    if (g->key_starts)
        *v++ = (struct column_view){.values = t->keys.p, .offsets = t->offsets[KEY]};
    *v++ = (struct column_view){.values = t->levels};
    *v++ = (struct column_view){.values = t->nn.p, .offsets = t->offsets[NN]};
    if (g->edges) {
        *v++ = (struct column_view){.values = t->kinds.p, .offsets = t->offsets[NN]};
        *v++ = (struct column_view){.values = t->ehs.p, .offsets = t->offsets[NN]};
    }
    *v++ = (struct column_view){.values = t->upper.p, .offsets = t->offsets[UPPER], .string_offsets = t->offsets[UPPER_STRINGS]};
    *v++ = (struct column_view){.values = t->vectors};
    *b = (struct block){.first_row = first, .rows = rows, .columns = t->views};
    return 0;
out:
    return err_prefix(err, "%s: ", graph_file_name(t->file));
}

struct view_table graph_table_view(struct graph_table *t)
{
    return (struct view_table){graph_file_name(t->file), &t->header, table_next, NULL, t};
}
