/* Damage to what eval-recall reads, in process.  Text has no end mark and no checksum, so that damage may go unseen: what is
 * asked is an error or a result, never a crash, and no number beyond what was there.  A stream is refused at every cut and
 * every bit. */
#include "../unit/check.h"
#include "../unit/scratch.h"
#include "base/mem.h"
#include "eval/answers.h"
#include "eval/measures.h"
#include "eval/qrels.h"
#include "eval/truth.h"

static struct err err;

typedef int read_fn(struct input *in);

static int read_rows(struct input *in)
{
    struct run *r;
    const struct neighbours_row *row;
    int rc = run_open(&r, in, (struct run_options){.ties = RUN_TIES_DOCID, .drop_self = true}, &err);
    if (rc)
        return rc;
    do
        rc = run_next(r, &row, &err);
    while (rc == 0 && row);
    run_close(r);
    return rc;
}

static int read_truth(struct input *in)
{
    struct run *r;
    struct truth t = {0};
    int rc = run_open(&r, in, (struct run_options){0}, &err);
    if (rc)
        return rc;
    rc = truth_read(&t, r, true, true, &err);
    CHECK(rc || t.queries.n <= 3);
    run_close(r);
    truth_done(&t);
    return rc;
}

static int read_qrels(struct input *in)
{
    struct qrels q = {0};
    int rc = qrels_read(&q, in, 1, &err);
    for (uint32_t i = 0; rc == 0 && i < q.queries.n; i++) {
        CHECK(q.grades.queries[i].n > 0 && q.grades.queries[i].first + q.grades.queries[i].n <= q.grades.n);
        CHECK_EQ(qrels_grade(&q, i, (struct text){"not there", 9}), MEASURE_UNJUDGED);
    }
    input_close(in);
    qrels_done(&q);
    return rc;
}

static int search(struct answers *a, const void *passages, size_t n, uint32_t *first_answer, uint64_t *n_absent)
{
    const char *path = scratch_write("passages", passages, n);
    struct rows_options options = {.repair = true};
    struct rows *rows = NULL;
    int rc = rows_open(&rows, &path, 1, &options, &err);
    if (rc == 0)
        rc = answers_search(a, rows, true, first_answer, n_absent, &err);
    rows_close(rows);
    return rc;
}

static int read_answers(struct input *in)
{
    static const char passages[] = "p1\tnew york\tcity\np2\tx y\n";
    struct answers a = {0};
    uint32_t first[8];
    uint64_t n_absent;
    int rc = answers_read(&a, ANSWERMATCH_TOKEN, in, &err);
    input_close(in);
    for (uint32_t i = 0; rc == 0 && i < a.queries.n && i < 8; i++) {
        first[i] = MEASURE_NO_RANK;
        struct answers_pair pair = {.query = i, .row = i, .rank = 1};
        rc = answers_want(&a, (struct text){i % 2 ? "p2" : "p1", 2}, pair, &err);
    }
    if (rc == 0)
        rc = search(&a, passages, sizeof passages - 1, first, &n_absent);
    answers_done(&a);
    return rc;
}

static int read_passages(struct input *in)
{
    static const char text[] = "q1\tnew york\nq2\tcaf\xC3\xA9\n";
    struct answers a = {0};
    struct input *answers;
    uint32_t first[2] = {MEASURE_NO_RANK, MEASURE_NO_RANK};
    uint64_t n_absent;
    CHECK_OK(input_open_memory(&answers, text, sizeof text - 1, "answers", &err), &err);
    CHECK_OK(answers_read(&a, ANSWERMATCH_TOKEN, answers, &err), &err);
    input_close(answers);
    CHECK_OK(answers_want(&a, (struct text){"p1", 2}, (struct answers_pair){.query = 0, .row = 0}, &err), &err);
    CHECK_OK(answers_want(&a, (struct text){"p2", 2}, (struct answers_pair){.query = 1, .row = 1}, &err), &err);
    char damaged[256];
    size_t n;
    CHECK_OK(input_read(in, damaged, sizeof damaged, &n, &err), &err);
    input_close(in);
    int rc = search(&a, damaged, n, first, &n_absent);
    CHECK(n_absent <= 2);
    answers_done(&a);
    return rc;
}

static int read_bytes(read_fn *read, const void *p, size_t n)
{
    struct input *in;
    err = (struct err){0};
    int rc = input_open_memory(&in, p, n, "damaged", &err);
    return rc ? rc : read(in);
}

/* Every cut, every bit, every byte as 00, 0A, 09, 23, FF. */
static void damage_text(read_fn *read, const char *text)
{
    static const unsigned char bytes[] = {0, '\n', '\t', '#', 0xFF};
    size_t n = strlen(text);
    CHECK_EQ(read_bytes(read, text, n), 0);
    char *copy = mem_alloc(n, 1, &err);
    for (size_t cut = 0; cut < n; cut++) {
        memcpy(copy, text, cut);
        int rc = read_bytes(read, copy, cut);
        CHECK(rc == 0 || rc == ERR_DATA || rc == ERR_TRUNCATED);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t b = 0; b < 8 + sizeof bytes; b++) {
            memcpy(copy, text, n);
            copy[i] = (char)(b < 8 ? text[i] ^ 1 << b : bytes[b - 8]);
            int rc = read_bytes(read, copy, n);
            CHECK(rc == 0 || rc == ERR_DATA);
            CHECK(rc == 0 || err.msg[0]);
        }
    mem_free(copy);
}

static void test_run(void)
{
    damage_text(read_rows, "q1 Q0 d1 1 2.5 tag\n# note\n\nq1 Q0 d2 2 -1e-3 tag\nd3 Q0 d3 1 7 tag\n");
    damage_text(read_truth, "q1 Q0 d1 1 2.5 tag\nq1 Q0 d2 2 2.5 tag\nq2 Q0 d1 1 7 tag more\n");
}

static void test_qrels(void)
{
    damage_text(read_qrels, "q1 0 d1 1\nq1 0 d2 -2\n# note\nq2\t0\td1\t3\n");
    damage_text(read_qrels, "query-id\tcorpus-id\tscore\nq 1\td1\t1\r\nq2\td 2\t0\n");
}

static void test_answers(void)
{
    damage_text(read_answers, "q1\tnew york\tx\nq2\t\xC3\xA9\xCC\x81 \xCE\xA3\n");
    damage_text(read_passages, "id\ttext\ttitle\np1\tin New York\tcity\np2\tcafe\xCC\x81 \xCE\xA3\n");
}

static void test_stream(void)
{
    const struct neighbours_options o = {.metric = METRIC_IP, .k = 2, .has_key = true, .has_nnkey = true, .has_time = true};
    const uint64_t nn[] = {1, 2};
    const float dist[] = {1, 2};
    const struct text nnkeys[] = {{"x", 1}, {"y", 1}};
    struct output *out;
    struct stream_writer *w;
    struct header h = {0};
    size_t n;
    err = (struct err){0};
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(neighbours_header(&h, &o, &err), &err);
    CHECK_OK(stream_writer_open(&w, out, &h, 0, &err), &err);
    struct neighbours_writer nw = {w, o};
    for (uint64_t i = 0; i < 3; i++) {
        char key = (char)('a' + i);
        struct neighbours_row row = {.id = i, .key = {&key, 1}, .ef = 8, .n = 2, .nn = nn, .dist = dist, .nnkeys = nnkeys};
        CHECK_OK(neighbours_write(&nw, &row, &err), &err);
    }
    CHECK_OK(stream_writer_end(w, &err), &err);
    unsigned char *bytes = (unsigned char *)mem_alloc(1, 1 << 16, &err);
    const void *p = output_memory(out, &n);
    memcpy(bytes, p, n);
    CHECK_EQ(read_bytes(read_rows, bytes, n), 0);
    CHECK_EQ(read_bytes(read_truth, bytes, n), 0);
    for (size_t cut = 0; cut < n; cut++)
        CHECK(read_bytes(read_rows, bytes, cut) != 0);
    for (size_t i = 0; i < n * 8; i++) {
        bytes[i / 8] ^= (unsigned char)(1 << i % 8);
        CHECK(read_bytes(read_truth, bytes, n) != 0);
        bytes[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    mem_free(bytes);
    stream_writer_free(w);
    output_free(out);
    header_done(&h);
}

int main(void)
{
    CHECK_RUN(test_run);
    CHECK_RUN(test_qrels);
    CHECK_RUN(test_answers);
    CHECK_RUN(test_stream);
    scratch_done();
    return check_status();
}
