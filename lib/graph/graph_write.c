/* Writing the index file, formats/hnsw.md: every size and CRC is known before the first byte goes out. */
#include "base/bytes.h"
#include "base/crc.h"
#include "base/num.h"
#include "graph/graph_file.h"

#include <string.h>

enum { MAX_PARTS = 2, MAX_SECTIONS = 9 };

struct part {
    const void *p;
    size_t bytes;
};

struct source {                    /* of a section */
    enum graph_file_section_type type;
    struct part parts[MAX_PARTS];
};

int graph_file_header_make(struct header *h, const struct graph *g, const struct header *base, struct err *err)
{
    int rc = 0;
    TRY(header_set_kind(h, "index", err));
    TRY(header_add_column(h, "id", COLUMN_U64, 1, err));
    if (g->key_starts)
        TRY(header_add_column(h, "key", COLUMN_STR, 1, err));
    TRY(header_add_column(h, "vec", COLUMN_F32, (uint32_t)g->dim, err));
    TRY(header_copy_metas(h, base, err));
    TRY(header_set_meta(h, "metric", metric_name(g->metric), err));
out:
    return rc;
}

static void put_own(unsigned char own[SECTIONS_OWN_END - SECTIONS_OWN], const struct graph *g)
{
    bytes_put_u64(own, g->n);
    bytes_put_u32(own + 8, (uint32_t)g->dim);
    bytes_put_u32(own + 12, g->metric);
    bytes_put_u32(own + 16, (uint32_t)g->m);
    bytes_put_u32(own + 20, (uint32_t)g->max_degree0);
    bytes_put_u32(own + 24, (uint32_t)g->slots0);
    bytes_put_u32(own + 28, (uint32_t)g->slots);
    bytes_put_u32(own + 32, (uint32_t)g->n_layers);
    bytes_put_u32(own + 36, g->entry);
    bytes_put_u64(own + 40, g->n_upper);
    bytes_put_u64(own + 48, g->ef_construction);
    bytes_put_u64(own + 56, g->seed);
}

int graph_file_write(struct output *out, const struct graph *g, const struct header *header, struct err *err)
{
    static const unsigned char zeros[SECTIONS_ALIGN];
    int rc = 0;
    unsigned char page[SECTIONS_ALIGN] = {0}, own[SECTIONS_OWN_END - SECTIONS_OWN] = {0};
    struct section at[MAX_SECTIONS];
    struct buf text = {0};
    TRY(header_format(header, &text, err));
    struct source sources[MAX_SECTIONS] = {
        {GRAPH_FILE_TEXT, {{text.p, text.n}}},
        {GRAPH_FILE_LAYER0, {{g->layer0, g->n * g->slots0 * sizeof(uint32_t)}}},
        {GRAPH_FILE_FIRST, {{g->first, (g->n + 1) * sizeof(uint32_t)}}},
        {GRAPH_FILE_UPPER, {{g->upper, g->n_upper * g->slots * sizeof(uint32_t)}}},
        {GRAPH_FILE_VECTORS, {{g->vectors, g->n * g->stride * sizeof(float)}}},
        {GRAPH_FILE_IDS, {{g->ids, g->n * sizeof(uint64_t)}}},
    };
    size_t n = 6;
    if (g->key_starts)
        sources[n++] = (struct source){GRAPH_FILE_KEYS, {{g->key_starts, (g->n + 1) * sizeof(uint64_t)},
                                                           {g->key_bytes, g->n_key_bytes}}};
    if (g->codes.type != CODES_NONE)
        sources[n++] = (struct source){GRAPH_FILE_CODES, {{g->codes.block, g->codes.block_bytes}}};
    if (g->edges)
        sources[n++] = (struct source){GRAPH_FILE_EDGES, {{g->edges, g->n * g->slots0 * sizeof(uint16_t)}}};
    for (size_t i = 0; i < n; i++) {
        const struct part *parts = sources[i].parts;
        at[i] = (struct section){.type = sources[i].type, .bytes = parts[0].bytes + parts[1].bytes,
                                 .crc = crc_update(crc_update(0, parts[0].p, parts[0].bytes), parts[1].p, parts[1].bytes)};
    }
    put_own(own, g);
    sections_page(page, &graph_file_kind, own, at, n);
    TRY(output_write(out, page, sizeof page, err));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < MAX_PARTS; j++)
            if (sources[i].parts[j].bytes > 0)
                TRY(output_write(out, sources[i].parts[j].p, sources[i].parts[j].bytes, err));
        TRY(output_write(out, zeros, num_round_up(at[i].bytes, SECTIONS_ALIGN) - at[i].bytes, err));
    }
out:
    buf_done(&text);
    return rc;
}
