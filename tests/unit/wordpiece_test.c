#include "base/mem.h"
#include "text/normal.h"
#include "text/tokenizer.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct err err;

static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
                            "un\n##aff\n##able\nable\n,\nrun\n##n\n##ing\n##i\n\xC3\xA9t\n##\xC3\xA9\n";

static struct tokenizer *open_text(const char *text, int steps)
{
    char path[] = "/tmp/wordpiece_test.XXXXXX";
    int fd = mkstemp(path);
    struct tokenizer *t = MEM_NEW(struct tokenizer, &err);
    err = (struct err){0};
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    int rc = tokenizer_open_vocab(t, path, steps, &err);
    unlink(path);
    if (rc == 0)
        return t;
    mem_free(t);
    return NULL;
}

static void close_text(struct tokenizer *t)
{
    tokenizer_close(t);
    mem_free(t);
}

static const char *ids_of(const struct tokenizer *w, const char *text)
{
    static char out[256];
    struct features f = {0};
    size_t n = 0;
    CHECK_OK(tokenizer_append(w, text, strlen(text), &f, &err), &err);
    out[0] = '\0';
    for (size_t i = 0; i < f.n; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%u", i ? " " : "", f.at[i]);
    features_done(&f);
    return out;
}

static void test_longest_match(void)
{
    struct tokenizer *w = open_text(vocab, NORMAL_UNCASED);
    CHECK(w != NULL);
    if (!w)
        return;
    CHECK_EQ(w->n, 16);
    CHECK_STR(ids_of(w, "unaffable"), "5 6 7");
    CHECK_STR(ids_of(w, "Unaffable, running"), "5 6 7 9 10 11 12");
    CHECK_STR(ids_of(w, "unable"), "5 7");
    CHECK_STR(ids_of(w, "able unx"), "8 1");          /* no way to cut "unx": one [UNK] */
    CHECK_STR(ids_of(w, ""), "");
    CHECK_STR(ids_of(w, " \t\n"), "");
    close_text(w);
}

static void test_long_words_are_unknown(void)
{
    struct tokenizer *w = open_text("[UNK]\na\n##a\n", NORMAL_UNCASED);
    char text[102];
    memset(text, 'a', sizeof text);
    text[100] = '\0';
    CHECK(strlen(ids_of(w, text)) > 100);
    text[100] = 'a';
    text[101] = '\0';
    CHECK_STR(ids_of(w, text), "0");
    close_text(w);
}

static void test_special_tokens_in_text(void)
{
    struct tokenizer *w = open_text(vocab, NORMAL_UNCASED);
    CHECK_STR(ids_of(w, "un[MASK]able[SEP]"), "5 4 8 3");
    CHECK_STR(ids_of(w, "[mask]"), "1 1 1");          /* only as they stand in the vocabulary */
    CHECK_STR(ids_of(w, "[[CLS]"), "1 2");
    close_text(w);
}

static void test_accents_and_case(void)
{
    struct tokenizer *uncased = open_text("[UNK]\nete\nEte\n\xC3\xA9t\xC3\xA9\n", NORMAL_UNCASED);
    struct tokenizer *cased = open_text("[UNK]\nete\nEte\n\xC3\xA9t\xC3\xA9\n", NORMAL_CJK);
    CHECK_STR(ids_of(uncased, "\xC3\x89T\xC3\x89 Ete"), "1 1");
    CHECK_STR(ids_of(cased, "\xC3\xA9t\xC3\xA9 Ete \xC3\x89T\xC3\x89"), "3 2 0");
    close_text(uncased);
    close_text(cased);
}

static void test_bad_vocabularies(void)
{
    CHECK(!open_text("", NORMAL_UNCASED));
    CHECK_EQ(err.code, ERR_DATA);
    CHECK(strstr(err.msg, "no [UNK]") != NULL);
    CHECK(!open_text("[UNK]\na\n\nb\n", NORMAL_UNCASED));
    CHECK(strstr(err.msg, ":3: an empty piece") != NULL);
    CHECK(!open_text("[UNK]\na\nb\na\n", NORMAL_UNCASED));
    CHECK(strstr(err.msg, ":4: the piece 'a' a second time") != NULL);
    struct wordpiece *w = NULL;
    err = (struct err){0};
    CHECK_EQ(wordpiece_open(&w, "/nonexistent/vocab.txt", 0, &err), ERR_IO);
}

int main(void)
{
    CHECK_RUN(test_longest_match);
    CHECK_RUN(test_long_words_are_unknown);
    CHECK_RUN(test_special_tokens_in_text);
    CHECK_RUN(test_accents_and_case);
    CHECK_RUN(test_bad_vocabularies);
    return check_status();
}
