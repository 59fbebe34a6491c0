/* Damage to foreign files, in process.  They have no checksum, so a flipped bit may pass; what must hold for every truncation,
 * every bit and every byte value: no crash, a message with the file's name, or else a well-formed table whose rows the size
 * accounts for. */
#include "../unit/check.h"
#include "base/mem.h"
#include "fmt/vecfile.h"
#include "vec/metric.h"

#include <stdlib.h>

static struct err err;
static uint64_t rows;

/* Touch every byte of a block, as a consumer would: ASan sees what lies outside. */
static uint64_t touch(const struct header *h, const struct block *b)
{
    uint64_t sum = 0;
    for (size_t c = 0; c < h->n_columns; c++) {
        const struct column *col = &h->columns[c];
        const struct column_view *v = &b->columns[c];
        size_t n = b->rows * col->shape;
        if (col->shape == COLUMN_RAGGED || col->type == COLUMN_STR)
            n = v->offsets[b->rows];
        if (v->string_offsets)
            n = v->string_offsets[n];
        for (size_t i = 0; i < n * column_type_bytes(col->type); i++)
            sum += ((const unsigned char *)v->values)[i];
    }
    return sum;
}

static int read_all(const void *p, size_t n, const char *name, const struct vecfile_options *o)
{
    struct input *in;
    struct vecfile_reader r;
    struct block b;
    static volatile uint64_t sink;
    err = (struct err){0};
    rows = 0;
    CHECK_OK(input_open_memory(&in, p, n, name, &err), &err);
    int rc = vecfile_reader_open(&r, in, o, &err);
    while (rc == 0 && (rc = vecfile_reader_next(&r, &b, &err)) == 0 && b.rows > 0) {
        sink += touch(&r.header, &b);
        rows += b.rows;
    }
    vecfile_reader_close(&r);
    CHECK(rc == 0 || strncmp(err.msg, name, strlen(name)) == 0);
    if (rc != 0 && strncmp(err.msg, name, strlen(name)) != 0)
        fprintf(stderr, "message: %s\n", err.msg);
    return rc;
}

static const uint64_t ids[] = {0, 1, 2};
static const float floats[] = {0.5f, -1, 2, 3.25f, 4, -5, 1, 2, 3};
static const unsigned char bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
static const uint32_t offsets[] = {0, 3, 6, 9};
static const uint64_t nn[] = {7, 3, 1, 1, 2, 9, 4, 5, 6};
static const float dists[] = {0, 1, 2, 0, 1, 2, 0, 0, 0.5f};

static const struct sample {
    const struct vecfile_format *format;
    enum column_type type;
    const char *name;                 /* with the extension */
    bool is_counted;                  /* a cut is always seen */
} samples[] = {
    {&vecfile_fvecs, COLUMN_F32, "x.fvecs", false}, {&vecfile_bvecs, COLUMN_U8, "x.bvecs", false},
    {&vecfile_ivecs, COLUMN_U64, "x.ivecs", false}, {&vecfile_fbin, COLUMN_F32, "x.fbin", true},
    {&vecfile_u8bin, COLUMN_U8, "x.u8bin", true},   {&vecfile_ibin, COLUMN_U64, "x.ibin", true},
    {&vecfile_knn, COLUMN_U64, "x.ibin", true},     {&vecfile_npy, COLUMN_F32, "x.npy", true},
    {&vecfile_npy, COLUMN_U8, "x.npy", true},       {&vecfile_tsv, COLUMN_F32, "x.tsv", false},
    {&vecfile_trec, COLUMN_U64, "x.run", false},    {&vecfile_vps, COLUMN_F32, "x.vps", true},
};
enum { N_SAMPLES = sizeof samples / sizeof *samples };

/* Three rows of three values. */
static unsigned char *make(const struct sample *s, size_t *n)
{
    bool neighbours = s->type == COLUMN_U64;
    struct column_view views[] = {{.values = ids}, {.values = s->type == COLUMN_U8 ? (const void *)bytes : floats}, {0}};
    struct block b = {.rows = 3, .columns = views};
    struct header h = {0};
    struct output *out;
    struct vecfile_writer w;
    err = (struct err){0};
    if (neighbours) {
        views[1] = (struct column_view){.values = nn, .offsets = offsets};
        views[2] = (struct column_view){.values = dists, .offsets = offsets};
    }
    CHECK_OK(header_set_kind(&h, neighbours ? "neighbours" : "vectors", &err), &err);
    CHECK_OK(header_add_column(&h, "id", COLUMN_U64, 1, &err), &err);
    if (neighbours) {
        CHECK_OK(header_add_column(&h, "nn", COLUMN_U64, COLUMN_RAGGED, &err), &err);
        CHECK_OK(header_add_column(&h, "dist", COLUMN_F32, COLUMN_RAGGED, &err), &err);
    } else {
        CHECK_OK(header_add_column(&h, "vec", s->type, 3, &err), &err);
    }
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(vecfile_writer_open(&w, s->format, out, &h, 3, 0, &err), &err);
    CHECK_OK(vecfile_writer_rows(&w, &b, 0, 3, &err), &err);
    CHECK_OK(vecfile_writer_end(&w, &err), &err);
    const void *p = output_memory(out, n);
    unsigned char *copy = mem_alloc(*n, 1, &err);
    memcpy(copy, p, *n);
    vecfile_writer_free(&w);
    output_free(out);
    header_done(&h);
    return copy;
}

/* By the name, by --from, and from a name that says nothing. */
static int read_ways(const struct sample *s, const void *p, size_t n, int way)
{
    const struct vecfile_options o = {.from = way == 1 ? s->format->name : NULL, .metric = METRIC_L2};
    return read_all(p, n, way == 0 ? s->name : "noname", &o);
}

static void test_every_truncation(void)
{
    for (size_t i = 0; i < N_SAMPLES; i++) {
        size_t n;
        unsigned char *p = make(&samples[i], &n);
        for (int way = 0; way < 2; way++) {
            CHECK_OK(read_ways(&samples[i], p, n, way), &err);
            CHECK_EQ(rows, 3);
        }
        for (size_t cut = 0; cut < n; cut++) {
            unsigned char *exact = mem_alloc(cut, 1, &err);       /* so that ASan sees a read behind the end */
            memcpy(exact, p, cut);
            for (int way = 0; way < 3; way++) {
                int rc = read_ways(&samples[i], exact, cut, way);
                /* knn cut before its distances is whole again; a counted form can only pass as another one that fits. */
                bool halves = samples[i].format == &vecfile_knn && cut == 8 + 36;
                CHECK(rc != 0 || rows <= 3);
                CHECK(!samples[i].is_counted || way == 2 || halves || rc != 0);
                CHECK(cut > 0 || rc == ERR_TRUNCATED);
            }
            mem_free(exact);
        }
        mem_free(p);
    }
}

static void test_every_bit_and_byte(void)
{
    static const unsigned char values[] = {0, 0xFF, 0x7F, 0x80, ' ', '9', '-', '\n', '\t'};
    for (size_t i = 0; i < N_SAMPLES; i++) {
        size_t n;
        unsigned char *p = make(&samples[i], &n);
        for (size_t at = 0; at < n; at++) {
            unsigned char was = p[at];
            for (int way = 0; way < 3; way++) {
                for (int bit = 0; bit < 8; bit++) {
                    p[at] = was ^ (unsigned char)(1 << bit);
                    CHECK(read_ways(&samples[i], p, n, way) != 0 || rows <= n);
                }
                for (size_t v = 0; v < sizeof values; v++) {
                    p[at] = values[v];
                    CHECK(read_ways(&samples[i], p, n, way) != 0 || rows <= n);
                }
            }
            p[at] = was;
        }
        mem_free(p);
    }
}

/* Counts and dimensions that lie, by themselves and together. */
static void test_lying_headers(void)
{
    static const uint32_t lies[] = {0, 1, 2, 4, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFF, 1 << 20, (1 << 20) + 1,
                                    0x00010000};
    enum { N_LIES = sizeof lies / sizeof *lies };
    for (size_t i = 0; i < N_SAMPLES; i++) {
        size_t n;
        unsigned char *p = make(&samples[i], &n);
        if (samples[i].format->is_text || samples[i].format == &vecfile_vps || samples[i].format == &vecfile_npy) {
            mem_free(p);
            continue;
        }
        for (size_t a = 0; a < N_LIES; a++) {
            for (size_t b = 0; b < N_LIES; b++) {
                memcpy(p, &lies[a], 4);
                memcpy(p + 4, &lies[b], 4);
                for (int way = 0; way < 3; way++)
                    CHECK(read_ways(&samples[i], p, n, way) != 0 || rows <= n);
            }
        }
        mem_free(p);
    }
}

/* Every format's file under every other's name and --from: an error, or a table of no more rows than bytes. */
static void test_wrong_names(void)
{
    for (size_t i = 0; i < N_SAMPLES; i++) {
        size_t n;
        unsigned char *p = make(&samples[i], &n);
        for (size_t j = 0; j < N_SAMPLES; j++) {
            bool same = samples[i].format == samples[j].format;
            for (int way = 0; way < 2; way++) {
                int rc = read_ways(&samples[j], p, n, way);
                CHECK(!same || rc == 0);
                CHECK(rc != 0 || rows <= n);
            }
        }
        mem_free(p);
    }
}

/* Bytes behind the end. */
static void test_trailing_bytes(void)
{
    for (size_t i = 0; i < N_SAMPLES; i++) {
        size_t n;
        unsigned char *p = make(&samples[i], &n), *more = mem_alloc(n + 5, 1, &err);
        memcpy(more, p, n);
        memcpy(more + n, "\1\2\3\4\5", 5);
        for (int way = 0; way < 2; way++)
            CHECK(read_ways(&samples[i], more, n + 5, way) != 0);
        mem_free(more);
        mem_free(p);
    }
}

int main(void)
{
    CHECK_RUN(test_every_truncation);
    CHECK_RUN(test_every_bit_and_byte);
    CHECK_RUN(test_lying_headers);
    CHECK_RUN(test_wrong_names);
    CHECK_RUN(test_trailing_bytes);
    return check_status();
}
