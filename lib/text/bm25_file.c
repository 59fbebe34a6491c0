#include "text/bm25_file.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"
#include "text/analyzer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* formats/bm25.md §3: the header's own fields, from byte 24 on. */
enum { AT_N = 0, AT_TERMS = 8, AT_BLOCKS = 16, AT_POSTINGS = 24, AT_LENGTH = 32, AT_ZERO = 40,
       OWN_BYTES = SECTIONS_OWN_END - SECTIONS_OWN };

#define SECTION(name) {name, SECTIONS_REQUIRED, true}
static const struct sections_type types[BM25_N_TYPES] = {
    [BM25_TEXT] = SECTION("text"), [BM25_LENGTHS] = SECTION("lengths"), [BM25_KEY_STARTS] = SECTION("key_starts"),
    [BM25_KEYS] = SECTION("keys"), [BM25_TERM_STARTS] = SECTION("term_starts"), [BM25_TERMS] = SECTION("terms"),
    [BM25_SLOTS] = SECTION("slots"), [BM25_LISTS] = SECTION("lists"), [BM25_BLOCKS] = SECTION("blocks"),
    [BM25_POSTINGS] = SECTION("postings")};
#undef SECTION
const struct sections_kind bm25_file_kind = {"\x89VPB\r\n\x1a\n", 1, "a text index (.bm25)", types, BM25_N_TYPES};

struct bm25_file {
    char *name;
    struct mapfile map;
    struct sections sections;
    struct bm25_index index;
    struct header header;
};

const char *bm25_file_name(const struct bm25_file *f) { return f->name; }
const struct bm25_index *bm25_file_index(const struct bm25_file *f) { return &f->index; }
const struct header *bm25_file_header(const struct bm25_file *f) { return &f->header; }

static int read_own(struct bm25_index *x, const unsigned char *own, struct err *err)
{
    uint64_t n = bytes_get_u64(own + AT_N), terms = bytes_get_u64(own + AT_TERMS), blocks = bytes_get_u64(own + AT_BLOCKS);
    *x = (struct bm25_index){.n = (size_t)n, .n_terms = (size_t)terms, .n_blocks = (size_t)blocks,
                             .n_postings = bytes_get_u64(own + AT_POSTINGS), .total_length = bytes_get_u64(own + AT_LENGTH)};
    for (size_t i = AT_ZERO; i < OWN_BYTES; i++)
        if (own[i] != 0)
            return err_set(err, ERR_DATA, "damaged header: reserved bytes that are not zero");
    if (n > BM25_MAX_N || terms >= UINT32_MAX / 2 || blocks >= UINT32_MAX || blocks < terms || x->n_postings < blocks ||
        x->n_postings / BM25_BLOCK > blocks || x->total_length < x->n_postings)
        return err_set(err, ERR_LIMIT, "%" PRIu64 " passages, %" PRIu64 " terms, %" PRIu64 " blocks, %" PRIu64 " postings: "
                       "out of range", n, terms, blocks, x->n_postings);
    return 0;
}

static int read_arrays(struct bm25_index *x, const struct sections *s, struct err *err)
{
    const struct { enum bm25_section type; uint64_t n; size_t size; const void *at; } wanted[] = {
        {BM25_LENGTHS, x->n, sizeof *x->lengths, &x->lengths},
        {BM25_KEY_STARTS, x->n + 1, sizeof *x->key_starts, &x->key_starts},
        {BM25_TERM_STARTS, x->n_terms + 1, sizeof *x->term_starts, &x->term_starts},
        {BM25_LISTS, x->n_terms + 1, sizeof *x->lists, &x->lists},
        {BM25_BLOCKS, x->n_blocks, sizeof *x->blocks, &x->blocks},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const void *at = NULL;
        int rc = sections_array(s, wanted[i].type, wanted[i].n, wanted[i].size, &at, err);
        if (rc)
            return rc;
        memcpy((void *)(uintptr_t)wanted[i].at, &at, sizeof at);
    }
    const struct section *const *known = s->known;
    x->keys = (const char *)s->p + known[BM25_KEYS]->offset;
    x->n_key_bytes = known[BM25_KEYS]->bytes;
    x->terms = (const char *)s->p + known[BM25_TERMS]->offset;
    x->n_term_bytes = known[BM25_TERMS]->bytes;
    x->postings = s->p + known[BM25_POSTINGS]->offset;
    x->n_posting_bytes = known[BM25_POSTINGS]->bytes;
    x->slots = (const void *)(s->p + known[BM25_SLOTS]->offset);
    x->n_slots = (size_t)(known[BM25_SLOTS]->bytes / sizeof *x->slots);
    if (known[BM25_SLOTS]->bytes % sizeof *x->slots != 0 || (x->n_slots & (x->n_slots - 1)) != 0 || x->n_slots <= x->n_terms)
        return err_set(err, ERR_DATA, "section slots: %" PRIu64 " bytes for %zu terms", known[BM25_SLOTS]->bytes, x->n_terms);
    return 0;
}

static int read_text(struct bm25_file *f, struct err *err)
{
    const struct section *s = f->sections.known[BM25_TEXT];
    const struct header *h = &f->header;
    uint64_t boost;
    int rc = sections_verify(&f->sections, BM25_TEXT, err);
    if (rc)
        return rc;
    if ((rc = header_parse(&f->header, (const char *)f->sections.p + s->offset, (size_t)s->bytes, err)) != 0)
        return err_prefix(err, "section text: ");
    if (strcmp(h->kind, "bm25") != 0 || h->n_columns != 1 || header_column(h, "key") != 0 || h->columns[0].type != COLUMN_STR ||
        h->columns[0].shape != 1)
        return err_set(err, ERR_DATA, "section text: kind and columns are not those of a text index");
    const char *analyzer = header_meta(h, "analyzer"), *title_boost = header_meta(h, "title_boost");
    uint32_t kind = 0;
    while (analyzer && analyzer_names[kind] && strcmp(analyzer, analyzer_names[kind]) != 0)
        kind++;
    if (!analyzer || !analyzer_names[kind])
        return err_set(err, ERR_DATA, "section text: the analyzer %s, which is not known", analyzer ? analyzer : "is missing");
    if (!title_boost || !num_parse_u64(title_boost, strlen(title_boost), 0, 1000, &boost))
        return err_set(err, ERR_DATA, "section text: title_boost is no number of 0 to 1000");
    f->index.analyzer = kind;
    f->index.title_boost = (uint32_t)boost;
    return 0;
}

/* On bytes that map holds, or that are the caller's (map NULL).  Takes the map over. */
static int open_bytes(struct bm25_file **out, const char *name, const struct mapfile *map, const void *bytes, size_t n,
                      bool verify, struct err *err)
{
    int rc = 0;
    struct bm25_file *f = MEM_NEW(struct bm25_file, err);
    *out = NULL;
    if (!f) {
        struct mapfile mine = map ? *map : (struct mapfile){0};
        mapfile_close(&mine);
        return ERR_NOMEM;
    }
    if (map)
        f->map = *map;
    TRY_NEW(f->name, mem_strdup(name, err));
    TRY(sections_open(&f->sections, &bm25_file_kind, bytes, n, err));
    TRY(read_own(&f->index, (const unsigned char *)bytes + SECTIONS_OWN, err));
    TRY(read_arrays(&f->index, &f->sections, err));
    TRY(read_text(f, err));
    if (verify) {
        TRY(sections_verify_all(&f->sections, err));
        TRY(bm25_check(&f->index, err));
    }
    *out = f;
out:
    if (rc) {
        err_prefix(err, "%s: ", name);
        bm25_file_close(f);
    }
    return rc;
}

int bm25_file_open(struct bm25_file **out, const char *path, enum mapfile_load load, struct err *err)
{
    struct mapfile map = {0};
    *out = NULL;
    int rc = mapfile_open(&map, path, load, err);
    bool verify = load == MAPFILE_COPY || !map.mapped;
    return rc ? rc : open_bytes(out, strcmp(path, "-") == 0 ? "stdin" : path, &map, map.p, map.n, verify, err);
}

int bm25_file_open_memory(struct bm25_file **out, const void *bytes, size_t n, const char *name, enum mapfile_load load,
                          struct err *err)
{
    return open_bytes(out, name, NULL, bytes, n, load == MAPFILE_COPY, err);
}

void bm25_file_close(struct bm25_file *f)
{
    if (!f)
        return;
    header_done(&f->header);
    mapfile_close(&f->map);
    mem_free(f->name);
    mem_free(f);
}

int bm25_key(const struct bm25_index *x, uint32_t document, struct text *key, struct err *err)
{
    uint64_t from = x->key_starts[document], to = x->key_starts[document + 1];
    if (from > to || to > x->n_key_bytes)
        return err_set(err, ERR_DATA, "passage %u: its key lies outside of the keys", document);
    *key = (struct text){x->keys + from, (size_t)(to - from)};
    return 0;
}

/* ---- writing ---- */

int bm25_file_header_make(struct header *h, const struct bm25_index *x, struct err *err)
{
    char boost[16];
    int rc = 0;
    snprintf(boost, sizeof boost, "%u", x->title_boost);
    TRY(header_set_kind(h, "bm25", err));
    TRY(header_add_column(h, "key", COLUMN_STR, 1, err));
    TRY(header_set_meta(h, "analyzer", analyzer_names[x->analyzer], err));
    TRY(header_set_meta(h, "title_boost", boost, err));
out:
    return rc;
}

int bm25_file_write(struct output *out, const struct bm25_index *x, const struct header *header,
                    struct sections_sink sinks[BM25_N_TYPES - 1], struct err *err)
{
    unsigned char own[OWN_BYTES] = {0};
    struct buf text = {0};
    int rc = 0;
    bytes_put_u64(own + AT_N, x->n);
    bytes_put_u64(own + AT_TERMS, x->n_terms);
    bytes_put_u64(own + AT_BLOCKS, x->n_blocks);
    bytes_put_u64(own + AT_POSTINGS, x->n_postings);
    bytes_put_u64(own + AT_LENGTH, x->total_length);
    TRY(header_format(header, &text, err));
    TRY(sections_put(&sinks[BM25_TEXT - 1], text.p, text.n, err));
    TRY(sections_write(out, &bm25_file_kind, own, sinks, err));
out:
    buf_done(&text);
    return rc;
}
