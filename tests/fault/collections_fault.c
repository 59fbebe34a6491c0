/* Damage to other people's collections, in process: whatever the bytes are, forms come out as formats/text.md has them, or bytes
 * are refused.  Run under ASan to see reads outside. */
#include "../unit/check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "collections.h"

static struct err err;

/* A copy ends where its memory ends.  How many records were refused; SIZE_MAX: the whole. */
static size_t damaged(int which, const char *bytes, size_t n)
{
    bool sound;
    size_t n_bad;
    char *copy = mem_alloc(n, 1, &err);
    memcpy(copy, bytes, n);
    err = (struct err){0};
    int rc = collections_read(which, copy, n, &sound, &n_bad, &err);
    CHECK(rc == 0 || rc == ERR_DATA || rc == ERR_TRUNCATED || rc == ERR_LIMIT);
    CHECK(rc == 0 || strncmp(err.msg, "in:", 3) == 0);
    CHECK(sound);
    mem_free(copy);
    return rc ? SIZE_MAX : n_bad;
}

static void test_sound(void)
{
    for (int w = 0; w < COLLECTIONS_N; w++)
        CHECK_EQ(damaged(w, collections_sound[w], strlen(collections_sound[w])), 0);
}

static void test_every_cut(void)
{
    for (int w = 0; w < COLLECTIONS_N; w++)
        for (size_t n = 0; n < strlen(collections_sound[w]); n++) {
            size_t n_bad = damaged(w, collections_sound[w], n);
            CHECK(w != 0 || n_bad == SIZE_MAX);      /* an array says where it ends */
        }
}

static void test_every_bit(void)
{
    char text[512];
    for (int w = 0; w < COLLECTIONS_N; w++) {
        size_t n = strlen(collections_sound[w]);
        memcpy(text, collections_sound[w], n);
        for (size_t bit = 0; bit < 8 * n; bit++) {
            text[bit / 8] ^= (char)(1 << bit % 8);
            (void)damaged(w, text, n);
            text[bit / 8] ^= (char)(1 << bit % 8);
        }
    }
}

static void test_bytes_put_in(void)
{
    char text[512];
    static const char bad[] = "\0\xFF\"'\\<>[]{}\t\n&,:";
    for (int w = 0; w < COLLECTIONS_N; w++) {
        size_t n = strlen(collections_sound[w]);
        for (uint64_t i = 0; i < 400; i++) {
            memcpy(text, collections_sound[w], n);
            for (uint64_t j = 0; j < 3; j++)
                text[rng_u64(i, RNG_TEST, 2 * j) % n] = bad[rng_u64(i, RNG_TEST, 2 * j + 1) % (sizeof bad - 1)];
            (void)damaged(w, text, n);
        }
    }
}

/* Each reader on what belongs to another. */
static void test_foreign(void)
{
    for (int w = 0; w < COLLECTIONS_N; w++)
        for (int other = 0; other < COLLECTIONS_N; other++)
            (void)damaged(w, collections_sound[other], strlen(collections_sound[other]));
}

int main(void)
{
    CHECK_RUN(test_sound);
    CHECK_RUN(test_every_cut);
    CHECK_RUN(test_every_bit);
    CHECK_RUN(test_bytes_put_in);
    CHECK_RUN(test_foreign);
    return check_status();
}
