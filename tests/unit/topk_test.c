#include "vec/topk.h"

#include "base/rng.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_N = 3000 };

static struct neighbour all[MAX_N], sorted[MAX_N], storage[MAX_N];

static int compare(const void *p, const void *q)
{
    const struct neighbour *a = p, *b = q;
    return a->dist != b->dist ? (a->dist < b->dist ? -1 : 1) : (a->id > b->id) - (a->id < b->id);
}

/* n candidates whose distances take so many values, ids in random order. */
static void make(size_t n, uint64_t values, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        all[i] = (struct neighbour){(float)rng_below(seed, RNG_TEST, i, values) - 5, (uint32_t)(i * 1009 % 3001)};
    memcpy(sorted, all, n * sizeof *all);
    qsort(sorted, n, sizeof *sorted, compare);
}

static bool same(const struct neighbour *a, const struct neighbour *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].dist != b[i].dist || a[i].id != b[i].id)
            return false;
    return true;
}

static void test_topk(void)
{
    static const size_t ks[] = {1, 2, 3, 10, 64, 100, 2999, 3000};
    for (uint64_t values = 1; values <= 100000; values *= 10)
        for (size_t i = 0; i < sizeof ks / sizeof *ks; i++)
            for (size_t n = 0; n <= MAX_N; n = 3 * n + 1) {
                make(n, values, values + n);
                struct topk t;
                topk_init(&t, storage, ks[i]);
                for (size_t j = 0; j < n; j++)
                    if (topk_wants(&t, all[j].dist))
                        topk_push(&t, all[j]);
                size_t want = n < ks[i] ? n : ks[i];
                CHECK_EQ(topk_sort(&t), want);
                CHECK(same(storage, sorted, want));
            }
}

static void test_sort(void)
{
    for (uint64_t values = 1; values <= 100000; values *= 10)
        for (size_t n = 0; n <= MAX_N; n = n < 40 ? n + 1 : 2 * n + 1) {
            make(n, values, 77 + n);
            neighbour_sort(all, n);
            CHECK(same(all, sorted, n));
            neighbour_sort(all, n);                           /* sorted already */
            CHECK(same(all, sorted, n));
            for (size_t i = 0; i < n; i++)
                all[i] = sorted[n - 1 - i];                   /* the other way round */
            neighbour_sort(all, n);
            CHECK(same(all, sorted, n));
            for (size_t i = 0; i < n; i++)
                all[i] = sorted[i % 2 ? n - 1 - i / 2 : i / 2];   /* from both ends: unlucky medians */
            neighbour_sort(all, n);
            CHECK(same(all, sorted, n));
        }
}

static void test_select(void)
{
    for (uint64_t values = 1; values <= 100000; values *= 10)
        for (size_t n = 0; n <= MAX_N; n = n < 40 ? n + 1 : 2 * n + 1)
            for (size_t k = 0; k <= n; k = 2 * k + (k == n) + 1) {
                make(n, values, 99 + n);
                neighbour_select(all, n, k);
                qsort(all, k, sizeof *all, compare);
                CHECK(same(all, sorted, k));
                qsort(all + k, n - k, sizeof *all, compare);   /* nothing lost */
                CHECK(same(all + k, sorted + k, n - k));
            }
}

/* No order holds for NaN; nothing may be lost or touched outside for it. */
static void test_nan(void)
{
    for (size_t i = 0; i < MAX_N; i++)
        all[i] = (struct neighbour){i % 3 ? (float)i : NAN, (uint32_t)i};
    neighbour_sort(all + 1, MAX_N - 2);
    CHECK(all[0].id == 0 && all[MAX_N - 1].id == MAX_N - 1);
    uint64_t sum = 0;
    for (size_t i = 0; i < MAX_N; i++)
        sum += all[i].id;
    CHECK_EQ(sum, (uint64_t)MAX_N * (MAX_N - 1) / 2);
}

int main(void)
{
    CHECK_RUN(test_topk);
    CHECK_RUN(test_sort);
    CHECK_RUN(test_select);
    CHECK_RUN(test_nan);
    return check_status();
}
