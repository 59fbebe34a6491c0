#include "check.h"
#include "base/rng.h"
#include "eval/pairs.h"

static struct err err;

/* 50 queries with 0 to 400 documents of names of 0 to 24 bytes, against what rng says. */
static void test_all_are_found(void)
{
    enum { QUERIES = 50 };
    struct pairs p = {0};
    for (uint32_t i = 0; i < 400; i++)
        for (uint32_t q = 0; q < QUERIES; q++) {
            char name[40];
            int n = snprintf(name, sizeof name, "%.*s%u", (int)(i % 20), "abcdefghijklmnopqrstuvwxyz", i);
            if (rng_below(1, RNG_TEST, i * QUERIES + q, QUERIES) < q)
                CHECK_OK(pairs_add(&p, q, (struct text){name, (size_t)n}, (int32_t)(i + 1000 * q), &err), &err);
        }
    CHECK_OK(pairs_add(&p, 7, (struct text){"", 0}, -1, &err), &err);
    CHECK_OK(pairs_group(&p, QUERIES, &err), &err);
    for (uint32_t i = 0; i < 400; i++)
        for (uint32_t q = 0; q < QUERIES; q++) {
            char name[40];
            int n = snprintf(name, sizeof name, "%.*s%u", (int)(i % 20), "abcdefghijklmnopqrstuvwxyz", i);
            const struct pair *found = pairs_find(&p, q, (struct text){name, (size_t)n});
            CHECK(!found == (rng_below(1, RNG_TEST, i * QUERIES + q, QUERIES) >= q));
            CHECK(!found || found->value == (int32_t)(i + 1000 * q));
        }
    CHECK_EQ(p.queries[0].n, 0);
    CHECK_EQ(pairs_find(&p, 7, (struct text){"", 0})->value, -1);
    CHECK(!pairs_find(&p, 8, (struct text){"", 0}));
    CHECK(!pairs_find(&p, 0, (struct text){"x", 1}));
    pairs_done(&p);
}

static void test_equal_pairs_lie_together(void)
{
    struct pairs p = {0};
    for (int32_t i = 0; i < 60; i++) {
        char name = (char)('a' + i % 20);
        CHECK_OK(pairs_add(&p, 0, (struct text){&name, 1}, i, &err), &err);
    }
    CHECK_OK(pairs_group(&p, 1, &err), &err);
    CHECK_EQ(p.queries[0].n, 60);
    for (size_t i = 0; i < 60; i += 3)
        for (size_t j = 1; j < 3; j++)
            CHECK(pairs_document(&p, &p.at[i]).p[0] == pairs_document(&p, &p.at[i + j]).p[0]);
    pairs_done(&p);
}

static void test_hashes_differ(void)
{
    uint64_t seen[26];
    for (size_t n = 0; n < 26; n++) {
        seen[n] = identity_hash((struct text){"aaaaaaaaaaaaaaaaaaaaaaaaaa", n});
        for (size_t m = 0; m < n; m++)
            CHECK(seen[n] != seen[m]);
    }
    CHECK(identity_hash((struct text){"\0", 1}) != identity_hash((struct text){"\0\0", 2}));
}

int main(void)
{
    CHECK_RUN(test_all_are_found);
    CHECK_RUN(test_equal_pairs_lie_together);
    CHECK_RUN(test_hashes_differ);
    return check_status();
}
