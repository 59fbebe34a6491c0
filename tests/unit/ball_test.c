/* ball_search and ball_radius equal exact_scan bit for bit, at any leaf, on data made to be hard for a bound. */
#include "tree/ball.h"

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "exact/exact.h"
#include "tree/ball_split.h"
#include "vec/kernel.h"
#include "sets_made.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static void check_search(const struct set *s, const struct ball *b, struct exact *e, size_t k)
{
    struct err err = {0};
    size_t bytes = s->n_queries * k * sizeof(struct neighbour);
    struct neighbour *want = get(1, bytes), *got = get(1, bytes);
    CHECK_OK(exact_scan(e, s->q, s->n_queries, s->stride, k, 1, want, &err), &err);
    for (int threads = 1; threads <= 4; threads *= 4) {
        memset(got, 0xff, bytes);
        CHECK_OK(ball_search(b, s->q, s->n_queries, s->stride, k, threads, got, &err), &err);
        CHECK(memcmp(want, got, bytes) == 0);
    }
    CHECK_OK(ball_search(b, s->q, 1, s->stride, k, 1, got, &err), &err);    /* by the kernel alone */
    CHECK(memcmp(want, got, k * sizeof *got) == 0);
    free(want);
    free(got);
}

/* Everything within the distance of the 9th neighbour of the first query, whatever that is: ties are in. */
static void check_radius(const struct set *s, const struct ball *b, struct exact *e)
{
    struct err err = {0};
    struct neighbour *all = get(s->n_queries * s->n, sizeof *all);
    struct ball_list *lists = get(s->n_queries, sizeof *lists);
    CHECK_OK(exact_scan(e, s->q, s->n_queries, s->stride, s->n, 1, all, &err), &err);
    float radius = all[s->n < 9 ? s->n - 1 : 8].dist;
    CHECK_OK(ball_radius(b, s->q, s->n_queries, s->stride, radius, 2, lists, &err), &err);
    for (size_t i = 0; i < s->n_queries; i++) {
        size_t n = 0;
        while (n < s->n && all[i * s->n + n].dist <= radius)
            n++;
        CHECK_EQ(lists[i].n, n);
        CHECK(lists[i].n == n && (n == 0 || memcmp(lists[i].at, all + i * s->n, n * sizeof *all) == 0));
        mem_free(lists[i].at);
    }
    free(lists);
    free(all);
}

static void check_set(struct set s, bool cosine)
{
    static const size_t leaves[] = {1, 2, 13, 40, 256, 100000};
    for (int metric = METRIC_L2; metric <= (cosine ? METRIC_COSINE : METRIC_IP); metric++) {
        for (size_t i = 0; metric == METRIC_COSINE && i < s.n; i++)
            CHECK(kernel_normalise(s.x + i * s.stride, s.dim));
        for (size_t i = 0; metric == METRIC_COSINE && i < s.n_queries; i++)
            CHECK(kernel_normalise(s.q + i * s.stride, s.dim));
        struct exact *e;
        struct err err = {0};
        CHECK_OK(exact_new(&e, s.x, s.n, s.dim, s.stride, NULL, (enum metric)metric, &err), &err);
        for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
            struct ball *b;
            CHECK_OK(ball_new(&b, s.x, s.n, s.dim, s.stride, (enum metric)metric, leaves[i], 2, &err), &err);
            for (size_t k = 1; k <= s.n && k <= 100; k *= 10)
                check_search(&s, b, e, k);
            if (leaves[i] == 13)
                check_radius(&s, b, e);
            ball_free(b);
        }
        exact_free(e);
    }
    set_done(&s);
}

static void test_plain(void)
{
    check_set(set_make(700, 300, 24, normal), true);
    check_set(set_make(3000, 70, 2, uniform), true);
    check_set(set_make(1500, 290, 5, far_normal), true);
    check_set(set_make(1, 3, 3, normal), true);
    check_set(set_make(11, 40, 1, normal), true);
}

static void test_ties(void)
{
    check_set(set_make(600, 100, 3, small_integer), false);
    check_set(set_make(300, 40, 7, one), true);
}

static void test_range(void)
{
    check_set(set_make(400, 50, 24, huge), false);
    check_set(set_make(400, 50, 24, beyond), false);
    check_set(set_make(400, 50, 24, tiny), false);
    check_set(set_make(600, 50, 24, skewed), false);
}

static void test_split(void)
{
    struct set s = set_make(1000, 0, 3, normal);
    struct err err = {0};
    struct ball_split one_thread = {0}, four = {0};
    bool *seen = get(s.n, sizeof *seen);
    CHECK_OK(ball_split_make(&one_thread, s.x, s.n, s.dim, s.stride, 20, 12, 1, &err), &err);
    CHECK_OK(ball_split_make(&four, s.x, s.n, s.dim, s.stride, 20, 12, 4, &err), &err);
    CHECK(memcmp(one_thread.order, four.order, s.n * sizeof *four.order) == 0);
    CHECK_EQ(one_thread.n_nodes, four.n_nodes);
    for (size_t i = 0; i < s.n; i++) {
        CHECK(!seen[one_thread.order[i]]);
        seen[one_thread.order[i]] = true;
    }
    for (size_t i = 0; i < four.n_nodes; i++) {
        const struct ball_node *node = &four.nodes[i], *child = &four.nodes[node->child];
        CHECK(node->from < node->to && node->from % 12 == 0);
        if (node->child)
            CHECK(child[0].from == node->from && child[0].to == child[1].from && child[1].to == node->to);
        else
            CHECK(node->to - node->from <= 20);
    }
    ball_split_done(&one_thread);
    ball_split_done(&four);
    free(seen);
    set_done(&s);
}

int main(void)
{
    CHECK_RUN(test_plain);
    CHECK_RUN(test_ties);
    CHECK_RUN(test_range);
    CHECK_RUN(test_split);
    return check_status();
}
