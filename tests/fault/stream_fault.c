/* Damage to streams, in process: every truncation and every flipped bit of a small stream of each shape must be refused, and
 * nothing but the legal concatenation may follow it. */
#include "../unit/check.h"
#include "base/mem.h"
#include "fmt/stream.h"

static struct err err;

/* Read all of it; the code of the first failure. */
static int read_all(const void *p, size_t n)
{
    struct input *in;
    struct stream_reader *r;
    struct block b;
    err = (struct err){0};
    int rc = input_open_memory(&in, p, n, "damaged", &err);
    if (rc || (rc = stream_reader_open(&r, in, &err)) != 0)
        return rc;
    do
        rc = stream_reader_next(r, &b, &err);
    while (rc == 0 && b.rows);
    stream_reader_close(r);
    return rc;
}

static unsigned char *make(size_t *n, int level)
{
    struct output *out;
    struct stream_writer *w;
    struct header h = {0};
    err = (struct err){0};
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(header_set_kind(&h, "mixed", &err), &err);
    CHECK_OK(header_add_column(&h, "id", COLUMN_U64, 1, &err), &err);
    CHECK_OK(header_add_column(&h, "list", COLUMN_F32, COLUMN_RAGGED, &err), &err);
    CHECK_OK(header_add_column(&h, "words", COLUMN_STR, COLUMN_RAGGED, &err), &err);
    CHECK_OK(header_set_meta(&h, "metric", "ip", &err), &err);
    CHECK_OK(header_add_program(&h, "p", "1", "p x", NULL, 0, &err), &err);
    CHECK_OK(stream_writer_open(&w, out, &h, level, &err), &err);
    for (uint64_t i = 0; i < 9; i++) {
        float list[] = {1, 2, 3};
        struct text words[] = {{"abc", 3}, {"", 0}};
        struct cell cells[] = {{&i, 1}, {list, i % 4}, {words, i % 3}};
        CHECK_OK(stream_writer_row(w, cells, &err), &err);
    }
    CHECK_OK(stream_writer_stat(w, "wall_ns.0", "1", &err), &err);
    CHECK_OK(stream_writer_end(w, &err), &err);
    const void *p = output_memory(out, n);
    unsigned char *copy = mem_alloc(2 * *n, 1, &err);
    memcpy(copy, p, *n);
    stream_writer_free(w);
    output_free(out);
    header_done(&h);
    return copy;
}

static void test_every_truncation(void)
{
    for (int level = 0; level <= 6; level += 6) {
        size_t n;
        unsigned char *p = make(&n, level);
        CHECK_OK(read_all(p, n), &err);
        for (size_t cut = 0; cut < n; cut++) {
            unsigned char *exact = mem_alloc(cut, 1, &err);       /* so that ASan sees a read behind the end */
            memcpy(exact, p, cut);
            CHECK_EQ(read_all(exact, cut), cut == 0 || cut >= 8 ? ERR_TRUNCATED : ERR_DATA);
            CHECK(strstr(err.msg, "damaged: ") == err.msg);
            mem_free(exact);
        }
        mem_free(p);
    }
}

static void test_every_bit(void)
{
    for (int level = 0; level <= 6; level += 6) {
        size_t n;
        unsigned char *p = make(&n, level);
        for (size_t bit = 0; bit < n * 8; bit++) {
            p[bit / 8] ^= (unsigned char)(1 << bit % 8);
            int rc = read_all(p, n);
            if (rc != ERR_DATA && rc != ERR_LIMIT && rc != ERR_TRUNCATED)
                CHECK_EQ(rc, (long long)bit);                     /* shows the bit */
            p[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        CHECK_OK(read_all(p, n), &err);
        mem_free(p);
    }
}

static void test_every_byte_value(void)
{
    static const unsigned char values[] = {0x00, 0x7F, 0x80, 0xFF};
    size_t n;
    unsigned char *p = make(&n, 0);
    for (size_t i = 0; i < n; i++)
        for (size_t v = 0; v < sizeof values; v++) {
            unsigned char was = p[i];
            p[i] = values[v];
            CHECK((read_all(p, n) == 0) == (was == values[v]));
            p[i] = was;
        }
    mem_free(p);
}

static void test_what_may_follow(void)
{
    size_t n;
    unsigned char *p = make(&n, 0);
    memcpy(p + n, p, n);
    CHECK_OK(read_all(p, 2 * n), &err);
    for (size_t more = 1; more < n; more++)
        CHECK(read_all(p, n + more) != 0);
    mem_free(p);
}

int main(void)
{
    CHECK_RUN(test_every_truncation);
    CHECK_RUN(test_every_bit);
    CHECK_RUN(test_every_byte_value);
    CHECK_RUN(test_what_may_follow);
    return check_status();
}
