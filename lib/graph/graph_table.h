/* graph_table - an index as a table, a row for each node, for vec-view:
 *     id u64, key? str, level u32, nn u64 *, kind? u8 *, eh? u16 *, upper str *, vec f32 D
 * nn: the external ids of its neighbours in layer 0, in the order of the index; upper: one string for each layer from 1 on, the
 * ids parted by blanks; kind and eh, where the index says it, of each edge of nn (formats/hnsw.md §4.6). */
#ifndef GRAPH_TABLE_H
#define GRAPH_TABLE_H

#include "fmt/view.h"
#include "graph/graph_file.h"

struct graph_table {
    const struct graph_file *file;      /* the caller's */
    struct header header;
    uint32_t node;                      /* the next one */
    struct buf keys, nn, kinds, ehs, upper;
    uint32_t *offsets[4];               /* of key, nn, upper, upper's strings */
    size_t cap_offsets[4];
    uint32_t *levels;
    float *vectors;
    struct column_view views[8];
};

MUST_CHECK int graph_table_open(struct graph_table *t, const struct graph_file *f, struct err *err);
void graph_table_done(struct graph_table *t);
struct view_table graph_table_view(struct graph_table *t);

#endif
