/* Building: the same graph at any number of threads, every invariant on hard data, levels, recall, duplicates; and its parts:
 * grouping, pruning with and without what is known already, reachability. */
#include "graph/hnsw.h"

#include "graph/beam.h"
#include "graph/graph_check.h"
#include "graph/group.h"
#include "graph/link.h"
#include "graph/prune.h"
#include "graph/reach.h"
#include "graph_made.h"

static struct err err;

static void test_group(void)
{
    struct group g;
    uint32_t keys[1000];
    uint64_t values[1000], *found = NULL;
    CHECK_OK(group_init(&g, 50, &err), &err);
    for (size_t n = 0; n <= 1000; n += 250) {
        for (size_t i = 0; i < n; i++) {
            keys[i] = (uint32_t)rng_below(n, RNG_TEST, i, 40);
            values[i] = i;
        }
        CHECK_OK(group_make(&g, keys, values, n, &err), &err);
        size_t total = 0;
        for (uint32_t k = 0; k < 50; k++) {
            size_t m = group_get(&g, k, &found);
            total += m;
            for (size_t i = 0; i < m; i++) {
                CHECK_EQ(keys[found[i]], k);
                CHECK(i == 0 || found[i - 1] < found[i]);
            }
        }
        CHECK_EQ(total, n);
        CHECK_EQ(n ? g.keys[0] : 0, n ? keys[0] : 0);
    }
    group_done(&g);
}

/* Algorithm 4, literally. */
static size_t select_plainly(const struct graph *g, const uint64_t *c, size_t n, size_t max, uint64_t *kept)
{
    struct distance d = distance_make(g->metric, g->dim);
    size_t m = 0;
    for (size_t i = 0; i < n && m < max; i++) {
        bool good = true;
        for (size_t j = 0; j < m && good; j++)
            good = distance_one(&d, g->vectors + beam_node(c[i]) * g->stride, g->vectors + beam_node(kept[j]) * g->stride) >=
                   beam_dist(c[i]);
        if (good)
            kept[m++] = c[i];
    }
    return m;
}

static void test_prune(void)
{
    for (int kind = MADE_NORMAL; kind <= MADE_SORTED; kind++) {
        struct made made = made_base(METRIC_L2, (enum made_kind)kind, 120, 5);
        struct distance d = distance_make(METRIC_L2, 5);
        struct prune prune = prune_exact(&made.g);
        uint64_t all[119], want[32], got[32];
        for (uint32_t i = 1; i < 120; i++)
            all[i - 1] = beam_key(distance_one(&d, made.x, made.x + i * made.g.stride), i);
        beam_sort(all, 119);
        for (size_t max = 1; max <= 32; max++) {
            size_t n = select_plainly(&made.g, all, 119, max, want);
            CHECK_EQ(prune_select(&prune, all, 119, max, got), n);
            CHECK(memcmp(want, got, n * sizeof *got) == 0);

            /* what was kept of the first half is clean among the rest: the outcome is that of a whole new selection */
            uint64_t half[119];
            size_t n_half = 0, m = 0;
            for (size_t i = 0; i < 119; i += 2)
                half[n_half++] = all[i];
            m = prune_select(&prune, half, n_half, max, got);
            for (size_t i = 0; i < m; i++)
                got[i] |= PRUNE_CLEAN;
            for (size_t i = 1; i < 119; i += 2)
                got[m < 32 ? m++ : 31] = all[i];
            uint64_t plain[32], want_mixed[32], got_mixed[32];
            beam_sort(got, m);
            for (size_t i = 0; i < m; i++)
                plain[i] = got[i] & ~(uint64_t)PRUNE_CLEAN;
            size_t w = select_plainly(&made.g, plain, m, max, want_mixed);
            CHECK_EQ(prune_select(&prune, got, m, max, got_mixed), w);
            for (size_t i = 0; i < w; i++)
                CHECK(want_mixed[i] == (got_mixed[i] & ~(uint64_t)PRUNE_CLEAN));
        }
        made_done(&made);
    }
}

static bool same_graph(const struct graph *a, const struct graph *b)
{
    return a->entry == b->entry && a->n_layers == b->n_layers && a->n_upper == b->n_upper &&
           memcmp(a->layer0, b->layer0, a->n * a->slots0 * sizeof *a->layer0) == 0 &&
           memcmp(a->first, b->first, (a->n + 1) * sizeof *a->first) == 0 &&
           memcmp(a->upper, b->upper, a->n_upper * a->slots * sizeof *a->upper) == 0;
}

static void test_any_threads_same_graph(void)
{
    for (int kind = MADE_NORMAL; kind <= MADE_SORTED; kind++) {
        struct made one = made_graph(METRIC_L2, (enum made_kind)kind, 1500, 10, 5, 30, 1);
        for (int n_threads = 2; n_threads <= 8; n_threads *= 2) {
            struct made many = made_graph(METRIC_L2, (enum made_kind)kind, 1500, 10, 5, 30, n_threads);
            CHECK(same_graph(&one.g, &many.g));
            made_done(&many);
        }
        made_done(&one);
    }
}

static void test_invariants(void)
{
    static const size_t sizes[] = {1, 2, 3, 4, 5, 31, 33, 64, 100, 900};
    for (int kind = MADE_NORMAL; kind <= MADE_SORTED; kind++)
        for (int metric = METRIC_L2; metric <= METRIC_COSINE; metric++)
            for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
                for (size_t m = 2; m <= 17; m += 5) {
                    struct made made = made_graph((enum metric)metric, (enum made_kind)kind, sizes[i], 6, m, m == 2 ? 1 : 25, 2);
                    struct graph_report r;
                    err = (struct err){0};
                    CHECK_OK(graph_check(&made.g, &r, &err), &err);
                    CHECK_EQ(r.n_reachable, sizes[i]);
                    CHECK_EQ(r.layers[0].n_nodes, sizes[i]);
                    CHECK(r.layers[0].max_degree <= 2 * m);
                    made_done(&made);
                }
}

/* P(level >= l) = M^-l. */
static void test_levels(void)
{
    struct made made = made_graph(METRIC_L2, MADE_NORMAL, 4000, 1, 4, 1, 2);
    for (uint32_t l = 1; l <= 3; l++) {
        size_t n = 0;
        for (uint32_t i = 0; i < 4000; i++)
            n += graph_level(&made.g, i) >= l;
        double expected = 4000.0 / (1 << 2 * l), spread = 5 * __builtin_sqrt(expected);
        CHECK((double)n > expected - spread && (double)n < expected + spread);
    }
    made_done(&made);
}

static double recall_at_10(const struct made *made, enum made_kind kind, size_t ef)
{
    struct beam exact, b;
    size_t hits = 0, n_queries = 100;
    CHECK_OK(beam_init(&exact, &made->g, NULL, made->g.n, &err), &err);
    CHECK_OK(beam_init(&b, &made->g, NULL, ef, &err), &err);
    for (uint64_t i = 0; i < n_queries; i++) {
        const float *q = made_query(made, kind, i);
        CHECK_OK(beam_search(&exact, &made->g, q, made->g.n, &err), &err);
        CHECK_OK(beam_search(&b, &made->g, q, ef, &err), &err);
        for (size_t j = 0; j < 10; j++)
            hits += beam_at(&b, j).dist <= beam_at(&exact, 9).dist;
    }
    beam_done(&exact);
    beam_done(&b);
    return (double)hits / (double)(10 * n_queries);
}

static void test_recall(void)
{
    struct made made = made_graph(METRIC_L2, MADE_NORMAL, 3000, 12, 12, 100, 2);
    CHECK(recall_at_10(&made, MADE_NORMAL, 100) >= 0.99);
    CHECK(recall_at_10(&made, MADE_NORMAL, 20) >= 0.90);
    made_done(&made);
    for (int metric = METRIC_L2; metric <= METRIC_COSINE; metric++) {   /* of this dimension, codes steer the build */
        made = made_graph((enum metric)metric, MADE_NORMAL, 3000, 24, 12, 100, 2);
        CHECK(recall_at_10(&made, MADE_NORMAL, 150) >= 0.97);
        made_done(&made);
    }
    made = made_graph(METRIC_L2, MADE_INTEGER, 3000, 6, 8, 60, 2);   /* 729 points, each about four times */
    CHECK(recall_at_10(&made, MADE_INTEGER, 60) >= 0.95);
    made_done(&made);
}

/* All the same: found by the thousand, in a chain that reaching them all makes. */
static void test_duplicates(void)
{
    struct made made = made_graph(METRIC_L2, MADE_SAME, 5000, 4, 4, 20, 2);
    struct graph_report r;
    CHECK_OK(graph_check(&made.g, &r, &err), &err);
    CHECK_EQ(r.n_reachable, 5000);
    CHECK(r.depth < 40);
    made_done(&made);
}

/* A graph in which nearly nothing is reached, all rows full: joined, and what was reached stays so. */
static void test_reach(void)
{
    enum { N = 300, DEGREE = 4 };
    struct made made = made_base(METRIC_L2, MADE_NORMAL, N, 3);
    struct link_table t;
    struct distance d = distance_make(METRIC_L2, 3);
    uint32_t first[N + 1] = {0};
    size_t joined;
    CHECK_OK(link_init(&t, N, 16, DEGREE, &err), &err);
    for (uint32_t i = 0; i < N; i++) {     /* cliques of 5, each full */
        uint64_t row[DEGREE];
        for (uint32_t j = 0, n = 0; j < 5; j++)
            if (i / 5 * 5 + j != i)
                row[n++] = beam_key(distance_one(&d, made.x + i * made.g.stride, made.x + (i / 5 * 5 + j) * made.g.stride),
                                    i / 5 * 5 + j);
        link_set(&t, i, row, DEGREE, true);
    }
    made.g.layer0 = t.rows;
    made.g.first = first;
    made.g.slots0 = made.g.slots = 16;
    made.g.m = made.g.max_degree0 = DEGREE;
    made.g.n_layers = 1;
    made.g.entry = 7;
    CHECK_OK(reach_all(&made.g, &t, &joined, &err), &err);
    CHECK_EQ(joined, N / 5 - 1);
    CHECK_OK(link_finish(&t, &made.g, false, 2, &err), &err);
    err = (struct err){0};
    CHECK_OK(graph_check(&made.g, NULL, &err), &err);
    CHECK_OK(reach_all(&made.g, &t, &joined, &err), &err);
    CHECK_EQ(joined, 0);
    link_done(&t);
    made.g.layer0 = made.g.first = NULL;
    made_done(&made);
}

static void test_memory_share(void)
{
    struct hnsw_options o = {.m = 16, .ef_construction = 200, .n_threads = 2};
    CHECK_EQ(hnsw_vectors_share(0, 100, &o), 0);
    CHECK(hnsw_vectors_share(1 << 30, 16, &o) < 1 << 29);
    CHECK(hnsw_vectors_share(1 << 30, 4096, &o) > (1 << 30) / 10 * 5);
}

int main(void)
{
    CHECK_RUN(test_group);
    CHECK_RUN(test_prune);
    CHECK_RUN(test_any_threads_same_graph);
    CHECK_RUN(test_invariants);
    CHECK_RUN(test_levels);
    CHECK_RUN(test_recall);
    CHECK_RUN(test_duplicates);
    CHECK_RUN(test_reach);
    CHECK_RUN(test_memory_share);
    return check_status();
}
