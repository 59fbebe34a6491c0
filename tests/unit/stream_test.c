#include "check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fmt/neighbours.h"
#include "fmt/record.h"
#include "fmt/stream.h"
#include "fmt/vectors.h"

static struct output *out;
static struct err err;

static struct stream_writer *start(struct header *h, int level)
{
    struct stream_writer *w;
    err = (struct err){0};
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(stream_writer_open(&w, out, h, level, &err), &err);
    return w;
}

static struct stream_reader *reopen(void)
{
    struct input *in;
    struct stream_reader *r = NULL;
    size_t n;
    const void *p = output_memory(out, &n);
    CHECK_EQ(n % 64, 0);
    CHECK_OK(input_open_memory(&in, p, n, "memory", &err), &err);
    CHECK_OK(stream_reader_open(&r, in, &err), &err);
    return r;
}

static void mixed_header(struct header *h)
{
    CHECK_OK(header_set_kind(h, "mixed", &err), &err);
    CHECK_OK(header_add_column(h, "id", COLUMN_U64, 1, &err), &err);
    CHECK_OK(header_add_column(h, "vec", COLUMN_F32, 5, &err), &err);
    CHECK_OK(header_add_column(h, "list", COLUMN_U16, COLUMN_RAGGED, &err), &err);
    CHECK_OK(header_add_column(h, "name", COLUMN_STR, 1, &err), &err);
    CHECK_OK(header_add_column(h, "words", COLUMN_STR, COLUMN_RAGGED, &err), &err);
}

/* Row i of a table that exercises every shape: lists and strings of varying length, also empty. */
struct mixed {
    uint64_t id;
    float vec[5];
    uint16_t list[7];
    char name[32];
    struct text words[4];
    size_t n_list, n_name, n_words;
};

static void make_row(struct mixed *m, uint64_t i)
{
    static const char *const vocabulary[] = {"", "a", "river", "\xff\n"};
    *m = (struct mixed){.id = i, .n_list = i % 8, .n_words = i % 5};
    for (int j = 0; j < 5; j++)
        m->vec[j] = (float)rng_normal(1, RNG_TEST, i * 5 + (uint64_t)j);
    for (size_t j = 0; j < m->n_list; j++)
        m->list[j] = (uint16_t)(i * 31 + j);
    m->n_name = (size_t)snprintf(m->name, sizeof m->name, "%.*s%llu", (int)(i % 9), "abcdefghi", (unsigned long long)i);
    for (size_t j = 0; j < m->n_words; j++)
        m->words[j] = (struct text){vocabulary[(i + j) % 4], strlen(vocabulary[(i + j) % 4])};
}

static void write_rows(struct stream_writer *w, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        struct mixed m;
        make_row(&m, i);
        struct cell cells[] = {{&m.id, 1}, {m.vec, 5}, {m.list, m.n_list}, {m.name, m.n_name}, {m.words, m.n_words}};
        CHECK_OK(stream_writer_row(w, cells, &err), &err);
    }
    CHECK_OK(stream_writer_end(w, &err), &err);
    stream_writer_free(w);
}

static void check_row(const struct block *b, size_t r)
{
    struct mixed m;
    make_row(&m, b->first_row + r);
    const struct column_view *v = b->columns;
    CHECK_EQ(((const uint64_t *)v[0].values)[r], m.id);
    CHECK(memcmp((const float *)v[1].values + r * 5, m.vec, sizeof m.vec) == 0);
    CHECK_EQ(v[2].offsets[r + 1] - v[2].offsets[r], m.n_list);
    CHECK(memcmp((const uint16_t *)v[2].values + v[2].offsets[r], m.list, m.n_list * 2) == 0);
    CHECK_EQ(v[3].offsets[r + 1] - v[3].offsets[r], m.n_name);
    CHECK(memcmp((const char *)v[3].values + v[3].offsets[r], m.name, m.n_name) == 0);
    CHECK_EQ(v[4].offsets[r + 1] - v[4].offsets[r], m.n_words);
    for (size_t j = 0; j < m.n_words; j++) {
        const uint32_t *o = v[4].string_offsets + v[4].offsets[r] + j;
        CHECK(o[1] - o[0] == m.words[j].n && memcmp((const char *)v[4].values + o[0], m.words[j].p, m.words[j].n) == 0);
    }
}

static void round_trip(uint64_t n, int level)
{
    struct header h = {0};
    struct block b;
    uint64_t rows = 0, blocks = 0;
    mixed_header(&h);
    write_rows(start(&h, level), n);
    struct stream_reader *r = reopen();
    for (;; blocks++) {
        CHECK_OK(stream_reader_next(r, &b, &err), &err);
        if (b.rows == 0)
            break;
        CHECK_EQ(b.first_row, rows);
        for (size_t i = 0; i < b.rows; i++)
            check_row(&b, i);
        rows += b.rows;
    }
    CHECK_EQ(rows, n);
    CHECK(n < 50000 || blocks > 1);
    CHECK_OK(stream_reader_next(r, &b, &err), &err);       /* the end stays the end */
    CHECK_EQ(b.rows, 0);
    stream_reader_close(r);
    output_free(out);
    header_done(&h);
}

static void test_round_trip(void)
{
    for (int level = 0; level <= 1; level++) {
        round_trip(0, level);
        round_trip(1, level);
        round_trip(1000, level);
        round_trip(50000, level);
    }
}

/* formats/vps.md §5: a block ends before the row that would pass 1 MiB, whatever the row's size. */
static void test_block_cut(void)
{
    static const struct {
        uint32_t dim;
        uint64_t rows_per_block;
    } cases[] = {{62, (1 << 20) / 256}, {64, (1 << 20) / 264}, {1 << 20, 1}};
    for (size_t c = 0; c < 3; c++) {
        struct header h = {0};
        struct block b;
        uint64_t n = cases[c].rows_per_block + 1;
        CHECK_OK(header_set_kind(&h, "vectors", &err), &err);
        CHECK_OK(header_add_column(&h, "id", COLUMN_U64, 1, &err), &err);
        CHECK_OK(header_add_column(&h, "vec", COLUMN_F32, cases[c].dim, &err), &err);
        float *x = mem_zalloc(cases[c].dim, sizeof *x, &err);
        struct stream_writer *w = start(&h, 0);
        for (uint64_t i = 0; i < n; i++) {
            struct cell cells[] = {{&i, 1}, {x, cases[c].dim}};
            CHECK_OK(stream_writer_row(w, cells, &err), &err);
        }
        CHECK_OK(stream_writer_end(w, &err), &err);
        stream_writer_free(w);
        struct stream_reader *r = reopen();
        CHECK_OK(stream_reader_next(r, &b, &err), &err);
        CHECK_EQ(b.rows, cases[c].rows_per_block);
        CHECK_OK(stream_reader_next(r, &b, &err), &err);
        CHECK_EQ(b.rows, 1);
        stream_reader_close(r);
        output_free(out);
        mem_free(x);
        header_done(&h);
    }
}

static void test_stat(void)
{
    struct header h = {0};
    struct block b;
    mixed_header(&h);
    struct stream_writer *w = start(&h, 0);
    CHECK_OK(stream_writer_stat(w, "wall_ns.64", "123", &err), &err);
    write_rows(w, 3);
    struct stream_reader *r = reopen();
    CHECK(stream_reader_stat(r, "wall_ns.64") == NULL);
    do
        CHECK_OK(stream_reader_next(r, &b, &err), &err);
    while (b.rows);
    CHECK_STR(stream_reader_stat(r, "wall_ns.64"), "123");
    stream_reader_close(r);
    output_free(out);
    header_done(&h);
}

static void test_row_too_large(void)
{
    struct header h = {0};
    CHECK_OK(header_set_kind(&h, "lists", &err), &err);
    CHECK_OK(header_add_column(&h, "list", COLUMN_U8, COLUMN_RAGGED, &err), &err);
    struct stream_writer *w = start(&h, 0);
    struct cell cell = {NULL, (64 << 20) - 3};
    CHECK_EQ(stream_writer_row(w, &cell, &err), ERR_LIMIT);
    stream_writer_free(w);
    output_free(out);
    header_done(&h);
}

static void test_neighbours(void)
{
    struct header h = {0};
    struct neighbours_options o = {.has_key = true, .has_nnkey = true, .has_time = true, .metric = METRIC_L2, .k = 3};
    uint64_t nn[] = {5, 9};
    float dist[] = {0.25f, 0.25f};
    struct text keys[] = {{"five", 4}, {"nine", 4}};
    struct neighbours_row row = {
        .id = 3, .key = {"q", 1}, .ef = 64, .n = 2, .nn = nn, .dist = dist, .nnkeys = keys, .ndc = 10, .hops = 2, .time_ns = 7};
    const struct neighbours_row *back;
    CHECK_OK(neighbours_header(&h, &o, &err), &err);
    struct neighbours_writer w = {start(&h, 0), o};
    CHECK_OK(neighbours_write(&w, &row, &err), &err);
    row.n = 0;
    CHECK_OK(neighbours_write(&w, &row, &err), &err);
    dist[1] = 0.125f;
    row.n = 2;
    CHECK_OK(neighbours_write(&w, &row, &err), &err);
    CHECK_OK(stream_writer_end(w.stream, &err), &err);
    stream_writer_free(w.stream);
    size_t n;
    const void *p = output_memory(out, &n);
    struct input *in;
    struct neighbours_reader *r;
    CHECK_OK(input_open_memory(&in, p, n, "memory", &err), &err);
    CHECK_OK(neighbours_reader_open(&r, in, &err), &err);
    CHECK_EQ(neighbours_reader_options(r)->metric, METRIC_L2);
    CHECK_EQ(neighbours_reader_options(r)->k, 3);
    CHECK_OK(neighbours_reader_next(r, &back, &err), &err);
    CHECK(back && back->n == 2 && back->nn[1] == 9 && back->nnkeys[0].n == 4 && back->time_ns == 7);
    CHECK_OK(neighbours_reader_next(r, &back, &err), &err);
    CHECK(back && back->n == 0);
    CHECK_EQ(neighbours_reader_next(r, &back, &err), ERR_DATA);    /* distances fall */
    CHECK(strstr(err.msg, "memory: row 2") != NULL);
    neighbours_reader_close(r);
    output_free(out);
    header_done(&h);
}

int main(void)
{
    CHECK_RUN(test_round_trip);
    CHECK_RUN(test_block_cut);
    CHECK_RUN(test_stat);
    CHECK_RUN(test_row_too_large);
    CHECK_RUN(test_neighbours);
    return check_status();
}
