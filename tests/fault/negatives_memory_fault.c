/* Every allocation of a small run of bt-negsample, with texts and training examples, fails in turn: ERR_NOMEM with a message, and
 * nothing leaked (ASan) or published.  Neighbours too. */
#include "fail_each.h"

#include "../unit/scratch.h"
#include "train/negrun.h"

#include <unistd.h>

enum { N = 12 };
static const char *vectors, *texts, *examples;

static void write_inputs(void)
{
    struct err err = {0};
    struct header h = {0};
    struct output *out = NULL;
    struct stream_writer *w = NULL;
    CHECK_OK(header_set_kind(&h, "vectors", &err), &err);
    CHECK_OK(header_add_column(&h, "id", COLUMN_U64, 1, &err), &err);
    CHECK_OK(header_add_column(&h, "vec", COLUMN_F32, 2, &err), &err);
    CHECK_OK(header_set_meta(&h, "metric", "l2", &err), &err);
    CHECK_OK(output_open(&out, vectors, true, &err), &err);
    CHECK_OK(stream_writer_open(&w, out, &h, 0, &err), &err);
    for (uint64_t id = 0; id < N; id++) {
        const float x[2] = {(float)(id * id), (float)(id % 3)};
        const struct cell cells[] = {{&id, 1}, {x, 2}};
        CHECK_OK(stream_writer_row(w, cells, &err), &err);
    }
    CHECK_OK(stream_writer_end(w, &err), &err);
    CHECK_OK(output_commit(out, &err), &err);
    stream_writer_free(w);
    output_free(out);
    header_done(&h);
}

static int run(bool search, struct err *err)
{
    int rc = 0;
    const char *const path = vectors;
    struct negrun_options o = {.search = search, .paths = &path, .n_paths = 1, .sets = {search ? NULL : vectors, vectors},
                               .texts = {search ? NULL : texts, search ? NULL : texts, search ? NULL : texts},
                               .examples = search ? NULL : examples, .metric = -1, .program = "test", .command = "test",
                               .answers = {.k = 3, .leaf = 4, .n_threads = 1},
                               .negatives = {.leaf = 4, .n_threads = 1, .from = {true, true}, .count = 3, .rate = 0.5, .seed = 1,
                                             .given = true, .no_duplicates = true}};
    struct negrun r = {.options = &o};
    TRY(output_open_memory(&r.out, err));
    TRY(negrun_check(&o, err));
    TRY(negrun_open(&r, err));
    if (search) {
        TRY(negrun_neighbours(&r, err));
    } else {
        TRY(negrun_prepare(&r, err));
        for (uint64_t id = 0; id < N; id++) {
            char name[24];
            const struct text t = {name, (size_t)snprintf(name, sizeof name, "%d", (int)id)};
            TRY(negatives_add_positive(r.negatives, t, t, err));
        }
        TRY(negrun_negatives(&r, err));
    }
    TRY(negrun_commit(&r, err));
out:
    negrun_done(&r);
    output_free(r.out);
    return rc;
}

static int negatives(struct err *err) { return run(false, err); }
static int neighbours(struct err *err) { return run(true, err); }

static void nothing_published(int rc)
{
    CHECK_EQ(access(examples, F_OK) == 0, rc == 0);
    if (rc == 0)
        unlink(examples);
}

static void test_memory(void)
{
    fail_each("malloc", "ENOMEM", ERR_NOMEM, negatives, nothing_published);
    fail_each("malloc", "ENOMEM", ERR_NOMEM, neighbours, NULL);
}

int main(void)
{
    static const char lines[] = "0\ta\tA\n1\tb\tB\n2\tc\n3\td\n4\te\n5\tf\n6\tg\n7\th\n8\ti\n9\tj\n10\tk\n11\tl\n";
    vectors = scratch_path("x.vps");
    examples = scratch_path("examples.jsonl");
    texts = scratch_write("texts.tsv", lines, sizeof lines - 1);
    write_inputs();
    CHECK_RUN(test_memory);
    scratch_done();
    return check_status();
}
