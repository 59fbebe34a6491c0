#include "text/normal.h"
#include "base/mem.h"
#include "check.h"

static struct err err;
static struct buf out;

static const char *normal(const char *text, size_t n, int steps)
{
    buf_clear(&out);
    CHECK_OK(normal_append(&out, text, n, steps, &err), &err);
    return out.p;
}
#define NORMAL(text, steps) normal(text, sizeof text - 1, steps)

static void test_ascii(void)
{
    CHECK_STR(NORMAL("Hello,\tWorld\r\n!", NORMAL_UNCASED), "hello, world  !");
    CHECK_STR(NORMAL("Hello", 0), "Hello");
    CHECK_STR(NORMAL("a\0b\x01\x1F\x7F" "c\x0B" "d", 0), "abcd");       /* controls, a vertical TAB too, are dropped */
    CHECK_STR(NORMAL("", NORMAL_UNCASED), "");
}

static void test_white_space(void)
{
    CHECK_STR(NORMAL("a\xC2\xA0" "b\xE2\x80\x83" "c\xE3\x80\x80" "d\xE2\x80\xA8" "e", 0), "a b c d e");
    CHECK_STR(NORMAL("a\xC2\x85" "b\xE2\x80\x8B" "c\xEF\xBB\xBF" "d", 0), "abcd");    /* Cc, Cf: dropped */
}

static void test_damaged_text_is_dropped(void)
{
    CHECK_STR(NORMAL("a\xFF" "b\xC3", 0), "ab");
    CHECK_STR(NORMAL("a\xEF\xBF\xBD" "b\xED\xA0\x80", 0), "ab");        /* U+FFFD, a surrogate */
}

static void test_ideographs_stand_alone(void)
{
    CHECK_STR(NORMAL("a\xE4\xB8\xAD\xE6\x96\x87" "b", NORMAL_CJK), "a \xE4\xB8\xAD  \xE6\x96\x87 b");
    CHECK_STR(NORMAL("a\xE4\xB8\xAD", 0), "a\xE4\xB8\xAD");
    CHECK_STR(NORMAL("\xE3\x81\x82\xE3\x81\x84", NORMAL_CJK), "\xE3\x81\x82\xE3\x81\x84");      /* kana do not */
}

static void test_accents(void)
{
    CHECK_STR(NORMAL("\xC3\x89t\xC3\xA9 e\xCC\x81", NORMAL_STRIP | NORMAL_LOWER), "ete e");
    CHECK_STR(NORMAL("\xC3\x89t\xC3\xA9", NORMAL_LOWER), "\xC3\xA9t\xC3\xA9");
    CHECK_STR(NORMAL("\xEA\xB0\x80", NORMAL_STRIP), "\xE1\x84\x80\xE1\x85\xA1");            /* hangul comes apart */
    CHECK_STR(NORMAL("\xC4\xB0", NORMAL_LOWER), "i\xCC\x87");                                /* U+0130: two code points */
    CHECK_STR(NORMAL("\xCE\xA3\xCE\x91\xCE\xA3", NORMAL_LOWER), "\xCF\x83\xCE\xB1\xCF\x83");  /* no final sigma */
}

/* U+302E has class 224, U+1D165 class 216: canonical order puts the latter first.  Both are Mc, so both stay. */
static void test_canonical_order(void)
{
    CHECK_STR(NORMAL("a\xE3\x80\xAE\xF0\x9D\x85\xA5" "b", NORMAL_STRIP), "a\xF0\x9D\x85\xA5\xE3\x80\xAE" "b");
}

/* A text of nothing but such marks costs linear time and loses none. */
static void test_endless_marks(void)
{
    struct buf text = {0};
    for (int i = 0; i < 100000; i++)
        CHECK_OK(buf_puts(&text, i % 2 ? "\xE3\x80\xAE" : "\xF0\x9D\x85\xA5", &err), &err);
    CHECK_EQ(strlen(normal(text.p, text.n, NORMAL_STRIP)), text.n);
    buf_done(&text);
}

static void expect_words(const char *text, const char *expected)
{
    struct buf joined = {0};
    size_t at = 0, start, n = strlen(text);
    bool punctuation;
    CHECK_OK(buf_puts(&joined, "", &err), &err);
    while (normal_word(text, n, &at, &start, &punctuation)) {
        CHECK_OK(buf_puts(&joined, punctuation ? "!" : "_", &err), &err);
        CHECK_OK(buf_put(&joined, text + start, at - start, &err), &err);
    }
    CHECK_STR(joined.p, expected);
    buf_done(&joined);
}

static void test_words(void)
{
    expect_words("hello, world!", "_hello!,_world!!");
    expect_words("  don't  ", "_don!'_t");
    expect_words("...", "!.!.!.");
    expect_words("$5 a+b", "!$_5_a!+_b");                        /* ASCII symbols are punctuation to BERT */
    expect_words("\xC2\xABx\xC2\xBB\xE2\x82\xAC", "!\xC2\xAB_x!\xC2\xBB_\xE2\x82\xAC");   /* the euro sign is not */
    expect_words("", "");
    expect_words("   ", "");
}

int main(void)
{
    CHECK_RUN(test_ascii);
    CHECK_RUN(test_white_space);
    CHECK_RUN(test_damaged_text_is_dropped);
    CHECK_RUN(test_ideographs_stand_alone);
    CHECK_RUN(test_accents);
    CHECK_RUN(test_canonical_order);
    CHECK_RUN(test_endless_marks);
    CHECK_RUN(test_words);
    buf_done(&out);
    return check_status();
}
