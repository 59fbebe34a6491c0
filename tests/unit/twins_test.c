/* Rows that equal a vector: all of them, in order, 0 and -0 alike, and no others. */
#include "tree/twins.h"

#include "check.h"

static void test_twins(void)
{
    float x[] = {1, 0, 2, 3, 1, -0.0f, 1, 0x1p-126f, 2, 3, 1, 0};
    const float zero[] = {1, -0.0f}, pair[] = {2, 3}, none[] = {3, 2};
    const struct vector_set set = {.n = 6, .dim = 2, .stride = 2, .x = x};
    struct twins t = {0};
    struct err err = {0};
    CHECK_OK(twins_make(&t, &set, &err), &err);
    size_t at = SIZE_MAX;
    CHECK_EQ(twins_next(&t, zero, &at), 0);
    CHECK_EQ(twins_next(&t, zero, &at), 2);
    CHECK_EQ(twins_next(&t, zero, &at), 5);
    CHECK_EQ(twins_next(&t, zero, &at), UINT32_MAX);
    at = SIZE_MAX;
    CHECK_EQ(twins_next(&t, pair, &at), 1);
    CHECK_EQ(twins_next(&t, pair, &at), 4);
    CHECK_EQ(twins_next(&t, pair, &at), UINT32_MAX);
    at = SIZE_MAX;
    CHECK_EQ(twins_next(&t, none, &at), UINT32_MAX);
    twins_done(&t);
}

int main(void)
{
    CHECK_RUN(test_twins);
    return check_status();
}
