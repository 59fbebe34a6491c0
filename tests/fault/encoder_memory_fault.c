/* Every allocation of making a tiny model and of encoding with it fails in turn: ERR_NOMEM with a message, and nothing leaked
 * (ASan).  A folder that is completed is as it was after any failure, of a system call too. */
#include "fail_each.h"

#include "../unit/scratch.h"
#include "../unit/transformer_made.h"
#include "nn/bulk.h"
#include "nn/init_spec.h"
#include "nn/static_encoder.h"
#include "nn/vocab_init.h"

#include <sys/stat.h>

static const char vocabulary[] = "[UNK]\nthe\nred\nf\n##ox\n";
static char folder[PATH_MAX], texts[PATH_MAX];
static int n_threads = 1;

static int create(struct err *err)
{
    struct model_config config;
    int rc = init_spec_parse(&config, &(size_t){0}, "static,dim=4,buckets=8,query=q: ", err);
    if (rc)
        return rc;
    rc = static_encoder_create(&config, folder, 1, n_threads, err);
    model_config_done(&config);
    return rc;
}

static bool is_there(const char *name)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void after_new(int rc)
{
    CHECK(is_there("config.json") == (rc == 0) && is_there("") == (rc == 0));
}

/* Nothing but the vocabulary, or a model and the vocabulary. */
static void after_completion(int rc)
{
    size_t n, n_files = 0;
    CHECK(is_there("config.json") == (rc == 0) && is_there("model.safetensors") == (rc == 0));
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));)
        n_files += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    if (d)
        closedir(d);
    CHECK_EQ(n_files, rc == 0 ? 3 : 1);
    char *p = scratch_read("completed/vocab.txt", &n);
    CHECK(n == sizeof vocabulary - 1 && memcmp(p, vocabulary, n) == 0);
    free(p);
    for (int i = 0; i < 2; i++)
        unlink(scratch_path(i ? "completed/config.json" : "completed/model.safetensors"));
}

static void test_new_models(void)
{
    snprintf(folder, sizeof folder, "%s", scratch_path("new"));
    fail_each("malloc", "ENOMEM", ERR_NOMEM, create, after_new);
}

static void test_completed_folders(void)
{
    static const char *const calls[] = {"open", "read", "write", "fsync", "rename"};
    snprintf(folder, sizeof folder, "%s", scratch_path("completed"));
    CHECK(mkdir(folder, 0777) == 0);
    scratch_write("completed/vocab.txt", vocabulary, sizeof vocabulary - 1);
    fail_each("malloc", "ENOMEM", ERR_NOMEM, create, after_completion);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        fail_each(calls[i], "EIO", ERR_IO, create, after_completion);
    CHECK_OK(create(&(struct err){0}), &(struct err){0});
}

/* A tokenizer.json of each kind: opened when the folder becomes a model. */
static void after_json(int rc)
{
    CHECK(is_there("config.json") == (rc == 0));
    for (int i = 0; i < 2; i++)
        unlink(scratch_path(i ? "json/config.json" : "json/model.safetensors"));
}

static void test_tokenizer_json(void)
{
    static const char *const models[] = {
        "{\"added_tokens\": [{\"id\": 2, \"content\": \"Red\"}], \"normalizer\": {\"type\": \"BertNormalizer\"}, "
        "\"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, "
        "\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[UNK]\": 0, \"the\": 1, \"##x\": 3}}}",
        "{\"pre_tokenizer\": {\"type\": \"Metaspace\", \"replacement\": \"\xE2\x96\x81\"}, \"model\": {\"type\": \"Unigram\", "
        "\"unk_id\": 0, \"vocab\": [[\"<unk>\", 0], [\"\xE2\x96\x81the\", -1]]}}"};
    snprintf(folder, sizeof folder, "%s", scratch_path("json"));
    CHECK(mkdir(folder, 0777) == 0);
    for (size_t i = 0; i < 2; i++) {
        scratch_write("json/tokenizer.json", models[i], strlen(models[i]));
        fail_each("malloc", "ENOMEM", ERR_NOMEM, create, after_json);
        fail_each("read", "EIO", ERR_IO, create, after_json);
    }
}

static int learn(struct err *err)
{
    int rc = 0;
    size_t n_vocab;
    struct model_config config;
    struct rows *rows = NULL;
    const char *paths[] = {texts};
    struct rows_options ro = {0};
    TRY(init_spec_parse(&config, &n_vocab, "static,dim=4,vocab=30", err));
    rc = rows_open(&rows, paths, 1, &ro, err);
    if (rc == 0)
        rc = vocab_init(&config, folder, rows, n_vocab, 1, n_threads, err);
    rows_close(rows);
    model_config_done(&config);
out:
    return rc;
}

static void after_learning(int rc)
{
    char command[PATH_MAX + 16];
    CHECK(is_there("vocab.txt") == (rc == 0) && is_there("") == (rc == 0));
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (rc == 0)
        CHECK(system(command) == 0);
}

static void test_learnt_vocabularies(void)
{
    static const char tsv[] = "a\tthe red fox the red fox\nb\tThe F\xC3\x96X, twice\tRed\n";
    snprintf(folder, sizeof folder, "%s", scratch_path("learnt"));
    snprintf(texts, sizeof texts, "%s", scratch_write("texts", tsv, sizeof tsv - 1));
    fail_each("malloc", "ENOMEM", ERR_NOMEM, learn, after_learning);
    fail_each("write", "EIO", ERR_IO, learn, after_learning);
}

static bool tokens;
static int compute;                                /* enum linear_type */

static int encode(struct err *err)
{
    int rc = 0;
    struct encoder *e = NULL;
    struct rows *r = NULL;
    struct output *out = NULL;
    struct stream_writer *w = NULL;
    struct header h = {0};
    struct encoder_options eo = {.role = MODEL_QUERY, .pool = -1, .compute = compute, .n_threads = n_threads};
    struct bulk_options o = {.n_threads = n_threads, .tokens = tokens};
    struct bulk_counts counts;
    const char *paths[] = {texts};
    struct rows_options ro = {0};
    TRY(rows_open(&r, paths, 1, &ro, err));
    TRY(encoder_open(&e, folder, &eo, err));
    TRY(bulk_header(&h, e, &o, err));
    TRY(output_open_memory(&out, err));
    TRY(stream_writer_open(&w, out, &h, 0, err));
    TRY(bulk_encode(e, r, w, &o, &counts, err));
    TRY(stream_writer_end(w, err));
out:
    stream_writer_free(w);
    output_free(out);
    header_done(&h);
    encoder_close(e);
    rows_close(r);
    return rc;
}

static void test_encoding(void)
{
    static const char *const names[] = {"new", "completed"}, tsv[] = "a\tthe red fox\nb\tThe F\xC3\x96X, twice\tRed\n",
                              lines[] = "{\"_id\": 7, \"text\": \"red\", \"title\": \"the fox\"}\n";
    for (int i = 0; i < 4; i++) {
        snprintf(folder, sizeof folder, "%s", scratch_path(names[i / 2]));
        snprintf(texts, sizeof texts, "%s", i % 2 ? scratch_write("texts", tsv, sizeof tsv - 1) :
                                                    scratch_write("texts", lines, sizeof lines - 1));
        for (n_threads = 1; n_threads <= 2; n_threads++)
            fail_each("malloc", "ENOMEM", ERR_NOMEM, encode, NULL);
    }
}

static void test_transformer(void)
{
    static const char vocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nred\nfox\n", tsv[] = "a\tthe red fox\nb\tfox\n";
    static const char json[] = "{\"model_type\": \"bert\", \"hidden_size\": 6, \"num_hidden_layers\": 1, \"vocab_size\": 7, "
        "\"num_attention_heads\": 2, \"intermediate_size\": 5, \"max_position_embeddings\": 8}";
    static const struct transformer_config c = {.dim = 6, .n_layers = 1, .n_heads = 2, .inner = 5, .n_rows = 7, .n_positions = 8,
                                                .n_types = 2};
    CHECK(mkdir(scratch_path("bert"), 0777) == 0);
    transformer_made_weights("bert/model.safetensors", &c);
    scratch_write("bert/vocab.txt", vocab, sizeof vocab - 1);
    scratch_write("bert/config.json", json, sizeof json - 1);
    snprintf(folder, sizeof folder, "%s", scratch_path("bert"));
    snprintf(texts, sizeof texts, "%s", scratch_write("texts", tsv, sizeof tsv - 1));
    n_threads = 1;
    for (compute = 0; compute < 3; compute++)
        fail_each("malloc", "ENOMEM", ERR_NOMEM, encode, NULL);
    tokens = true;
    compute = 0;
    fail_each("malloc", "ENOMEM", ERR_NOMEM, encode, NULL);
    n_threads = 2;
    fail_each("malloc", "ENOMEM", ERR_NOMEM, encode, NULL);
}

int main(void)
{
    CHECK_RUN(test_new_models);
    CHECK_RUN(test_completed_folders);
    CHECK_RUN(test_tokenizer_json);
    CHECK_RUN(test_learnt_vocabularies);
    CHECK_RUN(test_encoding);
    CHECK_RUN(test_transformer);
    scratch_done();
    return check_status();
}
