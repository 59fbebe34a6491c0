#include "text/idcheck.h"
#include "check.h"

static struct err err;

/* Rows 0 .. n - 1 with the ids k0, k1, ...; row `row` has the id of row `same`. */
static int check(size_t part_ids, size_t n, size_t row, size_t same)
{
    struct idcheck *c;
    char id[32];
    err = (struct err){0};
    CHECK_OK(idcheck_open(&c, part_ids, &err), &err);
    for (size_t i = 0; i < n; i++) {
        int id_n = snprintf(id, sizeof id, "k%zu", i == row ? same : i);
        CHECK_OK(idcheck_add(c, id, (size_t)id_n, i < n / 2 ? "a" : "b", i + 1, &err), &err);
    }
    int rc = idcheck_end(c, &err);
    idcheck_close(c);
    return rc;
}

static void test_in_memory_and_in_files(void)
{
    static const size_t part_ids[] = {0, 1, 2, 7, 16, 1000};
    for (size_t i = 0; i < sizeof part_ids / sizeof *part_ids; i++) {
        CHECK_OK(check(part_ids[i], 1000, 1000, 0), &err);
        CHECK_EQ(check(part_ids[i], 1000, 999, 0), ERR_DATA);
        CHECK_STR(err.msg, "b:1000: the id of a:1 a second time");
        CHECK_EQ(check(part_ids[i], 1000, 500, 499), ERR_DATA);
        CHECK_STR(err.msg, "b:501: the id of a:500 a second time");
        CHECK_EQ(check(part_ids[i], 2, 1, 0), ERR_DATA);
    }
    CHECK_OK(check(1, 0, 0, 0), &err);
}

/* Of several the first that repeats an id is named, with where the id came first. */
static void test_the_first_of_several(void)
{
    static const char *const ids[] = {"x", "y", "", "z", "y", "x", "y", ""};
    for (size_t part_ids = 1; part_ids < 9; part_ids++) {
        struct idcheck *c;
        err = (struct err){0};
        CHECK_OK(idcheck_open(&c, part_ids, &err), &err);
        for (size_t i = 0; i < 8; i++)
            CHECK_OK(idcheck_add(c, ids[i], strlen(ids[i]), "f", i + 1, &err), &err);
        CHECK_EQ(idcheck_end(c, &err), ERR_DATA);
        CHECK_STR(err.msg, "f:5: the id of f:2 a second time");
        idcheck_close(c);
    }
}

int main(void)
{
    CHECK_RUN(test_in_memory_and_in_files);
    CHECK_RUN(test_the_first_of_several);
    return check_status();
}
