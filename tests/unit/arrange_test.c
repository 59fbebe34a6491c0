/* arrange: a permutation, the same at any number of threads, with near rows near each other within a batch; and the rows of a
 * set, moved with their ids and keys. */
#include "graph/arrange.h"

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "graph/hnsw.h"
#include "vec/kernel.h"

#include <stdio.h>
#include <stdlib.h>

static struct err err;

/* n points around 50 centres, one centre after the other; ids 10 i, keys "k<i>" where wanted. */
static struct vector_set clusters(size_t n, size_t dim, bool keys)
{
    struct vector_set s = {.n = n, .dim = dim, .stride = (dim + 15) / 16 * 16};
    size_t at = 0;
    s.x = mem_slab(n, s.stride * sizeof *s.x, &err);
    s.ids = mem_alloc(n, sizeof *s.ids, &err);
    s.keys = keys ? mem_alloc(n, sizeof *s.keys, &err) : NULL;
    s.key_pool = mem_alloc(n, 8, &err);
    for (size_t i = 0; i < n; i++) {
        s.ids[i] = 10 * i;
        for (size_t d = 0; d < dim; d++) {
            double center = rng_normal(1, RNG_TEST, i * 50 / n * dim + d);
            s.x[i * s.stride + d] = (float)(10 * center + rng_normal(2, RNG_TEST, i * dim + d));
        }
        if (!keys)
            continue;
        int length = snprintf(s.key_pool + at, 8, "k%zu", i);
        s.keys[i] = (struct text){s.key_pool + at, (size_t)length};
        at += (size_t)length;
    }
    return s;
}

static void test_permute(void)
{
    enum { N = 100, DIM = 5 };
    struct vector_set s = clusters(N, DIM, true), old = clusters(N, DIM, true);
    uint32_t order[N];
    for (uint32_t i = 0; i < N; i++)
        order[i] = i < 3 ? i : i < 50 ? 3 + (i * 7 + 11) % 47 : 149 - i;   /* fixed points, cycles, pairs */
    CHECK_OK(vector_set_permute(&s, order, &err), &err);
    for (size_t i = 0; i < N; i++) {
        CHECK_EQ(s.ids[i], 10 * order[i]);
        CHECK(memcmp(s.x + i * s.stride, old.x + order[i] * s.stride, s.stride * sizeof *s.x) == 0);
        CHECK(s.keys[i].n == old.keys[order[i]].n && memcmp(s.keys[i].p, old.keys[order[i]].p, s.keys[i].n) == 0);
        CHECK(i == 0 || s.keys[i].p == s.keys[i - 1].p + s.keys[i - 1].n);
    }
    vector_set_done(&s);
    vector_set_done(&old);
}

/* Mean distance of rows that follow each other in a batch. */
static double roughness(const struct vector_set *s)
{
    struct distance d = distance_make(METRIC_L2, s->dim);
    double sum = 0;
    size_t steps = 0;
    for (size_t from = 0, to; from < s->n; from = to) {
        to = hnsw_batch_end(s->n, from);
        for (size_t i = from + 1; i < to; i++, steps++)
            sum += distance_one(&d, s->x + (i - 1) * s->stride, s->x + i * s->stride);
    }
    return sum / (double)steps;
}

static void test_arrange(void)
{
    enum { N = 20000, DIM = 20 };
    for (int metric = METRIC_L2; metric <= METRIC_IP; metric++) {
        struct vector_set s = clusters(N, DIM, false), again = clusters(N, DIM, false), other = clusters(N, DIM, false);
        CHECK_OK(arrange_base(&s, (enum metric)metric, 1, 1, &err), &err);
        CHECK_OK(arrange_base(&again, (enum metric)metric, 1, 3, &err), &err);
        CHECK_OK(arrange_base(&other, (enum metric)metric, 2, 2, &err), &err);
        CHECK(memcmp(s.ids, again.ids, N * sizeof *s.ids) == 0);
        CHECK(memcmp(s.x, again.x, N * s.stride * sizeof *s.x) == 0);
        CHECK(memcmp(s.ids, other.ids, N * sizeof *s.ids) != 0);
        bool *seen = calloc(N, sizeof *seen);
        size_t first_batches = 0;
        for (size_t i = 0; i < N; i++) {
            CHECK(s.ids[i] % 10 == 0 && s.ids[i] / 10 < N && !seen[s.ids[i] / 10]);
            seen[s.ids[i] / 10] = true;
            first_batches += i < 100 && s.ids[i] / 10 < N / 2;
        }
        CHECK(first_batches > 20 && first_batches < 80);    /* drawn from everywhere */
        if (metric == METRIC_L2)
            CHECK(roughness(&s) < 30 * DIM);                /* 2 DIM within a cluster, some 200 DIM at random */
        free(seen);
        vector_set_done(&s);
        vector_set_done(&again);
        vector_set_done(&other);
    }
}

static void test_odd_sets(void)
{
    struct vector_set small = clusters(ARRANGE_MIN_N - 1, 3, false), same = clusters(2000, 3, true);
    CHECK_OK(arrange_base(&small, METRIC_L2, 1, 1, &err), &err);
    for (size_t i = 0; i < small.n; i++)
        CHECK_EQ(small.ids[i], 10 * i);
    memset(same.x, 0, same.n * same.stride * sizeof *same.x);
    CHECK_OK(arrange_base(&same, METRIC_L2, 1, 2, &err), &err);
    uint64_t sum = 0;
    for (size_t i = 0; i < same.n; i++)
        sum += same.ids[i];
    CHECK_EQ(sum, 10 * 1999 * 1000);
    vector_set_done(&small);
    vector_set_done(&same);
}

int main(void)
{
    CHECK_RUN(test_permute);
    CHECK_RUN(test_arrange);
    CHECK_RUN(test_odd_sets);
    return check_status();
}
