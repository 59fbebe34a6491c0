#include "base/map.h"

#include "check.h"

#include <stdio.h>

static void test_empty(void)
{
    struct map m = { 0 };
    CHECK(!map_get(&m, "x", 1));
    map_done(&m);
    map_done(&m);
}

static void test_many_keys(void)
{
    enum { N = 100000 };
    struct err err = { 0 };
    struct map m = { 0 };
    char key[32];
    int wrong = 0;
    for (uint64_t i = 0; i < N; i++) {
        int n = snprintf(key, sizeof key, "key-%llu", (unsigned long long)i);
        bool found = true;
        uint64_t *slot = NULL;
        wrong += map_add(&m, key, (size_t)n, i * 3, &found, &slot, &err) != 0 || found || *slot != i * 3;
    }
    CHECK_EQ(m.n, N);
    for (uint64_t i = 0; i < N; i++) {
        int n = snprintf(key, sizeof key, "key-%llu", (unsigned long long)i);
        const uint64_t *value = map_get(&m, key, (size_t)n);
        size_t key_n;
        const char *back = map_key(&m, i, &key_n);
        wrong += !value || *value != i * 3 || key_n != (size_t)n || memcmp(back, key, key_n) != 0;
        wrong += map_get(&m, key, (size_t)n - 1) != NULL && i < 10;
    }
    CHECK_EQ(wrong, 0);
    map_done(&m);
}

static void test_second_insertion_keeps_the_first(void)
{
    struct err err = { 0 };
    struct map m = { 0 };
    bool found;
    uint64_t *slot;
    CHECK_OK(map_add(&m, "a", 1, 1, NULL, NULL, &err), &err);
    CHECK_OK(map_add(&m, "a", 1, 2, &found, &slot, &err), &err);
    CHECK(found && *slot == 1 && m.n == 1);
    *slot = 9;
    CHECK(*map_get(&m, "a", 1) == 9);
    map_done(&m);
}

static void test_any_bytes_are_a_key(void)
{
    struct err err = { 0 };
    struct map m = { 0 };
    static const char zeros[20] = { 0 };
    for (size_t n = 0; n <= sizeof zeros; n++)   /* same bytes, other lengths */
        CHECK_OK(map_add(&m, zeros, n, n, NULL, NULL, &err), &err);
    CHECK_EQ(m.n, sizeof zeros + 1);
    for (size_t n = 0; n <= sizeof zeros; n++)
        CHECK(map_get(&m, zeros, n) && *map_get(&m, zeros, n) == n);
    CHECK(!map_get(&m, "\0\1", 2));
    map_done(&m);
}

/* Ids that differ in few bits must not fall together: with linear probing that would be quadratic and not end in time. */
static void test_regular_ids_spread(void)
{
    struct err err = { 0 };
    struct map m = { 0 };
    int wrong = 0;
    for (int shift = 0; shift <= 48; shift += 8)
        for (uint64_t i = 1; i <= 20000; i++) {
            uint64_t id = i << shift, value = id;
            wrong += map_add(&m, &id, sizeof id, value, NULL, NULL, &err) != 0;
            const uint64_t *got = map_get(&m, &id, sizeof id);
            wrong += !got || *got != value;
        }
    CHECK_EQ(wrong, 0);
    map_done(&m);
}

int main(void)
{
    CHECK_RUN(test_empty);
    CHECK_RUN(test_many_keys);
    CHECK_RUN(test_second_insertion_keeps_the_first);
    CHECK_RUN(test_any_bytes_are_a_key);
    CHECK_RUN(test_regular_ids_spread);
    return check_status();
}
