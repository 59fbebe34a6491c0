#include "check.h"
#include "base/mem.h"
#include "text/answermatch.h"

static struct err err;

static int matches(enum answermatch_rule rule, const char *passage, const char *answer)
{
    struct answermatch_text p = {0}, a = {0};
    err = (struct err){0};
    CHECK_OK(answermatch_prepare(&p, rule, passage, strlen(passage), &err), &err);
    CHECK_OK(answermatch_prepare(&a, rule, answer, strlen(answer), &err), &err);
    int found = answermatch_contains(&p.bytes, a.bytes.p, a.bytes.n);
    answermatch_done(&p);
    answermatch_done(&a);
    return found;
}

static int token(const char *passage, const char *answer) { return matches(ANSWERMATCH_TOKEN, passage, answer); }
static int substring(const char *passage, const char *answer) { return matches(ANSWERMATCH_SUBSTRING, passage, answer); }

static void test_tokens(void)
{
    CHECK(token("The U.S. won in 1945.", "u.s."));
    CHECK(token("The U.S. won in 1945.", "U . S"));
    CHECK(!token("The U.S. won in 1945.", "us"));
    CHECK(!token("because", "us"));
    CHECK(token("it is us!", "US"));
    CHECK(token("in New York City", "new york"));
    CHECK(!token("in New, York City", "new york"));
    CHECK(!token("New Yorkers", "new york"));
    CHECK(token("new\tyork", "New  York "));
    CHECK(token("a-b", "A - b"));
    CHECK(!token("ab", "a b"));
    CHECK(token("year 1945", "1945"));
    CHECK(!token("19451", "1945"));
    CHECK(token("cost: $5", "$5"));
    CHECK(!token("york new", "new york"));
    CHECK(token("x", "x"));
}

static void test_nothing_matches_nothing(void)
{
    CHECK(!token("some text", ""));
    CHECK(!token("some text", " \t"));
    CHECK(!token("", "a"));
    CHECK(!token("", ""));
    CHECK(!substring("text", ""));
    CHECK(!substring("", "a"));
    CHECK(substring("a b", " "));
}

static void test_substrings(void)
{
    CHECK(substring("Because", "US"));
    CHECK(substring("New York", "w y"));
    CHECK(!substring("New  York", "w y"));
    CHECK(substring("STRASSE \xC3\x84", "\xC3\xA4"));            /* A with diaeresis, capital and small */
    CHECK(!substring("\xC3\xA4", "a\xCC\x88"));                  /* composed and decomposed differ: no NFD here */
    CHECK(substring("\xC4\xB0stanbul", "i\xCC\x87stanbul"));     /* capital I with dot above is lower-cased to two characters */
}

static void test_beyond_ascii(void)
{
    CHECK(token("caf\xC3\xA9 noir", "cafe\xCC\x81"));            /* NFD */
    CHECK(!token("caf\xC3\xA9 noir", "cafe"));                   /* the mark belongs to the word */
    CHECK(token("\xC3\x89tat", "\xC3\xA9tat"));
    CHECK(token("q\xCC\xA3\xCC\x87", "q\xCC\x87\xCC\xA3"));      /* canonical order of marks */
    /* Hangul */
    CHECK(token("\xED\x95\x9C\xEA\xB8\x80", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB\xE1\x84\x80\xE1\x85\xB3\xE1\x86\xAF"));
    CHECK(token("\xE2\x80\x9Cyes\xE2\x80\x9D", "yes"));          /* curly quotes are tokens of their own */
    CHECK(token("a\xC2\xA0" "b", "a b"));                        /* no-break space separates */
    CHECK(token("a\xE2\x80\x8B" "b", "a b"));                    /* so does a format character */
    CHECK(!token("a\xE2\x82\xAC" "b", "a b"));                   /* a symbol does not */
    /* capital sigma at the end of a word, and at its start */
    CHECK(token("\xCE\x9F\xCE\x94\xCE\x9F\xCE\xA3", "\xCE\xBF\xCE\xB4\xCE\xBF\xCF\x82"));
    CHECK(token("\xCE\xA3\xCE\x91", "\xCF\x83\xCE\xB1"));
    CHECK(substring("\xCE\x9F\xCE\xA3 \xCE\x91", "\xCE\xBF\xCF\x82 \xCE\xB1"));
    CHECK(token("\xE6\x9D\xB1\xE4\xBA\xAC \xE9\x83\xBD", "\xE6\x9D\xB1\xE4\xBA\xAC"));
    CHECK(!token("\xE6\x9D\xB1\xE4\xBA\xAC\xE9\x83\xBD", "\xE6\x9D\xB1\xE4\xBA\xAC"));   /* Han: one token */
}

static void test_bytes_that_are_no_utf8(void)
{
    CHECK(token("bad \xFF byte", "byte"));
    CHECK(token("bad \xFF byte", "bad \xEF\xBF\xBD byte"));
    CHECK(token("cut \xE2\x82", "cut"));
    CHECK(substring("\xC0\xAFx", "X"));
    CHECK(!token("a\x01" "b", "b\x01" "c"));
    CHECK(token("a\x01" "b", "a b"));
}

/* 200,000 marks in falling classes on one letter: linear, not quadratic. */
static void test_many_marks(void)
{
    enum { N = 200000 };
    struct answermatch_text t = {0};
    char *s = mem_alloc(4 * N + 1, 1, &err);
    size_t n = 0;
    s[n++] = 'a';
    for (int i = 0; i < N; i++) {
        memcpy(s + n, i % 2 ? "\xCC\xA3" : "\xCC\x87", 2);   /* dot below (220), dot above (230) */
        n += 2;
    }
    CHECK_OK(answermatch_prepare(&t, ANSWERMATCH_TOKEN, s, n, &err), &err);
    CHECK_EQ(t.bytes.n, n + 2);
    CHECK(memcmp(t.bytes.p + 2, "\xCC\xA3\xCC\xA3", 4) == 0);
    CHECK(memcmp(t.bytes.p + n - 3, "\xCC\x87\xCC\x87", 4) == 0);
    answermatch_done(&t);
    mem_free(s);
}

int main(void)
{
    CHECK_RUN(test_tokens);
    CHECK_RUN(test_nothing_matches_nothing);
    CHECK_RUN(test_substrings);
    CHECK_RUN(test_beyond_ascii);
    CHECK_RUN(test_bytes_that_are_no_utf8);
    CHECK_RUN(test_many_marks);
    return check_status();
}
