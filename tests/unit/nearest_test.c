/* nearest_find and nearest_from give the kernel's least distance, then the least index, whatever products and bytes say. */
#include "vec/nearest.h"

#include "base/rng.h"
#include "check.h"
#include "vec/kernel.h"

#include <math.h>
#include <stdlib.h>

static void *get(size_t n)
{
    float *p = aligned_alloc(64, (n + 16) * sizeof *p / 64 * 64 + 64);
    if (!p)
        exit(4);
    memset(p, 0, n * sizeof *p);
    return p;
}

static float normal(uint64_t i) { return (float)rng_normal(1, RNG_TEST, i); }
static float far_normal(uint64_t i) { return 1000 + normal(i); }
static float small_integer(uint64_t i) { return (float)rng_below(2, RNG_TEST, i, 3); }
static float one(uint64_t i) { (void)i; return 1; }
static float huge(uint64_t i) { return normal(i) * 0x1p50f; }
static float tiny(uint64_t i) { return normal(i) * 0x1p-70f; }

static void check(size_t n, size_t k, size_t dim, float (*value)(uint64_t))
{
    size_t stride = (dim + 15) / 16 * 16;
    float *x = get(n * stride), *c = get(k * stride);
    uint32_t *label = get(n), *again = get(n);
    struct err err = {0};
    struct distance d = distance_make(METRIC_L2, dim);
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < dim; t++)
            x[i * stride + t] = value(i * dim + t);
    for (size_t j = 0; j < k; j++)
        for (size_t t = 0; t < dim; t++)
            c[j * stride + t] = j % 3 ? value(1000000 + j * dim + t) : x[j % n * stride + t];
    CHECK_OK(nearest_find(x, n, dim, stride, c, k, label, 1, &err), &err);
    CHECK_OK(nearest_find(x, n, dim, stride, c, k, again, 3, &err), &err);
    CHECK(memcmp(label, again, n * sizeof *label) == 0);
    struct coarse coarse;
    CHECK_OK(coarse_make(&coarse, x, n, dim, stride, 2, &err), &err);
    for (size_t i = 0; i < n; i++)
        again[i] = i % 3 ? label[i] : (uint32_t)(i % k);
    CHECK_OK(nearest_from(&coarse, x, stride, c, k, again, 2, &err), &err);
    CHECK(memcmp(label, again, n * sizeof *label) == 0);
    coarse_free(&coarse);
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t best = 0;
        float least = INFINITY;
        for (size_t j = 0; j < k; j++) {
            float dist = distance_one(&d, x + i * stride, c + j * stride);
            if (dist < least) {
                least = dist;
                best = (uint32_t)j;
            }
        }
        wrong += label[i] != best;
    }
    CHECK_EQ(wrong, 0);
    free(x);
    free(c);
    free(label);
    free(again);
}

static void test_random(void) { check(1000, 50, 40, normal); }
static void test_far_from_zero(void) { check(900, 64, 33, far_normal); }
static void test_ties(void) { check(700, 100, 5, small_integer); }
static void test_equal(void) { check(300, 20, 16, one); }
static void test_ranges(void)
{
    check(300, 20, 24, huge);
    check(300, 20, 24, tiny);
}
static void test_small(void)
{
    check(1, 1, 1, normal);
    check(5, 1, 3, normal);
    check(257, 300, 1, normal);
}

int main(void)
{
    CHECK_RUN(test_random);
    CHECK_RUN(test_far_from_zero);
    CHECK_RUN(test_ties);
    CHECK_RUN(test_equal);
    CHECK_RUN(test_ranges);
    CHECK_RUN(test_small);
    return check_status();
}
