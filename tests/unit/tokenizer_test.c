#include "base/mem.h"
#include "sys/input.h"
#include "text/normal.h"
#include "text/tokenizer.h"
#include "check.h"
#include "scratch.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

static struct err err;

#define MARK METASPACE_MARK
#define WORDPIECE_MODEL "\"model\": {\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", \"vocab\": " \
    "{\"[UNK]\": 0, \"fox\": 1, \"##es\": 2, \"Fox\": 3, \"[CLS]\": 4, \"[SEP]\": 5, \"f\": 8}}"
#define BERT "\"normalizer\": {\"type\": \"BertNormalizer\", \"lowercase\": false}, " \
    "\"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}"
#define UNIGRAM_MODEL "\"model\": {\"type\": \"Unigram\", \"unk_id\": 0, \"vocab\": " \
    "[[\"<unk>\", 0], [\"" MARK "\", -3], [\"a\", -2], [\"b\", -2.5], [\"ab\", -4.25], [\"" MARK "a\", -4.5], [\"<s>\", 0]]}"
#define METASPACE "\"pre_tokenizer\": {\"type\": \"Metaspace\", \"replacement\": \"" MARK "\", \"prepend_scheme\": \"always\"}"
#define TEMPLATE "\"post_processor\": {\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"C\"}}, " \
    "{\"Sequence\": {\"id\": \"A\"}}, {\"SpecialToken\": {\"id\": \"S\"}}], " \
    "\"special_tokens\": {\"C\": {\"ids\": [4]}, \"S\": {\"ids\": [5, 5]}}}"

static int open_json(struct tokenizer *t, const char *json)
{
    char dir[4096];
    scratch_write("tokenizer.json", json, strlen(json));
    snprintf(dir, sizeof dir, "%s", scratch_path("."));
    err = (struct err){0};
    return tokenizer_open(t, dir, &err);
}

static const char *ids_of(const struct tokenizer *t, const char *text)
{
    static char out[256];
    struct features f = {0};
    size_t n = 0;
    bool cut;
    CHECK_OK(tokenizer_encode(t, text, strlen(text), 0, &f, &cut, &err), &err);
    out[0] = '\0';
    for (size_t i = 0; i < f.n; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%u", i ? " " : "", f.at[i]);
    features_done(&f);
    return out;
}

static const char *ids_by(const char *json, const char *text)
{
    struct tokenizer t;
    if (open_json(&t, json) != 0)
        return err.msg;
    const char *ids = ids_of(&t, text);
    tokenizer_close(&t);
    return ids;
}

static void test_wordpiece_json(void)
{
    CHECK_STR(ids_by("{" BERT "," WORDPIECE_MODEL "}", "foxes Fox FOX"), "1 2 3 0");
    CHECK_STR(ids_by("{" BERT "," TEMPLATE "," WORDPIECE_MODEL "}", "fox"), "4 1 5 5");
    CHECK_STR(ids_by("{" BERT "," TEMPLATE "," WORDPIECE_MODEL "}", ""), "4 5 5");
    CHECK_STR(ids_by("{\"normalizer\": {\"type\": \"BertNormalizer\", \"lowercase\": true}, "
                     "\"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}," WORDPIECE_MODEL "}", "FOXES f\xC3\xB3x"), "1 2 1");
    CHECK_STR(ids_by("{\"post_processor\": {\"type\": \"BertProcessing\", \"sep\": [\"x\", 5], \"cls\": [\"y\", 4]}, " BERT ","
                     WORDPIECE_MODEL "}", "fox"), "4 1 5");
}

static void test_added_tokens(void)
{
    static const char json[] = "{\"added_tokens\": ["
        "{\"id\": 5, \"content\": \"[SEP]\", \"special\": true, \"lstrip\": true},"
        "{\"id\": 10, \"content\": \"[SEP]s\", \"special\": true},"
        "{\"id\": 9, \"content\": \"f\xC3\xB3x\", \"special\": false},"
        "{\"id\": 11, \"content\": \"one\", \"special\": true, \"single_word\": true, \"rstrip\": true}],"
        "\"normalizer\": {\"type\": \"BertNormalizer\"}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"},"
        WORDPIECE_MODEL "}";
    CHECK_STR(ids_by(json, "f  [SEP]f"), "8 5 8");
    CHECK_STR(ids_by(json, "[SEP]s[SEP][sep]"), "10 5 0 0 0");
    CHECK_STR(ids_by(json, "F\xC3\x93Xes"), "9 0");                /* a normalised one is looked for in the normal form */
    CHECK_STR(ids_by(json, "one ones none one"), "11 0 0 11");
    struct tokenizer t;
    CHECK_OK(open_json(&t, json), &err);
    CHECK_EQ(t.n, 12);
    tokenizer_close(&t);
}

static void test_unigram_json(void)
{
    CHECK_STR(ids_by("{" METASPACE "," UNIGRAM_MODEL "}", "ab"), "5 3");      /* -7; 1 4 has -7.25 */
    CHECK_STR(ids_by("{" METASPACE "," UNIGRAM_MODEL "}", "aab"), "5 4");     /* -8.75; 5 2 3 has -9 */
    CHECK_STR(ids_by("{" METASPACE "," UNIGRAM_MODEL "}", "a xyz b"), "5 1 0 1 3");
    CHECK_STR(ids_by("{" METASPACE "," UNIGRAM_MODEL "}", "a  b"), "5 1 1 3");
    CHECK_STR(ids_by("{\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Strip\"}, {\"type\": \"Replace\", "
                     "\"pattern\": {\"Regex\": \" {2,}\"}, \"content\": \" \"}]}, " METASPACE "," UNIGRAM_MODEL "}", "  a  b  "),
              "5 1 3");
    CHECK_STR(ids_by("{\"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"WhitespaceSplit\"}, "
                     "{\"type\": \"Metaspace\", \"replacement\": \"" MARK "\", \"prepend_scheme\": \"first\"}]},"
                     UNIGRAM_MODEL "}", "a \t a"), "5 2");
}

/* What is not known is refused, with the member that says it. */
static void test_refused_json(void)
{
    static const char *const bad[][2] = {
        {"[]", "not a JSON object"},
        {"{", "not a JSON object"},
        {"{}", "model: \"?\" is not supported"},
        {"{\"model\": {\"type\": \"BPE\"}}", "model: \"BPE\" is not supported"},
        {"{" WORDPIECE_MODEL "}", "normalizer: \"?\" is not supported"},
        {"{\"normalizer\": {\"type\": \"NFC\"}, " METASPACE "," UNIGRAM_MODEL "}", "normalizer: \"NFC\" is not supported"},
        {"{\"pre_tokenizer\": {\"type\": \"Digits\"}, " UNIGRAM_MODEL "}", "pre_tokenizer: \"Digits\" is not supported"},
        {"{" UNIGRAM_MODEL "}", "expected Metaspace"},
        {"{\"post_processor\": {\"type\": \"ByteLevel\"}," BERT "," WORDPIECE_MODEL "}", "\"ByteLevel\" is not supported"},
        {"{" BERT ", \"model\": {\"type\": \"WordPiece\", \"vocab\": {}}}", "expected an object of pieces"},
        {"{" BERT ", \"model\": {\"type\": \"WordPiece\", \"vocab\": {\"a\": 0}}}", "no [UNK] among 1 pieces"},
        {"{" BERT ", \"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[UNK]\": 99999999}}}", "expected an id below 1026"},
        {"{" BERT ", \"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[UNK]\": 0, \"\": 7}}}", "id 7: an empty piece"},
        {"{" METASPACE ", \"model\": {\"type\": \"Unigram\", \"vocab\": [[\"a\", 0]]}}", "\"unk_id\""},
        {"{" METASPACE ", \"model\": {\"type\": \"Unigram\", \"unk_id\": 1, \"vocab\": [[\"a\", 0]]}}", "\"unk_id\""},
        {"{" METASPACE ", \"model\": {\"type\": \"Unigram\", \"unk_id\": 0, \"vocab\": [[\"a\", 0], [\"a\",1]]}}", "a second"},
        {"{" METASPACE ", \"model\": {\"type\": \"Unigram\", \"unk_id\": 0, \"vocab\": [[\"a\"]]}}", "piece 0: expected"},
        {"{" METASPACE ", \"model\": {\"type\": \"Unigram\", \"unk_id\": 0, \"byte_fallback\": true, \"vocab\": [[\"a\", 0]]}}",
         "without a piece <0x00>"},
        {"{\"added_tokens\": [{\"id\": -1, \"content\": \"x\"}]," BERT "," WORDPIECE_MODEL "}", "token 0: \"id\": expected"},
        {"{\"truncation\": {\"max_length\": 0}," BERT "," WORDPIECE_MODEL "}", "\"max_length\": expected"},
        {"{\"normalizer\": {\"type\": \"Precompiled\", \"precompiled_charsmap\": \"AAAA\"}," METASPACE "," UNIGRAM_MODEL "}",
         "charmap: a trie of 0 bytes"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tokenizer t;
        CHECK(open_json(&t, bad[i][0]) != 0);
        if (!strstr(err.msg, bad[i][1]) || !strstr(err.msg, "tokenizer.json: "))
            CHECK_STR(err.msg, bad[i][1]);
    }
}

/* tokenizer.json before vocab.txt; the flags of vocab.txt are in tokenizer_config.json; lengths. */
static void test_folders(void)
{
    static const char vocab[] = "[UNK]\nFox\nfox\n[CLS]\n[SEP]\n", lower[] = "{\"do_lower_case\":true, \"model_max_length\": 64}",
                      cased[] = "{\"do_lower_case\": false, \"model_max_length\": 1000000000000000019884624838656}",
                      wrong[] = "{\"do_lower_case\": 3}";
    char dir[4096];
    struct tokenizer t;
    snprintf(dir, sizeof dir, "%s", scratch_path("."));
    unlink(scratch_path("tokenizer.json"));
    err = (struct err){0};
    CHECK_EQ(tokenizer_open(&t, dir, &err), ERR_DATA);
    CHECK(strstr(err.msg, "no tokenizer.json, sentencepiece.bpe.model or vocab.txt") != NULL && !tokenizer_is_in(dir));
    scratch_write("vocab.txt", vocab, sizeof vocab - 1);
    scratch_write("tokenizer_config.json", lower, sizeof lower - 1);
    err = (struct err){0};
    CHECK_OK(tokenizer_open(&t, dir, &err), &err);
    CHECK_STR(ids_of(&t, "Fox[SEP]"), "3 2 4 4");
    CHECK_EQ(t.max_length, 64);
    tokenizer_close(&t);
    scratch_write("tokenizer_config.json", cased, sizeof cased - 1);
    CHECK_OK(tokenizer_open(&t, dir, &err), &err);
    CHECK_STR(ids_of(&t, "Fox"), "3 1 4");
    CHECK_EQ(t.max_length, 0);
    struct features f = {0};
    bool cut;
    CHECK_EQ(tokenizer_encode(&t, "Fox", 3, 1, &f, &cut, &err), ERR_USAGE);
    features_done(&f);
    tokenizer_close(&t);
    CHECK_OK(open_json(&t, "{\"truncation\": {\"max_length\": 7}," BERT "," WORDPIECE_MODEL "}"), &err);
    CHECK(t.n == 9 && t.max_length == 7 && tokenizer_is_in(dir));
    tokenizer_close(&t);
    unlink(scratch_path("tokenizer.json"));
    scratch_write("tokenizer_config.json", wrong, sizeof wrong - 1);
    err = (struct err){0};
    CHECK_EQ(tokenizer_open(&t, dir, &err), ERR_DATA);
    CHECK(strstr(err.msg, "tokenizer_config.json: \"do_lower_case\": expected true or false") != NULL);
    unlink(scratch_path("tokenizer_config.json"));
    unlink(scratch_path("vocab.txt"));
}

/* ---- Hugging Face's and sentencepiece's ids of 2,160 texts of $VECPIPE_TESTDATA ---- */

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
    if (json_array_size(ids) != f->n)
        return 0;
    for (size_t i = 0; i < f->n; i++)
        if (json_integer_value(json_array_get(ids, i)) != f->at[i])
            return 0;
    return 1;
}

static void compare_all(struct tokenizer *t, const char *name, struct input *texts, struct input *expected)
{
    struct features f = {0}, g = {0};
    size_t n = 0, n_same = 0;
    bool cut;
    for (json_t *text, *ids; (text = next_object(texts)); n++) {
        const json_t *string = json_object_get(text, "text");
        ids = next_object(expected);
        CHECK_OK(tokenizer_encode(t, json_string_value(string), json_string_length(string), 0, &f, &cut, &err), &err);
        int same = !cut && same_ids(&f, json_object_get(ids, "ids"));
        n_same += (size_t)same;
        if (!same)
            fprintf(stderr, "%s: %s differs\n", name, json_string_value(json_object_get(text, "_id")));
        CHECK_OK(tokenizer_encode(t, json_string_value(string), json_string_length(string), 16, &g, &cut, &err), &err);
        CHECK(g.n <= 16 && cut == (f.n > 16) && memcmp(f.at, g.at, (g.n - 1) * sizeof *g.at) == 0);
        CHECK_EQ(g.at[g.n - 1], f.at[f.n - 1]);
        for (size_t i = 0; i < f.n; i++)
            CHECK(f.at[i] < t->n);
        json_decref(text);
        json_decref(ids);
    }
    printf("# %s: %zu of %zu texts have the same ids\n", name, n_same, n);
    CHECK_EQ(n, 2160);
    CHECK_EQ(n_same, n);
    features_done(&f);
    features_done(&g);
}

/* steps: of the vocab.txt by itself; -1 for what the folder has. */
static void compare(const char *name, int steps, size_t n_ids)
{
    const char *data = getenv("VECPIPE_TESTDATA");
    char path[4096], vocab[4200];
    if (!data) {
        printf("# skipped %s: VECPIPE_TESTDATA is not set\n", name);
        return;
    }
    struct tokenizer t;
    snprintf(path, sizeof path, "%s/tokenizers/%s", data, name);
    snprintf(vocab, sizeof vocab, "%s/vocab.txt", path);
    struct input *texts = open_data(data, "texts.jsonl"), *expected = open_data(path, "ids.jsonl.gz");
    if (!texts || !expected) {
        printf("# skipped %s: not in %s\n", name, data);
        return;
    }
    err = (struct err){0};
    int rc = steps < 0 ? tokenizer_open(&t, path, &err) : tokenizer_open_vocab(&t, vocab, steps, &err);
    CHECK_OK(rc, &err);
    if (rc == 0) {
        CHECK_EQ(t.n, n_ids);
        compare_all(&t, name, texts, expected);
        tokenizer_close(&t);
    }
    input_close(texts);
    input_close(expected);
}

static void test_bert_uncased(void) { compare("bert-uncased", -1, 30522); }
static void test_bert_cased(void) { compare("bert-cased", -1, 28996); }
static void test_bert_multilingual_cased(void) { compare("bert-multilingual-cased", -1, 119547); }
static void test_bert_uncased_vocab(void) { compare("bert-uncased", NORMAL_UNCASED, 30522); }
static void test_bert_multilingual_vocab(void) { compare("bert-multilingual-cased", NORMAL_CJK, 119547); }
static void test_xlmr_split(void) { compare("xlmr-split", -1, 250002); }
static void test_xlmr_metaspace(void) { compare("xlmr-metaspace", -1, 250002); }
static void test_xlmr_sentencepiece(void) { compare("xlmr-sentencepiece", -1, 250002); }

int main(void)
{
    CHECK_RUN(test_wordpiece_json);
    CHECK_RUN(test_added_tokens);
    CHECK_RUN(test_unigram_json);
    CHECK_RUN(test_refused_json);
    CHECK_RUN(test_folders);
    CHECK_RUN(test_bert_uncased);
    CHECK_RUN(test_bert_cased);
    CHECK_RUN(test_bert_multilingual_cased);
    CHECK_RUN(test_bert_uncased_vocab);
    CHECK_RUN(test_bert_multilingual_vocab);
    CHECK_RUN(test_xlmr_split);
    CHECK_RUN(test_xlmr_metaspace);
    CHECK_RUN(test_xlmr_sentencepiece);
    scratch_done();
    return check_status();
}
