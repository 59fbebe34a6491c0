/* What trimming takes out: unused edges, never the way to a node; and NGFix's partial removal. */
#include "graph_made.h"
#include "repair/judge.h"
#include "repair/trim.h"

enum { N = 500, DIM = 6, N_QUERIES = 60 };

static float queries[N_QUERIES * 16];

static size_t count_reached(const struct extra *x)
{
    uint32_t queue[N];
    bool reached[N] = {false};
    size_t n = 1;
    queue[0] = x->g.entry;
    reached[queue[0]] = true;
    for (size_t at = 0; at < n; at++)
        for (size_t i = 0; i < x->degree[queue[at]]; i++) {
            uint32_t v = x->rows[queue[at] * x->g.slots0 + i];
            if (!reached[v]) {
                reached[v] = true;
                queue[n++] = v;
            }
        }
    return n;
}

static size_t count_edges(const struct extra *x, bool base)
{
    size_t n = 0;
    for (size_t i = 0; i < N; i++) {
        size_t extra = 0;
        for (size_t j = 0; j < x->g.slots0; j++) {
            CHECK_EQ(x->rows[i * x->g.slots0 + j] == GRAPH_NONE, j >= x->degree[i]);
            if (j < x->degree[i]) {
                extra += edge_kind(x->edges[i * x->g.slots0 + j]) != EDGE_BASE;
                n += base == (edge_kind(x->edges[i * x->g.slots0 + j]) == EDGE_BASE);
            }
        }
        CHECK_EQ(x->n_extra[i], extra);
    }
    return n;
}

/* A graph with six extra edges of different hardness at every node. */
static void open_all(struct made *made, struct extra *x)
{
    struct err err = {0};
    const struct extra_options o = {.max_extra = 12};
    static struct extra_edge edges[N * 6];
    *made = made_graph(METRIC_L2, MADE_NORMAL, N, DIM, 3, 10, 1);
    for (size_t i = 0; i < N_QUERIES; i++)
        memcpy(queries + i * 16, made_query(made, MADE_NORMAL, i), DIM * sizeof *queries);
    for (size_t i = 0; i < N * 6; i++)
        edges[i] = (struct extra_edge){.from = (uint32_t)(i / 6), .to = (uint32_t)((i / 6 + 1 + i % 6 * 71) % N),
                                       .edge = edge_make(EDGE_NGFIX, (unsigned)(101 + i * 7 % 6))};
    CHECK_OK(extra_init(x, &made->g, &o, &err), &err);
    CHECK_OK(extra_apply(x, edges, N * 6, 1, &err), &err);
}

static void trim_it(struct extra *x, bool base, double ratio, double again, size_t n_queries)
{
    struct err err = {0};
    struct trim t;
    uint64_t gone = 0;
    size_t before = count_edges(x, false) + count_edges(x, true);
    CHECK_OK(trim_init(&t, x, 40, 20, base, 2, &err), &err);
    CHECK_OK(trim_searches(&t, queries, 16, n_queries, &err), &err);
    CHECK_OK(trim_apply(&t, ratio, &gone, &err), &err);
    if (again > 0)
        CHECK_OK(trim_apply(&t, again, &gone, &err), &err);
    CHECK_EQ(before - gone, count_edges(x, false) + count_edges(x, true));
    trim_done(&t);
}

static void test_extra(void)
{
    struct made made;
    struct extra x;
    open_all(&made, &x);
    size_t base = count_edges(&x, true), extra = count_edges(&x, false);
    trim_it(&x, false, 50, 0, N_QUERIES);
    size_t left = count_edges(&x, false);
    CHECK_EQ(count_edges(&x, true), base);
    CHECK(left > 0 && left < extra / 2);
    CHECK_EQ(count_reached(&x), N);
    trim_it(&x, false, 50, 0, 0);                /* nothing is used */
    CHECK_EQ(count_edges(&x, false), 0);
    CHECK_EQ(count_edges(&x, true), base);
    extra_done(&x);
    made_done(&made);
}

/* A tree is left where nothing is used, and more where something is. */
static void test_rebalance(void)
{
    for (size_t n = 0; n <= N_QUERIES; n += N_QUERIES) {
        struct made made;
        struct extra x;
        open_all(&made, &x);
        size_t base = count_edges(&x, true);
        trim_it(&x, true, 50, 0, n);
        CHECK_EQ(count_reached(&x), N);
        CHECK(count_edges(&x, true) < base);
        if (n == 0)
            CHECK_EQ(count_edges(&x, true) + count_edges(&x, false), N - 1);
        else
            CHECK(count_edges(&x, true) + count_edges(&x, false) > N);
        extra_done(&x);
        made_done(&made);
    }
}

/* By one ratio, then by a smaller one, is by the smaller one. */
static void test_again(void)
{
    struct made made, other;
    struct extra x, y;
    open_all(&made, &x);
    open_all(&other, &y);
    trim_it(&x, false, 100, 10, N_QUERIES);
    trim_it(&y, false, 10, 0, N_QUERIES);
    CHECK(count_edges(&x, false) > 0);
    CHECK(memcmp(x.rows, y.rows, N * x.g.slots0 * sizeof *x.rows) == 0);
    extra_done(&x);
    extra_done(&y);
    made_done(&made);
    made_done(&other);
}

static void test_thin(void)
{
    struct made made, other;
    struct extra x, before;
    open_all(&made, &x);
    open_all(&other, &before);
    size_t base = count_edges(&x, true), extra = count_edges(&x, false);
    CHECK_EQ(extra_thin(&x, 0), 0);
    uint64_t gone = extra_thin(&x, 0.5);
    CHECK_EQ(count_edges(&x, false), extra - gone);
    CHECK_EQ(count_edges(&x, true), base);
    for (size_t i = 0; i < N; i++) {
        unsigned least = EDGE_UNREACHABLE, n_harder = 0;
        CHECK_EQ(x.n_extra[i], before.n_extra[i] > 1 ? before.n_extra[i] / 2 : before.n_extra[i]);
        for (size_t j = 0; j < x.degree[i]; j++)
            if (edge_kind(x.edges[i * x.g.slots0 + j]) != EDGE_BASE && edge_eh(x.edges[i * x.g.slots0 + j]) < least)
                least = edge_eh(x.edges[i * x.g.slots0 + j]);
        for (size_t j = 0; j < before.degree[i]; j++)
            n_harder += edge_kind(before.edges[i * x.g.slots0 + j]) != EDGE_BASE &&
                edge_eh(before.edges[i * x.g.slots0 + j]) > least;
        CHECK(n_harder < x.n_extra[i]);            /* what is harder than what stays, stays */
    }
    extra_thin(&x, 1);
    for (size_t i = 0; i < N; i++)
        CHECK_EQ(x.n_extra[i], before.n_extra[i] > 0);
    extra_done(&x);
    extra_done(&before);
    made_done(&made);
    made_done(&other);
}

/* The same graph takes what it took; a graph without its edges does not reach the recall. */
static void test_judge(void)
{
    struct err err = {0};
    struct made made, good;
    struct extra x;
    struct judge j;
    open_all(&made, &x);
    CHECK_OK(judge_init(&j, &made.g, queries, N_QUERIES, 16, 2, &err), &err);
    CHECK(j.before.recall == JUDGE_RECALL && j.before.ndc > 10 && j.before.ndc < N);
    CHECK_OK(judge_again(&j, &made.g, &err), &err);
    CHECK(judge_ratio(&j) == 1);
    CHECK(!judge_pays(&j, &j));
    judge_done(&j);
    good = made_graph(METRIC_L2, MADE_NORMAL, N, DIM, 8, 60, 1);
    CHECK_OK(judge_init(&j, &made.g, queries, N_QUERIES, 16, 1, &err), &err);
    CHECK_OK(judge_again(&j, &good.g, &err), &err);
    CHECK(judge_ratio(&j) != 1);
    judge_done(&j);
    made_done(&good);
    extra_done(&x);
    made_done(&made);
}

/* What pays, from the points alone. */
static void test_pays(void)
{
    struct judge gain = {.before = {.95, 1000}, .after = {.95, 940}}, cost = {.before = {.95, 100}, .after = {.95, 104}};
    CHECK(judge_pays(&gain, &cost));
    cost.after.ndc = 107;                        /* more than is gained */
    CHECK(!judge_pays(&gain, &cost));
    cost.after.ndc = 90;
    CHECK(judge_pays(&gain, &cost));
    gain.after.ndc = 960;                        /* too little */
    CHECK(!judge_pays(&gain, &cost));
    gain.after.ndc = 100;
    gain.after.recall = 0.94;                    /* what was reached is not any more */
    CHECK(!judge_pays(&gain, &cost));
    gain.before.recall = 0.93;                   /* 6 of 7 neighbours are missed still */
    CHECK(judge_pays(&gain, &cost));
    gain.after.recall = 0.932;
    CHECK(!judge_pays(&gain, &cost));
}

int main(void)
{
    CHECK_RUN(test_extra);
    CHECK_RUN(test_rebalance);
    CHECK_RUN(test_again);
    CHECK_RUN(test_thin);
    CHECK_RUN(test_judge);
    CHECK_RUN(test_pays);
    return check_status();
}
