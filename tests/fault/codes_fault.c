/* Damage to codes, as a stream and as an array of NumPy, in process: every truncation is refused, every flipped bit of a stream
 * too; of an array, which has no checksum, it is refused or leaves codes within their bounds; of an archive of codebooks, whose
 * members have, it is refused or changes none of them.  And files that cannot be written. */
#include "../unit/check.h"
#include "base/mem.h"
#include "quant/codearrays.h"
#include "quant/codebooks.h"
#include "quant/codetokens.h"

enum { N = 5, LEVELS = 3 };
static const uint32_t clusters[LEVELS] = {4, 4, 300};
static uint16_t codes[N * LEVELS] = {0, 1, 299, 3, 3, 3, 3, 3, 3, 1, 0, 7, 2, 2, 256}, suffixes[N] = {0, 1, 2, 0, 0};
static const struct codeset set = {.n = N, .n_levels = LEVELS, .clusters = {4, 4, 300}, .code = codes, .suffix = suffixes};
static struct err err;

static int write_stream(struct output *out)
{
    int rc = 0;
    static const uint64_t ids[N] = {9, 8, 7, 6, 5};
    struct header h = {0};
    struct stream_writer *w = NULL;
    TRY(codeset_header(&h, &set, false, &err));
    TRY(stream_writer_open(&w, out, &h, 0, &err));
    TRY(codeset_write(w, &set, ids, NULL, &err));
    TRY(stream_writer_end(w, &err));
out:
    stream_writer_free(w);
    header_done(&h);
    return rc;
}

static int write_array(struct output *out) { return codearrays_write_codes(out, &set, &err); }

static float book[16 * 4] = {[0] = 1, [1] = 2, [16] = -3, [33] = 0.5f, [48] = 7};
static const struct residual books = {.n_levels = 2, .dim = 2, .stride = 16, .clusters = {4, 3},
                                      .level = {{.centres = book}, {.centres = book}}};

static int write_books(struct output *out) { return codearrays_write_books(out, &books, &err); }

static int read_books(const void *p, size_t n)
{
    struct input *in;
    struct residual q;
    err = (struct err){0};
    CHECK_OK(input_open_memory(&in, p, n, "damaged", &err), &err);
    int rc = codebooks_read_input(&q, in, NULL, &err);
    for (size_t l = 0; rc == 0 && l < q.n_levels; l++)
        CHECK(memcmp(q.level[l].centres, book, 16 * q.clusters[l] * sizeof *book) == 0);
    CHECK(rc == 0 || strncmp(err.msg, "damaged", strlen("damaged")) == 0);
    residual_done(&q);
    return rc;
}

static int read_codes(const void *p, size_t n)
{
    struct input *in;
    struct coderows rows;
    err = (struct err){0};
    CHECK_OK(input_open_memory(&in, p, n, "damaged", &err), &err);
    int rc = coderows_read(&rows, in, NULL, &err);
    if (rc == 0)
        for (size_t e = 0; e < rows.set.n * rows.set.n_levels; e++)
            CHECK(rows.set.code[e] < rows.set.clusters[e % rows.set.n_levels]);
    else
        CHECK(strncmp(err.msg, "damaged", strlen("damaged")) == 0);
    coderows_done(&rows);
    return rc;
}

static void damage(int (*write)(struct output *), int (*read)(const void *, size_t), bool checksums)
{
    struct output *out;
    size_t n;
    err = (struct err){0};
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(write(out), &err);
    const unsigned char *good = output_memory(out, &n);
    unsigned char *bad = mem_alloc(n, 1, &err);
    CHECK_EQ(read(good, n), 0);
    for (size_t cut = 0; cut < n; cut++) {
        memcpy(bad, good, cut);
        CHECK(read(bad, cut) != 0);
    }
    for (size_t bit = 0; bit < 8 * n; bit++) {
        memcpy(bad, good, n);
        bad[bit / 8] ^= (unsigned char)(1 << bit % 8);
        CHECK(read(bad, n) != 0 || !checksums);
    }
    mem_free(bad);
    output_free(out);
}

static void test_stream(void) { damage(write_stream, read_codes, true); }
static void test_array(void) { damage(write_array, read_codes, false); }
static void test_archive(void) { damage(write_books, read_books, false); }

/* A device without room: whatever is written there fails as the system does. */
static void test_full(void)
{
    for (int what = 0; what < 4; what++) {
        struct output *out;
        err = (struct err){0};
        CHECK_OK(output_open(&out, "/dev/full", false, &err), &err);
        int rc = what == 0 ? write_stream(out) : what == 1 ? write_array(out) : what == 2 ? codetokens_write(out, &set, 1, &err) :
                 write_books(out);
        if (rc == 0)
            rc = output_commit(out, &err);
        CHECK_EQ(rc, ERR_IO);
        output_free(out);
    }
}

static void test_prefix_free(void)
{
    bool yes;
    struct codeset s;
    err = (struct err){0};
    CHECK_OK(codeset_prefix_free(&set, &yes, &err), &err);
    CHECK(yes);
    CHECK_OK(codeset_init(&s, N, LEVELS, clusters, &err), &err);
    memcpy(s.code, codes, sizeof codes);
    for (uint16_t first = 0; first < 3; first++)
        for (uint16_t second = 0; second < 3; second++) {
            s.suffix[1] = first;
            s.suffix[2] = second;
            CHECK_OK(codeset_prefix_free(&s, &yes, &err), &err);
            CHECK_EQ(yes, first > 0 && second > 0 && first != second);
        }
    CHECK_OK(codeset_suffix(&s, &err), &err);
    CHECK(memcmp(s.suffix, suffixes, sizeof suffixes) == 0);
    codeset_done(&s);
}

int main(void)
{
    CHECK_RUN(test_stream);
    CHECK_RUN(test_array);
    CHECK_RUN(test_archive);
    CHECK_RUN(test_full);
    CHECK_RUN(test_prefix_free);
    return check_status();
}
