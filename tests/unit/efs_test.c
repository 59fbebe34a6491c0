/* Lists of ef: sorted, bounded, none twice. */
#include "graph/efs.h"

#include "check.h"

static void test_order(void)
{
    struct err err = {0};
    struct efs e;
    CHECK_OK(efs_parse(&e, "64,16,4294967295,1,32", &err), &err);
    static const uint32_t want[] = {1, 16, 32, 64, UINT32_MAX};
    CHECK_EQ(e.n, 5);
    for (size_t i = 0; i < 5; i++)
        CHECK_EQ(e.at[i], want[i]);
    CHECK_OK(efs_parse(&e, "7", &err), &err);
    CHECK_EQ(e.n, 1);
    CHECK_EQ(e.at[0], 7);
}

static void test_refused(void)
{
    static const char *const bad[] = {"", ",", "16,", ",16", "0", "16,0", "16;32", "16 32", "+16", "16,32,16", "1,1",
                                      "4294967296", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = {0};
        struct efs e;
        CHECK_EQ(efs_parse(&e, bad[i], &err), ERR_USAGE);
    }
}

static void test_most(void)
{
    struct err err = {0};
    struct efs e;
    char text[5 * EFS_MAX + 8];
    size_t n = 0;
    for (int i = 0; i < EFS_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%d", i ? "," : "", 1000 - i);
    CHECK_OK(efs_parse(&e, text, &err), &err);
    CHECK_EQ(e.n, EFS_MAX);
    CHECK_EQ(e.at[EFS_MAX - 1], 1000);
    snprintf(text + n, sizeof text - n, ",5");
    CHECK_EQ(efs_parse(&e, text, &err), ERR_USAGE);
}

int main(void)
{
    CHECK_RUN(test_order);
    CHECK_RUN(test_refused);
    CHECK_RUN(test_most);
    return check_status();
}
