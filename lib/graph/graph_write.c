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

struct section {
    uint32_t type;
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

static size_t section_bytes(const struct section *s)
{
    return s->parts[0].bytes + s->parts[1].bytes;
}

static void put_header(unsigned char *page, const struct graph *g)
{
    memcpy(page, GRAPH_FILE_MAGIC, GRAPH_FILE_MAGIC_BYTES);
    bytes_put_u32(page + 8, GRAPH_FILE_VERSION);
    bytes_put_u64(page + 24, g->n);
    bytes_put_u32(page + 32, (uint32_t)g->dim);
    bytes_put_u32(page + 36, g->metric);
    bytes_put_u32(page + 40, (uint32_t)g->m);
    bytes_put_u32(page + 44, (uint32_t)g->max_degree0);
    bytes_put_u32(page + 48, (uint32_t)g->slots0);
    bytes_put_u32(page + 52, (uint32_t)g->slots);
    bytes_put_u32(page + 56, (uint32_t)g->n_layers);
    bytes_put_u32(page + 60, g->entry);
    bytes_put_u64(page + 64, g->n_upper);
    bytes_put_u64(page + 72, g->ef_construction);
    bytes_put_u64(page + 80, g->seed);
}

/* Section table, sizes and CRCs. */
static void put_table(unsigned char *page, const struct section *sections, size_t n)
{
    uint64_t offset = GRAPH_FILE_ALIGN;
    unsigned char *entry = page + GRAPH_FILE_HEADER_BYTES;
    for (size_t i = 0; i < n; i++, entry += GRAPH_FILE_ENTRY_BYTES) {
        const struct part *parts = sections[i].parts;
        bool optional = sections[i].type == GRAPH_FILE_CODES || sections[i].type == GRAPH_FILE_EDGES;
        bytes_put_u32(entry, sections[i].type | (optional ? 0 : GRAPH_FILE_CRITICAL));
        bytes_put_u64(entry + 8, offset);
        bytes_put_u64(entry + 16, section_bytes(&sections[i]));
        bytes_put_u32(entry + 24, crc_update(crc_update(0, parts[0].p, parts[0].bytes), parts[1].p, parts[1].bytes));
        offset = num_round_up(offset + section_bytes(&sections[i]), GRAPH_FILE_ALIGN);
    }
    bytes_put_u32(page + 12, (uint32_t)n);
    bytes_put_u64(page + 16, offset);
    bytes_put_u32(page + 120, crc_update(0, page + GRAPH_FILE_HEADER_BYTES, n * GRAPH_FILE_ENTRY_BYTES));
    bytes_put_u32(page + 124, crc_update(0, page, 124));
}

int graph_file_write(struct output *out, const struct graph *g, const struct header *header, struct err *err)
{
    static const unsigned char zeros[GRAPH_FILE_ALIGN];
    int rc = 0;
    unsigned char page[GRAPH_FILE_ALIGN] = {0};
    struct buf text = {0};
    TRY(header_format(header, &text, err));
    struct section sections[MAX_SECTIONS] = {
        {GRAPH_FILE_TEXT, {{text.p, text.n}}},
        {GRAPH_FILE_LAYER0, {{g->layer0, g->n * g->slots0 * sizeof(uint32_t)}}},
        {GRAPH_FILE_FIRST, {{g->first, (g->n + 1) * sizeof(uint32_t)}}},
        {GRAPH_FILE_UPPER, {{g->upper, g->n_upper * g->slots * sizeof(uint32_t)}}},
        {GRAPH_FILE_VECTORS, {{g->vectors, g->n * g->stride * sizeof(float)}}},
        {GRAPH_FILE_IDS, {{g->ids, g->n * sizeof(uint64_t)}}},
    };
    size_t n = 6;
    if (g->key_starts)
        sections[n++] = (struct section){GRAPH_FILE_KEYS, {{g->key_starts, (g->n + 1) * sizeof(uint64_t)},
                                                           {g->key_bytes, g->n_key_bytes}}};
    if (g->codes.type != CODES_NONE)
        sections[n++] = (struct section){GRAPH_FILE_CODES, {{g->codes.block, g->codes.block_bytes}}};
    if (g->edges)
        sections[n++] = (struct section){GRAPH_FILE_EDGES, {{g->edges, g->n * g->slots0 * sizeof(uint16_t)}}};
    put_header(page, g);
    put_table(page, sections, n);
    TRY(output_write(out, page, sizeof page, err));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < MAX_PARTS; j++)
            if (sections[i].parts[j].bytes > 0)
                TRY(output_write(out, sections[i].parts[j].p, sections[i].parts[j].bytes, err));
        size_t bytes = section_bytes(&sections[i]);
        TRY(output_write(out, zeros, num_round_up(bytes, GRAPH_FILE_ALIGN) - bytes, err));
    }
out:
    buf_done(&text);
    return rc;
}
