/* Writing hnswlib's file: head, elements, links of upper layers, in one pass. */
#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/hnswlibhead.h"
#include "graph/hnswlib_file.h"

#include <math.h>

/* A row: count, links, zeros up to n_slots. */
static void put_row(unsigned char *p, const uint32_t *row, size_t n_slots)
{
    size_t n = 0;
    for (; n < n_slots && row[n] != GRAPH_NONE; n++)
        bytes_put_u32(p + 4 + 4 * n, row[n]);
    memset(p + 4 + 4 * n, 0, 4 * (n_slots - n));
    bytes_put_u32(p, (uint32_t)n);
}

static int write_elements(struct output *out, const struct graph *g, const struct hnswlibhead *h, unsigned char *p,
                          struct err *err)
{
    int rc = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        put_row(p, graph_row(g, 0, i), g->max_degree0);
        memcpy(p + h->vector_at, g->vectors + i * g->stride, g->dim * sizeof(float));
        bytes_put_u64(p + h->label_at, g->ids[i]);
        TRY(output_write(out, p, h->element_bytes, err));
    }
out:
    return rc;
}

static int write_upper(struct output *out, const struct graph *g, unsigned char *p, struct err *err)
{
    int rc = 0;
    size_t row_bytes = 4 + 4 * g->m;
    for (uint32_t i = 0; i < g->n; i++) {
        bytes_put_u32(p, (uint32_t)(graph_level(g, i) * row_bytes));
        TRY(output_write(out, p, 4, err));
        for (size_t layer = 1; layer <= graph_level(g, i); layer++) {
            put_row(p, graph_row(g, layer, i), g->m);
            TRY(output_write(out, p, row_bytes, err));
        }
    }
out:
    return rc;
}

int hnswlib_file_write(struct output *out, const struct graph *g, struct err *err)
{
    int rc = 0;
    unsigned char head[HNSWLIBHEAD_BYTES], *p = NULL;
    struct hnswlibhead h = {
        .room = g->n, .n = g->n, .vector_at = 4 + 4 * g->max_degree0, .top = (int32_t)g->n_layers - 1, .entry = g->entry,
        .max_degree = g->m, .max_degree0 = g->max_degree0, .m = g->m, .mult = 1 / log((double)g->m),
        .ef_construction = num_max_size(g->ef_construction, g->m),     /* 0, not known, is none for adding to it */
    };
    h.label_at = h.vector_at + g->dim * sizeof(float);
    h.element_bytes = h.label_at + sizeof(uint64_t);
    if (g->m < 2)
        return err_set(err, ERR_LIMIT, "an index with M 1: hnswlib takes M of 2 at least");
    hnswlibhead_put(&h, head);
    TRY_NEW(p, mem_alloc(num_max_size(h.element_bytes, 4 + 4 * g->m), 1, err));
    TRY(output_write(out, head, sizeof head, err));
    TRY(write_elements(out, g, &h, p, err));
    TRY(write_upper(out, g, p, err));
out:
    mem_free(p);
    return rc;
}
