/* Every allocation of building an index (of several stretches), of opening and of ranking fails in turn: ERR_NOMEM with a
 * message, and nothing leaked (ASan).  So does every write and read of what waits in nameless files: ERR_IO. */
#include "fail_each.h"

#include "../unit/bm25_made.h"
#include "../unit/scratch.h"
#include "text/bm25_rank.h"

static struct output *written;

static int build(struct err *err)
{
    int rc = 0;
    struct output *out = NULL;
    TRY(output_open_memory(&out, err));
    TRY(made_index(out, 120, 25 << 10, err));
out:
    if (rc) {
        output_free(out);
    } else {
        output_free(written);
        written = out;
    }
    return rc;
}

static int n_threads;
static const char *queries;

static int take(void *ctx, const struct bm25_answer *answer, struct err *err)
{
    (void)ctx, (void)err;
    CHECK(answer->row.n > 0);
    return 0;
}

static int rank(struct err *err)
{
    struct bm25_file *f = NULL;
    struct bm25_scorer *scorer = NULL;
    struct rows *rows = NULL;
    struct bm25_rank_counts counts = {0};
    const struct bm25_rank_options o = {.k = 5, .n_threads = n_threads, .write = take};
    size_t n;
    int rc = 0;
    const void *p = output_memory(written, &n);
    TRY(bm25_file_open_memory(&f, p, n, "made", MAPFILE_COPY, err));
    TRY(bm25_scorer_new(&scorer, bm25_file_index(f), (struct bm25_params){0.9, 0.4, BM25_OKAPI}, n_threads, err));
    TRY(rows_open(&rows, &queries, 1, &(struct rows_options){0}, err));
    TRY(bm25_rank_run(f, scorer, rows, &o, &counts, err));
out:
    rows_close(rows);
    bm25_scorer_free(scorer);
    bm25_file_close(f);
    return rc;
}

static void test_building(void)
{
    fail_each("malloc", "ENOMEM", ERR_NOMEM, build, NULL);
    fail_each("write", "ENOSPC", ERR_IO, build, NULL);
}

static void test_ranking(void)
{
    static const char text[] = "q1\twords w1\tw2\nq2\tfoxes\n";
    queries = scratch_write("queries.tsv", text, sizeof text - 1);
    for (n_threads = 1; n_threads <= 2; n_threads++)
        fail_each("malloc", "ENOMEM", ERR_NOMEM, rank, NULL);
}

int main(void)
{
    CHECK_RUN(test_building);
    CHECK_RUN(test_ranking);
    output_free(written);
    scratch_done();
    return check_status();
}
