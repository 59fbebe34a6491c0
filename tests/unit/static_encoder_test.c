#include "nn/static_encoder.h"
#include "base/mem.h"
#include "check.h"
#include "nn/encoder.h"
#include "nn/init_spec.h"
#include "scratch.h"
#include "vec/kernel.h"

#include <math.h>
#include <sys/stat.h>

static struct err err;

static const char *create(const char *spec_text, const char *name, uint64_t seed, int n_threads)
{
    struct model_config config;
    const char *path = scratch_path(name);
    err = (struct err){0};
    CHECK_OK(init_spec_parse(&config, &(size_t){0}, spec_text, &err), &err);
    CHECK_OK(static_encoder_create(&config, path, seed, n_threads, &err), &err);
    model_config_done(&config);
    return path;
}

static struct text text_of(const char *p)
{
    return (struct text){p, strlen(p)};
}

/* By the definition: features, mean, normalised; in double. */
static void naive(const struct static_encoder *e, const char *text, double *out)
{
    struct features f = {0};
    double length = 0;
    CHECK_OK(e->tokenizer.wordpiece ? tokenizer_append(&e->tokenizer, text, strlen(text), &f, &err) :
                            ngrams_append(&e->config.ngrams, text, strlen(text), &f, &err), &err);
    for (size_t d = 0; d < e->config.dim; d++) {
        out[d] = 0;
        for (size_t i = 0; i < f.n; i++)
            out[d] += (double)e->rows[f.at[i] * e->config.dim + d] / (double)f.n;
        length += out[d] * out[d];
    }
    for (size_t d = 0; d < e->config.dim; d++)
        out[d] /= sqrt(length);
    features_done(&f);
}

static void compare(const char *spec, const char *name)
{
    static const char *const texts[] = {"a", "The grey fox lives in the pine forest.", "Caf\xC3\xA9 \xE4\xB8\xAD\xE6\x96\x87"};
    struct static_encoder e;
    struct features scratch = {0};
    CHECK_OK(static_encoder_open(&e, create(spec, name, 3, 2), &err), &err);
    for (size_t t = 0; t < 3; t++) {
        float x[64];
        double y[64];
        bool some = false;
        CHECK_OK(static_encoder_encode(&e, &scratch, text_of(texts[t]), x, &some, &err), &err);
        CHECK(some);
        naive(&e, texts[t], y);
        for (size_t d = 0; d < e.config.dim; d++)
            CHECK(fabs((double)x[d] - y[d]) < 1e-6);
    }
    features_done(&scratch);
    static_encoder_close(&e);
}

static void test_mean_of_rows(void)
{
    compare("static,dim=64,buckets=1000", "m64");
    compare("static,dim=37,buckets=1000", "m37");       /* a tail behind the lanes of 16 */
    compare("static,dim=1,buckets=3", "m1");
}

static void test_wordpiece_features(void)
{
    struct static_encoder e;
    CHECK(mkdir(scratch_path("wp"), 0777) == 0);
    scratch_write("wp/vocab.txt", "[UNK]\nthe\nfox\nlive\n##s\n", 23);
    compare("static,dim=16", "wp");
    CHECK_OK(static_encoder_open(&e, scratch_path("wp"), &err), &err);
    CHECK_EQ(e.config.n_rows, 5);
    CHECK_EQ(e.config.features, MODEL_WORDPIECE);
    static_encoder_close(&e);
}

static void test_nothing_to_encode(void)
{
    struct static_encoder e;
    struct features scratch = {0};
    float x[8];
    bool some = true;
    CHECK_OK(static_encoder_open(&e, create("static,dim=8,buckets=50", "m8", 1, 1), &err), &err);
    CHECK_OK(static_encoder_encode(&e, &scratch, text_of(""), x, &some, &err), &err);
    CHECK(!some);
    CHECK_OK(static_encoder_encode(&e, &scratch, text_of(" ?! \t"), x, &some, &err), &err);
    CHECK(!some);
    for (int d = 0; d < 8; d++)
        CHECK(x[d] == 0.0f);
    features_done(&scratch);
    static_encoder_close(&e);
}

static void test_seed_and_threads(void)
{
    size_t n[3];
    char *a, *b, *c;
    create("static,dim=40,buckets=3000", "t1", 7, 1);
    create("static,dim=40,buckets=3000", "t8", 7, 8);
    create("static,dim=40,buckets=3000", "s8", 8, 8);
    a = scratch_read("t1/model.safetensors", &n[0]);
    b = scratch_read("t8/model.safetensors", &n[1]);
    c = scratch_read("s8/model.safetensors", &n[2]);
    CHECK(n[0] == n[1] && memcmp(a, b, n[0]) == 0);
    CHECK(n[0] == n[2] && memcmp(a, c, n[0]) != 0);
    free(a);
    free(b);
    free(c);
}

static void test_rows_have_length_one_or_so(void)
{
    struct static_encoder e;
    double mean = 0, length = 0;
    CHECK_OK(static_encoder_open(&e, create("static,dim=256,buckets=500", "len", 1, 1), &err), &err);
    for (size_t i = 0; i < 500 * 256; i++) {
        mean += (double)e.rows[i];
        length += (double)e.rows[i] * (double)e.rows[i];
    }
    CHECK(fabs(mean / (500 * 256)) < 1e-3);
    CHECK(fabs(length / 500 - 1) < 0.01);
    static_encoder_close(&e);
}

static void space_of(const char *path, char space[FINGERPRINT_TEXT])
{
    struct static_encoder e;
    CHECK_OK(static_encoder_open(&e, path, &err), &err);
    memcpy(space, e.space, FINGERPRINT_TEXT);
    static_encoder_close(&e);
}

static void replace(const char *name, const char *from, const char *to)
{
    size_t n;
    char *p = scratch_read(name, &n), *at = strstr(p, from), all[4096];
    CHECK(at != NULL);
    if (at) {
        int m = snprintf(all, sizeof all, "%.*s%s%s", (int)(at - p), p, to, at + strlen(from));
        scratch_write(name, all, (size_t)m);
    }
    free(p);
}

static void test_space_names_the_model(void)
{
    char a[FINGERPRINT_TEXT], b[FINGERPRINT_TEXT];
    space_of(create("static,dim=8,buckets=50", "sp", 1, 1), a);
    CHECK_EQ(strlen(a), 32);
    space_of(create("static,dim=8,buckets=50,query=query: ", "sp2", 1, 1), b);
    CHECK_STR(a, b);                                          /* a prefix is a meta of its own */
    space_of(create("static,dim=8,buckets=50", "sp3", 2, 1), b);
    CHECK(strcmp(a, b) != 0);
    space_of(create("static,dim=8,buckets=50,ngrams=3-5", "sp4", 1, 1), b);
    CHECK(strcmp(a, b) != 0);
    replace("sp/config.json", "\"pooling\"", "\"space\": \"0123456789abcdef0123456789abcdef\", \"pooling\"");
    space_of(scratch_path("sp"), b);
    CHECK_STR(b, "0123456789abcdef0123456789abcdef");
}

static enum err_code open_with(const char *from, const char *to)
{
    static int number;
    char name[32], config[48];
    struct static_encoder e;
    snprintf(name, sizeof name, "lie%d", ++number);
    snprintf(config, sizeof config, "%s/config.json", name);
    create("static,dim=8,buckets=50", name, 1, 1);
    replace(config, from, to);
    err = (struct err){0};
    int rc = static_encoder_open(&e, scratch_path(name), &err);
    if (rc == 0)
        static_encoder_close(&e);
    else
        CHECK(strstr(err.msg, name) != NULL);
    return (enum err_code)rc;
}

static void test_config_lies(void)
{
    CHECK_EQ(open_with("\"hidden_size\": 8", "\"hidden_size\": 9"), ERR_DATA);
    CHECK_EQ(open_with("\"hidden_size\": 8", "\"hidden_size\": 0"), ERR_DATA);
    CHECK_EQ(open_with("\"hidden_size\": 8", "\"hidden_size\": 8.0"), ERR_DATA);
    CHECK_EQ(open_with("\"hidden_size\": 8", "\"hidden_size\": -8"), ERR_DATA);
    CHECK_EQ(open_with("\"hidden_size\": 8", "\"hidden_size\": 1e99"), ERR_DATA);
    CHECK_EQ(open_with("\"hidden_size\": 8", "\"hidden_size\": 65537"), ERR_DATA);
    CHECK_EQ(open_with("\"vocab_size\": 50", "\"vocab_size\": 49"), ERR_DATA);
    CHECK_EQ(open_with("\"vocab_size\": 50", "\"vocab_size\": 9223372036854775807"), ERR_DATA);
    CHECK_EQ(open_with("vecpipe-static", "bert"), ERR_DATA);
    CHECK_EQ(open_with("\"ngrams\",", "\"letters\","), ERR_DATA);
    CHECK_EQ(open_with("\"max\": 6", "\"max\": 3"), ERR_DATA);
    CHECK_EQ(open_with("\"max\": 6", "\"max\": 17"), ERR_DATA);
    CHECK_EQ(open_with("\"letters\": 4", "\"letters\": 0"), ERR_DATA);
    CHECK_EQ(open_with("\"normalize\": true", "\"normalize\": 1"), ERR_DATA);
    CHECK_EQ(open_with("\"query\": \"\"", "\"query\": 1"), ERR_DATA);
    CHECK_EQ(open_with("\"pooling\": \"mean\"", "\"pooling\": \"mean\", \"space\": \"xyz\""), ERR_DATA);
    CHECK_EQ(open_with("\"pooling\": \"mean\"", "\"pooling\": \"mean\", \"pooling\": \"mean\""), ERR_DATA);
    CHECK_EQ(open_with("\"features\": \"ngrams\"", "\"features\": \"wordpiece\""), ERR_IO);      /* no vocab.txt */
    CHECK_EQ(open_with("{", "["), ERR_DATA);
    CHECK_EQ(open_with("\"pooling\": \"mean\"", "\"pooling\": \"mean\", \"more\": {\"a\": [1]}"), 0);
}

static void test_weights_that_are_not_finite(void)
{
    size_t n;
    struct static_encoder e;
    create("static,dim=8,buckets=50", "nan", 1, 1);
    char *p = scratch_read("nan/model.safetensors", &n);
    float nan = NAN;
    memcpy(p + n - 32 * 5, &nan, sizeof nan);              /* the first of the last 5 rows */
    scratch_write("nan/model.safetensors", p, n);
    free(p);
    err = (struct err){0};
    CHECK_EQ(static_encoder_open(&e, scratch_path("nan"), &err), ERR_DATA);
    CHECK(strstr(err.msg, "row 45 has a NaN") != NULL);
}

static void test_existing_folder(void)
{
    struct model_config config;
    CHECK_OK(init_spec_parse(&config, &(size_t){0}, "static,dim=8,buckets=50", &err), &err);
    err = (struct err){0};
    create("static,dim=8,buckets=50", "twice", 1, 1);
    CHECK_EQ(static_encoder_create(&config, scratch_path("twice"), 1, 1, &err), ERR_IO);
    CHECK(mkdir(scratch_path("pieces"), 0777) == 0);
    scratch_write("pieces/vocab.txt", "the\n", 4);                        /* no [UNK] */
    err = (struct err){0};
    CHECK_EQ(static_encoder_create(&config, scratch_path("pieces"), 1, 1, &err), ERR_DATA);
    scratch_write("pieces/vocab.txt", "[UNK]\n", 6);
    scratch_write("pieces/model.safetensors", "mine", 4);
    err = (struct err){0};
    CHECK_EQ(static_encoder_create(&config, scratch_path("pieces"), 1, 1, &err), ERR_IO);
    CHECK(strstr(err.msg, "model.safetensors: exists already") != NULL);
    CHECK(access(scratch_path("pieces/config.json"), F_OK) != 0 && access(scratch_path("pieces/model.safetensors"), F_OK) == 0);
    model_config_done(&config);
}

static void test_init_specs(void)
{
    static const char *const bad[] = {"", "bert", "static,", "static,dim", "static,dim=", "static,dim=0", "static,dim=65537",
                                      "static,dim=1x", "static,buckets=0", "static,ngrams=6-4", "static,ngrams=0-4",
                                      "static,ngrams=4-", "static,ngrams=4-17", "static,letters=0", "static,size=4", "static,,"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct model_config config;
        err = (struct err){0};
        CHECK_EQ(init_spec_parse(&config, &(size_t){0}, bad[i], &err), ERR_USAGE);
    }
    struct model_config config;
    err = (struct err){0};
    CHECK_OK(init_spec_parse(&config, &(size_t){0}, "static,passage=passage: ,ngrams=5,letters=2", &err), &err);
    CHECK_STR(config.prefix[MODEL_PASSAGE], "passage: ");
    CHECK_STR(config.prefix[MODEL_QUERY], "");
    CHECK(config.ngrams.min == 5 && config.ngrams.max == 5 && config.ngrams.letters == 2);
    CHECK(config.dim == 256 && config.n_rows == 262144);
    model_config_done(&config);
}

static int open_in_role(struct encoder **e, const char *dir, int role)
{
    return encoder_open(e, dir, &(struct encoder_options){.role = role, .pool = -1, .n_threads = 1}, &err);
}

static void test_roles_and_towers(void)
{
    struct encoder *e;
    create("static,dim=8,buckets=50,query=q: ,passage=p: ", "roles", 1, 1);
    err = (struct err){0};
    CHECK_OK(open_in_role(&e, scratch_path("roles"), MODEL_PASSAGE), &err);
    CHECK_STR(encoder_prefix(e), "p: ");
    encoder_close(e);
    CHECK_EQ(open_in_role(&e, scratch_path("roles"), -1), ERR_USAGE);
    CHECK(mkdir(scratch_path("pair"), 0777) == 0);
    create("static,dim=8,buckets=50", "pair/query", 1, 1);
    create("static,dim=8,buckets=50,passage=p: ", "pair/passage", 2, 1);
    char spaces[MODEL_N_ROLES][FINGERPRINT_TEXT], own[FINGERPRINT_TEXT];
    for (int role = 0; role < MODEL_N_ROLES; role++) {
        struct header h = {0};
        CHECK_OK(open_in_role(&e, scratch_path("pair"), role), &err);
        CHECK_STR(encoder_prefix(e), role == MODEL_QUERY ? "" : "p: ");
        CHECK_OK(encoder_describe(e, &h, &err), &err);
        snprintf(spaces[role], sizeof spaces[role], "%s", header_meta(&h, "space"));
        space_of(scratch_path(role == MODEL_QUERY ? "pair/query" : "pair/passage"), own);
        CHECK(strcmp(spaces[role], own) != 0);
        header_done(&h);
        encoder_close(e);
    }
    CHECK_STR(spaces[MODEL_QUERY], spaces[MODEL_PASSAGE]);
    replace("pair/query/config.json", "\"normalize\": true", "\"normalize\": false");
    CHECK_EQ(open_in_role(&e, scratch_path("pair"), MODEL_PASSAGE), ERR_DATA);
    CHECK(strstr(err.msg, "vectors of length 1 for passages only"));
    err = (struct err){0};
    CHECK_EQ(open_in_role(&e, scratch_path("pair"), -1), ERR_USAGE);
    err = (struct err){0};
    CHECK_EQ(open_in_role(&e, scratch_path("none"), -1), ERR_IO);
}

int main(void)
{
    CHECK_RUN(test_mean_of_rows);
    CHECK_RUN(test_wordpiece_features);
    CHECK_RUN(test_nothing_to_encode);
    CHECK_RUN(test_seed_and_threads);
    CHECK_RUN(test_rows_have_length_one_or_so);
    CHECK_RUN(test_space_names_the_model);
    CHECK_RUN(test_config_lies);
    CHECK_RUN(test_weights_that_are_not_finite);
    CHECK_RUN(test_existing_folder);
    CHECK_RUN(test_init_specs);
    CHECK_RUN(test_roles_and_towers);
    scratch_done();
    return check_status();
}
