/* exact_search equals exact_scan bit for bit, and that equals a sort of all distances, on data made to be hard for a bound. */
#include "exact/exact.h"

#include "base/rng.h"
#include "check.h"
#include "vec/kernel.h"
#include "sets_made.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* ---- the definition, by sorting all ---- */

static const uint64_t *sort_ids;

static int compare(const void *p, const void *q)
{
    const struct neighbour *a = p, *b = q;
    if (a->dist != b->dist)
        return a->dist < b->dist ? -1 : 1;
    uint64_t x = sort_ids ? sort_ids[a->id] : a->id, y = sort_ids ? sort_ids[b->id] : b->id;
    return x != y ? (x < y ? -1 : 1) : (a->id > b->id) - (a->id < b->id);
}

static void sort_all(const struct set *s, enum metric metric, const uint64_t *ids, size_t k, struct neighbour *out)
{
    struct distance d = distance_make(metric, s->dim);
    struct neighbour *all = get(s->n, sizeof *all);
    for (size_t i = 0; i < s->n_queries; i++) {
        for (size_t row = 0; row < s->n; row++)
            all[row] = (struct neighbour){distance_one(&d, s->q + i * s->stride, s->x + row * s->stride), (uint32_t)row};
        sort_ids = ids;
        qsort(all, s->n, sizeof *all, compare);
        memcpy(out + i * k, all, k * sizeof *all);
    }
    free(all);
}

static void check_k(const struct set *s, struct exact *e, enum metric metric, const uint64_t *ids, size_t k, bool sort)
{
    struct err err = {0};
    size_t bytes = s->n_queries * k * sizeof(struct neighbour);
    struct neighbour *want = get(1, bytes), *got = get(1, bytes);
    CHECK_OK(exact_scan(e, s->q, s->n_queries, s->stride, k, 2, want, &err), &err);
    for (int pass = TILE_F32; pass <= TILE_I8; pass++)
        for (int threads = 1; threads <= 4; threads *= 4) {
            memset(got, 0xff, bytes);
            exact_use(e, (enum tile_type)pass);
            CHECK_OK(exact_search(e, s->q, s->n_queries, s->stride, k, threads, got, &err), &err);
            CHECK(memcmp(want, got, bytes) == 0);
        }
    if (sort) {
        sort_all(s, metric, ids, k, got);
        CHECK(memcmp(want, got, bytes) == 0);
    }
    free(want);
    free(got);
}

static void check_set(struct set *s, bool cosine, bool sort)
{
    static const size_t ks[] = {1, 10, 100, 700};
    for (int metric = METRIC_L2; metric <= (cosine ? METRIC_COSINE : METRIC_IP); metric++) {
        for (size_t i = 0; metric == METRIC_COSINE && i < s->n; i++)
            CHECK(kernel_normalise(s->x + i * s->stride, s->dim));
        for (size_t i = 0; metric == METRIC_COSINE && i < s->n_queries; i++)
            CHECK(kernel_normalise(s->q + i * s->stride, s->dim));
        for (int with_ids = 0; with_ids < 2; with_ids++) {
            const uint64_t *ids = with_ids ? s->ids : NULL;
            struct exact *e;
            struct err err = {0};
            CHECK_OK(exact_new(&e, s->x, s->n, s->dim, s->stride, ids, (enum metric)metric, &err), &err);
            for (size_t i = 0; i < sizeof ks / sizeof *ks; i++)
                check_k(s, e, (enum metric)metric, ids, ks[i] < s->n ? ks[i] : s->n, sort && ks[i] < 100);
            exact_free(e);
        }
    }
}

static void check_values(size_t n, size_t n_queries, size_t dim, float (*value)(uint64_t), bool cosine, bool sort)
{
    struct set s = set_make(n, n_queries, dim, value);
    check_set(&s, cosine, sort);
    set_done(&s);
}

static void test_random(void) { check_values(1200, 40, 50, normal, true, true); }
static void test_far_from_zero(void) { check_values(1100, 40, 33, far_normal, true, false); }
static void test_bytes(void) { check_values(1200, 40, 30, byte, false, true); }
static void test_ties(void) { check_values(1200, 66, 8, small_integer, false, true); }
static void test_duplicates(void) { check_values(900, 40, 16, one, true, true); }
static void test_overflow(void) { check_values(700, 40, 24, huge, false, false); }
static void test_underflow(void) { check_values(700, 40, 24, tiny, false, true); }
static void test_skewed_lengths(void) { check_values(1500, 40, 24, skewed, true, false); }

/* Rows that come nearer and nearer: each is a candidate when it comes. */
static void test_descending(void)
{
    struct set s = set_make(2000, 40, 4, one);
    for (size_t i = 0; i < s.n; i++)
        s.x[i * s.stride] = (float)(s.n - i);
    check_set(&s, false, false);
    set_done(&s);
}

static void test_small(void)
{
    for (size_t n = 1; n <= 9; n++)
        check_values(n, 40, n % 3 + 1, small_integer, false, true);
    check_values(600, 33, 1, normal, false, true);
    check_values(513, 1, 20, normal, true, true);      /* one query: by the scan */
    check_values(5000, 3, 20, small_integer, false, true);
}

static void check_normal_k10(size_t n, size_t n_queries)
{
    struct set s = set_make(n, n_queries, 4, normal);
    struct exact *e;
    struct err err = {0};
    CHECK_OK(exact_new(&e, s.x, s.n, s.dim, s.stride, s.ids, METRIC_L2, &err), &err);
    check_k(&s, e, METRIC_L2, s.ids, 10, false);
    exact_free(e);
    set_done(&s);
}

static void test_many_chunks(void) { check_normal_k10(70000, 40); }
static void test_many_tiles(void) { check_normal_k10(1100, 4200); }

int main(void)
{
    CHECK_RUN(test_random);
    CHECK_RUN(test_far_from_zero);
    CHECK_RUN(test_bytes);
    CHECK_RUN(test_ties);
    CHECK_RUN(test_duplicates);
    CHECK_RUN(test_overflow);
    CHECK_RUN(test_underflow);
    CHECK_RUN(test_skewed_lengths);
    CHECK_RUN(test_descending);
    CHECK_RUN(test_small);
    CHECK_RUN(test_many_chunks);
    CHECK_RUN(test_many_tiles);
    return check_status();
}
