/* Streams and text inputs through the whole of lib/eval, by files in a folder of our own. */
#include "check.h"
#include "base/mem.h"
#include "eval/evaluation.h"
#include "eval/report.h"
#include "eval/threshold.h"

#include "scratch.h"

#include <math.h>

static struct err err;

struct test_row {
    uint64_t id;
    const char *key;
    uint32_t ef;
    size_t n;
    uint64_t nn[4];
    float dist[4];
    const char *nnkeys[4];
    uint64_t time_ns;
};

static void write_stream(const char *name, struct neighbours_options o, size_t n, const struct test_row *rows,
                         const char *const *stats)
{
    struct output *out;
    struct stream_writer *w;
    struct header h = {0};
    err = (struct err){0};
    CHECK_OK(output_open(&out, name, true, &err), &err);
    CHECK_OK(neighbours_header(&h, &o, &err), &err);
    CHECK_OK(stream_writer_open(&w, out, &h, 0, &err), &err);
    struct neighbours_writer nw = {w, o};
    for (size_t i = 0; i < n; i++) {
        const struct test_row *t = &rows[i];
        struct text keys[4] = {{NULL, 0}};
        for (size_t j = 0; o.has_nnkey && j < t->n; j++)
            keys[j] = (struct text){t->nnkeys[j], strlen(t->nnkeys[j])};
        struct neighbours_row row = {.id = t->id, .ef = t->ef, .n = t->n, .nn = t->nn, .dist = t->dist, .nnkeys = keys,
                                     .ndc = 10 * t->ef, .hops = t->ef, .time_ns = t->time_ns};
        if (o.has_key)
            row.key = (struct text){t->key, strlen(t->key)};
        CHECK_OK(neighbours_write(&nw, &row, &err), &err);
    }
    for (; stats && stats[0]; stats += 2)
        CHECK_OK(stream_writer_stat(w, stats[0], stats[1], &err), &err);
    CHECK_OK(stream_writer_end(w, &err), &err);
    CHECK_OK(output_commit(out, &err), &err);
    stream_writer_free(w);
    output_free(out);
    header_done(&h);
}

static void write_text(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

static const struct measure_list none;

#define RUN(...) (struct evaluation_options){.run = "run", __VA_ARGS__}

static int evaluate(struct evaluation *e, struct evaluation_options o)
{
    *e = (struct evaluation){0};
    err = (struct err){0};
    o.also = o.also ? o.also : &none;
    o.level = o.level ? o.level : 1;
    return evaluation_run(e, &o, &err);
}

static double mean(const struct evaluation *e, size_t group, const char *name)
{
    int column = measure_list_find(&e->measures, name);
    return group < e->n_groups && column >= 0 ? e->groups[group].means[column] : -1;
}

static int near(double a, double b) { return fabs(a - b) < 1e-9; }

static const struct neighbours_options ids = {.metric = METRIC_L2, .k = 3},
                                       timed = {.metric = METRIC_L2, .k = 3, .has_time = true},
                                       keys = {.metric = METRIC_L2, .k = 3, .has_key = true, .has_nnkey = true};

static const struct test_row truth_rows[] = {
    {.id = 7, .key = "a", .n = 3, .nn = {1, 2, 3}, .dist = {1, 2, 2}, .nnkeys = {"x", "y", "z"}},
    {.id = 8, .key = "b", .n = 3, .nn = {1, 2, 3}, .dist = {1, 2, 3}, .nnkeys = {"x", "y", "z"}},
    {.id = 9, .key = "c", .n = 3, .nn = {1, 2, 3}, .dist = {1, 2, 3}, .nnkeys = {"x", "y", "z"}},
};

/* Two efs, rows in another order than the truth's, a tied stranger, query 9 missing at ef 8, query 5 unjudged at ef 16. */
static void test_recall_of_a_stream(void)
{
    const struct test_row rows[] = {
        {.id = 8, .ef = 16, .n = 3, .nn = {1, 2, 3}, .dist = {1, 2, 3}, .time_ns = 3000},
        {.id = 8, .ef = 8, .n = 3, .nn = {1, 2, 4}, .dist = {1, 2, 5}, .time_ns = 1000},
        {.id = 7, .ef = 16, .n = 3, .nn = {1, 4, 3}, .dist = {1, 2, 2}, .time_ns = 1000},
        {.id = 7, .ef = 8, .n = 3, .nn = {1, 4, 3}, .dist = {1, 2, 2}, .time_ns = 1000},
        {.id = 5, .ef = 16, .n = 3, .nn = {1, 2, 3}, .dist = {1, 2, 3}, .time_ns = 2000},
        {.id = 9, .ef = 16, .n = 1, .nn = {2}, .dist = {2}, .time_ns = 9000},
    };
    const char *const stats[] = {"wall_ns.16", "2000000", "threads.16", "2", NULL};
    struct evaluation e;
    write_stream("truth", ids, 3, truth_rows, NULL);
    write_stream("run", timed, 6, rows, stats);
    CHECK_OK(evaluate(&e, RUN(.sides = {"truth"})), &err);
    CHECK_EQ(e.n_groups, 2);
    if (e.n_groups == 2) {
        CHECK_EQ(e.groups[0].ef, 8);
        CHECK_EQ(e.groups[0].n, 2);
        CHECK_EQ(e.groups[0].n_missing[MEASURE_TRUTH], 1);
        CHECK_EQ(e.groups[0].n_judged[MEASURE_TRUTH], 3);
        CHECK_EQ(e.groups[1].n_missing[MEASURE_TRUTH], 0);
        CHECK_EQ(e.groups[1].n_unjudged[MEASURE_TRUTH], 1);
        CHECK(near(mean(&e, 0, "recall@1"), 2.0 / 3));
        CHECK(near(mean(&e, 0, "recall@3"), (1 + 2.0 / 3) / 3));      /* 7: the stranger is tied; 8: two of three */
        CHECK(near(mean(&e, 1, "recall@3"), (1 + 1 + 1.0 / 3) / 3));
        CHECK(near(mean(&e, 1, "recall@1"), 2.0 / 3));                /* 9 found the second only */
        CHECK(near(mean(&e, 1, "ndc"), 160));
        CHECK(near(mean(&e, 1, "hops"), 16));
        CHECK(near(mean(&e, 1, "latency_us"), 3.75));
        CHECK(near(mean(&e, 1, "p50_us"), 2));
        CHECK(near(mean(&e, 1, "p95_us"), 9));
        CHECK(near(mean(&e, 1, "qps"), 2000));
        CHECK(near(mean(&e, 1, "threads"), 2));
        CHECK(isnan(mean(&e, 0, "qps")));
        CHECK_EQ(e.doubts[0].n_short, 1);
        CHECK_EQ(e.doubts[0].n_other_dist, 0);
    }
    evaluation_done(&e);
    CHECK_OK(evaluate(&e, RUN(.sides = {"truth"}, .measures = "recall.id@3,recall.first@1", .average = EVALUATION_BOTH)), &err);
    CHECK(near(mean(&e, 0, "recall.id@3"), (2.0 / 3 + 2.0 / 3) / 2));
    CHECK(near(mean(&e, 1, "recall.first@1"), 2.0 / 3));
    CHECK_EQ(e.groups[0].n_missing[MEASURE_TRUTH], 0);
    evaluation_done(&e);
}

/* Two shards in one input: all rows count, but neither's time is that of both. */
static void test_concatenated_streams(void)
{
    const char *const stats[] = {"wall_ns.0", "1000000", NULL};
    struct evaluation e;
    size_t n, m;
    write_stream("truth", ids, 3, truth_rows, NULL);
    write_stream("run", timed, 1, truth_rows, stats);
    CHECK_OK(evaluate(&e, RUN(.sides = {"truth"})), &err);
    CHECK(near(mean(&e, 0, "qps"), 1000));
    evaluation_done(&e);
    char *first = scratch_read("run", &n);
    write_stream("run", timed, 2, truth_rows + 1, stats);
    char *second = scratch_read("run", &m);
    char *both = mem_alloc(n + m, 1, &err);
    memcpy(both, first, n);
    memcpy(both + n, second, m);
    scratch_write("run", both, n + m);
    CHECK_OK(evaluate(&e, RUN(.sides = {"truth"})), &err);
    CHECK(near(mean(&e, 0, "recall@3"), 1));
    CHECK_EQ(e.groups[0].n_missing[MEASURE_TRUTH], 0);
    CHECK(isnan(mean(&e, 0, "qps")));
    CHECK(e.measures.at[measure_list_find(&e.measures, "qps")].hidden);
    evaluation_done(&e);
    CHECK_EQ(evaluate(&e, RUN(.measures = "ndc,qps")), ERR_USAGE);
    evaluation_done(&e);
    free(first);
    free(second);
    mem_free(both);
}

/* Keys win over ids where both sides have them. */
static void test_join_by_key(void)
{
    const struct test_row rows[] = {
        {.id = 1, .key = "b", .ef = 4, .n = 2, .nn = {91, 92}, .dist = {1, 2}, .nnkeys = {"x", "y"}},
        {.id = 2, .key = "a", .ef = 4, .n = 2, .nn = {91, 93}, .dist = {1, 2}, .nnkeys = {"x", "z"}},
        {.id = 3, .key = "c", .ef = 4, .n = 2, .nn = {95, 92}, .dist = {1, 2}, .nnkeys = {"q", "y"}},
    };
    struct evaluation e;
    write_stream("truth", keys, 3, truth_rows, NULL);
    write_stream("run", keys, 3, rows, NULL);
    CHECK_OK(evaluate(&e, RUN(.sides = {"truth"}, .measures = "recall.id@2")), &err);
    CHECK(near(mean(&e, 0, "recall.id@2"), (1 + 0.5 + 0.5) / 3));
    evaluation_done(&e);
    write_text("qrels", "a 0 z 2\nb 0 x 1\nb 0 w 0\n");
    CHECK_OK(evaluate(&e, RUN(.sides = {"truth", "qrels"}, .measures = "recall@1,hit@1,mrr,judged@2")), &err);
    CHECK(near(mean(&e, 0, "hit@1"), 0.5));
    CHECK(near(mean(&e, 0, "mrr"), 0.75));
    CHECK(near(mean(&e, 0, "judged@2"), 0.5));
    CHECK_EQ(e.groups[0].n_unjudged[MEASURE_QRELS], 1);
    evaluation_done(&e);
    /* a truth without keys: ids decide */
    write_stream("truth", ids, 3, truth_rows, NULL);
    CHECK_EQ(evaluate(&e, RUN(.sides = {"truth"})), ERR_DATA);
    CHECK(strstr(err.msg, "no query of the run"));
    CHECK(!strstr(err.msg, "no keys"));
    evaluation_done(&e);
}

/* qrels of ids: what they write is compared with the decimal id. */
static void test_join_by_decimal_id(void)
{
    const struct test_row rows[] = {{.id = 18446744073709551615u, .ef = 4, .n = 2, .nn = {0, 10}, .dist = {1, 2}}};
    struct evaluation e;
    write_stream("run", ids, 1, rows, NULL);
    write_text("qrels", "18446744073709551615 0 10 1\n");
    CHECK_OK(evaluate(&e, RUN(.sides = {NULL, "qrels"}, .measures = "mrr")), &err);
    CHECK(near(mean(&e, 0, "mrr"), 0.5));
    evaluation_done(&e);
    write_text("qrels", "18446744073709551615\t0\t1\n");
    CHECK_OK(evaluate(&e, RUN(.sides = {NULL, "qrels"}, .measures = "mrr")), &err);
    CHECK(near(mean(&e, 0, "mrr"), 1));
    evaluation_done(&e);
}

static void test_refusals(void)
{
    const struct test_row twice[] = {truth_rows[0], truth_rows[1], truth_rows[0]};
    const struct test_row same[] = {{.id = 7, .n = 2, .nn = {5, 5}, .dist = {1, 1}}};
    const struct neighbours_options other = {.metric = METRIC_IP, .k = 3};
    struct evaluation e;
    write_stream("truth", ids, 3, truth_rows, NULL);
    write_stream("run", ids, 3, twice, NULL);
    CHECK_EQ(evaluate(&e, RUN(.sides = {"truth"})), ERR_DATA);
    CHECK(strstr(err.msg, "query \"7\" comes twice at ef 0"));
    evaluation_done(&e);
    CHECK_EQ(evaluate(&e, (struct evaluation_options){.run = "truth", .sides = {"run"}}), ERR_DATA);
    CHECK(strstr(err.msg, "comes twice"));
    evaluation_done(&e);
    write_stream("run", ids, 1, same, NULL);
    CHECK_EQ(evaluate(&e, RUN(.sides = {"truth"})), ERR_DATA);
    CHECK(strstr(err.msg, "document \"5\" comes twice"));
    evaluation_done(&e);
    write_stream("run", other, 3, truth_rows, NULL);
    CHECK_EQ(evaluate(&e, RUN(.sides = {"truth"})), ERR_DATA);
    CHECK(strstr(err.msg, "ip") && strstr(err.msg, "l2"));
    evaluation_done(&e);
    CHECK_OK(evaluate(&e, RUN(.sides = {"truth"}, .measures = "recall.id@3")), &err);
    evaluation_done(&e);
    CHECK_EQ(evaluate(&e, (struct evaluation_options){.run = "truth", .sides = {"truth"}, .measures = "recall@4"}), ERR_USAGE);
    evaluation_done(&e);
    CHECK_EQ(evaluate(&e, (struct evaluation_options){.run = "truth", .measures = "recall@1"}), ERR_USAGE);
    evaluation_done(&e);
    CHECK_EQ(evaluate(&e, (struct evaluation_options){.run = "truth", .measures = "p95_us"}), ERR_USAGE);
    evaluation_done(&e);
    CHECK_EQ(evaluate(&e, (struct evaluation_options){.run = "truth", .sides = {NULL, NULL, "answers"}}), ERR_USAGE);
    evaluation_done(&e);
    write_stream("run", ids, 0, NULL, NULL);
    CHECK_EQ(evaluate(&e, (struct evaluation_options){.run = "run"}), ERR_DATA);
    evaluation_done(&e);
}

/* A truth that is a list of ids, as vec-convert makes of ivecs. */
static void test_truth_without_distances(void)
{
    const struct neighbours_options bare = {.lacks_dist = true, .lacks_metric = true};
    struct evaluation e;
    write_stream("truth", bare, 3, truth_rows, NULL);
    write_stream("run", ids, 3, truth_rows, NULL);
    CHECK_OK(evaluate(&e, RUN(.sides = {"truth"})), &err);
    CHECK(e.recall_by_id);
    CHECK(near(mean(&e, 0, "recall.id@3"), 1));
    CHECK_EQ(e.doubts[0].n_other_dist, 0);
    evaluation_done(&e);
    CHECK_EQ(evaluate(&e, RUN(.sides = {"truth"}, .measures = "recall.annb@1")), ERR_USAGE);
    evaluation_done(&e);
    CHECK_EQ(evaluate(&e, RUN(.sides = {"truth"}, .measures = "recall@1,recall.id@1")), ERR_USAGE);
    evaluation_done(&e);
}

/* A neighbour that both list, at different distances: another program's arithmetic, or another base. */
static void test_other_distances_are_counted(void)
{
    const struct test_row rows[] = {{.id = 7, .n = 2, .nn = {1, 2}, .dist = {1, 2.5f}}};
    struct evaluation e;
    write_stream("truth", ids, 3, truth_rows, NULL);
    write_stream("run", ids, 1, rows, NULL);
    CHECK_OK(evaluate(&e, RUN(.sides = {"truth"}, .measures = "recall@1")), &err);
    CHECK_EQ(e.doubts[0].n_other_dist, 1);
    evaluation_done(&e);
}

/* Equal scores: a stream as it is, or by document id descending; and the query's own document left out. */
static void test_ties_and_self(void)
{
    const struct test_row rows[] = {{.id = 9, .ef = 4, .n = 4, .nn = {3, 9, 10, 11}, .dist = {1, 1, 1, 2}}};
    struct evaluation e;
    write_stream("run", ids, 1, rows, NULL);
    write_text("qrels", "9 0 3 1\n");
    struct evaluation_options o = {.run = "run", .sides = {NULL, "qrels"}, .measures = "mrr,hit@1"};
    CHECK_OK(evaluate(&e, o), &err);
    CHECK(near(mean(&e, 0, "mrr"), 1));
    CHECK_EQ(e.doubts[0].n_tied_cuts, 1);
    evaluation_done(&e);
    o.run_options.ties = RUN_TIES_DOCID;          /* "9" "3" "10" as text */
    CHECK_OK(evaluate(&e, o), &err);
    CHECK(near(mean(&e, 0, "mrr"), 0.5));
    evaluation_done(&e);
    o.run_options.drop_self = true;
    CHECK_OK(evaluate(&e, o), &err);
    CHECK(near(mean(&e, 0, "mrr"), 1));
    evaluation_done(&e);
    write_text("run.trec", "9 Q0 9 1 5 x\n9 Q0 3 2 4 x\n9 Q0 10 3 4 x\n");
    o.run = "run.trec";
    CHECK_OK(evaluate(&e, o), &err);
    CHECK(near(mean(&e, 0, "mrr"), 1));
    evaluation_done(&e);
    write_text("qrels", "9 0 10 1\n");
    CHECK_OK(evaluate(&e, o), &err);
    CHECK(near(mean(&e, 0, "mrr"), 0.5));
    evaluation_done(&e);
}

/* Means are the same to the last bit in whatever order the queries come: here reciprocal ranks 1, 1/2 ... 1/30. */
static void test_order_of_queries(void)
{
    double means[2];
    for (int backwards = 0; backwards < 2; backwards++) {
        struct buf run = {0}, qrels = {0};
        struct evaluation e;
        for (int i = 0; i < 30; i++) {
            int q = backwards ? 29 - i : i;
            for (int rank = 0; rank <= q; rank++)
                CHECK_OK(buf_printf(&run, &err, "q%02d Q0 d%d 0 %d t\n", q, rank, -rank), &err);
            CHECK_OK(buf_printf(&qrels, &err, "# of %d\nq%02d 0 d%d 1\n", q, q, q), &err);
        }
        write_text("run", run.p);
        write_text("qrels", qrels.p);
        CHECK_OK(evaluate(&e, RUN(.sides = {NULL, "qrels"}, .measures = "mrr")), &err);
        means[backwards] = mean(&e, 0, "mrr");
        CHECK_EQ(e.qrels.n_comments, 30);
        CHECK_EQ(e.doubts[0].n_comments, 0);
        evaluation_done(&e);
        buf_done(&run);
        buf_done(&qrels);
    }
    CHECK(means[0] == means[1] && near(means[0], 3.9949871309203906 / 30));
}

static void test_answers(void)
{
    const struct test_row rows[] = {
        {.id = 0, .ef = 4, .n = 3, .nn = {0, 1, 2}, .dist = {1, 2, 3}},
        {.id = 0, .ef = 8, .n = 3, .nn = {1, 0, 2}, .dist = {1, 2, 3}},
        {.id = 1, .ef = 4, .n = 3, .nn = {0, 1, 4}, .dist = {1, 2, 3}},
        {.id = 1, .ef = 8, .n = 3, .nn = {0, 1, 2}, .dist = {1, 2, 3}},
    };
    struct evaluation e;
    write_stream("run", ids, 4, rows, NULL);
    write_text("answers", "0\tNew York\tthe city\n1\tus\n2\tx\n3\t\n");
    write_text("passages", "2\tus, at last\n1\tin new york\tbig\n9\tnew york\n0\tbecause\n");
    struct evaluation_options o = RUN(.sides = {NULL, NULL, "answers"}, .passages = "passages");
    o.measures = "hit.answer@1,2,3,mrr.answer";
    CHECK_OK(evaluate(&e, o), &err);
    CHECK_EQ(e.n_absent, 1);                       /* passage 4 */
    CHECK_EQ(e.answers.n_empty, 1);
    CHECK_EQ(e.groups[0].n_judged[MEASURE_ANSWERS], 3);
    CHECK(near(mean(&e, 0, "hit.answer@1"), 0));
    CHECK(near(mean(&e, 0, "hit.answer@2"), 1.0 / 3));
    CHECK(near(mean(&e, 1, "hit.answer@1"), 1.0 / 3));
    CHECK(near(mean(&e, 1, "hit.answer@3"), 2.0 / 3));
    CHECK(near(mean(&e, 1, "mrr.answer"), (1 + 1.0 / 3) / 3));
    evaluation_done(&e);
    o.match = ANSWERMATCH_SUBSTRING;
    CHECK_OK(evaluate(&e, o), &err);
    CHECK(near(mean(&e, 0, "hit.answer@1"), 1.0 / 3));   /* because */
    evaluation_done(&e);
    o.match = ANSWERMATCH_TOKEN;
    o.title = true;
    write_text("answers", "0\tbig in\n");
    CHECK_OK(evaluate(&e, o), &err);
    CHECK(near(mean(&e, 1, "hit.answer@1"), 1));
    evaluation_done(&e);
    write_text("passages", "7\tnothing\n");
    CHECK_EQ(evaluate(&e, o), ERR_DATA);
    evaluation_done(&e);
    write_text("passages", "1\ttext\n1\ttext\n");
    CHECK_EQ(evaluate(&e, o), ERR_DATA);
    evaluation_done(&e);
}

static void report(const struct evaluation *e, struct report_options o, const char *expected)
{
    struct output *out;
    size_t n;
    err = (struct err){0};
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(report_write(e, &o, out, &err), &err);
    const char *got = output_memory(out, &n);
    CHECK(n == strlen(expected) && memcmp(got, expected, n) == 0);
    if (n != strlen(expected) || memcmp(got, expected, n) != 0)
        fprintf(stderr, "got:\n%.*sexpected:\n%s", (int)n, got, expected);
    output_free(out);
}

static const struct comparison *comparison_of(const struct comparisons *c, const char *measure, uint32_t ef)
{
    static const struct comparison nothing;
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->at[i].spec->name, measure) == 0 && c->at[i].ef[0] == ef)
            return &c->at[i];
    return &nothing;
}

static int compare_runs(struct comparisons *c, struct evaluation *e, struct evaluation_options o)
{
    *c = (struct comparisons){0};
    o.against = "other";
    int rc = evaluate(e, o);
    return rc ? rc : comparisons_make(c, e, &o, 1, &err);
}

/* A sweep of two efs against an exact search: query 9 is missing at ef 8, 5 is in no truth and in one run only. */
static void test_two_runs(void)
{
    const struct test_row rows[] = {
        {.id = 7, .ef = 8, .n = 3, .nn = {4, 5, 6}, .dist = {7, 8, 9}},
        {.id = 7, .ef = 16, .n = 3, .nn = {1, 2, 3}, .dist = {1, 2, 2}},
        {.id = 8, .ef = 8, .n = 3, .nn = {1, 2, 4}, .dist = {1, 2, 5}},
        {.id = 8, .ef = 16, .n = 3, .nn = {1, 2, 3}, .dist = {1, 2, 3}},
        {.id = 9, .ef = 16, .n = 3, .nn = {1, 5, 6}, .dist = {1, 5, 6}}, {.id = 5, .ef = 8, .n = 1, .nn = {1}, .dist = {1}},
    };
    struct evaluation e;
    struct comparisons c;
    write_stream("truth", ids, 3, truth_rows, NULL);
    write_stream("run", ids, 6, rows, NULL);
    write_stream("other", ids, 3, truth_rows, NULL);
    CHECK_OK(compare_runs(&c, &e, RUN(.sides = {"truth"})), &err);
    CHECK_EQ(c.n, 2 * 4);                                          /* recall@1,3, ndc, hops */
    CHECK_EQ(e.groups[0].n_missing[MEASURE_TRUTH], 1);
    CHECK_EQ(e.doubts[0].n_short, 1);
    CHECK_EQ(e.doubts[1].n_short, 0);
    const struct comparison *at = comparison_of(&c, "recall@3", 8);
    CHECK(near(at->mean[0], (0 + 2.0 / 3 + 0) / 3) && near(at->mean[1], 1));
    CHECK_EQ(at->ef[1], 0);
    CHECK_EQ(at->losses, 3);
    CHECK(at->test.exact && near(at->test.p, 2 / 8.0));
    at = comparison_of(&c, "recall@3", 16);
    CHECK(at->wins == 0 && at->ties == 2 && at->losses == 1 && near(at->test.p, 1));
    at = comparison_of(&c, "ndc", 8);                              /* 7 and 8: what both have */
    CHECK(at->wins == 2 && at->ties + at->losses == 0 && near(at->mean[0], 80) && near(at->mean[1], 0));
    comparisons_done(&c);
    evaluation_done(&e);
    CHECK_OK(compare_runs(&c, &e, RUN(.sides = {"truth"}, .average = EVALUATION_BOTH)), &err);
    at = comparison_of(&c, "recall@3", 8);
    CHECK(at->losses == 2 && near(at->mean[0], 1.0 / 3));
    comparisons_done(&c);
    evaluation_done(&e);
    /* two sweeps of other efs; a run that shares no query; a measure without values of queries */
    write_stream("other", ids, 2, rows, NULL);
    CHECK_OK(compare_runs(&c, &e, RUN(.sides = {"truth"})), &err);
    CHECK(near(comparison_of(&c, "recall@3", 16)->mean[0] - comparison_of(&c, "recall@3", 16)->mean[1], (1 + 1.0 / 3) / 3));
    comparisons_done(&c);
    evaluation_done(&e);
    const struct test_row others[] = {{.id = 7, .ef = 8, .n = 1, .nn = {1}, .dist = {1}},
                                      {.id = 7, .ef = 9, .n = 1, .nn = {1}, .dist = {1}}};
    write_stream("other", ids, 2, others, NULL);
    CHECK_EQ(compare_runs(&c, &e, RUN(.sides = {"truth"}, .measures = "recall@1")), ERR_DATA);
    CHECK(strstr(err.msg, "different values of ef"));
    comparisons_done(&c);
    evaluation_done(&e);
    write_stream("other", ids, 1, (const struct test_row[]){{.id = 1, .n = 1, .nn = {1}, .dist = {1}}}, NULL);
    CHECK_EQ(compare_runs(&c, &e, RUN(.sides = {"truth"}, .measures = "recall@1")), ERR_DATA);
    CHECK(strstr(err.msg, "no query of other (such as \"1\")"));
    comparisons_done(&c);
    evaluation_done(&e);
    CHECK_EQ(compare_runs(&c, &e, RUN(.measures = "ndc")), ERR_DATA);
    CHECK(strstr(err.msg, "no query in common"));
    comparisons_done(&c);
    evaluation_done(&e);
    /* by key here, by id there */
    write_stream("truth", keys, 3, truth_rows, NULL);
    write_stream("run", keys, 3, truth_rows, NULL);
    write_stream("other", ids, 3, truth_rows, NULL);
    CHECK_EQ(compare_runs(&c, &e, RUN(.sides = {"truth"})), ERR_DATA);
    CHECK(strstr(err.msg, "by key"));
    comparisons_done(&c);
    evaluation_done(&e);
}

static void test_reports(void)
{
    const struct test_row rows[] = {{.id = 8, .key = "b\"\xFF", .ef = 16, .n = 1, .nn = {1}, .dist = {1}, .nnkeys = {"x"}},
                                    {.id = 7, .key = "a", .ef = 16, .n = 1, .nn = {2}, .dist = {2}, .nnkeys = {"y"}}};
    struct evaluation e;
    struct report_options tsv = {0}, json = {.format = REPORT_JSON};
    write_stream("run", keys, 2, rows, NULL);
    write_text("qrels", "a 0 x 1\nb\"\xFF 0 x 1\nc 0 x 1\nd 0 x 0\n");
    CHECK_OK(evaluate(&e, RUN(.sides = {NULL, "qrels"}, .measures = "hit@1,ndc")), &err);
    report(&e, tsv, "ef\thit@1\tndc\tqueries\tjudged\tmissing\tunjudged\n16\t0.3333\t160.0\t2\t3\t1\t0\n");
    report(&e, json,
           "{\"ef\": 16, \"hit@1\": 0.333333, \"ndc\": 160, \"queries\": 2, \"judged\": 3, \"missing\": 1, \"unjudged\": 0}\n");
    tsv.aligned = true;
    report(&e, tsv, "ef   hit@1    ndc  queries  judged  missing  unjudged\n"
                    "16  0.3333  160.0        2       3        1         0\n");
    tsv = (struct report_options){.per_query = true};
    json.per_query = true;
    report(&e, tsv, "query\tef\thit@1\tndc\nb\"\xFF\t16\t1.0000\t160.0\na\t16\t0.0000\t160.0\nc\t16\t0.0000\tnan\n");
    report(&e, json, "{\"query\": \"b\\\"\\ufffd\", \"ef\": 16, \"hit@1\": 1, \"ndc\": 160}\n"
                     "{\"query\": \"a\", \"ef\": 16, \"hit@1\": 0, \"ndc\": 160}\n"
                     "{\"query\": \"c\", \"ef\": 16, \"hit@1\": 0, \"ndc\": null}\n");
    evaluation_done(&e);
}

/* A key may hold anything; a table must not break at it. */
static void test_keys_in_reports(void)
{
    const struct test_row rows[] = {{.id = 1, .key = "a\tb\n", .ef = 16, .n = 1, .nn = {1}, .dist = {1}, .nnkeys = {"x"}}};
    struct evaluation e;
    write_stream("run", keys, 1, rows, NULL);
    CHECK_OK(evaluate(&e, RUN(.measures = "hops")), &err);
    report(&e, (struct report_options){.per_query = true}, "query\tef\thops\na b \t16\t16.0\n");
    report(&e, (struct report_options){.per_query = true, .format = REPORT_JSON},
           "{\"query\": \"a\\u0009b\\u000a\", \"ef\": 16, \"hops\": 16}\n");
    report(&e, (struct report_options){.per_query = true, .format = REPORT_TREC},
           "hops                  \ta b \t16.0000\nnum_q                 \tall\t1\nhops                  \tall\t16.0000\n");
    evaluation_done(&e);
}

static void test_too_many_efs(void)
{
    static struct test_row rows[4097];
    struct evaluation e;
    for (uint32_t i = 0; i < 4097; i++)
        rows[i] = (struct test_row){.ef = i};
    write_stream("run", ids, 4096, rows, NULL);
    CHECK_OK(evaluate(&e, RUN(.measures = "ndc")), &err);
    CHECK_EQ(e.n_groups, 4096);
    CHECK_EQ(e.groups[4095].ef, 4095);
    evaluation_done(&e);
    write_stream("run", ids, 4097, rows, NULL);
    CHECK_EQ(evaluate(&e, RUN(.measures = "ndc")), ERR_LIMIT);
    evaluation_done(&e);
}

static void test_thresholds(void)
{
    struct measure_list also = {0};
    struct threshold t;
    struct evaluation e;
    err = (struct err){0};
    CHECK_OK(threshold_parse(&t, "recall@3=0.95", &also, &err), &err);
    write_stream("truth", ids, 3, truth_rows, NULL);
    struct evaluation_options o = {.run = "truth", .sides = {"truth"}, .measures = "recall@1", .also = &also};
    CHECK_OK(evaluate(&e, o), &err);
    CHECK(near(threshold_reached(&t, &e, &e.groups[0]), 1));
    evaluation_done(&e);
    write_text("run.trec", "7 Q0 1 1 5 x\n");
    o.run = "run.trec";
    CHECK_OK(evaluate(&e, o), &err);
    CHECK(e.recall_by_id);
    CHECK(near(threshold_reached(&t, &e, &e.groups[0]), 1.0 / 9));
    evaluation_done(&e);
    measure_list_done(&also);
    static const char *const wrong[] = {"recall@3", "recall@3=", "recall@3=x", "=1", "recall@1,2=1", "nosuch=1", "recall=1", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        err = (struct err){0};
        CHECK_EQ(threshold_parse(&t, wrong[i], &also, &err), ERR_USAGE);
    }
    measure_list_done(&also);
}

int main(void)
{
    CHECK(chdir(scratch_path(".")) == 0);
    CHECK_RUN(test_recall_of_a_stream);
    CHECK_RUN(test_concatenated_streams);
    CHECK_RUN(test_join_by_key);
    CHECK_RUN(test_join_by_decimal_id);
    CHECK_RUN(test_refusals);
    CHECK_RUN(test_truth_without_distances);
    CHECK_RUN(test_other_distances_are_counted);
    CHECK_RUN(test_ties_and_self);
    CHECK_RUN(test_order_of_queries);
    CHECK_RUN(test_answers);
    CHECK_RUN(test_two_runs);
    CHECK_RUN(test_reports);
    CHECK_RUN(test_keys_in_reports);
    CHECK_RUN(test_too_many_efs);
    CHECK_RUN(test_thresholds);
    scratch_done();
    return check_status();
}
