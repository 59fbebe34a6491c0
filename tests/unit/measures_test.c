#include "check.h"
#include "eval/measures.h"

#include <math.h>

static double value(const char *name, size_t k, const struct measure_query *q)
{
    return measure_find(name)->value(q, k);
}

static int near(double a, double b) { return fabs(a - b) < 1e-12; }

/* Truth at distances 1 2 2 3; the run found the first, a stranger tied with the second, the last, and another stranger. */
static void test_recall(void)
{
    const float true_dist[] = {1, 2, 2, 3}, dist[] = {1, 2, 3, 3.0005f};
    const uint32_t rank[] = {0, MEASURE_NO_RANK, 3, MEASURE_NO_RANK};
    struct measure_query q = {.n = 4, .dist = dist, .n_true = 4, .true_dist = true_dist, .true_rank = rank, .metric = METRIC_IP};
    CHECK(near(value("recall", 1, &q), 1));
    CHECK(near(value("recall", 2, &q), 1));
    CHECK(near(value("recall.id", 2, &q), 0.5));
    CHECK(near(value("recall.tie", 3, &q), 2.0 / 3));
    CHECK(near(value("recall.id", 3, &q), 1.0 / 3));
    CHECK(near(value("recall", 4, &q), 0.75));
    CHECK(near(value("recall.annb", 4, &q), 1));
    CHECK(near(value("recall.id", 4, &q), 0.5));
    CHECK(near(value("recall.first", 1, &q), 1));
    /* more was asked for than the base holds: 4 stand for 10 */
    CHECK(near(value("recall", 10, &q), 0.75));
    CHECK(near(value("recall.id", 10, &q), 0.5));
    /* squared distances: sqrt(3.0005) - sqrt(3) < 0.001, but 3.004 is beyond */
    const float far[] = {1, 2, 3, 3.004f};
    q.metric = METRIC_L2;
    CHECK(near(value("recall.annb", 4, &q), 1));
    q.dist = far;
    CHECK(near(value("recall.annb", 4, &q), 0.75));
    /* the neighbour below is found late */
    const uint32_t late[] = {1, 0, 3, 2};
    q.true_rank = late;
    CHECK(near(value("recall.first", 1, &q), 0));
    CHECK(near(value("recall.first", 2, &q), 1));
    q.n = 0;
    CHECK(near(value("recall", 4, &q), 0));
    CHECK(near(value("recall.first", 4, &q), 0));
}

/* A tie at the k-th place does not count more than k. */
static void test_recall_of_ties_has_a_ceiling(void)
{
    const float true_dist[] = {2, 2}, dist[] = {2, 2, 2, 2};
    struct measure_query q = {.n = 4, .dist = dist, .n_true = 2, .true_dist = true_dist, .metric = METRIC_L2};
    CHECK(near(value("recall", 4, &q), 1));
    CHECK(near(value("recall.annb", 4, &q), 1));
    CHECK(near(value("recall", 1, &q), 1));
}

static void test_ranking(void)
{
    const int32_t grade[] = {0, 2, MEASURE_UNJUDGED, 1, -1}, ideal[] = {3, 2, 1};
    struct measure_query q = {.n = 5, .grade = grade, .level = 1, .n_relevant = 3, .ideal = ideal, .n_ideal = 3};
    double best3 = 3 + 2 / log2(3) + 1 / log2(4);
    CHECK(near(value("hit", 1, &q), 0));
    CHECK(near(value("hit", 2, &q), 1));
    CHECK(near(value("mrr", SIZE_MAX, &q), 0.5));
    CHECK(near(value("mrr", 1, &q), 0));
    CHECK(near(value("P", 2, &q), 0.5));
    CHECK(near(value("P", 10, &q), 0.2));
    CHECK(near(value("R", 2, &q), 1.0 / 3));
    CHECK(near(value("R", 100, &q), 2.0 / 3));
    CHECK(near(value("Rprec", SIZE_MAX, &q), 1.0 / 3));
    CHECK(near(value("map", SIZE_MAX, &q), (1.0 / 2 + 2.0 / 4) / 3));
    CHECK(near(value("map", 3, &q), 1.0 / 2 / 3));
    CHECK(near(value("ndcg", SIZE_MAX, &q), (2 / log2(3) + 1 / log2(5)) / best3));
    CHECK(near(value("ndcg", 1, &q), 0));
    CHECK(near(value("ndcg", 2, &q), 2 / log2(3) / (3 + 2 / log2(3))));
    CHECK(near(value("judged", 5, &q), 0.6));
    q.n_nonrelevant = 7;                                              /* one of them stands before both relevant ones */
    CHECK(near(value("bpref", SIZE_MAX, &q), 2 * (1 - 1.0 / 3) / 3));
    q.n_nonrelevant = 1;
    CHECK(near(value("bpref", SIZE_MAX, &q), 0));
    q.level = 2;
    q.n_relevant = 2;
    CHECK(near(value("R", 100, &q), 0.5));
    CHECK(near(value("map", SIZE_MAX, &q), 1.0 / 2 / 2));
    CHECK(near(value("ndcg", 2, &q), 2 / log2(3) / (3 + 2 / log2(3))));
    /* nothing to find */
    q.n_relevant = q.n_ideal = 0;
    q.level = 5;
    CHECK(near(value("map", SIZE_MAX, &q), 0));
    CHECK(near(value("R", 3, &q), 0));
    CHECK(near(value("Rprec", SIZE_MAX, &q), 0));
    CHECK(near(value("ndcg", SIZE_MAX, &q), 0));
}

static void test_answers_and_time(void)
{
    struct measure_query q = {.first_answer = 4, .ndc = 7, .hops = 3, .time_ns = 2500};
    struct measure_total t = {.n_queries = 100, .wall_ns = 5e8, .threads = 2}, unknown = {.n_queries = 100};
    CHECK(near(value("hit.answer", 4, &q), 0));
    CHECK(near(value("hit.answer", 5, &q), 1));
    CHECK(near(value("mrr.answer", SIZE_MAX, &q), 0.2));
    q.first_answer = MEASURE_NO_RANK;
    CHECK(near(value("hit.answer", UINT32_MAX, &q), 0));
    CHECK(near(value("ndc", SIZE_MAX, &q), 7));
    CHECK(near(value("hops", SIZE_MAX, &q), 3));
    CHECK(near(value("latency_us", SIZE_MAX, &q), 2.5));
    CHECK(near(measure_find("qps")->total(&t), 200));
    CHECK(near(measure_find("threads")->total(&t), 2));
    CHECK(isnan(measure_find("qps")->total(&unknown)));
}

static void test_percentiles(void)
{
    double x[100], one[] = {3}, four[] = {4, 1, 3, 2};
    for (int i = 0; i < 100; i++)
        x[i] = (i * 37) % 100 + 1;   /* 1..100 in some order */
    CHECK(near(measure_percentile(x, 100, 50), 50));
    CHECK(near(measure_percentile(x, 100, 95), 95));
    CHECK(near(measure_percentile(x, 100, 99), 99));
    CHECK(near(measure_percentile(x, 100, 100), 100));
    CHECK(near(measure_percentile(x, 99, 99), 99));   /* of 1..99: the 99th */
    CHECK(near(measure_percentile(one, 1, 50), 3));
    CHECK(near(measure_percentile(four, 4, 50), 2));
    CHECK(near(measure_percentile(four, 4, 99), 4));
}

static void test_table(void)
{
    for (const struct measure *m = measures; m->name; m++) {
        CHECK(m->help && strlen(m->help) > 3);
        CHECK(!m->value != !m->total);
        CHECK(strlen(m->name) + 12 < MEASURE_NAME);
        CHECK(measure_find(m->name) == m);
    }
}

static void test_lists(void)
{
    struct err err = {0};
    struct measure_list l = {0};
    CHECK_OK(measure_list_parse(&l, "recall@1,10,100,map,mrr@10,mrr,hit@1,recall@10", &err), &err);
    static const char *const names[] = {"recall@1", "recall@10", "recall@100", "map", "mrr@10", "mrr", "hit@1"};
    CHECK_EQ(l.n, 7);
    for (size_t i = 0; i < l.n && i < 7; i++)
        CHECK_STR(l.at[i].name, names[i]);
    CHECK_EQ(measure_list_find(&l, "mrr"), 5);
    CHECK_EQ(measure_list_find(&l, "P@1"), -1);
    measure_list_done(&l);
    CHECK_OK(measure_list_defaults(&l, MEASURE_QRELS, 20, &err), &err);
    CHECK_EQ(l.n, 7);
    CHECK_STR(l.at[2].name, "hit@20");
    CHECK_STR(l.at[6].name, "R@20");
    measure_list_done(&l);
    CHECK_OK(measure_list_defaults(&l, MEASURE_TRUTH, 1, &err), &err);
    CHECK_EQ(l.n, 1);
    measure_list_done(&l);

    static const char *const wrong[] = {"", "recall", "recall@", "recall@0", "recall@-1", "recall@1x", "recall@99999999999", "10",
                                        "map,", ",map", "ndc@10", "Rprec,10", "nosuch", "recall@1@2", "Recall@1", "recall @1",
                                        "a-very-long-name-that-is-no-measure-and-does-not-fit-anywhere@10"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        err = (struct err){0};
        CHECK_EQ(measure_list_parse(&l, wrong[i], &err), ERR_USAGE);
        CHECK(err.msg[0] != '\0');
        measure_list_done(&l);
    }
}

int main(void)
{
    CHECK_RUN(test_recall);
    CHECK_RUN(test_recall_of_ties_has_a_ceiling);
    CHECK_RUN(test_ranking);
    CHECK_RUN(test_answers_and_time);
    CHECK_RUN(test_percentiles);
    CHECK_RUN(test_table);
    CHECK_RUN(test_lists);
    return check_status();
}
