#include "base/mem.h"
#include "sys/input.h"
#include "text/normal.h"
#include "text/wordpiece.h"
#include "check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct err err;

static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
                            "un\n##aff\n##able\nable\n,\nrun\n##n\n##ing\n##i\n\xC3\xA9t\n##\xC3\xA9\n";

static struct wordpiece *open_text(const char *text, int steps)
{
    char path[] = "/tmp/wordpiece_test.XXXXXX";
    int fd = mkstemp(path);
    struct wordpiece *w = NULL;
    err = (struct err){0};
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    if (wordpiece_open(&w, path, steps, &err) != 0)
        w = NULL;
    unlink(path);
    return w;
}

static const char *ids_of(const struct wordpiece *w, const char *text)
{
    static char out[256];
    struct features f = {0};
    size_t n = 0;
    CHECK_OK(wordpiece_append(w, text, strlen(text), &f, &err), &err);
    out[0] = '\0';
    for (size_t i = 0; i < f.n; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%u", i ? " " : "", f.at[i]);
    features_done(&f);
    return out;
}

static void test_longest_match(void)
{
    struct wordpiece *w = open_text(vocab, NORMAL_UNCASED);
    CHECK(w != NULL);
    if (!w)
        return;
    CHECK_EQ(wordpiece_n(w), 16);
    CHECK_STR(ids_of(w, "unaffable"), "5 6 7");
    CHECK_STR(ids_of(w, "Unaffable, running"), "5 6 7 9 10 11 12");
    CHECK_STR(ids_of(w, "unable"), "5 7");
    CHECK_STR(ids_of(w, "able unx"), "8 1");          /* no way to cut "unx": one [UNK] */
    CHECK_STR(ids_of(w, ""), "");
    CHECK_STR(ids_of(w, " \t\n"), "");
    wordpiece_close(w);
}

static void test_long_words_are_unknown(void)
{
    struct wordpiece *w = open_text("[UNK]\na\n##a\n", NORMAL_UNCASED);
    char text[102];
    memset(text, 'a', sizeof text);
    text[100] = '\0';
    CHECK(strlen(ids_of(w, text)) > 100);
    text[100] = 'a';
    text[101] = '\0';
    CHECK_STR(ids_of(w, text), "0");
    wordpiece_close(w);
}

static void test_special_tokens_in_text(void)
{
    struct wordpiece *w = open_text(vocab, NORMAL_UNCASED);
    CHECK_STR(ids_of(w, "un[MASK]able[SEP]"), "5 4 8 3");
    CHECK_STR(ids_of(w, "[mask]"), "1 1 1");          /* only as they stand in the vocabulary */
    CHECK_STR(ids_of(w, "[[CLS]"), "1 2");
    wordpiece_close(w);
}

static void test_accents_and_case(void)
{
    struct wordpiece *uncased = open_text("[UNK]\nete\nEte\n\xC3\xA9t\xC3\xA9\n", NORMAL_UNCASED);
    struct wordpiece *cased = open_text("[UNK]\nete\nEte\n\xC3\xA9t\xC3\xA9\n", NORMAL_CJK);
    CHECK_STR(ids_of(uncased, "\xC3\x89T\xC3\x89 Ete"), "1 1");
    CHECK_STR(ids_of(cased, "\xC3\xA9t\xC3\xA9 Ete \xC3\x89T\xC3\x89"), "3 2 0");
    wordpiece_close(uncased);
    wordpiece_close(cased);
}

static void test_bad_vocabularies(void)
{
    CHECK(!open_text("", NORMAL_UNCASED));
    CHECK_EQ(err.code, ERR_DATA);
    CHECK(strstr(err.msg, "no [UNK]") != NULL);
    CHECK(!open_text("[UNK]\na\n\nb\n", NORMAL_UNCASED));
    CHECK(strstr(err.msg, ":3: an empty line") != NULL);
    CHECK(!open_text("[UNK]\na\nb\na\n", NORMAL_UNCASED));
    CHECK(strstr(err.msg, ":4: the piece 'a' a second time") != NULL);
    struct wordpiece *w = NULL;
    err = (struct err){0};
    CHECK_EQ(wordpiece_open(&w, "/nonexistent/vocab.txt", 0, &err), ERR_IO);
}

/* ---- Hugging Face's tokenizers on 2,160 texts of $VECPIPE_TESTDATA ---- */

static struct input *open_data(const char *dir, const char *name)
{
    char path[4096];
    struct input *in = NULL;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return access(path, R_OK) == 0 && input_open(&in, path, &err) == 0 ? in : NULL;
}

static json_t *next_object(struct input *in)
{
    char *line;
    size_t n;
    CHECK_OK(input_line(in, &line, &n, &err), &err);
    return line ? json_loadb(line, n, JSON_ALLOW_NUL, NULL) : NULL;
}

static int same_ids(const struct features *f, const json_t *ids)
{
    if (json_array_size(ids) != f->n + 2)
        return 0;
    for (size_t i = 0; i < f->n; i++)
        if (json_integer_value(json_array_get(ids, i + 1)) != f->at[i])
            return 0;
    return 1;
}

static void compare(const char *tokenizer, int steps)
{
    const char *data = getenv("VECPIPE_TESTDATA");
    char path[4096];
    if (!data) {
        printf("# skipped %s: VECPIPE_TESTDATA is not set\n", tokenizer);
        return;
    }
    struct wordpiece *w = NULL;
    struct features f = {0};
    size_t n = 0, n_same = 0;
    struct input *texts = open_data(data, "texts.jsonl");
    snprintf(path, sizeof path, "%s/tokenizers/%s", data, tokenizer);
    struct input *expected = open_data(path, "ids.jsonl.gz");
    snprintf(path, sizeof path, "%s/tokenizers/%s/vocab.txt", data, tokenizer);
    if (!texts || !expected) {
        printf("# skipped %s: not in %s\n", tokenizer, data);
        return;
    }
    CHECK_OK(wordpiece_open(&w, path, steps, &err), &err);
    for (json_t *text, *ids; w && (text = next_object(texts)); n++) {
        const json_t *string = json_object_get(text, "text");
        ids = next_object(expected);
        f.n = 0;
        CHECK_OK(wordpiece_append(w, json_string_value(string), json_string_length(string), &f, &err), &err);
        int same = same_ids(&f, json_object_get(ids, "ids"));
        n_same += (size_t)same;
        if (!same)
            fprintf(stderr, "%s: %s differs\n", tokenizer, json_string_value(json_object_get(text, "_id")));
        json_decref(text);
        json_decref(ids);
    }
    printf("# %s: %zu of %zu texts have the same ids\n", tokenizer, n_same, n);
    CHECK_EQ(n, 2160);
    CHECK_EQ(n_same, n);
    features_done(&f);
    wordpiece_close(w);
    input_close(texts);
    input_close(expected);
}

static void test_bert_uncased(void) { compare("bert-uncased", NORMAL_UNCASED); }
static void test_bert_cased(void) { compare("bert-cased", NORMAL_CJK); }
static void test_bert_multilingual_cased(void) { compare("bert-multilingual-cased", NORMAL_CJK); }

int main(void)
{
    CHECK_RUN(test_longest_match);
    CHECK_RUN(test_long_words_are_unknown);
    CHECK_RUN(test_special_tokens_in_text);
    CHECK_RUN(test_accents_and_case);
    CHECK_RUN(test_bad_vocabularies);
    CHECK_RUN(test_bert_uncased);
    CHECK_RUN(test_bert_cased);
    CHECK_RUN(test_bert_multilingual_cased);
    return check_status();
}
