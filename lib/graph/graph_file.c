#include "graph/graph_file.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/record.h"
#include "graph/graph_check.h"

#include <inttypes.h>
#include <string.h>

/* formats/hnsw.md §3: where the header's own fields lie. */
enum {
    AT_N = 24, AT_DIM = 32, AT_METRIC = 36, AT_M = 40, AT_MAX_DEGREE0 = 44, AT_SLOTS0 = 48, AT_SLOTS = 52, AT_LAYERS = 56,
    AT_ENTRY = 60, AT_UPPER = 64, AT_EF = 72, AT_SEED = 80, AT_ZERO = 88
};
enum { N_TYPES = GRAPH_FILE_ORDER + 1 };

static const struct sections_type types[N_TYPES] = {
    [GRAPH_FILE_LAYER0] = {"layer0", SECTIONS_REQUIRED, true},
    [GRAPH_FILE_FIRST] = {"first", SECTIONS_REQUIRED, true},
    [GRAPH_FILE_UPPER] = {"upper", SECTIONS_REQUIRED, true},
    [GRAPH_FILE_VECTORS] = {"vectors", SECTIONS_REQUIRED, true},
    [GRAPH_FILE_IDS] = {"ids", SECTIONS_REQUIRED, true},
    [GRAPH_FILE_KEYS] = {"keys", SECTIONS_OPTIONAL, true},
    [GRAPH_FILE_TEXT] = {"text", SECTIONS_REQUIRED, true},
    [GRAPH_FILE_EDGES] = {"edges", SECTIONS_OPTIONAL, false},
    [GRAPH_FILE_LIVE] = {"live", SECTIONS_SKIPPED, true},
    [GRAPH_FILE_CODES] = {"codes", SECTIONS_OPTIONAL, false},
    [GRAPH_FILE_ENTRIES] = {"entries", SECTIONS_SKIPPED, false},
    [GRAPH_FILE_ORDER] = {"order", SECTIONS_SKIPPED, false},
};
const struct sections_kind graph_file_kind = {"\x89VPG\r\n\x1a\n", 1, "an index (.hnsw)", types, N_TYPES};

struct graph_file {
    char *name;
    struct mapfile map;                    /* p NULL for open_memory */
    struct sections sections;
    struct graph graph;
    struct header header;
};

const char *graph_file_name(const struct graph_file *f) { return f->name; }
const struct graph *graph_file_graph(const struct graph_file *f) { return &f->graph; }
const struct header *graph_file_header(const struct graph_file *f) { return &f->header; }
const struct sections *graph_file_sections(const struct graph_file *f) { return &f->sections; }

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

static int read_header(struct graph_file *f, struct err *err)
{
    const unsigned char *p = f->sections.p;
    struct graph *g = &f->graph;
    if (!record_all_zero(p + AT_ZERO, SECTIONS_OWN_END - AT_ZERO))
        return err_set(err, ERR_DATA, "damaged header: reserved bytes that are not zero");
    uint64_t n = bytes_get_u64(p + AT_N), n_upper = bytes_get_u64(p + AT_UPPER);
    uint32_t metric = bytes_get_u32(p + AT_METRIC);
    *g = (struct graph){.n = (size_t)n, .dim = bytes_get_u32(p + AT_DIM), .m = bytes_get_u32(p + AT_M),
                        .max_degree0 = bytes_get_u32(p + AT_MAX_DEGREE0), .slots0 = bytes_get_u32(p + AT_SLOTS0),
                        .slots = bytes_get_u32(p + AT_SLOTS), .n_layers = bytes_get_u32(p + AT_LAYERS),
                        .entry = bytes_get_u32(p + AT_ENTRY), .n_upper = (size_t)n_upper, .metric = (enum metric)metric,
                        .ef_construction = bytes_get_u64(p + AT_EF), .seed = bytes_get_u64(p + AT_SEED)};
    g->stride = num_round_up(g->dim, GRAPH_ROW_ALIGN);
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

static int check_sizes(const struct graph_file *f, struct err *err)
{
    for (uint32_t type = 1; type < N_TYPES; type++) {
        const struct section *s = f->sections.known[type];
        uint64_t bytes = s ? section_bytes(&f->graph, (enum graph_file_section_type)type) : UINT64_MAX;
        if (bytes != UINT64_MAX && s->bytes != bytes)
            return err_set(err, ERR_DATA, "section %s: %" PRIu64 " bytes, expected %" PRIu64, types[type].name, s->bytes, bytes);
    }
    return 0;
}

static const void *section_at(const struct graph_file *f, enum graph_file_section_type type)
{
    const struct section *s = f->sections.known[type];
    return s ? f->sections.p + s->offset : NULL;
}

static int read_arrays(struct graph_file *f, struct err *err)
{
    struct graph *g = &f->graph;
    g->layer0 = section_at(f, GRAPH_FILE_LAYER0);
    g->first = section_at(f, GRAPH_FILE_FIRST);
    g->upper = section_at(f, GRAPH_FILE_UPPER);
    g->vectors = section_at(f, GRAPH_FILE_VECTORS);
    g->ids = section_at(f, GRAPH_FILE_IDS);
    g->edges = section_at(f, GRAPH_FILE_EDGES);
    const struct section *codes = f->sections.known[GRAPH_FILE_CODES];
    if (codes) {
        int rc = codes_view(&g->codes, section_at(f, GRAPH_FILE_CODES), (size_t)codes->bytes, g->metric, g->n, g->dim, err);
        if (rc)
            return err_prefix(err, "section ");
    }
    const struct section *keys = f->sections.known[GRAPH_FILE_KEYS];
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
    int rc = sections_verify(&f->sections, GRAPH_FILE_TEXT, err);
    if (rc)
        return rc;
    rc = header_parse(&f->header, section_at(f, GRAPH_FILE_TEXT), (size_t)f->sections.known[GRAPH_FILE_TEXT]->bytes, err);
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
    TRY_NEW(f->name, mem_strdup(name, err));
    TRY(sections_open(&f->sections, &graph_file_kind, bytes, n, err));
    TRY(read_header(f, err));
    TRY(check_sizes(f, err));
    TRY(read_arrays(f, err));
    TRY(read_text(f, err));
    if (verify) {
        TRY(sections_verify_all(&f->sections, err));
        TRY(graph_check(&f->graph, NULL, err));
    }
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
    mem_free(f->name);
    mem_free(f);
}
