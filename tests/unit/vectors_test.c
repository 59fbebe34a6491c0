#include "check.h"
#include "base/mem.h"
#include "fmt/vectors.h"
#include "vec/half.h"
#include "vec/kernel.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static struct err err;
static char path[] = "/tmp/vectors_test.XXXXXX";

/* Write n rows of `values` (n * dim of the type) to path; keys may be NULL. */
static void write_file(enum column_type type, uint32_t dim, size_t n, const void *values, const char *const *keys,
                       const uint64_t *ids)
{
    struct output *out;
    struct stream_writer *w;
    struct header h = {0};
    err = (struct err){0};
    CHECK_OK(output_open(&out, path, true, &err), &err);
    CHECK_OK(header_set_kind(&h, "vectors", &err), &err);
    CHECK_OK(header_add_column(&h, "id", COLUMN_U64, 1, &err), &err);
    if (keys)
        CHECK_OK(header_add_column(&h, "key", COLUMN_STR, 1, &err), &err);
    CHECK_OK(header_add_column(&h, "vec", type, dim, &err), &err);
    CHECK_OK(stream_writer_open(&w, out, &h, 0, &err), &err);
    for (uint64_t i = 0; i < n; i++) {
        struct cell cells[3];
        size_t c = 0;
        cells[c++] = (struct cell){ids ? &ids[i] : &i, 1};
        if (keys)
            cells[c++] = (struct cell){keys[i], strlen(keys[i])};
        cells[c++] = (struct cell){(const char *)values + i * dim * column_type_bytes(type), dim};
        CHECK_OK(stream_writer_row(w, cells, &err), &err);
    }
    CHECK_OK(stream_writer_end(w, &err), &err);
    CHECK_OK(output_commit(out, &err), &err);
    stream_writer_free(w);
    output_free(out);
    header_done(&h);
}

static struct vector_reader *open_file(void)
{
    struct vector_reader *r = NULL;
    CHECK_OK(vector_reader_open(&r, path, &err), &err);
    return r;
}

static void test_every_type_widens(void)
{
    static const int8_t i8[] = {-128, 0, 127, 1, 2, 3};
    static const uint8_t u8[] = {0, 128, 255, 1, 2, 3};
    static const float f32[] = {-128, 0, 127, 1, 2, 3};
    uint16_t f16[6], bf16[6];
    for (int i = 0; i < 6; i++) {
        f16[i] = half_to_f16(f32[i]);
        bf16[i] = half_to_bf16(f32[i]);
    }
    const struct { enum column_type type; const void *p; float first; } cases[] = {
        {COLUMN_I8, i8, -128}, {COLUMN_U8, u8, 0}, {COLUMN_F32, f32, -128}, {COLUMN_F16, f16, -128}, {COLUMN_BF16, bf16, -128}};
    for (size_t c = 0; c < 5; c++) {
        struct vector_batch b = {0};
        write_file(cases[c].type, 3, 2, cases[c].p, NULL, NULL);
        struct vector_reader *r = open_file();
        CHECK_OK(vector_reader_next(r, 10, &b, &err), &err);
        CHECK(b.n == 2 && b.dim == 3 && b.stride == 16 && b.keys == NULL);
        CHECK(b.x[0] == cases[c].first && b.x[b.stride + 2] == 3 && b.x[3] == 0 && b.ids[1] == 1);
        CHECK_OK(vector_reader_next(r, 10, &b, &err), &err);
        CHECK_EQ(b.n, 0);
        vector_batch_done(&b);
        vector_reader_close(r);
    }
}

static void test_bad_rows_are_named(void)
{
    static const float nan_row[] = {1, 2, 3, NAN}, zero_row[] = {1, 2, 0, 0};
    struct vector_batch b = {0};
    write_file(COLUMN_F32, 2, 2, nan_row, NULL, NULL);
    struct vector_reader *r = open_file();
    CHECK_EQ(vector_reader_next(r, 10, &b, &err), ERR_DATA);
    CHECK(strstr(err.msg, "row 1: component 1") != NULL);
    vector_reader_close(r);
    write_file(COLUMN_F32, 2, 2, zero_row, NULL, NULL);
    r = open_file();
    vector_reader_normalise(r);
    CHECK_EQ(vector_reader_next(r, 10, &b, &err), ERR_DATA);
    CHECK(strstr(err.msg, "row 1: a zero vector") != NULL);
    vector_reader_close(r);
    vector_batch_done(&b);
}

static void test_set_with_keys(void)
{
    enum { N = 5000, DIM = 40 };
    float *x = MEM_ARRAY(float, N * DIM, &err);
    char (*names)[16] = mem_alloc(N, 16, &err);
    const char **keys = MEM_ARRAY(const char *, N, &err);
    for (size_t i = 0; i < N * DIM; i++)
        x[i] = (float)(i % 97) + 1;
    for (size_t i = 0; i < N; i++) {
        snprintf(names[i], 16, "k%zu", i * i);
        keys[i] = names[i];
    }
    write_file(COLUMN_F32, DIM, N, x, keys, NULL);
    struct vector_reader *r = open_file();
    struct vector_set s;
    CHECK_OK(vector_set_read(&s, r, 0, &err), &err);
    CHECK(s.n == N && s.dim == DIM && s.stride == 48);
    for (size_t i = 0; i < N; i++) {
        CHECK(s.ids[i] == i && s.keys[i].n == strlen(keys[i]) && memcmp(s.keys[i].p, keys[i], s.keys[i].n) == 0);
        CHECK(memcmp(s.x + i * s.stride, x + i * DIM, sizeof(float[DIM])) == 0);
    }
    vector_set_done(&s);
    vector_reader_close(r);
    r = open_file();
    CHECK_EQ(vector_set_read(&s, r, 100 << 10, &err), ERR_NOMEM);     /* --max-memory 100K */
    vector_reader_close(r);
    mem_free(x);
    mem_free(names);
    mem_free(keys);
}

static void test_identities_are_unique(void)
{
    static const float x[] = {1, 2, 3};
    static const char *const keys[] = {"a", "b", "a"};
    static const uint64_t ids[] = {7, 8, 7};
    struct vector_set s;
    write_file(COLUMN_F32, 1, 3, x, keys, NULL);
    struct vector_reader *r = open_file();
    CHECK_EQ(vector_set_read(&s, r, 0, &err), ERR_DATA);
    CHECK(strstr(err.msg, "rows 0 and 2 have the same key \"a\"") != NULL);
    vector_reader_close(r);
    write_file(COLUMN_F32, 1, 3, x, NULL, ids);
    r = open_file();
    CHECK_EQ(vector_set_read(&s, r, 0, &err), ERR_DATA);
    CHECK(strstr(err.msg, "the same id 7") != NULL);
    vector_reader_close(r);
}

static void test_metric_and_spaces(void)
{
    struct header a = {0}, b = {0};
    enum metric m;
    err = (struct err){0};
    CHECK_OK(header_add_column(&a, "vec", COLUMN_F32, 4, &err), &err);
    CHECK_OK(header_add_column(&b, "vec", COLUMN_U8, 4, &err), &err);
    CHECK_EQ(vectors_metric(&a, -1, &m, &err), ERR_USAGE);
    err = (struct err){0};
    CHECK_OK(header_set_meta(&a, "normalised", "1", &err), &err);
    CHECK_OK(vectors_metric(&a, -1, &m, &err), &err);
    CHECK_EQ(m, METRIC_IP);
    CHECK_OK(vectors_metric(&a, METRIC_L2, &m, &err), &err);
    CHECK_EQ(m, METRIC_L2);
    CHECK_OK(vectors_compatible(&a, "a", &b, "b", &err), &err);       /* one of them says nothing */
    CHECK_OK(header_set_meta(&a, "space", "01", &err), &err);
    CHECK_OK(header_set_meta(&b, "space", "02", &err), &err);
    CHECK_EQ(vectors_compatible(&a, "a", &b, "b", &err), ERR_DATA);
    header_done(&a);
    header_done(&b);
}

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    CHECK_RUN(test_every_type_widens);
    CHECK_RUN(test_bad_rows_are_named);
    CHECK_RUN(test_set_with_keys);
    CHECK_RUN(test_identities_are_unique);
    CHECK_RUN(test_metric_and_spaces);
    unlink(path);
    return check_status();
}
