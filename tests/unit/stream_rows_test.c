/* stream_writer_rows writes the same bytes as stream_writer_row, however the rows are cut. */
#include "check.h"
#include "base/buf.h"
#include "base/mem.h"
#include "fmt/stream.h"

#include <stdio.h>

enum { N = 5000, DIM = 100 };      /* more than one block of 1 MiB */

static uint64_t ids[N];
static float vectors[N * DIM];

static void fill(void)
{
    for (size_t i = 0; i < N; i++)
        ids[i] = 7 * i;
    for (size_t i = 0; i < N * DIM; i++)
        vectors[i] = (float)(i % 977);
}

static void fixed_header(struct header *h, struct err *err)
{
    CHECK_OK(header_set_kind(h, "vectors", err), err);
    CHECK_OK(header_add_column(h, "id", COLUMN_U64, 1, err), err);
    CHECK_OK(header_add_column(h, "vec", COLUMN_F32, DIM, err), err);
}

/* Write N rows in pieces of `step` (0: row by row), then compare with `expected`, or set it. */
static void write_fixed(size_t step, int level, struct buf *expected)
{
    struct err err = {0};
    struct header h = {0};
    struct output *out;
    struct stream_writer *w;
    struct column_view views[] = {{.values = ids}, {.values = vectors}};
    struct block b = {.rows = N, .columns = views};
    fixed_header(&h, &err);
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(stream_writer_open(&w, out, &h, level, &err), &err);
    for (size_t at = 0; step == 0 && at < N; at++) {
        struct cell cells[] = {{&ids[at], 1}, {&vectors[at * DIM], DIM}};
        CHECK_OK(stream_writer_row(w, cells, &err), &err);
    }
    for (size_t at = 0; step > 0 && at < N; at += step)
        CHECK_OK(stream_writer_rows(w, &b, at, at + step < N ? step : N - at, &err), &err);
    CHECK_OK(stream_writer_end(w, &err), &err);
    size_t n;
    const void *bytes = output_memory(out, &n);
    if (expected->n == 0)
        CHECK_OK(buf_put(expected, bytes, n, &err), &err);
    CHECK(n == expected->n && memcmp(bytes, expected->p, n) == 0);
    stream_writer_free(w);
    output_free(out);
    header_done(&h);
}

static void test_fixed_columns(void)
{
    fill();
    for (int level = 0; level < 2; level++) {
        struct buf expected = {0};
        const size_t steps[] = {0, 1, 7, 2569, 2570, 2571, N};      /* 2570 rows of 408 bytes fill a block */
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
            write_fixed(steps[i], level, &expected);
        buf_done(&expected);
    }
}

/* Ragged columns of every sort: what is read back from a stream is written again, block by block and in pieces. */
static void test_ragged_columns(void)
{
    struct err err = {0};
    struct header h = {0};
    struct output *out, *again;
    struct stream_writer *w;
    struct stream_reader *r;
    struct input *in;
    struct block b;
    CHECK_OK(header_set_kind(&h, "things", &err), &err);
    CHECK_OK(header_add_column(&h, "id", COLUMN_U64, 1, &err), &err);
    CHECK_OK(header_add_column(&h, "key", COLUMN_STR, 1, &err), &err);
    CHECK_OK(header_add_column(&h, "list", COLUMN_U16, COLUMN_RAGGED, &err), &err);
    CHECK_OK(header_add_column(&h, "names", COLUMN_STR, COLUMN_RAGGED, &err), &err);
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(stream_writer_open(&w, out, &h, 0, &err), &err);
    for (uint64_t i = 0; i < 3000; i++) {
        static uint16_t list[400];
        struct text names[] = {{"a", i % 2}, {"bcdefghijklmnop", i % 16}, {"", 0}};
        struct cell cells[] = {{&i, 1}, {"a key", i % 6}, {list, i % 400}, {names, i % 4}};
        CHECK_OK(stream_writer_row(w, cells, &err), &err);
    }
    CHECK_OK(stream_writer_end(w, &err), &err);
    stream_writer_free(w);
    size_t n, m;
    const void *bytes = output_memory(out, &n);
    CHECK_OK(input_open_memory(&in, bytes, n, "memory", &err), &err);
    CHECK_OK(stream_reader_open(&r, in, &err), &err);
    CHECK_OK(output_open_memory(&again, &err), &err);
    CHECK_OK(stream_writer_open(&w, again, stream_reader_header(r), 0, &err), &err);
    for (;;) {
        CHECK_OK(stream_reader_next(r, &b, &err), &err);
        if (b.rows == 0)
            break;
        for (size_t at = 0; at < b.rows; at += 300)
            CHECK_OK(stream_writer_rows(w, &b, at, at + 300 < b.rows ? 300 : b.rows - at, &err), &err);
    }
    CHECK_OK(stream_writer_end(w, &err), &err);
    const void *copy = output_memory(again, &m);
    CHECK(n == m && memcmp(bytes, copy, n) == 0);
    CHECK(n > 1 << 20);            /* more than one block */
    stream_writer_free(w);
    stream_reader_close(r);
    output_free(again);
    output_free(out);
    header_done(&h);
}

int main(void)
{
    CHECK_RUN(test_fixed_columns);
    CHECK_RUN(test_ragged_columns);
    return check_status();
}
