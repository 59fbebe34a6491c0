#include "text/normal.h"
#include "text/pairheap.h"
#include "text/vocablearn.h"
#include "base/rng.h"
#include "check.h"

static struct err err;

static const char *learn(const char *const *texts, size_t n_texts, size_t n, uint64_t seed, size_t *made)
{
    static struct buf out;
    struct vocablearn *v;
    buf_clear(&out);
    CHECK_OK(vocablearn_new(&v, NORMAL_UNCASED, &err), &err);
    for (size_t i = 0; i < n_texts; i++)
        CHECK_OK(vocablearn_add(v, texts[i], strlen(texts[i]), &err), &err);
    CHECK_OK(vocablearn_run(v, n, seed, &out, made, &err), &err);
    vocablearn_free(v);
    for (size_t i = 0; i < out.n; i++)
        if (out.p[i] == '\n')
            out.p[i] = ' ';
    return out.p;
}

#define FIRST "[PAD] [UNK] [CLS] [SEP] [MASK] "

static void test_merges(void)
{
    /* c ##o and ##o ##w gain the same: the seed decides.  What was seen once is not merged. */
    static const char *const texts[] = {"Cow cow cow cow", "xy"};
    size_t made, n_left = 0, n_right = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        const char *pieces = learn(texts, 2, 100, seed, &made);
        n_left += strcmp(pieces, FIRST "##o ##w c ##y x co cow ") == 0;
        n_right += strcmp(pieces, FIRST "##o ##w c ##y x ##ow cow ") == 0;
        CHECK_EQ(made, 12);
    }
    CHECK(n_left > 0 && n_right > 0 && n_left + n_right == 20);
}

static void test_the_likelihood_decides(void)
{
    /* n = 54: t ##h 6 log(6 * 54 / (8 * 8)) = 9.7; q ##u 4 log(4 * 54 / (4 * 4)) = 10.4 although it is rarer. */
    static const char *const texts[] = {"th th th th th th ta ta ah ah qu qu qu qu", "zzzzzzzz zzzzzz zzzzzzzzzz zz"};
    size_t made;
    const char *pieces = learn(texts, 1, 100, 1, &made);
    CHECK(strstr(pieces, " qu th ") != NULL);
    pieces = learn(texts, 2, 100, 1, &made);                   /* overlapping pairs: zzz */
    CHECK(strstr(pieces, " qu ") && strstr(pieces, "##zz ") != NULL);
}

static void test_bounds(void)
{
    static const char *const texts[] = {"abcdefghijklmnop abcdefghijklmnop", "qr qr qr"};
    size_t made;
    learn(texts, 2, 16, 1, &made);                             /* not even the characters have room */
    CHECK_EQ(made, 16);
    struct vocablearn *v;
    struct buf out = {0};
    CHECK_OK(vocablearn_new(&v, NORMAL_UNCASED, &err), &err);
    CHECK_EQ(vocablearn_run(v, 15, 1, &out, &made, &err), ERR_USAGE);
    CHECK_OK(vocablearn_add(v, " \t", 2, &err), &err);
    CHECK_EQ(vocablearn_run(v, 16, 1, &out, &made, &err), ERR_DATA);     /* no word */
    CHECK_EQ(out.n, 0);
    vocablearn_free(v);
}

static void test_heap(void)
{
    enum { N = 200 };
    struct pairheap h = {0};
    double keys[N] = {0};
    uint32_t best;
    for (uint32_t i = 0; i < N; i++)
        CHECK_OK(pairheap_add(&h, i % 3, &err), &err);
    CHECK(!pairheap_best(&h, &best));
    for (uint64_t i = 0; i < 3000; i++) {
        uint32_t item = (uint32_t)rng_below(1, RNG_TEST, 2 * i, N), want = 0;
        keys[item] = (double)rng_below(1, RNG_TEST, 2 * i + 1, 20) - 5;
        pairheap_set(&h, item, keys[item]);
        for (uint32_t j = 1; j < N; j++)
            if (keys[j] > keys[want] || (keys[j] == keys[want] && j % 3 > want % 3))
                want = j;
        if (pairheap_best(&h, &best))
            CHECK_EQ(best, want);
        else
            CHECK(keys[want] <= 0);
    }
    pairheap_done(&h);
}

int main(void)
{
    CHECK_RUN(test_merges);
    CHECK_RUN(test_the_likelihood_decides);
    CHECK_RUN(test_bounds);
    CHECK_RUN(test_heap);
    return check_status();
}
