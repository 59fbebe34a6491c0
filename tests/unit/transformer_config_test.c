#include "nn/transformer_config.h"
#include "check.h"
#include "scratch.h"

#include <sys/stat.h>

static struct err err;
static struct transformer_config c;

static const char bert[] = "{\"model_type\": \"bert\", \"hidden_size\": 48, \"num_hidden_layers\": 2, "
                           "\"num_attention_heads\": 3, "
                           "\"intermediate_size\": 100, \"vocab_size\": 300, \"max_position_embeddings\": 40";
static const char xlmr[] = "{\"model_type\": \"xlm-roberta\", \"hidden_size\": 8, \"num_hidden_layers\": 1, "
                           "\"num_attention_heads\": 8, \"intermediate_size\": 1, \"vocab_size\": 5, "
                           "\"max_position_embeddings\": 66, \"type_vocab_size\": 1, \"layer_norm_eps\": 1e-05";
static const char modules[] =
    "[{\"idx\": 0, \"name\": \"0\", \"path\": \"\", \"type\": \"sentence_transformers.models.Transformer\"}, "
    "{\"idx\": 1, \"name\": \"1\", \"path\": \"1_Pooling\", \"type\": \"sentence_transformers.models.Pooling\"}";

static void put(const char *file, const char *text, const char *rest)
{
    char path[128], all[4096];
    snprintf(path, sizeof path, "m/%s", file);
    snprintf(all, sizeof all, "%s%s", text, rest);
    scratch_write(path, all, strlen(all));
}

static int reread(void)
{
    err = (struct err){0};
    transformer_config_done(&c);
    return transformer_config_read(&c, scratch_path("m"), &err);
}

/* Reading fails naming file and words. */
static void refused(const char *file, const char *words)
{
    CHECK_EQ(reread(), ERR_DATA);
    const char *at = strstr(err.msg, file);
    if (!at || !strstr(at, words))
        CHECK_STR(err.msg, words);
}

static void fresh(void)
{
    static const char *const files[] = {"modules.json", "sentence_bert_config.json", "tokenizer_config.json",
                                        "config_sentence_transformers.json"};
    char path[PATH_MAX];
    mkdir(scratch_path("m"), 0777);
    mkdir(scratch_path("m/1_Pooling"), 0777);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", scratch_path("m"), files[i]);
        unlink(path);
    }
    put("config.json", bert, "}");
}

static void test_network(void)
{
    fresh();
    CHECK_OK(reread(), &err);
    CHECK(c.kind == TRANSFORMER_BERT && c.dim == 48 && c.n_layers == 2 && c.n_heads == 3 && c.inner == 100 && c.n_rows == 300);
    CHECK(c.n_positions == 40 && c.first_position == 0 && c.max_tokens == 40 && c.n_types == 2);
    CHECK(c.act == TRANSFORMER_GELU && c.norm_eps == 1e-12f);
    CHECK(c.pool == TRANSFORMER_MEAN && !c.pool_declared && !c.normalise && !c.prefix[0] && !c.prefix[1]);
    put("config.json", "{\"model_type\": \"dpr\", \"projection_dim\": 0, \"hidden_size\": 48, \"num_hidden_layers\": 2, "
        "\"num_attention_heads\": 3, \"intermediate_size\": 100, \"vocab_size\": 300, \"max_position_embeddings\": 40", "}");
    CHECK_OK(reread(), &err);
    CHECK(c.kind == TRANSFORMER_BERT && c.pool == TRANSFORMER_CLS && !c.normalise && c.first_position == 0);
    put("config.json", xlmr, "}");
    CHECK_OK(reread(), &err);
    CHECK(c.kind == TRANSFORMER_XLM_ROBERTA && c.first_position == 2 && c.max_tokens == 64 && c.norm_eps == 1e-5f &&
          c.n_types == 1);
    static const struct { const char *rest; enum transformer_act act; } good[] = {
        {", \"hidden_act\": \"relu\"}", TRANSFORMER_RELU}, {", \"hidden_act\": \"gelu_new\"}", TRANSFORMER_GELU_TANH},
        {", \"hidden_act\": \"gelu_pytorch_tanh\", \"pad_token_id\": null, \"x\": [1]}", TRANSFORMER_GELU_TANH},
        {", \"hidden_act\": \"gelu\", \"position_embedding_type\": \"absolute\", \"is_decoder\": false}", TRANSFORMER_GELU}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        put("config.json", bert, good[i].rest);
        CHECK_OK(reread(), &err);
        CHECK_EQ(c.act, good[i].act);
    }
}

static void test_bad_network(void)
{
    static const struct { const char *rest, *words; } bad[] = {
        {", \"hidden_act\": \"silu\"}", "\"hidden_act\""}, {", \"hidden_act\": 3}", "\"hidden_act\""},
        {", \"layer_norm_eps\": 0}", "\"layer_norm_eps\""}, {", \"layer_norm_eps\": \"x\"}", "\"layer_norm_eps\""},
        {", \"type_vocab_size\": 0}", "\"type_vocab_size\""}, {", \"pad_token_id\": 300}", "\"pad_token_id\""},
        {", \"position_embedding_type\": \"relative_key\"}", "\"position_embedding_type\""},
        {", \"is_decoder\": true}", "\"is_decoder\""}, {", \"add_cross_attention\": true}", "\"add_cross_attention\""},
        {", \"projection_dim\": 8}", "\"projection_dim\""},
        {", \"hidden_size\": 3}", "duplicate"}, {"", ":1: not a JSON object"}};
    fresh();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put("config.json", bert, bad[i].rest);
        refused("m/config.json", bad[i].words);
    }
    put("config.json", "{\"model_type\": \"roberta\"}", "");
    refused("m/config.json", "\"model_type\" is \"roberta\"");
    put("config.json", "{}", "");
    refused("m/config.json", "\"model_type\" is \"\"");
    put("config.json", "{\"model_type\": \"bert\"}", "");
    refused("m/config.json", "\"hidden_size\"");
    put("config.json", "{\"model_type\": \"bert\", \"hidden_size\": 48, \"num_hidden_layers\": 2, \"num_attention_heads\": 5}",
        "");
    refused("m/config.json", "5 does not divide");
    put("config.json", xlmr, ", \"pad_token_id\": 0}");
    CHECK_OK(reread(), &err);
    CHECK_EQ(c.max_tokens, 65);
}

static void test_pooling(void)
{
    static const struct { const char *text; int pool; const char *words; } pools[] = {
        {"\"word_embedding_dimension\": 48, \"pooling_mode_cls_token\": true", TRANSFORMER_CLS, NULL},
        {"\"word_embedding_dimension\": 48, \"pooling_mode_max_tokens\": true, \"pooling_mode_mean_tokens\": false",
         TRANSFORMER_MAX, NULL},
        {"\"word_embedding_dimension\": 48", TRANSFORMER_MEAN, NULL},
        {"\"embedding_dimension\": 48, \"pooling_mode\": \"cls\", \"include_prompt\": true", TRANSFORMER_CLS, NULL},
        {"\"embedding_dimension\": 47, \"pooling_mode\": \"cls\"", 0, "\"embedding_dimension\": 47"},
        {"\"pooling_mode\": \"cls\"", 0, "\"word_embedding_dimension\""},
        {"\"word_embedding_dimension\": 48, \"pooling_mode_cls_token\": true, \"pooling_mode_max_tokens\": true", 0, "several"},
        {"\"word_embedding_dimension\": 48, \"pooling_mode_cls_token\": 1", 0, "\"pooling_mode_cls_token\""},
        {"\"embedding_dimension\": 48, \"pooling_mode\": [\"cls\", \"mean\"]", 0, "several"},
        {"\"embedding_dimension\": 48, \"pooling_mode\": \"lasttoken\"", 0, "\"lasttoken\", expected cls, mean or max"},
        {"\"word_embedding_dimension\": 48, \"pooling_mode_mean_sqrt_len_tokens\": true", 0, "\"mean_sqrt_len_tokens\""},
        {"\"word_embedding_dimension\": 48, \"include_prompt\": false", 0, "\"include_prompt\""}};
    fresh();
    put("modules.json", modules, "]");
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++) {
        char text[512];
        snprintf(text, sizeof text, "{%s}", pools[i].text);
        put("1_Pooling/config.json", text, "");
        if (pools[i].words) {
            refused("m/1_Pooling/config.json", pools[i].words);
            continue;
        }
        CHECK_OK(reread(), &err);
        CHECK(c.pool_declared && !c.normalise);
        CHECK_EQ(c.pool, pools[i].pool);
    }
}

static void test_modules(void)
{
    static const struct { const char *rest, *words; } bad[] = {
        {", {\"path\": \"2_Dense\", \"type\": \"sentence_transformers.models.Dense\"}]", "Dense layer"},
        {", {\"path\": \"2\", \"type\": \"sentence_transformers.models.LayerNorm\"}]", "module 2 is LayerNorm"},
        {", {\"path\": \"2\", \"type\": \"os.Normalize\"}]", "\"type\" is \"os.Normalize\""},
        {", {\"path\": \"2\"}]", "\"type\" is \"\""}, {", 3]", "\"type\""}, {"", "not a JSON list"}};
    fresh();
    put("1_Pooling/config.json", "{\"word_embedding_dimension\": 48}", "");
    put("modules.json", modules, ", {\"path\": \"2_Normalize\", \"type\": \"sentence_transformers.models.Normalize\"}]");
    CHECK_OK(reread(), &err);
    CHECK(c.normalise);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put("modules.json", modules, bad[i].rest);
        refused("m/modules.json", bad[i].words);
    }
    put("modules.json", "[]", "");
    refused("m/modules.json", "0 modules");
    put("modules.json", "{}", "");
    refused("m/modules.json", "not a JSON list");
    put("modules.json", "[{\"path\": \"0_T\", \"type\": \"sentence_transformers.models.Transformer\"}]", "");
    refused("m/modules.json", "module 0: \"path\"");
    put("modules.json", "[{\"path\": \"\", \"type\": \"sentence_transformers.sentence_transformer.modules.Transformer\"}, "
        "{\"path\": \"../m\", \"type\": \"sentence_transformers.models.Pooling\"}]", "");
    refused("m/modules.json", "module 1: \"path\"");
}

static void test_lengths(void)
{
    fresh();
    put("tokenizer_config.json", "{\"model_max_length\": 1000000000000000019884624838656}", "");
    CHECK_OK(reread(), &err);
    CHECK_EQ(c.max_tokens, 40);
    put("tokenizer_config.json", "{\"model_max_length\": 30}", "");
    CHECK_OK(reread(), &err);
    CHECK_EQ(c.max_tokens, 30);
    put("sentence_bert_config.json", "{\"max_seq_length\": null, \"do_lower_case\": false}", "");
    CHECK_OK(reread(), &err);
    CHECK_EQ(c.max_tokens, 30);
    put("sentence_bert_config.json", "{\"max_seq_length\": 35}", "");
    CHECK_OK(reread(), &err);
    CHECK_EQ(c.max_tokens, 35);
    put("sentence_bert_config.json", "{\"max_seq_length\": 512}", "");
    CHECK_OK(reread(), &err);
    CHECK_EQ(c.max_tokens, 40);
    put("sentence_bert_config.json", "{\"max_seq_length\": 2.5}", "");
    refused("m/sentence_bert_config.json", "\"max_seq_length\"");
    put("sentence_bert_config.json", "{\"max_seq_length\": 0}", "");
    refused("m/sentence_bert_config.json", "\"max_seq_length\"");
    put("sentence_bert_config.json", "{\"do_lower_case\": true}", "");
    refused("m/sentence_bert_config.json", "\"do_lower_case\"");
}

static void test_prompts(void)
{
    fresh();
    put("config_sentence_transformers.json",
        "{\"prompts\": {\"query\": \"query: \", \"passage\": \"p: \", \"document\": \"d: \"}}", "");
    CHECK_OK(reread(), &err);
    CHECK_STR(c.prefix[MODEL_QUERY], "query: ");
    CHECK_STR(c.prefix[MODEL_PASSAGE], "d: ");
    put("config_sentence_transformers.json", "{\"prompts\": {\"query\": \"\", \"document\": \"\", \"corpus\": \"c: \"}}", "");
    CHECK_OK(reread(), &err);
    CHECK(c.prefix[MODEL_QUERY] == NULL);
    CHECK_STR(c.prefix[MODEL_PASSAGE], "c: ");
    put("config_sentence_transformers.json", "{\"prompts\": {\"query\": 1}}", "");
    refused("m/config_sentence_transformers.json", "\"prompts\": \"query\"");
    put("config_sentence_transformers.json", "{\"prompts\": []}", "");
    refused("m/config_sentence_transformers.json", "\"prompts\"");
    put("config_sentence_transformers.json", "{\"__version__\": {}, \"prompts\": null}", "");
    CHECK_OK(reread(), &err);
}

static void test_kinds(void)
{
    bool yes;
    fresh();
    CHECK_OK(transformer_config_is(scratch_path("m"), &yes, &err), &err);
    CHECK(yes);
    put("config.json", "{\"model_type\": \"vecpipe-static\"}", "");
    CHECK_OK(transformer_config_is(scratch_path("m"), &yes, &err), &err);
    CHECK(!yes);
    put("config.json", "{", "");
    CHECK_EQ(transformer_config_is(scratch_path("m"), &yes, &err), ERR_DATA);
    err = (struct err){0};
    CHECK_OK(transformer_config_is(scratch_path("none"), &yes, &err), &err);
    CHECK(!yes);
}

int main(void)
{
    CHECK_RUN(test_network);
    CHECK_RUN(test_bad_network);
    CHECK_RUN(test_pooling);
    CHECK_RUN(test_modules);
    CHECK_RUN(test_lengths);
    CHECK_RUN(test_prompts);
    CHECK_RUN(test_kinds);
    transformer_config_done(&c);
    scratch_done();
    return check_status();
}
