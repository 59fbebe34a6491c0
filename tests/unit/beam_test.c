/* The search: its order, its counters, and that with ef = n on a graph that passes the checks it is exact. */
#include "graph/beam.h"

#include "graph_made.h"

#include <math.h>

static struct err err;

static void test_keys_keep_order(void)
{
    static const float dist[] = {-INFINITY, -3e38f, -1, -1e-45f, 0, 1e-45f, 1, 3e38f, INFINITY};
    enum { N = sizeof dist / sizeof dist[0] };
    for (size_t i = 0; i < N; i++) {
        CHECK(beam_dist(beam_key(dist[i], 5)) == dist[i]);
        CHECK_EQ(beam_node(beam_key(dist[i], GRAPH_MAX_N - 1)), GRAPH_MAX_N - 1);
        for (size_t j = 0; j < N; j++)
            CHECK_EQ(beam_key(dist[i], 3) < beam_key(dist[j], 4), i <= j);
    }
    CHECK(beam_key(1, 3) < beam_key(1, 4));
}

static void test_sort(void)
{
    uint64_t a[500];
    for (size_t n = 0; n < 500; n += n < 70 ? 1 : 43) {
        for (size_t i = 0; i < n; i++)
            a[i] = rng_below(1, RNG_TEST, i, n);
        beam_sort(a, n);
        for (size_t i = 1; i < n; i++)
            CHECK(a[i - 1] <= a[i]);
    }
}

/* All distances in the order of the pool. */
static uint64_t *scan(const struct graph *g, const float *q)
{
    struct distance d = distance_make(g->metric, g->dim);
    uint64_t *all = MEM_ARRAY(uint64_t, g->n, &err);
    for (uint32_t i = 0; i < g->n; i++)
        all[i] = beam_key(distance_one(&d, q, g->vectors + i * g->stride), i);
    beam_sort(all, g->n);
    return all;
}

static void check_exact(enum metric metric, enum made_kind kind, size_t n, size_t dim, size_t m)
{
    struct made made = made_graph(metric, kind, n, dim, m, 20, 2);
    struct beam b;
    CHECK_OK(beam_init(&b, &made.g, NULL, n, &err), &err);
    for (uint64_t i = 0; i < 20; i++) {
        const float *q = made_query(&made, kind, i);
        uint64_t *all = scan(&made.g, q);
        CHECK_OK(beam_search(&b, &made.g, q, n, &err), &err);
        CHECK_EQ(b.n, n);
        CHECK(b.ndc >= n && b.ndc <= n + n);   /* upper layers compute some once more */
        CHECK(b.hops >= n);
        size_t differ = 0;
        for (size_t j = 0; j < b.n; j++)
            differ += (b.pool[j] & ~(uint64_t)1) != all[j];
        CHECK_EQ(differ, 0);
        mem_free(all);
    }
    beam_done(&b);
    made_done(&made);
}

static void test_ef_n_is_exact(void)
{
    for (int metric = METRIC_L2; metric <= METRIC_COSINE; metric++)
        for (int kind = MADE_NORMAL; kind <= MADE_SORTED; kind++) {
            check_exact((enum metric)metric, (enum made_kind)kind, 1, 3, 2);
            check_exact((enum metric)metric, (enum made_kind)kind, 2, 1, 2);
            check_exact((enum metric)metric, (enum made_kind)kind, 230, 17, 2);
            check_exact((enum metric)metric, (enum made_kind)kind, 400, 33, 8);
        }
}

/* The pool is the ef nearest of what was seen: never more, ascending, each node once, and wider is never worse. */
static void test_pool(void)
{
    struct made made = made_graph(METRIC_L2, MADE_NORMAL, 3000, 24, 6, 40, 2);
    struct beam b;
    CHECK_OK(beam_init(&b, &made.g, NULL, 500, &err), &err);
    for (uint64_t i = 0; i < 30; i++) {
        float nearest = INFINITY;
        const float *q = made_query(&made, MADE_NORMAL, i);
        for (size_t ef = 1; ef <= 500; ef = ef * 3 + 1) {
            CHECK_OK(beam_search(&b, &made.g, q, ef, &err), &err);
            CHECK_EQ(b.n, ef);
            for (size_t j = 1; j < b.n; j++)
                CHECK((b.pool[j - 1] | 1) < b.pool[j]);
            for (size_t w = 0; w < b.n_words; w++)
                CHECK_EQ(b.visited[w], 0);
            CHECK(beam_at(&b, 0).dist <= nearest);
            nearest = beam_at(&b, 0).dist;
        }
    }
    beam_done(&b);
    made_done(&made);
}

/* In steps, two in turns: what the search at one go finds and counts. */
static void test_steps(void)
{
    struct made made = made_graph(METRIC_L2, MADE_NORMAL, 3000, 24, 6, 40, 2);
    struct beam whole, turns[2];
    CHECK_OK(beam_init(&whole, &made.g, NULL, 100, &err), &err);
    for (int j = 0; j < 2; j++)
        CHECK_OK(beam_init(&turns[j], &made.g, NULL, 100, &err), &err);
    for (uint64_t i = 0; i < 40; i += 2) {
        const float *q[2] = {made_query(&made, MADE_NORMAL, i), made_query(&made, MADE_NORMAL, i + 1)};
        size_t ef[2] = {1 + (size_t)i % 7, 100 - (size_t)i};
        int more[2];
        for (int j = 0; j < 2; j++)
            more[j] = beam_begin(&turns[j], &made.g, q[j], ef[j]);
        CHECK(more[0] == 1 && more[1] == 1);
        while (more[0] == 1 || more[1] == 1)
            for (int j = 0; j < 2; j++)
                if (more[j] == 1)
                    more[j] = beam_step(&turns[j], &made.g, &err);
        for (int j = 0; j < 2; j++) {
            CHECK_OK(more[j], &err);
            CHECK_OK(beam_search(&whole, &made.g, q[j], ef[j], &err), &err);
            CHECK_EQ(turns[j].n, whole.n);
            CHECK(memcmp(turns[j].pool, whole.pool, whole.n * sizeof *whole.pool) == 0);
            CHECK(turns[j].ndc == whole.ndc && turns[j].hops == whole.hops);
        }
    }
    for (int j = 0; j < 2; j++)
        beam_done(&turns[j]);
    beam_done(&whole);
    made_done(&made);
}

static void test_same_scratch_same_answer(void)
{
    struct made made = made_graph(METRIC_IP, MADE_NORMAL, 1000, 12, 5, 40, 1);
    struct beam b;
    uint64_t first[10];
    CHECK_OK(beam_init(&b, &made.g, NULL, 64, &err), &err);
    for (int turn = 0; turn < 3; turn++) {
        CHECK_OK(beam_search(&b, &made.g, made_query(&made, MADE_NORMAL, 1), 10, &err), &err);
        if (turn == 0)
            memcpy(first, b.pool, sizeof first);
        CHECK(memcmp(first, b.pool, sizeof first) == 0);
        CHECK_OK(beam_search(&b, &made.g, made_query(&made, MADE_NORMAL, 2), 64, &err), &err);
    }
    beam_done(&b);
    made_done(&made);
}

static void test_empty(void)
{
    struct made made = made_graph(METRIC_L2, MADE_NORMAL, 0, 4, 4, 10, 2);
    struct beam b;
    CHECK_EQ(made.g.entry, GRAPH_NONE);
    CHECK_EQ(made.g.n_layers, 0);
    CHECK_OK(beam_init(&b, &made.g, NULL, 10, &err), &err);
    CHECK_OK(beam_search(&b, &made.g, (float[4]){0}, 10, &err), &err);
    CHECK_EQ(b.n, 0);
    beam_done(&b);
    made_done(&made);
}

/* A neighbour out of range, in layer 0 and above: an error, and the scratch serves on. */
static void test_damaged_rows(void)
{
    struct made made = made_graph(METRIC_L2, MADE_NORMAL, 600, 8, 4, 30, 1);
    struct beam b;
    uint32_t *layer0 = (uint32_t *)(uintptr_t)made.g.layer0, *first = (uint32_t *)(uintptr_t)made.g.first;
    uint32_t entry = made.g.entry, was = layer0[entry * made.g.slots0], was_first = first[entry + 1];
    CHECK_OK(beam_init(&b, &made.g, NULL, 600, &err), &err);
    layer0[entry * made.g.slots0] = 600;
    err = (struct err){0};
    CHECK_EQ(beam_search(&b, &made.g, made_query(&made, MADE_NORMAL, 1), 600, &err), ERR_DATA);
    layer0[entry * made.g.slots0] = was;
    first[entry + 1] = UINT32_MAX;
    first[entry] = UINT32_MAX - 1;
    err = (struct err){0};
    CHECK_EQ(beam_search(&b, &made.g, made_query(&made, MADE_NORMAL, 1), 10, &err), ERR_DATA);
    CHECK(strstr(err.msg, "out of range") != NULL);
    first[entry + 1] = was_first;
    err = (struct err){0};
    for (size_t w = 0; w < b.n_words; w++)
        CHECK_EQ(b.visited[w], 0);
    beam_done(&b);
    made_done(&made);
}

int main(void)
{
    CHECK_RUN(test_keys_keep_order);
    CHECK_RUN(test_sort);
    CHECK_RUN(test_ef_n_is_exact);
    CHECK_RUN(test_pool);
    CHECK_RUN(test_steps);
    CHECK_RUN(test_same_scratch_same_answer);
    CHECK_RUN(test_empty);
    CHECK_RUN(test_damaged_rows);
    return check_status();
}
