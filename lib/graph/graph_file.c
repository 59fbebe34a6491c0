#include "graph/graph_file.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/foreign.h"
#include "graph/graph_check.h"

#include <inttypes.h>
#include <string.h>

/* formats/hnsw.md §3: where the header's fields lie. */
enum {
    AT_MAGIC = 0, AT_VERSION = 8, AT_SECTIONS = 12, AT_FILE_BYTES = 16, AT_N = 24, AT_DIM = 32, AT_METRIC = 36, AT_M = 40,
    AT_MAX_DEGREE0 = 44, AT_SLOTS0 = 48, AT_SLOTS = 52, AT_LAYERS = 56, AT_ENTRY = 60, AT_UPPER = 64, AT_EF = 72, AT_SEED = 80,
    AT_TABLE_CRC = 120, AT_CRC = 124
};
enum { N_TYPES = GRAPH_FILE_ORDER + 1 };

/* What this version knows of a section type. */
static const struct {
    const char *name;
    enum { SKIPPED, OPTIONAL, REQUIRED } use;
    bool critical;
} types[N_TYPES] = {
    [0] = {"unknown", SKIPPED, false},
    [GRAPH_FILE_LAYER0] = {"layer0", REQUIRED, true},
    [GRAPH_FILE_FIRST] = {"first", REQUIRED, true},
    [GRAPH_FILE_UPPER] = {"upper", REQUIRED, true},
    [GRAPH_FILE_VECTORS] = {"vectors", REQUIRED, true},
    [GRAPH_FILE_IDS] = {"ids", REQUIRED, true},
    [GRAPH_FILE_KEYS] = {"keys", OPTIONAL, true},
    [GRAPH_FILE_TEXT] = {"text", REQUIRED, true},
    [GRAPH_FILE_EDGES] = {"edges", OPTIONAL, false},
    [GRAPH_FILE_LIVE] = {"live", SKIPPED, true},
    [GRAPH_FILE_CODES] = {"codes", OPTIONAL, false},
    [GRAPH_FILE_ENTRIES] = {"entries", SKIPPED, false},
    [GRAPH_FILE_ORDER] = {"order", SKIPPED, false},
};

struct graph_file {
    char *name;
    struct mapfile map;                    /* p NULL for open_memory */
    const unsigned char *p;
    size_t bytes;
    struct graph graph;
    struct header header;
    struct graph_file_section *sections;
    size_t n_sections;
    const struct graph_file_section *known[N_TYPES];
};

const char *graph_file_section_name(uint32_t type)
{
    type &= ~GRAPH_FILE_CRITICAL;
    return types[type < N_TYPES ? type : 0].name;
}

bool graph_file_sniff(const unsigned char *p, size_t n)
{
    return n >= GRAPH_FILE_MAGIC_BYTES && memcmp(p, GRAPH_FILE_MAGIC, GRAPH_FILE_MAGIC_BYTES) == 0;
}

const char *graph_file_name(const struct graph_file *f) { return f->name; }
const struct graph *graph_file_graph(const struct graph_file *f) { return &f->graph; }
const struct header *graph_file_header(const struct graph_file *f) { return &f->header; }
size_t graph_file_n_sections(const struct graph_file *f) { return f->n_sections; }
const struct graph_file_section *graph_file_section(const struct graph_file *f, size_t i) { return &f->sections[i]; }

/* ---- what sizes follow from the header ---- */

/* Bytes that a known section must have; UINT64_MAX where any number is right. */
static uint64_t section_bytes(const struct graph *g, enum graph_file_section_type type)
{
    switch (type) {
    case GRAPH_FILE_LAYER0:
        return (uint64_t)g->n * g->slots0 * sizeof(uint32_t);
    case GRAPH_FILE_EDGES:
        return (uint64_t)g->n * g->slots0 * sizeof(uint16_t);
    case GRAPH_FILE_FIRST:
        return ((uint64_t)g->n + 1) * sizeof(uint32_t);
    case GRAPH_FILE_UPPER:
        return (uint64_t)g->n_upper * g->slots * sizeof(uint32_t);
    case GRAPH_FILE_VECTORS:
        return (uint64_t)g->n * g->stride * sizeof(float);
    case GRAPH_FILE_IDS:
        return (uint64_t)g->n * sizeof(uint64_t);
    default:
        return UINT64_MAX;
    }
}

/* ---- reading ---- */

static bool all_zero(const unsigned char *p, size_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static int refuse_foreign(const unsigned char *p, size_t n, struct err *err)
{
    struct input *in;
    int rc = input_open_memory(&in, p, n, "index", err);
    if (rc)
        return rc;
    rc = foreign_error(in, "an index (.hnsw)", err);
    input_close(in);
    return rc;
}

static int read_header(struct graph_file *f, struct err *err)
{
    const unsigned char *p = f->p;
    struct graph *g = &f->graph;
    if (!graph_file_sniff(p, f->bytes))
        return refuse_foreign(p, f->bytes, err);
    if (f->bytes < GRAPH_FILE_HEADER_BYTES)
        return err_set(err, ERR_TRUNCATED, "an index of %zu bytes: the header alone has %d", f->bytes, GRAPH_FILE_HEADER_BYTES);
    if (crc_update(0, p, AT_CRC) != bytes_get_u32(p + AT_CRC))
        return err_set(err, ERR_DATA, "damaged header: its CRC does not match");
    if (bytes_get_u32(p + AT_VERSION) != GRAPH_FILE_VERSION)
        return err_set(err, ERR_DATA, "an index of version %u, expected %d", bytes_get_u32(p + AT_VERSION), GRAPH_FILE_VERSION);
    if (!all_zero(p + AT_SEED + 8, AT_TABLE_CRC - AT_SEED - 8))
        return err_set(err, ERR_DATA, "damaged header: reserved bytes that are not zero");
    uint64_t n = bytes_get_u64(p + AT_N), n_upper = bytes_get_u64(p + AT_UPPER), file_bytes = bytes_get_u64(p + AT_FILE_BYTES);
    uint32_t metric = bytes_get_u32(p + AT_METRIC);
    *g = (struct graph){.n = (size_t)n, .dim = bytes_get_u32(p + AT_DIM), .m = bytes_get_u32(p + AT_M),
                        .max_degree0 = bytes_get_u32(p + AT_MAX_DEGREE0), .slots0 = bytes_get_u32(p + AT_SLOTS0),
                        .slots = bytes_get_u32(p + AT_SLOTS), .n_layers = bytes_get_u32(p + AT_LAYERS),
                        .entry = bytes_get_u32(p + AT_ENTRY), .n_upper = (size_t)n_upper, .metric = (enum metric)metric,
                        .ef_construction = bytes_get_u64(p + AT_EF), .seed = bytes_get_u64(p + AT_SEED)};
    g->stride = num_round_up(g->dim, GRAPH_ROW_ALIGN);
    if (file_bytes < f->bytes)
        return err_set(err, ERR_DATA, "%zu bytes behind the end of the index", f->bytes - (size_t)file_bytes);
    if (file_bytes > f->bytes)
        return err_set(err, ERR_TRUNCATED, "truncated: %zu of %" PRIu64 " bytes", f->bytes, file_bytes);
    if (n > GRAPH_MAX_N || n_upper > UINT32_MAX || g->n_layers > GRAPH_MAX_LAYERS || (n_upper > 0 && n == 0))
        return err_set(err, ERR_LIMIT, "%" PRIu64 " nodes, %" PRIu64 " upper rows, %zu layers: beyond the limits", n, n_upper,
                       g->n_layers);
    if (g->dim < 1 || g->dim > HEADER_MAX_SHAPE || metric > METRIC_COSINE)
        return err_set(err, ERR_DATA, "dimension %zu, metric %u: out of range", g->dim, metric);
    if (g->m < 1 || g->m > g->slots || g->max_degree0 < 1 || g->max_degree0 > g->slots0 || g->slots0 > GRAPH_MAX_SLOTS ||
        g->slots > GRAPH_MAX_SLOTS || g->slots0 % GRAPH_ROW_ALIGN != 0 || g->slots % GRAPH_ROW_ALIGN != 0)
        return err_set(err, ERR_DATA, "M %zu in rows of %zu, %zu neighbours in layer 0 in rows of %zu: out of range", g->m,
                       g->slots, g->max_degree0, g->slots0);
    if (n == 0 ? g->n_layers != 0 || g->entry != GRAPH_NONE : g->n_layers == 0 || g->entry >= n)
        return err_set(err, ERR_DATA, "entry %u and %zu layers for %" PRIu64 " nodes", g->entry, g->n_layers, n);
    return 0;
}

static int read_section(struct graph_file *f, struct graph_file_section *s, const unsigned char *entry, uint64_t expected,
                        struct err *err)
{
    *s = (struct graph_file_section){.type = bytes_get_u32(entry), .offset = bytes_get_u64(entry + 8),
                                     .bytes = bytes_get_u64(entry + 16), .crc = bytes_get_u32(entry + 24)};
    uint32_t type = s->type & ~GRAPH_FILE_CRITICAL;
    const char *name = graph_file_section_name(type);
    if (bytes_get_u32(entry + 4) != 0 || bytes_get_u32(entry + 28) != 0)
        return err_set(err, ERR_DATA, "section %s (type %u): reserved bytes that are not zero", name, type);
    if (s->offset != expected || s->offset > f->bytes || s->bytes > f->bytes - s->offset)
        return err_set(err, ERR_DATA,
                       "section %s (type %u): %" PRIu64 " bytes at %" PRIu64 ", expected at %" PRIu64 ", in a file of %zu",
                       name, type, s->bytes, s->offset, expected, f->bytes);
    if (type >= N_TYPES || types[type].use == SKIPPED) {
        if (s->type & GRAPH_FILE_CRITICAL)
            return err_set(err, ERR_DATA, "section %s (type %u) is needed to read this index, and not known to this version",
                           name, type);
        return 0;
    }
    if (f->known[type] || ((s->type & GRAPH_FILE_CRITICAL) != 0) != types[type].critical)
        return err_set(err, ERR_DATA, "section %s: twice, or %smarked critical", name, types[type].critical ? "not " : "");
    uint64_t bytes = section_bytes(&f->graph, (enum graph_file_section_type)type);
    if (bytes != UINT64_MAX && s->bytes != bytes)
        return err_set(err, ERR_DATA, "section %s: %" PRIu64 " bytes, expected %" PRIu64, name, s->bytes, bytes);
    f->known[type] = s;
    return 0;
}

static int read_table(struct graph_file *f, struct err *err)
{
    int rc;
    const unsigned char *p = f->p, *table = p + GRAPH_FILE_HEADER_BYTES;
    f->n_sections = bytes_get_u32(p + AT_SECTIONS);
    size_t bytes = f->n_sections * GRAPH_FILE_ENTRY_BYTES;
    if (f->n_sections > GRAPH_FILE_MAX_SECTIONS)
        return err_set(err, ERR_LIMIT, "%zu sections, the limit is %d", f->n_sections, GRAPH_FILE_MAX_SECTIONS);
    if (f->bytes < GRAPH_FILE_ALIGN)
        return err_set(err, ERR_TRUNCATED, "truncated: %zu bytes, the table has %d", f->bytes, GRAPH_FILE_ALIGN);
    if (crc_update(0, table, bytes) != bytes_get_u32(p + AT_TABLE_CRC))
        return err_set(err, ERR_DATA, "damaged section table: its CRC does not match");
    if (!all_zero(table + bytes, GRAPH_FILE_ALIGN - GRAPH_FILE_HEADER_BYTES - bytes))
        return err_set(err, ERR_DATA, "padding behind the section table that is not zero");
    if (!(f->sections = MEM_ZARRAY(struct graph_file_section, f->n_sections, err)))
        return ERR_NOMEM;
    uint64_t expected = GRAPH_FILE_ALIGN;
    for (size_t i = 0; i < f->n_sections; i++) {
        if ((rc = read_section(f, &f->sections[i], table + i * GRAPH_FILE_ENTRY_BYTES, expected, err)) != 0)
            return rc;
        expected = num_round_up(expected + f->sections[i].bytes, GRAPH_FILE_ALIGN);
    }
    if (expected != f->bytes)
        return err_set(err, ERR_DATA, "sections end at %" PRIu64 ", the file at %zu", expected, f->bytes);
    for (uint32_t type = 1; type < N_TYPES; type++)
        if (!f->known[type] && types[type].use == REQUIRED)
            return err_set(err, ERR_DATA, "no section %s", graph_file_section_name(type));
    return 0;
}

static const void *section_at(const struct graph_file *f, enum graph_file_section_type type)
{
    return f->p + f->known[type]->offset;
}

static int read_arrays(struct graph_file *f, struct err *err)
{
    struct graph *g = &f->graph;
    g->layer0 = section_at(f, GRAPH_FILE_LAYER0);
    g->first = section_at(f, GRAPH_FILE_FIRST);
    g->upper = section_at(f, GRAPH_FILE_UPPER);
    g->vectors = section_at(f, GRAPH_FILE_VECTORS);
    g->ids = section_at(f, GRAPH_FILE_IDS);
    g->edges = f->known[GRAPH_FILE_EDGES] ? section_at(f, GRAPH_FILE_EDGES) : NULL;
    const struct graph_file_section *codes = f->known[GRAPH_FILE_CODES];
    if (codes) {
        int rc = codes_view(&g->codes, f->p + codes->offset, (size_t)codes->bytes, g->metric, g->n, g->dim, err);
        if (rc)
            return err_prefix(err, "section ");
    }
    const struct graph_file_section *keys = f->known[GRAPH_FILE_KEYS];
    if (!keys)
        return 0;
    size_t starts = (g->n + 1) * sizeof(uint64_t);
    if (keys->bytes < starts)
        return err_set(err, ERR_DATA, "section keys: %" PRIu64 " bytes, at least %zu expected", keys->bytes, starts);
    g->key_starts = section_at(f, GRAPH_FILE_KEYS);
    g->key_bytes = (const char *)g->key_starts + starts;
    g->n_key_bytes = (size_t)keys->bytes - starts;
    return 0;
}

static int read_text(struct graph_file *f, struct err *err)
{
    const struct graph *g = &f->graph;
    const struct graph_file_section *s = f->known[GRAPH_FILE_TEXT];
    if (crc_update(0, f->p + s->offset, s->bytes) != s->crc)
        return err_set(err, ERR_DATA, "damaged section text: its CRC does not match");
    int rc = header_parse(&f->header, (const char *)f->p + s->offset, (size_t)s->bytes, err);
    if (rc)
        return err_prefix(err, "section text: ");
    const struct header *h = &f->header;
    int id = header_column(h, "id"), key = header_column(h, "key"), vec = header_column(h, "vec");
    const char *metric = header_meta(h, "metric");
    if (strcmp(h->kind, "index") != 0 || h->n_columns != (g->key_starts ? 3 : 2) || id != 0 || vec != (int)h->n_columns - 1 ||
        key != (g->key_starts ? 1 : -1) || h->columns[id].type != COLUMN_U64 || h->columns[id].shape != 1 ||
        (key > 0 && (h->columns[key].type != COLUMN_STR || h->columns[key].shape != 1)) ||
        h->columns[vec].type != COLUMN_F32 || h->columns[vec].shape != g->dim)
        return err_set(err, ERR_DATA, "section text: kind and columns are not those of this index");
    if (!metric || strcmp(metric, metric_name(g->metric)) != 0)
        return err_set(err, ERR_DATA, "section text: metric %s, in the header %s", metric ? metric : "missing",
                       metric_name(g->metric));
    return 0;
}

/* All that mapping leaves unchecked. */
static int check_all(struct graph_file *f, struct err *err)
{
    for (size_t i = 0; i < f->n_sections; i++) {
        const struct graph_file_section *s = &f->sections[i];
        uint64_t end = s->offset + s->bytes, next = num_round_up(end, GRAPH_FILE_ALIGN);
        if (crc_update(0, f->p + s->offset, s->bytes) != s->crc)
            return err_set(err, ERR_DATA, "damaged section %s at byte %" PRIu64 ": its CRC does not match",
                           graph_file_section_name(s->type), s->offset);
        if (!all_zero(f->p + end, next - end))
            return err_set(err, ERR_DATA, "padding behind section %s that is not zero", graph_file_section_name(s->type));
    }
    return graph_check(&f->graph, NULL, err);
}

/* A graph_file on bytes that map holds, or that are the caller's (map NULL).  Takes the map over. */
static int open_bytes(struct graph_file **out, const char *name, const struct mapfile *map, const void *bytes, size_t n,
                      bool verify, struct err *err)
{
    int rc = 0;
    struct graph_file *f = MEM_NEW(struct graph_file, err);
    *out = NULL;
    if (!f) {
        struct mapfile mine = map ? *map : (struct mapfile){0};
        mapfile_close(&mine);
        return ERR_NOMEM;
    }
    if (map)
        f->map = *map;
    f->p = bytes;
    f->bytes = n;
    TRY_NEW(f->name, mem_strdup(name, err));
    TRY(read_header(f, err));
    TRY(read_table(f, err));
    TRY(read_arrays(f, err));
    TRY(read_text(f, err));
    if (verify)
        TRY(check_all(f, err));
    *out = f;
out:
    if (rc) {
        err_prefix(err, "%s: ", name);
        graph_file_close(f);
    }
    return rc;
}

int graph_file_open(struct graph_file **out, const char *path, enum mapfile_load load, struct err *err)
{
    struct mapfile map = {0};
    *out = NULL;
    int rc = mapfile_open(&map, path, load, err);
    bool verify = load == MAPFILE_COPY || !map.mapped;
    return rc ? rc : open_bytes(out, strcmp(path, "-") == 0 ? "stdin" : path, &map, map.p, map.n, verify, err);
}

int graph_file_open_memory(struct graph_file **out, const void *bytes, size_t n, const char *name, enum mapfile_load load,
                           struct err *err)
{
    return open_bytes(out, name, NULL, bytes, n, load == MAPFILE_COPY, err);
}

int graph_file_open_input(struct graph_file **out, struct input *in, struct err *err)
{
    struct mapfile map = {0};
    *out = NULL;
    int rc = mapfile_read(&map, in, err);
    return rc ? rc : open_bytes(out, input_name(in), &map, map.p, map.n, true, err);
}

void graph_file_close(struct graph_file *f)
{
    if (!f)
        return;
    if (f->map.p)
        mapfile_close(&f->map);
    header_done(&f->header);
    mem_free(f->sections);
    mem_free(f->name);
    mem_free(f);
}
