#include "text/analyzer.h"
#include "text/porter.h"

#include "check.h"

#include <stdlib.h>

static struct err err;

/* Words, parted by blanks; `what` of them. */
static const char *split(int (*what)(struct words *, const char *, size_t, struct err *), const char *text, size_t n)
{
    static char out[4096];
    struct words w = {0};
    size_t at = 0, bytes;
    CHECK_OK(what(&w, text, n, &err), &err);
    out[0] = '\0';
    for (size_t i = 0; i < w.n; i++) {
        const char *word = words_at(&w, i, &bytes);
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%.*s", i ? " " : "", (int)bytes, word);
    }
    words_done(&w);
    return out;
}

static const char *terms(enum analyzer_kind kind, const char *text)
{
    static char out[4096];
    struct analyzer *a;
    struct words w = {0};
    size_t at = 0, n, n_term;
    const char *term;
    CHECK_OK(analyzer_new(&a, kind, &err), &err);
    CHECK_OK(analyzer_words(a, &w, text, strlen(text), &err), &err);
    out[0] = '\0';
    for (size_t i = 0; i < w.n; i++) {
        const char *word = words_at(&w, i, &n);
        CHECK_OK(analyzer_term(a, word, n, &term, &n_term, &err), &err);
        if (n_term > 0)
            at += (size_t)snprintf(out + at, sizeof out - at, "%s%.*s", at ? " " : "", (int)n_term, term);
    }
    words_done(&w);
    analyzer_free(a);
    return out;
}

/* The examples of Porter's paper, rule by rule, and the departures. */
static void test_porter(void)
{
    static const char *const pairs[][2] = {
        {"caresses", "caress"}, {"ponies", "poni"}, {"ties", "ti"}, {"caress", "caress"}, {"cats", "cat"}, {"feed", "feed"},
        {"agreed", "agre"}, {"plastered", "plaster"}, {"bled", "bled"}, {"motoring", "motor"}, {"sing", "sing"},
        {"conflated", "conflat"}, {"troubled", "troubl"}, {"sized", "size"}, {"hopping", "hop"}, {"tanned", "tan"},
        {"falling", "fall"}, {"hissing", "hiss"}, {"fizzed", "fizz"}, {"failing", "fail"}, {"filing", "file"},
        {"happy", "happi"}, {"sky", "sky"}, {"relational", "relat"}, {"conditional", "condit"}, {"rational", "ration"},
        {"valenci", "valenc"}, {"hesitanci", "hesit"}, {"digitizer", "digit"}, {"radicalli", "radic"},
        {"differentli", "differ"}, {"vileli", "vile"}, {"analogousli", "analog"}, {"vietnamization", "vietnam"},
        {"predication", "predic"}, {"operator", "oper"}, {"feudalism", "feudal"}, {"decisiveness", "decis"},
        {"hopefulness", "hope"}, {"callousness", "callous"}, {"formaliti", "formal"}, {"sensitiviti", "sensit"},
        {"sensibiliti", "sensibl"}, {"triplicate", "triplic"}, {"formative", "form"}, {"formalize", "formal"},
        {"electriciti", "electr"}, {"electrical", "electr"}, {"hopeful", "hope"}, {"goodness", "good"}, {"revival", "reviv"},
        {"allowance", "allow"}, {"inference", "infer"}, {"airliner", "airlin"}, {"gyroscopic", "gyroscop"},
        {"adjustable", "adjust"}, {"defensible", "defens"}, {"irritant", "irrit"}, {"replacement", "replac"},
        {"adjustment", "adjust"}, {"dependent", "depend"}, {"adoption", "adopt"}, {"homologou", "homolog"},
        {"communism", "commun"}, {"activate", "activ"}, {"angulariti", "angular"}, {"homologous", "homolog"},
        {"effective", "effect"}, {"bowdlerize", "bowdler"}, {"probate", "probat"}, {"rate", "rate"}, {"cease", "ceas"},
        {"controll", "control"}, {"roll", "roll"}, {"possibly", "possibl"}, {"archaeology", "archaeolog"}, {"is", "is"},
        {"y", "y"}, {"syzygy", "syzygi"}};
    char word[32];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        snprintf(word, sizeof word, "%s", pairs[i][0]);
        word[porter_stem(word, strlen(word))] = '\0';
        CHECK_STR(word, pairs[i][1]);
    }
}

static void test_unicode_words(void)
{
    static const char *const pairs[][2] = {
        {"The fox's IL-2 (p53), 3.14 and 1,000: U.S.A. don't a:b 'quoted'",
         "the fox il 2 p53 3.14 and 1,000 u.s.a don't a:b quoted"},
        {"foo_bar __ _x 10:30 a1b2 1.a x.1 \xE2\x80\x98s\xE2\x80\x99 dog\xE2\x80\x99s CAT'S",
         "foo_bar _x 10 30 a1b2 1 a x 1 s dog cat"},
        {"na\xC3\xAFve NAI\xCC\x88VE \xC3\x84rger", "na\xC3\xAFve nai\xCC\x88ve \xC3\xA4rger"},
        {"\xE6\x97\xA5\xE6\x9C\xAC\xE3\x81\xAE\xE3\x82\xAB\xE3\x82\xBF\xE3\x82\xAB\xE3\x83\x8A",
         "\xE6\x97\xA5 \xE6\x9C\xAC \xE3\x81\xAE \xE3\x82\xAB\xE3\x82\xBF\xE3\x82\xAB\xE3\x83\x8A"},
        {"\xC2\xB2 \xE2\x82\xAC""5 \xEF\xBC\x95", "5 \xEF\xBC\x95"}, {"a\xFF""b", "a b"}, {"", ""}, {" .,'", ""},
        {"'s s's", "s s"}, {"x'", "x"}, {"\xD7\x90\xD7\x91", "\xD7\x90\xD7\x91"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        CHECK_STR(split(words_unicode, pairs[i][0], strlen(pairs[i][0])), pairs[i][1]);
}

static void test_long_words(void)
{
    char text[600], wanted[602];
    memset(text, 'x', sizeof text);
    memset(wanted, 'x', sizeof wanted);
    wanted[255] = wanted[511] = ' ';
    CHECK(memcmp(split(words_unicode, text, sizeof text), wanted, sizeof wanted) == 0);
    CHECK_STR(split(words_spaces, "A\xC2\xA0" "b,c \t\xC3\x89 ", 10), "a b,c \xC3\xA9");
}

/* Invalid UTF-8 where every byte grows to three, and every truncation: no byte outside is touched (ASan). */
static void test_any_bytes(void)
{
    for (size_t n = 0; n < 64; n++) {
        char *p = malloc(n);
        for (int seed = 0; seed < 50; seed++) {
            for (size_t i = 0; i < n; i++)
                p[i] = (char)((i * 37 + (size_t)seed * 101) * (size_t)(seed + 3) >> (seed % 5));
            (void)split(words_unicode, p, n);
            (void)split(words_spaces, p, n);
        }
        free(p);
    }
}

static void test_terms(void)
{
    const char *text = "The generalizations of these foxes' hopping, and it's possible!";
    CHECK_STR(terms(ANALYZER_ENGLISH, text), "gener fox hop possibl");
    CHECK_STR(terms(ANALYZER_SNOWBALL, text), "general fox hop possibl");
    CHECK_STR(terms(ANALYZER_WHITESPACE, "The Fox, and it's"), "the fox, and it's");
    CHECK_STR(terms(ANALYZER_ENGLISH, "caf\xC3\xA9s \xC3\xA9lections \xE6\x97\xA5"), "caf\xC3\xA9 \xC3\xA9lection \xE6\x97\xA5");
    CHECK_STR(terms(ANALYZER_ENGLISH, "a an and are as at be but by for if in into is it no not of on or such that the their "
                                      "then there these they this to was will with he she we"), "he she we");
}

int main(void)
{
    CHECK_RUN(test_porter);
    CHECK_RUN(test_unicode_words);
    CHECK_RUN(test_long_words);
    CHECK_RUN(test_any_bytes);
    CHECK_RUN(test_terms);
    return check_status();
}
