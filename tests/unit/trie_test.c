#include "base/rng.h"
#include "text/trie.h"
#include "check.h"

#include <stdlib.h>

static struct err err;

static void test_prefixes(void)
{
    struct trie t;
    struct trie_key keys[] = {{"abc", 3, 7}, {"a", 1, 0}, {"ab\0", 3, 5}, {"b\xFF", 2, TRIE_MAX_VALUE}};
    CHECK_OK(trie_build(&t, keys, 4, NULL, &err), &err);
    uint32_t a = trie_child(&t, TRIE_ROOT, 'a'), ab = trie_child(&t, a, 'b');
    CHECK_EQ(trie_value(&t, a), 1);
    CHECK(ab != 0 && trie_value(&t, ab) == 0);
    CHECK_EQ(trie_value(&t, trie_child(&t, ab, 'c')), 8);
    CHECK_EQ(trie_value(&t, trie_child(&t, ab, '\0')), 6);
    CHECK_EQ(trie_child(&t, trie_child(&t, ab, 'c'), '\0'), 0);
    CHECK_EQ(trie_find(&t, "b\xFF", 2), TRIE_MAX_VALUE + 1);
    CHECK_EQ(trie_find(&t, "b", 1), 0);
    CHECK_EQ(trie_find(&t, "", 0), 0);
    trie_done(&t);
    CHECK_OK(trie_build(&t, keys, 0, NULL, &err), &err);
    CHECK_EQ(trie_find(&t, "a", 1), 0);
    trie_done(&t);
}

static void test_bad_keys(void)
{
    static char longest[TRIE_MAX_KEY + 1];
    struct trie t;
    uint32_t bad;
    struct trie_key keys[] = {{"x", 1, 3}, {"y", 1, 4}, {"x", 1, 5}};
    CHECK_EQ(trie_build(&t, keys, 3, &bad, &err), ERR_DATA);
    CHECK_EQ(bad, 5);
    CHECK(strstr(err.msg, "'x' a second time") != NULL);
    CHECK_EQ(trie_build(&t, (struct trie_key[]){{"x", 1, 0}, {"", 0, 9}}, 2, &bad, &err), ERR_DATA);
    CHECK_EQ(bad, 9);
    CHECK_EQ(trie_build(&t, (struct trie_key[]){{longest, TRIE_MAX_KEY + 1, 0}}, 1, NULL, &err), ERR_LIMIT);
    CHECK_EQ(trie_build(&t, (struct trie_key[]){{"x", 1, TRIE_MAX_VALUE + 1}}, 1, NULL, &err), ERR_LIMIT);
    CHECK_EQ(trie_build(&t, (struct trie_key[]){{longest, TRIE_MAX_KEY, 0}}, 1, NULL, &err), 0);
    CHECK_EQ(trie_find(&t, longest, TRIE_MAX_KEY), 1);
    trie_done(&t);
}

/* Every string of random lengths over small and large alphabets is found, and nothing else is. */
static void test_random_keys(void)
{
    enum { N = 20000, BYTES = 6 };      /* the last byte is in no key */
    static char pool[N][BYTES];
    static struct trie_key keys[N];
    for (unsigned alphabet = 2; alphabet <= 128; alphabet *= 4) {
        struct trie t;
        size_t n = 0, n_found = 0;
        for (size_t i = 0; i < N; i++) {
            uint64_t bits = rng_u64(1, RNG_TEST, i * 256 + alphabet);
            uint32_t length = 1 + (uint32_t)(bits >> 60) % (BYTES - 1);
            for (size_t j = 0; j < BYTES; j++)
                pool[i][j] = (char)(j < length ? (bits >> 8 * j & (alphabet - 1)) : 0xFE);
            keys[n++] = (struct trie_key){pool[i], length, (uint32_t)i};
        }
        while (trie_build(&t, keys, n, NULL, &err) != 0) {     /* sorted: drop what stands twice */
            size_t kept = 1;
            for (size_t i = 1; i < n; i++)
                if (keys[i].n != keys[kept - 1].n || memcmp(keys[i].p, keys[kept - 1].p, keys[i].n) != 0)
                    keys[kept++] = keys[i];
            CHECK(kept < n);
            n = kept;
        }
        for (size_t i = 0; i < n; i++)
            CHECK_EQ(trie_find(&t, keys[i].p, keys[i].n), keys[i].value + 1);
        for (size_t i = 0; i < N; i++)
            n_found += trie_find(&t, pool[i], BYTES) != 0;
        CHECK_EQ(n_found, 0);
        trie_done(&t);
    }
}

int main(void)
{
    CHECK_RUN(test_prefixes);
    CHECK_RUN(test_bad_keys);
    CHECK_RUN(test_random_keys);
    return check_status();
}
