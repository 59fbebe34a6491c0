/* Every allocation of a repair, of its truth and of NGFix's files fails in turn: ERR_NOMEM with a message, and nothing leaked
 * (ASan). */
#include "fail_each.h"

#include "../unit/graph_made.h"
#include "../unit/scratch.h"
#include "graph/ngfix_file.h"
#include "repair/repairrun.h"

enum { N = 80, DIM = 4, N_QUERIES = 12 };

static struct made made;
static struct vector_set queries;
static struct neartruth truth;
static char truth_path[PATH_MAX];
static int n_threads;
static bool by_search;
static enum repair_variant variant;

static int repair_it(struct err *err)
{
    int rc = 0;
    const struct repair_options o = {
        .variant = variant, .groups = by_search ? GROUP_EH_SCC : GROUP_EH_NONE,
        .rounds = {{10, 10}, {4, 4}}, .n_rounds = 2, .ef_truth = by_search ? 40 : 0,
        .rfix_ef = 30, .rfix_edges = 6, .rfix_rounds = 2,
        .extra = {.max_extra = 8}, .n_threads = n_threads, .report = true};
    struct repairrun run = {.wish = {.truth = by_search ? NULL : truth_path, .variant = variant, .trim = 300,
                                     .rebalance = by_search},
                            .queries = queries, .truth = truth, .n_train = queries.n};
    TRY(output_open_memory(&run.report, err));
    TRY(repair_init(&run.repair, &made.g, &o, err));
    TRY(repairrun_all(&run, err));
out:
    repair_done(&run.repair);
    output_free(run.report);
    return rc;
}

static int judge_it(struct err *err)
{
    struct judge j;
    int rc = judge_init(&j, &made.g, queries.x, queries.n, queries.stride, n_threads, err);
    if (rc == 0)
        rc = judge_again(&j, &made.g, err);
    judge_done(&j);
    return rc;
}

static int read_truth(struct err *err)
{
    int rc = neartruth_open(&truth, truth_path, &made.g, false, 20, err);
    if (rc)
        neartruth_done(&truth);
    return rc;
}

static void forget_truth(int rc)
{
    if (rc == 0 && truth.max_near > 0)
        return;                                /* the last one stays */
    neartruth_done(&truth);
}

/* The truth as a stream: each query's nodes by falling id, which is by node. */
static void write_truth(void)
{
    struct err err = {0};
    struct header h = {0};
    struct output *out;
    struct neighbours_writer w = {.options = {.metric = METRIC_L2, .k = 20}};
    uint64_t nn[20];
    float dist[20];
    size_t n;
    CHECK_OK(neighbours_header(&h, &w.options, &err), &err);
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(stream_writer_open(&w.stream, out, &h, 0, &err), &err);
    for (uint64_t i = 0; i < N_QUERIES; i++) {
        for (size_t j = 0; j < 20; j++) {
            nn[j] = made.ids[(i * 5 + j * 3) % N];
            dist[j] = (float)j;
        }
        const struct neighbours_row row = {.id = queries.ids[i], .n = 20, .nn = nn, .dist = dist};
        CHECK_OK(neighbours_write(&w, &row, &err), &err);
    }
    CHECK_OK(stream_writer_end(w.stream, &err), &err);
    stream_writer_free(w.stream);
    const void *p = output_memory(out, &n);
    snprintf(truth_path, sizeof truth_path, "%s", scratch_write("truth", p, n));
    output_free(out);
    header_done(&h);
}

static void test_repair(void)
{
    static float x[N_QUERIES * 16];
    static uint64_t ids[N_QUERIES];
    made = made_graph(METRIC_L2, MADE_NORMAL, N, DIM, 2, 10, 1);
    for (size_t i = 0; i < N_QUERIES; i++) {
        memcpy(x + i * 16, made_query(&made, MADE_NORMAL, i), DIM * sizeof *x);
        x[i * 16] += 3;
        ids[i] = i;
    }
    queries = (struct vector_set){.n = N_QUERIES, .dim = DIM, .stride = 16, .x = x, .ids = ids};
    write_truth();
    fail_each("malloc", "ENOMEM", ERR_NOMEM, read_truth, forget_truth);
    for (n_threads = 1; n_threads <= 2; n_threads++) {
        fail_each("malloc", "ENOMEM", ERR_NOMEM, judge_it, NULL);
        for (int way = 0; way < 2; way++) {
            by_search = way;
            for (variant = REPAIR_NGFIX; variant <= REPAIR_TWO_HOP; variant++)
                fail_each("malloc", "ENOMEM", ERR_NOMEM, repair_it, NULL);
        }
    }
    neartruth_done(&truth);
}

static struct output *written;

static int write_file(struct err *err)
{
    struct output *out;
    int rc = output_open_memory(&out, err);
    if (rc)
        return rc;
    if ((rc = ngfix_file_write(out, &made.g, err)) != 0)
        output_free(out);
    else
        written = out;
    return rc;
}

static int read_file(struct err *err)
{
    size_t n;
    const void *p = output_memory(written, &n);
    struct input *in;
    struct ngfix_file f;
    int rc = input_open_memory(&in, p, n, "made", err);
    if (rc)
        return rc;
    rc = ngfix_file_read(&f, in, METRIC_L2, err);
    ngfix_file_done(&f);
    input_close(in);
    return rc;
}

static void test_ngfix_files(void)
{
    for (size_t i = 0; i < N; i++)
        made.ids[i] = i;
    fail_each("malloc", "ENOMEM", ERR_NOMEM, write_file, NULL);
    fail_each("malloc", "ENOMEM", ERR_NOMEM, read_file, NULL);
    output_free(written);
    made_done(&made);
}

int main(void)
{
    CHECK_RUN(test_repair);
    CHECK_RUN(test_ngfix_files);
    scratch_done();
    return check_status();
}
