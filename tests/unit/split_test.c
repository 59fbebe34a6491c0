#include "text/split.h"
#include "check.h"

enum { N = 1000 };
static struct err err;

static void count(const uint8_t *of, size_t n[SPLIT_N])
{
    for (int s = 0; s < SPLIT_N; s++)
        n[s] = 0;
    for (size_t i = 0; i < N; i++)
        n[of[i]]++;
}

static void test_sizes_are_exact(void)
{
    uint8_t of[N];
    size_t n[SPLIT_N];
    CHECK_OK(split_assign(1, N, 100, 50, of, &err), &err);
    count(of, n);
    CHECK_EQ(n[SPLIT_TRAIN], 850);
    CHECK_EQ(n[SPLIT_DEV], 100);
    CHECK_EQ(n[SPLIT_TEST], 50);
    CHECK_OK(split_assign(1, N, 600, 400, of, &err), &err);
    count(of, n);
    CHECK_EQ(n[SPLIT_TRAIN], 0);
    CHECK_OK(split_assign(1, 0, 0, 0, of, &err), &err);
}

static void test_seed_decides(void)
{
    uint8_t a[N], b[N];
    CHECK_OK(split_assign(1, N, 100, 100, a, &err), &err);
    CHECK_OK(split_assign(1, N, 100, 100, b, &err), &err);
    CHECK(memcmp(a, b, N) == 0);
    CHECK_OK(split_assign(2, N, 100, 100, b, &err), &err);
    CHECK(memcmp(a, b, N) != 0);
}

/* The test set does not depend on how many are put in dev. */
static void test_sets_nest(void)
{
    uint8_t a[N], b[N];
    CHECK_OK(split_assign(1, N, 0, 100, a, &err), &err);
    CHECK_OK(split_assign(1, N, 500, 100, b, &err), &err);
    for (size_t i = 0; i < N; i++)
        CHECK_EQ(a[i] == SPLIT_TEST, b[i] == SPLIT_TEST);
}

static void test_too_few(void)
{
    uint8_t of[N];
    CHECK_EQ(split_assign(1, N, 600, 401, of, &err), ERR_USAGE);
    err = (struct err){0};
    CHECK_EQ(split_assign(1, N, SIZE_MAX, 2, of, &err), ERR_USAGE);
}

int main(void)
{
    CHECK_RUN(test_sizes_are_exact);
    CHECK_RUN(test_seed_decides);
    CHECK_RUN(test_sets_nest);
    CHECK_RUN(test_too_few);
    return check_status();
}
