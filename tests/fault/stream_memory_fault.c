/* Every allocation of writing and reading a tiny stream fails in turn: ERR_NOMEM with a message, and nothing leaked (ASan). */
#include "fail_each.h"

#include "fmt/stream.h"

static int level;

static int write_stream(struct output *out, struct err *err)
{
    int rc = 0;
    struct header h = {0};
    struct stream_writer *w = NULL;
    TRY(header_set_kind(&h, "mixed", err));
    TRY(header_add_column(&h, "id", COLUMN_U64, 1, err));
    TRY(header_add_column(&h, "list", COLUMN_F32, COLUMN_RAGGED, err));
    TRY(header_add_column(&h, "words", COLUMN_STR, COLUMN_RAGGED, err));
    TRY(header_set_meta(&h, "metric", "ip", err));
    TRY(header_add_program(&h, "p", "1", "p x", NULL, 0, err));
    TRY(stream_writer_open(&w, out, &h, level, err));
    for (uint64_t i = 0; i < 9; i++) {
        float list[] = {1, 2, 3};
        struct text words[] = {{"abc", 3}, {"", 0}};
        struct cell cells[] = {{&i, 1}, {list, i % 4}, {words, i % 3}};
        TRY(stream_writer_row(w, cells, err));
    }
    TRY(stream_writer_stat(w, "wall_ns.0", "1", err));
    TRY(stream_writer_end(w, err));
out:
    stream_writer_free(w);
    header_done(&h);
    return rc;
}

static int read_stream(const void *p, size_t n, struct err *err)
{
    int rc = 0;
    struct input *in = NULL;
    struct stream_reader *r = NULL;
    struct block b;
    TRY(input_open_memory(&in, p, n, "stream", err));
    TRY(stream_reader_open(&r, in, err));
    in = NULL;
    do
        TRY(stream_reader_next(r, &b, err));
    while (b.rows);
out:
    if (r)
        stream_reader_close(r);
    return rc;
}

/* Twice, end to end: the second header is compared with the first. */
static int round_trip(struct err *err)
{
    int rc = 0;
    size_t n;
    struct output *out = NULL;
    TRY(output_open_memory(&out, err));
    TRY(write_stream(out, err));
    TRY(write_stream(out, err));
    const void *p = output_memory(out, &n);
    TRY(read_stream(p, n, err));
out:
    output_free(out);
    return rc;
}

static void test_streams(void)
{
    for (level = 0; level <= 6; level += 6)
        fail_each("malloc", "ENOMEM", ERR_NOMEM, round_trip, NULL);
}

int main(void)
{
    CHECK_RUN(test_streams);
    return check_status();
}
