/* Two-hop edges from their definition: every edge is the nearest that its node could have, as many as were asked for. */
#include "graph_made.h"
#include "repair/twohop.h"

enum { N = 200, DIM = 5 };

static bool has(const uint32_t *row, size_t n, uint32_t node)
{
    for (size_t i = 0; i < n; i++)
        if (row[i] == node)
            return true;
    return false;
}

/* d(u, v) over the mean distance of u's base neighbours; 0: v is no candidate of u. */
static float ratio(const struct graph *g, const uint32_t *rows, const uint16_t *degree, uint32_t u, uint32_t v)
{
    struct distance d = distance_make(METRIC_L2, g->dim);
    const uint32_t *row = rows + u * g->slots0;
    const float *x = g->vectors + u * g->stride;
    float mean = 0;
    bool behind = false;
    for (size_t i = 0; i < degree[u]; i++) {
        mean += distance_one(&d, x, g->vectors + row[i] * g->stride) / (float)degree[u];
        behind |= has(rows + row[i] * g->slots0, degree[row[i]], v);
    }
    return !behind || u == v || has(row, degree[u], v) ? 0 : distance_one(&d, x, g->vectors + v * g->stride) / mean;
}

static void check_edges(enum metric metric, uint64_t n_edges, int n_threads)
{
    struct err err = {0};
    struct made made = made_graph(metric, MADE_NORMAL, N, DIM, 3, 10, 1);
    struct extra x, before;
    const struct extra_options o = {.max_extra = 48};
    uint64_t n_added = 0, candidates = 0, there = 0;
    float worst_in = 0, best_out = 2;
    CHECK_OK(extra_init(&before, &made.g, &o, &err), &err);
    CHECK_OK(extra_init(&x, &made.g, &o, &err), &err);
    CHECK_OK(twohop_add(&x, n_edges, n_threads, &n_added, &err), &err);
    for (uint32_t u = 0; u < N; u++) {
        CHECK(memcmp(x.rows + u * x.g.slots0, before.rows + u * x.g.slots0, before.degree[u] * sizeof *x.rows) == 0);
        there += x.n_extra[u];
        for (uint32_t v = 0; v < N; v++) {
            float r = ratio(&x.g, before.rows, before.degree, u, v);
            bool in = has(x.rows + u * x.g.slots0 + before.degree[u], x.n_extra[u], v);
            CHECK(!in || r > 0);
            if (in && r > worst_in)
                worst_in = r;
            if (!in && r > 0 && r < best_out)
                best_out = r;
            candidates += r > 0 && r <= 1.1f;
        }
    }
    CHECK(worst_in <= best_out * 1.0001f && worst_in < 1.1001f);
    CHECK_EQ(there, n_added);
    CHECK(candidates > 200);
    CHECK(n_edges ? n_added == n_edges : n_added + 2 > candidates && n_added < candidates + 2);
    extra_done(&x);
    extra_done(&before);
    made_done(&made);
}

static void test_definition(void)
{
    check_edges(METRIC_L2, 0, 1);
    check_edges(METRIC_L2, 1, 2);
    check_edges(METRIC_L2, 333, 2);
    check_edges(METRIC_IP, 100, 1);              /* whose distances are negative */
    check_edges(METRIC_COSINE, 0, 2);
}

/* Equal ratios share what is left of the number; a node's budget holds. */
static void test_equal(void)
{
    struct err err = {0};
    struct made made = made_graph(METRIC_L2, MADE_SAME, 60, 2, 2, 10, 1);
    const struct extra_options o = {.max_extra = 3};
    for (uint64_t want = 1; want < 60; want += 9) {
        struct extra x;
        uint64_t n_added;
        CHECK_OK(extra_init(&x, &made.g, &o, &err), &err);
        CHECK_OK(twohop_add(&x, want, 1, &n_added, &err), &err);
        CHECK_EQ(n_added, want);
        for (size_t u = 0; u < 60; u++)
            CHECK(x.n_extra[u] <= 3);
        extra_done(&x);
    }
    made_done(&made);
}

int main(void)
{
    CHECK_RUN(test_definition);
    CHECK_RUN(test_equal);
    return check_status();
}
