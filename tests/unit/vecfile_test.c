/* Foreign formats: exact bytes written, values and ids read, what is refused and how it is named. */
#include "check.h"
#include "base/mem.h"
#include "fmt/vecfile.h"
#include "vec/metric.h"

#include <stdlib.h>

static struct err err;
static const struct vecfile_options plain = {.metric = -1};

/* What a reader gave, flattened: ids, and the values of vec or nn as doubles. */
struct got {
    uint64_t ids[64];
    double values[512];
    float dists[512];
    char keys[256];               /* with ';' behind each */
    size_t rows, n_values;
    const char *format;
    enum column_type type;
    uint32_t shape;
};

static double number(enum column_type type, const void *p, size_t i)
{
    switch (type) {
    case COLUMN_F32: return (double)((const float *)p)[i];
    case COLUMN_F64: return ((const double *)p)[i];
    case COLUMN_I8:  return ((const int8_t *)p)[i];
    case COLUMN_U8:  return ((const uint8_t *)p)[i];
    case COLUMN_U16: case COLUMN_F16: return ((const uint16_t *)p)[i];
    case COLUMN_I32: return ((const int32_t *)p)[i];
    case COLUMN_U32: return ((const uint32_t *)p)[i];
    default:         return (double)((const uint64_t *)p)[i];
    }
}

static void take_block(struct got *g, const struct header *h, const struct block *b)
{
    int id = header_column(h, "id"), key = header_column(h, "key"), vec = header_column(h, "vec"), nn = header_column(h, "nn"),
        dist = header_column(h, "dist"), c = vec >= 0 ? vec : nn;
    g->type = h->columns[c].type;
    g->shape = h->columns[c].shape;
    size_t n = vec >= 0 ? b->rows * g->shape : b->columns[nn].offsets[b->rows];
    for (size_t i = 0; i < b->rows; i++) {
        g->ids[g->rows + i] = ((const uint64_t *)b->columns[id].values)[i];
        if (key >= 0) {
            const uint32_t *o = b->columns[key].offsets + i;
            strncat(g->keys, (const char *)b->columns[key].values + o[0], o[1] - o[0]);
            strcat(g->keys, ";");
        }
    }
    for (size_t i = 0; i < n; i++) {
        g->values[g->n_values + i] = number(g->type, b->columns[c].values, i);
        if (dist >= 0)
            g->dists[g->n_values + i] = ((const float *)b->columns[dist].values)[i];
    }
    g->rows += b->rows;
    g->n_values += n;
}

static int read_with(struct got *g, const void *bytes, size_t n, const char *name, const struct vecfile_options *o)
{
    struct input *in;
    struct vecfile_reader r;
    struct block b;
    err = (struct err){0};
    memset(g, 0, sizeof *g);
    CHECK_OK(input_open_memory(&in, bytes, n, name, &err), &err);
    int rc = vecfile_reader_open(&r, in, o, &err);
    while (rc == 0 && (rc = vecfile_reader_next(&r, &b, &err)) == 0 && b.rows > 0)
        take_block(g, &r.header, &b);
    if (rc == 0) {
        g->format = r.format->name;
        CHECK(r.n_rows == VECFILE_UNKNOWN || r.n_rows == g->rows);
    }
    vecfile_reader_close(&r);
    return rc;
}

static int read_named(struct got *g, const void *bytes, size_t n, const char *name)
{
    return read_with(g, bytes, n, name, &plain);
}

/* Write rows of one vector or neighbour column; the bytes stay valid until the next call. */
static const unsigned char *write_as(const struct vecfile_format *f, const char *kind, const struct column *columns,
                                     size_t n_columns, const struct column_view *views, size_t rows, uint64_t announced,
                                     size_t *n, int *rc)
{
    static struct output *out;
    struct header h = {0};
    struct vecfile_writer w;
    struct block b = {.rows = rows, .columns = views};
    if (out)
        output_free(out);
    err = (struct err){0};
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(header_set_kind(&h, kind, &err), &err);
    for (size_t i = 0; i < n_columns; i++)
        CHECK_OK(header_add_column(&h, columns[i].name, columns[i].type, columns[i].shape, &err), &err);
    *rc = vecfile_writer_open(&w, f, out, &h, announced, 0, &err);
    if (*rc == 0 && rows > 0)
        *rc = vecfile_writer_rows(&w, &b, 0, rows, &err);
    if (*rc == 0)
        *rc = vecfile_writer_end(&w, &err);
    vecfile_writer_free(&w);
    header_done(&h);
    return output_memory(out, n);
}

static const uint64_t ids[] = {0, 1, 2};
static const float floats[] = {0.5f, -1, 2, 3.25f, 4, -5};
static const struct column vector_columns[] = {{"id", COLUMN_U64, 1}, {"vec", COLUMN_F32, 2}};
static const struct column_view vector_views[] = {{.values = ids}, {.values = floats}};

static void test_vectors_round_trip(void)
{
    static const struct vecfile_format *const formats[] = {&vecfile_fvecs, &vecfile_fbin, &vecfile_npy, &vecfile_tsv,
                                                           &vecfile_vps};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        for (uint64_t announced = 3; announced <= 4; announced++) {
            struct got g;
            char name[32];
            size_t n;
            int rc;
            const unsigned char *p = write_as(formats[i], "vectors", vector_columns, 2, vector_views, 3,
                                              announced == 3 ? 3 : VECFILE_UNKNOWN, &n, &rc);
            CHECK_EQ(rc, 0);
            snprintf(name, sizeof name, "x.%s", formats[i]->name);
            CHECK_OK(read_named(&g, p, n, name), &err);
            CHECK_EQ(g.rows, 3);
            CHECK_STR(g.format, formats[i]->name);
            for (size_t j = 0; j < 6; j++)
                CHECK(g.values[j] == (double)floats[j]);
            for (size_t j = 0; j < 3; j++)
                CHECK_EQ(g.ids[j], j);
        }
    }
}

static void test_exact_bytes(void)
{
    size_t n;
    int rc;
    const unsigned char *p = write_as(&vecfile_fbin, "vectors", vector_columns, 2, vector_views, 3, 3, &n, &rc);
    static const unsigned char head[] = {3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0x3f, 0, 0, 0x80, 0xbf};
    CHECK_EQ(n, 32);
    CHECK(memcmp(p, head, sizeof head) == 0);
    p = write_as(&vecfile_fvecs, "vectors", vector_columns, 2, vector_views, 3, 3, &n, &rc);
    CHECK_EQ(n, 36);
    CHECK(memcmp(p, "\2\0\0\0\0\0\0\x3f\0\0\x80\xbf\2\0\0\0", 16) == 0);
    p = write_as(&vecfile_npy, "vectors", vector_columns, 2, vector_views, 3, VECFILE_UNKNOWN, &n, &rc);
    CHECK_EQ(n, 128 + 24);
    static const char npy[] = "\x93NUMPY\1\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";
    CHECK(memcmp(p, npy, sizeof npy - 1) == 0 && p[127] == '\n' && p[126] == ' ');
    p = write_as(&vecfile_tsv, "vectors", vector_columns, 2, vector_views, 3, 3, &n, &rc);
    CHECK(n == 25 && memcmp(p, "0\t0.5\t-1\n1\t2\t3.25\n2\t4\t-5\n", n) == 0);
}

/* No rows at all are a table where the format can say its dimension. */
static void test_no_rows(void)
{
    struct got g;
    size_t n;
    int rc;
    const unsigned char *p = write_as(&vecfile_fbin, "vectors", vector_columns, 2, vector_views, 0, VECFILE_UNKNOWN, &n, &rc);
    CHECK_EQ(n, 8);
    CHECK_OK(read_named(&g, p, n, "x.fbin"), &err);
    CHECK_EQ(g.rows, 0);
    p = write_as(&vecfile_npy, "vectors", vector_columns, 2, vector_views, 0, 0, &n, &rc);
    CHECK_OK(read_named(&g, p, n, "x.npy"), &err);
    CHECK_EQ(read_named(&g, "", 0, "x.fvecs"), ERR_TRUNCATED);
    CHECK_EQ(read_named(&g, "", 0, "x"), ERR_TRUNCATED);
}

static void test_other_types_are_refused(void)
{
    static const struct column ragged[] = {{"id", COLUMN_U64, 1}, {"vec", COLUMN_F32, COLUMN_RAGGED}};
    static const struct column two[] = {{"id", COLUMN_U64, 1}, {"a", COLUMN_F32, 1}, {"b", COLUMN_F32, 1}};
    size_t n;
    int rc;
    (void)write_as(&vecfile_u8bin, "vectors", vector_columns, 2, vector_views, 3, 3, &n, &rc);
    CHECK_EQ(rc, ERR_DATA);
    CHECK(strstr(err.msg, "--dtype u8"));
    CHECK_EQ(n, 0);                   /* before anything was written */
    (void)write_as(&vecfile_fbin, "vectors", ragged, 2, vector_views, 0, 0, &n, &rc);
    CHECK_EQ(rc, ERR_DATA);
    (void)write_as(&vecfile_fbin, "features", two, 3, vector_views, 0, 0, &n, &rc);
    CHECK(rc == ERR_DATA && strstr(err.msg, "--columns"));
    (void)write_as(&vecfile_trec, "vectors", vector_columns, 2, vector_views, 3, 3, &n, &rc);
    CHECK_EQ(rc, ERR_DATA);
    (void)write_as(&vecfile_fbin, "vectors", vector_columns, 2, vector_views, 3, 4, &n, &rc);
    CHECK(rc == ERR_DATA && strstr(err.msg, "expected 4"));
}

/* ---- npy ---- */

static const void *npy(int version, const char *dict, const void *values, size_t n_values, size_t *n)
{
    static unsigned char file[1024];
    size_t head = version == 1 ? 10 : 12, text = strlen(dict);
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (unsigned char)version;
    file[7] = 0;
    memset(file + 8, 0, 4);
    file[8] = (unsigned char)text;
    memcpy(file + head, dict, text);
    memcpy(file + head + text, values, n_values);
    *n = head + text + n_values;
    return file;
}

static void check_npy(int version, const char *dict, const void *values, size_t n_values, enum column_type type,
                      const double *expected)
{
    struct got g;
    size_t n;
    const void *file = npy(version, dict, values, n_values, &n);
    CHECK_OK(read_named(&g, file, n, "x.npy"), &err);
    CHECK_EQ(g.rows, 2);
    CHECK_EQ(g.type, type);
    CHECK_EQ(g.n_values, 6);
    for (size_t i = 0; i < 6; i++)
        CHECK(g.values[i] == expected[i]);
}

static void test_npy_forms(void)
{
    static const double counts[] = {1, 2, 3, 4, 5, 6};
    static const unsigned char bytes[] = {1, 2, 3, 4, 5, 6}, by_column[] = {1, 4, 2, 5, 3, 6};
    static const unsigned char big[] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6};
    static const double doubles[] = {1, 2, 3, 4, 5, 6};
    static const uint64_t wide[] = {1, 2, 3, 4, 5, 6};
    check_npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n", bytes, 6, COLUMN_U8, counts);
    check_npy(2, "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }\n", bytes, 6, COLUMN_I8, counts);
    check_npy(3, "{\"shape\":(2,3),\"descr\":\"<u1\",\"fortran_order\":False}", bytes, 6, COLUMN_U8, counts);
    check_npy(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", by_column, 6, COLUMN_U8, counts);
    check_npy(1, "{'descr': '>i4', 'fortran_order': False, 'shape': (2, 3), }\n", big, 24, COLUMN_I32, counts);
    check_npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n", doubles, 48, COLUMN_F64, counts);
    check_npy(1, "{'descr': '<u8', 'fortran_order': False, 'shape': (2, 3), }\n", wide, 48, COLUMN_U64, counts);
}

static void test_npy_refusals(void)
{
    static const char *const dicts[] = {
        "{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551615, 1048576), }",
        "{'descr': '<f4', 'shape': (2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'fortran_order': False, 'shape': (2, 3), }",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), ", "", "{", "{'descr'",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } x",
        "{'descr': '', 'fortran_order': False, 'shape': (2, 3), }",
    };
    float values[6] = {0};
    for (size_t i = 0; i < sizeof dicts / sizeof *dicts; i++) {
        struct got g;
        size_t n;
        const void *file = npy(1, dicts[i], values, sizeof values, &n);
        int rc = read_named(&g, file, n, "x.npy");
        CHECK(rc == ERR_DATA || rc == ERR_TRUNCATED);
        if (rc == 0)
            fprintf(stderr, "taken: %s\n", dicts[i]);
    }
}

/* ---- neighbours ---- */

static const uint32_t nn_offsets[] = {0, 2, 4, 6};
static const uint64_t nn[] = {7, 3, 1, 2, 9, 8};
static const float dists[] = {0.5f, 1, 0.25f, 0.25f, 0, 3};
static const struct column near_columns[] = {{"id", COLUMN_U64, 1}, {"nn", COLUMN_U64, COLUMN_RAGGED},
                                             {"dist", COLUMN_F32, COLUMN_RAGGED}};
static const struct column_view near_views[] = {{.values = ids}, {.values = nn, .offsets = nn_offsets},
                                                {.values = dists, .offsets = nn_offsets}};

static void test_neighbours_round_trip(void)
{
    static const struct {
        const struct vecfile_format *format;
        const char *name;
        bool has_dist;
    } cases[] = {{&vecfile_ivecs, "x.ivecs", false}, {&vecfile_ibin, "x.ibin", false}, {&vecfile_knn, "x.ibin", true},
                 {&vecfile_trec, "x.run", true}, {&vecfile_vps, "x", true}};
    struct vecfile_options o = {.metric = METRIC_L2};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct got g;
        size_t n;
        int rc;
        const unsigned char *p = write_as(cases[i].format, "neighbours", near_columns, 3, near_views, 3, VECFILE_UNKNOWN, &n,
                                          &rc);
        CHECK_EQ(rc, 0);
        CHECK_OK(read_with(&g, p, n, cases[i].name, &o), &err);
        CHECK_STR(g.format, cases[i].format->name);
        CHECK_EQ(g.rows, 3);
        CHECK_EQ(g.n_values, 6);
        for (size_t j = 0; j < 6; j++) {
            CHECK(g.values[j] == (double)nn[j]);
            CHECK(!cases[i].has_dist || g.dists[j] == dists[j]);
        }
        for (size_t j = 0; j < 3; j++)
            CHECK_EQ(g.ids[j], j);
    }
}

static void test_neighbours_refusals(void)
{
    static const uint32_t uneven[] = {0, 1, 4, 6};
    static const uint64_t same[] = {5, 5, 6}, large[] = {7, 3, 1, UINT32_MAX, 9, 8};
    struct column_view v[] = {near_views[0], {.values = nn, .offsets = uneven}, {.values = dists, .offsets = uneven}};
    size_t n;
    int rc;
    (void)write_as(&vecfile_ivecs, "neighbours", near_columns, 3, v, 3, VECFILE_UNKNOWN, &n, &rc);
    CHECK(rc == ERR_DATA && strstr(err.msg, "row 1 has 3 neighbours"));
    memcpy(v, near_views, sizeof v);
    v[0].values = same;
    (void)write_as(&vecfile_trec, "neighbours", near_columns, 3, v, 3, VECFILE_UNKNOWN, &n, &rc);
    CHECK(rc == ERR_DATA && strstr(err.msg, "several ef"));
    memcpy(v, near_views, sizeof v);
    v[1].values = large;
    (void)write_as(&vecfile_knn, "neighbours", near_columns, 3, v, 3, VECFILE_UNKNOWN, &n, &rc);
    CHECK(rc == ERR_DATA && strstr(err.msg, "32 bits"));
}

/* Ids of -1 are the padding of short answers, at the end of a row only. */
static void test_padding(void)
{
    static const int32_t short_rows[] = {2, 3, -1, 2, -1, -1}, hole[] = {2, -1, 3};
    struct got g;
    CHECK_OK(read_named(&g, short_rows, sizeof short_rows, "x.ivecs"), &err);
    CHECK(g.rows == 2 && g.n_values == 1 && g.values[0] == 3);
    CHECK_EQ(read_named(&g, hole, sizeof hole, "x.ivecs"), ERR_DATA);
    struct vecfile_options o = {.kind = VECFILE_VECTORS, .metric = -1};
    CHECK_OK(read_with(&g, hole, sizeof hole, "x.ivecs", &o), &err);
    CHECK(g.type == COLUMN_I32 && g.values[0] == -1);
}

/* Ground truth with distances: l2 rises; inner products fall and are turned; the metric must be known. */
static void test_truth_distances(void)
{
    static const struct {
        uint32_t n, k, ids[4];
        float d[4];
    } truth = {2, 2, {4, 5, 6, 7}, {3, 3, 2, 1}};
    struct vecfile_options o = {.metric = METRIC_IP};
    struct got g;
    CHECK_OK(read_with(&g, &truth, sizeof truth, "truth", &o), &err);
    CHECK_STR(g.format, "knn");
    CHECK(g.dists[0] == -3 && g.dists[2] == -2 && g.dists[3] == -1);
    o.metric = METRIC_COSINE;
    CHECK_OK(read_with(&g, &truth, sizeof truth, "truth", &o), &err);
    CHECK(g.dists[0] == -2 && g.dists[3] == 0);
    o.metric = METRIC_L2;
    CHECK_EQ(read_with(&g, &truth, sizeof truth, "truth", &o), ERR_DATA);
    CHECK_EQ(read_named(&g, &truth, sizeof truth, "truth"), ERR_USAGE);
    CHECK_OK(read_named(&g, &truth, sizeof truth - 16, "truth.ibin"), &err);
    CHECK_STR(g.format, "ibin");
}

/* ---- text ---- */

static int read_text(struct got *g, const char *text, const char *name)
{
    return read_named(g, text, strlen(text), name);
}

static void test_tsv(void)
{
    struct got g;
    CHECK_OK(read_text(&g, "a\t1,2 3\r\nb c\t4\t5\t6", "x.tsv"), &err);
    CHECK_STR(g.keys, "a;b c;");
    CHECK(g.ids[0] == 0 && g.ids[1] == 1 && g.values[5] == 6);
    CHECK_OK(read_text(&g, "the 1 2\nof 3 4\n", "x.tsv"), &err);
    CHECK_STR(g.keys, "the;of;");
    CHECK_OK(read_text(&g, ". . . -1 2\nat a b 3 4 \n", "x.vec"), &err);
    CHECK_STR(g.keys, ". . .;at a b;");
    CHECK_OK(read_text(&g, "2 2\nthe 1 2\nof 3 4\n", "x.vec"), &err);
    CHECK(g.rows == 2 && g.values[3] == 4);
    CHECK_OK(read_text(&g, "2 2\n3 4\n", "x.vec"), &err);             /* vectors of dimension 1 with numbers for keys */
    CHECK(g.rows == 2 && g.n_values == 2);
    CHECK_EQ(read_text(&g, "3 2\nthe 1 2\nof 3 4\n", "x.vec"), ERR_TRUNCATED);
    CHECK_EQ(read_text(&g, "1 2\nthe 1 2\nof 3 4\n", "x.vec"), ERR_DATA);
    CHECK_OK(read_text(&g, "7\t1\n18446744073709551615\t2\n", "x.tsv"), &err);
    CHECK(g.ids[0] == 7 && g.ids[1] == UINT64_MAX);
    CHECK_EQ(read_text(&g, "7\t1\na\t2\n", "x.tsv"), ERR_DATA);
    struct vecfile_options o = {.first_id = 5, .number_rows = true, .metric = -1};
    CHECK_OK(read_with(&g, "7\t1\na\t2\n", 8, "x.tsv", &o), &err);
    CHECK(g.ids[0] == 5 && g.ids[1] == 6);
    static const char *const bad[] = {"a\t1\nb\t1 2\n", "a\t1\nb\n", "a\t1\n\n", "a\tx\n", "a\tnan\n", "a\t1e99\n", "a\n",
                                      "\t1\n", "a\t1\nb\t0x1\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ(read_text(&g, bad[i], "x.tsv"), ERR_DATA);
}

static void test_trec(void)
{
    struct got g;
    CHECK_OK(read_text(&g, "# a comment\nq2 Q0 d1 1 0.5 t\nq2 Q0 d2 2 1.5 t\n\nq1  Q0\t7 1 -2 t\n", "x"), &err);
    CHECK_STR(g.format, "trec");
    CHECK_STR(g.keys, "q2;q1;");
    CHECK(g.rows == 2 && g.dists[0] == -1.5f && g.dists[1] == -0.5f && g.dists[2] == 2 && g.values[2] == 7);
    static const char *const bad[] = {
        "q Q0 d 1 x t\n", "q Q0 d 1 nan t\n", "q Q0 d 1 2\n", "q Q0 d 1 2 t t\n", "q Q0 d 1 2 t\nr Q0 d 1 2 t\nq Q0 e 1 2 t\n",
        "q Q0 d 1 2 t\nq Q0 d 2 1 t\n", "1 Q0 d 1 2 t\nx Q0 d 2 1 t\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ(read_text(&g, bad[i], "x.run"), ERR_DATA);
    CHECK_EQ(read_text(&g, "# nothing\n", "x.run"), ERR_TRUNCATED);
}

/* ---- which format ---- */

static void test_sniffing(void)
{
    struct got g;
    static const float fbin[] = {0, 0, 1.5f, 2.5f, 3.5f, 4.5f}, fvecs[] = {0, 1.5f, 2.5f, 0, 3.5f, 4.5f, 0, 5.5f, 6.5f};
    unsigned char two[sizeof fbin], rows[sizeof fvecs];
    memcpy(two, fbin, sizeof two);
    memcpy(two, "\2\0\0\0\2\0\0\0", 8);
    memcpy(rows, fvecs, sizeof rows);
    for (size_t i = 0; i < sizeof rows; i += 12)
        memcpy(rows + i, "\2\0\0\0", 4);
    CHECK_OK(read_named(&g, two, sizeof two, "noname"), &err);
    CHECK_STR(g.format, "fbin");
    CHECK_OK(read_named(&g, two, sizeof two, "dir.fvecs/NAME.FBIN.gz"), &err);
    CHECK_OK(read_named(&g, rows, sizeof rows, "noname"), &err);
    CHECK_STR(g.format, "fvecs");
    /* A name that lies: what the file looks like is in the message. */
    CHECK_EQ(read_named(&g, two, sizeof two, "x.fvecs"), ERR_DATA);
    CHECK(strstr(err.msg, "looks like an fbin file of dimension 2"));
    CHECK_EQ(read_named(&g, rows, sizeof rows, "x.fbin"), ERR_DATA);
    CHECK(strstr(err.msg, "looks like an fvecs file of dimension 2"));
    CHECK_EQ(read_named(&g, rows, sizeof rows, "x.npy"), ERR_DATA);
    CHECK(strstr(err.msg, "looks like an fvecs file"));
    CHECK_EQ(read_named(&g, "\x89HDF\r\n\x1a\n....", 12, "x.fbin"), ERR_DATA);
    CHECK(strstr(err.msg, "looks like an HDF5 file"));
    /* One byte a value says nothing of its sign. */
    static const unsigned char bytes[] = {2, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6};
    CHECK_EQ(read_named(&g, bytes, sizeof bytes, "noname"), ERR_DATA);
    CHECK(strstr(err.msg, "a u8bin file or an i8bin file"));
    CHECK_OK(read_named(&g, bytes, sizeof bytes, "x.u8bin"), &err);
    /* --from decides, and is held against the size, too. */
    struct vecfile_options o = {.from = "fbin", .metric = -1};
    CHECK_EQ(read_with(&g, rows, sizeof rows, "x.fvecs", &o), ERR_DATA);
    o.from = "floats";
    CHECK_EQ(read_with(&g, rows, sizeof rows, "x.fvecs", &o), ERR_USAGE);
    CHECK(strstr(err.msg, "fvecs, bvecs"));
}

static void test_not_finite(void)
{
    struct got g;
    uint32_t row[] = {2, 0x3f800000, 0x7fc00000, 2, 0, 0};
    CHECK_EQ(read_named(&g, row, sizeof row, "x.fvecs"), ERR_DATA);
    CHECK(strstr(err.msg, "row 0: value 1 is not a finite number"));
    row[2] = 0;
    row[4] = 0xff800000;
    CHECK_EQ(read_named(&g, row, sizeof row, "x.fvecs"), ERR_DATA);
    CHECK(strstr(err.msg, "row 1: value 0"));
}

int main(void)
{
    CHECK_RUN(test_vectors_round_trip);
    CHECK_RUN(test_exact_bytes);
    CHECK_RUN(test_no_rows);
    CHECK_RUN(test_other_types_are_refused);
    CHECK_RUN(test_npy_forms);
    CHECK_RUN(test_npy_refusals);
    CHECK_RUN(test_neighbours_round_trip);
    CHECK_RUN(test_neighbours_refusals);
    CHECK_RUN(test_padding);
    CHECK_RUN(test_truth_distances);
    CHECK_RUN(test_tsv);
    CHECK_RUN(test_trec);
    CHECK_RUN(test_sniffing);
    CHECK_RUN(test_not_finite);
    return check_status();
}
