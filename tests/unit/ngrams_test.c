#include "text/ngrams.h"
#include "check.h"

static struct err err;
static const struct ngrams usual = {.buckets = 1 << 18, .min = 4, .max = 6, .letters = 4};

static struct features of(const struct ngrams *g, const char *text)
{
    struct features f = {0};
    CHECK_OK(ngrams_append(g, text, strlen(text), &f, &err), &err);
    return f;
}

static size_t count(const struct ngrams *g, const char *text)
{
    struct features f = of(g, text);
    size_t n = f.n;
    features_done(&f);
    return n;
}

static int same(const char *a, const char *b)
{
    struct features x = of(&usual, a), y = of(&usual, b);
    int equal = x.n == y.n && (x.n == 0 || memcmp(x.at, y.at, x.n * sizeof *x.at) == 0);
    features_done(&x);
    features_done(&y);
    return equal;
}

/* The definition of formats/model.md, once more and slowly. */
static uint32_t row(uint64_t basis, const char *bytes, uint32_t buckets)
{
    uint64_t h = basis;
    for (; *bytes; bytes++)
        h = (h ^ (unsigned char)*bytes) * 0x100000001B3u;
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93u;
    h ^= h >> 32;
    return (uint32_t)((h % 0x100000000u * buckets) / 0x100000000u);
}

static void test_rows_of_a_word(void)
{
    static const char *const grams[] = {"<hor", "<hors", "<horse", "hors", "horse", "horse>", "orse", "orse>", "rse>"};
    struct features f = of(&usual, "horse");
    CHECK_EQ(f.n, 1 + 9);
    CHECK_EQ(f.at[0], row(0xCBF29CE484222325u, "horse", usual.buckets));
    for (size_t i = 0; i < 9 && i + 1 < f.n; i++)
        CHECK_EQ(f.at[i + 1], row(0x84222325CBF29CE4u, grams[i], usual.buckets));
    features_done(&f);
}

/* Trained models depend on these numbers. */
static void test_known_rows(void)
{
    struct features f = of(&usual, "The horse \xC3\xA9tude");
    CHECK_EQ(f.n, 1 + 10 + 10);
    CHECK_EQ(f.at[0], 30841);
    CHECK_EQ(f.at[1], 58800);
    CHECK_EQ(f.at[2], 21273);
    CHECK_EQ(f.at[11], 211619);
    features_done(&f);
}

static void test_short_words_have_no_grams(void)
{
    CHECK_EQ(count(&usual, "a cat sat"), 3);
    CHECK_EQ(count(&usual, "cats"), 1 + 3 + 2);       /* <cats> has 6: three of 4, two of 5, not all of it */
}

static void test_case_accents_and_punctuation(void)
{
    CHECK(same("Caf\xC3\xA9s!", "cafes"));
    CHECK(same("well-known", "well known"));
    CHECK(!same("horse", "house"));
    CHECK_EQ(count(&usual, "?!... --"), 0);
    CHECK_EQ(count(&usual, ""), 0);
}

/* Code points, not bytes: 5 letters of two bytes each. */
static void test_code_points(void)
{
    CHECK_EQ(count(&usual, "\xD0\xBB\xD0\xBE\xD1\x88\xD0\xB0\xD0\xB4"), 1 + 4 + 3 + 2);
}

static void test_rows_stay_below_buckets(void)
{
    struct ngrams g = {.buckets = 7, .min = 1, .max = NGRAMS_MAX_LENGTH, .letters = 1};
    struct features f = of(&g, "some words that are neither short nor extraordinarily long");
    CHECK(f.n > 100);
    for (size_t i = 0; i < f.n; i++)
        CHECK(f.at[i] < 7);
    features_done(&f);
}

static void test_endless_word(void)
{
    static char text[100001];
    memset(text, 'x', sizeof text - 1);
    CHECK_EQ(count(&usual, text), 1 + 399 + 398 + 397);            /* the n-grams of its first 400 letters */
}

int main(void)
{
    CHECK_RUN(test_rows_of_a_word);
    CHECK_RUN(test_known_rows);
    CHECK_RUN(test_short_words_have_no_grams);
    CHECK_RUN(test_case_accents_and_punctuation);
    CHECK_RUN(test_code_points);
    CHECK_RUN(test_rows_stay_below_buckets);
    CHECK_RUN(test_endless_word);
    return check_status();
}
