#include "nn/transformer_config.h"
#include "base/mem.h"
#include "nn/jsonmember.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { MAX_LAYERS = 1024, MAX_INNER = 1 << 20, MAX_POSITIONS = 1 << 20, MAX_TYPES = 1 << 10 };

const char *const transformer_pools[] = {"mean", "cls", "max", NULL};

struct word {
    const char *text;
    int value;
};

static const struct word kinds[] = {{"bert", TRANSFORMER_BERT}, {"xlm-roberta", TRANSFORMER_XLM_ROBERTA},
                                    {"dpr", TRANSFORMER_BERT}, {NULL, 0}};
static const struct word acts[] = {{"gelu", TRANSFORMER_GELU}, {"gelu_python", TRANSFORMER_GELU}, {"relu", TRANSFORMER_RELU},
                                   {"gelu_new", TRANSFORMER_GELU_TANH}, {"gelu_fast", TRANSFORMER_GELU_TANH},
                                   {"gelu_pytorch_tanh", TRANSFORMER_GELU_TANH}, {NULL, 0}};

static int word_value(const struct word *words, const char *text)
{
    for (; text && words->text; words++)
        if (strcmp(words->text, text) == 0)
            return words->value;
    return -1;
}

/* Open dir/name; *value stays NULL where the file is optional and absent.  path is filled for messages. */
static int open_json(json_t **value, char path[4096], const char *dir, const char *name, json_type type, bool as_real,
                     bool optional, struct err *err)
{
    *value = NULL;
    int rc = model_path(path, 4096, dir, name, err);
    if (rc || (optional && access(path, F_OK) != 0))
        return rc;
    return jsonmember_read(value, path, type, as_real, err);
}

/* A member that must have one value, where it is there. */
static int refuse_unless(const json_t *object, const char *name, const char *only, struct err *err)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    if (!value || json_is_null(value) || (text && strcmp(text, only) == 0))
        return 0;
    return err_set(err, ERR_DATA, "\"%s\": only \"%s\" is known here", name, only);
}

static int read_eps(const json_t *config, float *eps, struct err *err)
{
    const json_t *value = json_object_get(config, "layer_norm_eps");
    double x = json_number_value(value);
    *eps = value ? (float)x : 1e-12f;
    if (value && !(json_is_number(value) && x > 0 && x < 1))
        return err_set(err, ERR_DATA, "\"layer_norm_eps\": expected a number between 0 and 1");
    return 0;
}

/* What is absent is as in transformers' classes for the two kinds. */
static int parse_network(struct transformer_config *c, const json_t *config, struct err *err)
{
    int rc = 0;
    size_t pad, projection;
    bool decoder, cross;
    const json_t *act = json_object_get(config, "hidden_act");
    const char *type = json_string_value(json_object_get(config, "model_type"));
    int kind = word_value(kinds, type), known = act ? word_value(acts, json_string_value(act)) : TRANSFORMER_GELU;
    if (kind < 0)
        return err_set(err, ERR_DATA, "\"model_type\" is \"%.100s\", expected \"bert\", \"dpr\" or \"xlm-roberta\"",
                       type ? type : "");
    if (known < 0)
        return err_set(err, ERR_DATA,
                       "\"hidden_act\": expected relu, gelu, gelu_python, gelu_new, gelu_fast or gelu_pytorch_tanh");
    c->kind = (enum transformer_kind)kind;
    c->act = (enum transformer_act)known;
    TRY(jsonmember_size(config, "hidden_size", 1, MODEL_MAX_DIM, SIZE_MAX, &c->dim, err));
    TRY(jsonmember_size(config, "num_hidden_layers", 1, MAX_LAYERS, SIZE_MAX, &c->n_layers, err));
    TRY(jsonmember_size(config, "num_attention_heads", 1, c->dim, SIZE_MAX, &c->n_heads, err));
    if (c->dim % c->n_heads != 0)
        TRY(err_set(err, ERR_DATA, "\"num_attention_heads\": %zu does not divide \"hidden_size\" %zu", c->n_heads, c->dim));
    TRY(jsonmember_size(config, "intermediate_size", 1, MAX_INNER, SIZE_MAX, &c->inner, err));
    TRY(jsonmember_size(config, "vocab_size", 1, INT32_MAX, SIZE_MAX, &c->n_rows, err));
    TRY(jsonmember_size(config, "max_position_embeddings", 1, MAX_POSITIONS, SIZE_MAX, &c->n_positions, err));
    TRY(jsonmember_size(config, "type_vocab_size", 1, MAX_TYPES, 2, &c->n_types, err));
    TRY(jsonmember_size(config, "pad_token_id", 0, c->n_rows - 1, kind == TRANSFORMER_BERT ? 0 : 1, &pad, err));
    TRY(read_eps(config, &c->norm_eps, err));
    TRY(refuse_unless(config, "position_embedding_type", "absolute", err));
    TRY(jsonmember_bool(config, "is_decoder", false, &decoder, err));
    TRY(jsonmember_bool(config, "add_cross_attention", false, &cross, err));
    if (decoder || cross)
        TRY(err_set(err, ERR_DATA, "\"%s\": a decoder, expected an encoder", decoder ? "is_decoder" : "add_cross_attention"));
    TRY(jsonmember_size(config, "projection_dim", 0, MODEL_MAX_DIM, 0, &projection, err));
    if (projection > 0)
        TRY(err_set(err, ERR_DATA, "\"projection_dim\": a projection behind the encoder is not known here, expected 0"));
    c->pool = strcmp(type, "dpr") == 0 ? TRANSFORMER_CLS : TRANSFORMER_MEAN;
    c->first_position = kind == TRANSFORMER_BERT ? 0 : pad + 1;
    if (c->n_positions <= c->first_position)
        TRY(err_set(err, ERR_DATA, "\"max_position_embeddings\": %zu leave no position behind \"pad_token_id\" %zu",
                    c->n_positions, pad));
    c->max_tokens = c->n_positions - c->first_position;
out:
    return rc;
}

static int read_network(struct transformer_config *c, const char *dir, struct err *err)
{
    char path[4096];
    json_t *config;
    int rc = open_json(&config, path, dir, "config.json", JSON_OBJECT, false, false, err);
    if (rc == 0 && (rc = parse_network(c, config, err)) != 0)
        err_prefix(err, "%s: ", path);
    json_decref(config);
    return rc;
}

/* One mode, by its name (versions from 6 on) or by the flag that is set. */
static int parse_pool(struct transformer_config *c, const json_t *config, struct err *err)
{
    static const struct { const char *flag, *mode; } flags[] = {
        {"pooling_mode_cls_token", "cls"}, {"pooling_mode_max_tokens", "max"}, {"pooling_mode_mean_tokens", "mean"},
        {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"}, {"pooling_mode_weightedmean_tokens", "weightedmean"},
        {"pooling_mode_lasttoken", "lasttoken"}};
    int rc = 0;
    size_t n_set = 0, dim;
    bool set, prompt;
    const json_t *value = json_object_get(config, "pooling_mode");
    const char *mode = json_string_value(value);
    for (size_t i = 0; !value && i < sizeof flags / sizeof *flags; i++) {
        TRY(jsonmember_bool(config, flags[i].flag, false, &set, err));
        mode = set ? flags[i].mode : mode;
        n_set += set;
    }
    if (n_set > 1 || (value && !mode))
        TRY(err_set(err, ERR_DATA, "\"pooling_mode\": several side by side, expected one of cls, mean and max"));
    if (!value && n_set == 0)
        mode = "mean";
    for (c->pool = 0; transformer_pools[c->pool] && strcmp(transformer_pools[c->pool], mode) != 0;)
        c->pool++;
    if (!transformer_pools[c->pool])
        TRY(err_set(err, ERR_DATA, "\"pooling_mode\": \"%.100s\", expected cls, mean or max", mode));
    const char *name = json_object_get(config, "embedding_dimension") ? "embedding_dimension" : "word_embedding_dimension";
    TRY(jsonmember_size(config, name, 1, MODEL_MAX_DIM, SIZE_MAX, &dim, err));
    if (dim != c->dim)
        TRY(err_set(err, ERR_DATA, "\"%s\": %zu, but config.json has \"hidden_size\" %zu", name, dim, c->dim));
    TRY(jsonmember_bool(config, "include_prompt", true, &prompt, err));
    if (!prompt)
        TRY(err_set(err, ERR_DATA, "\"include_prompt\": pooling without the prefix's tokens is not known here"));
out:
    return rc;
}

static bool is_inside(const char *path)
{
    return path && *path && *path != '/' && !strstr(path, "..") && strlen(path) < 256;
}

static int read_pool(struct transformer_config *c, const char *dir, const char *sub, struct err *err)
{
    char folder[4096], path[4096];
    json_t *config = NULL;
    int rc = 0;
    TRY(model_path(folder, sizeof folder, dir, sub, err));
    TRY(open_json(&config, path, folder, "config.json", JSON_OBJECT, false, false, err));
    if ((rc = parse_pool(c, config, err)) != 0)
        err_prefix(err, "%s: ", path);
out:
    json_decref(config);
    return rc;
}

/* Module i of modules.json: 0 the transformer, 1 pooling, 2 normalising. */
static int read_module(struct transformer_config *c, const char *dir, const char *file, const json_t *module, size_t i,
                       struct err *err)
{
    static const char *const names[] = {"Transformer", "Pooling", "Normalize"};
    const char *type = json_string_value(json_object_get(module, "type")), *dot = type ? strrchr(type, '.') : NULL;
    const char *path = json_string_value(json_object_get(module, "path"));
    if (!dot || strncmp(type, "sentence_transformers.", 22) != 0)
        return err_set(err, ERR_DATA, "%s: module %zu: \"type\" is \"%.100s\", expected one of sentence_transformers", file, i,
                       type ? type : "");
    if (strcmp(dot + 1, "Dense") == 0)
        return err_set(err, ERR_DATA, "%s: module %zu: a Dense layer behind the pooling is not known here: its vectors would be "
                       "others than the model's", file, i);
    if (i > 2 || strcmp(dot + 1, names[i]) != 0)
        return err_set(err, ERR_DATA, "%s: module %zu is %.100s, expected Transformer, Pooling and perhaps Normalize", file, i,
                       dot + 1);
    if (i == 0 && (!path || (*path && strcmp(path, ".") != 0)))
        return err_set(err, ERR_DATA, "%s: module 0: \"path\": expected \"\", the transformer in the folder itself", file);
    if (i == 1 && !is_inside(path))
        return err_set(err, ERR_DATA, "%s: module 1: \"path\": expected a folder within the model's", file);
    c->normalise = i == 2;
    return i == 1 ? read_pool(c, dir, path, err) : 0;
}

static int read_modules(struct transformer_config *c, const char *dir, struct err *err)
{
    int rc = 0;
    char path[4096];
    json_t *modules;
    TRY(open_json(&modules, path, dir, "modules.json", JSON_ARRAY, false, true, err));
    c->pool_declared = modules != NULL;
    for (size_t i = 0; i < json_array_size(modules); i++)
        TRY(read_module(c, dir, path, json_array_get(modules, i), i, err));
    if (modules && json_array_size(modules) < 2)
        TRY(err_set(err, ERR_DATA, "%s: %zu modules, expected Transformer and Pooling", path, json_array_size(modules)));
out:
    json_decref(modules);
    return rc;
}

/* dir/file may say how many tokens a text has at most, in a member of that name. */
static int read_length(const char *dir, const char *file, const char *name, size_t *length, struct err *err)
{
    int rc = 0;
    char path[4096];
    bool lower;
    json_t *config;
    *length = 0;
    /* tokenizer_config.json has 1000000000000000019884624838656 where there is no limit. */
    TRY(open_json(&config, path, dir, file, JSON_OBJECT, true, true, err));
    const json_t *value = json_object_get(config, name);
    double x = json_real_value(value);
    if (value && !json_is_null(value) && !(json_is_real(value) && x >= 1 && x == floor(x)))
        TRY(err_set(err, ERR_DATA, "%s: \"%s\": expected a whole number from 1 on", path, name));
    *length = x < MAX_POSITIONS ? (size_t)x : MAX_POSITIONS;
    if (strcmp(name, "max_seq_length") == 0 && (rc = jsonmember_bool(config, "do_lower_case", false, &lower, err)) != 0)
        TRY(err_prefix(err, "%s: ", path));
    if (strcmp(name, "max_seq_length") == 0 && lower)
        TRY(err_set(err, ERR_DATA, "%s: \"do_lower_case\": expected false, with the tokenizer's own in tokenizer_config.json",
                    path));
out:
    json_decref(config);
    return rc;
}

static int read_lengths(struct transformer_config *c, const char *dir, struct err *err)
{
    size_t length;
    int rc = read_length(dir, "sentence_bert_config.json", "max_seq_length", &length, err);
    if (rc == 0 && length == 0)
        rc = read_length(dir, "tokenizer_config.json", "model_max_length", &length, err);
    if (length > 0 && length < c->max_tokens)
        c->max_tokens = length;
    return rc;
}

static int read_prompts(struct transformer_config *c, const char *dir, struct err *err)
{
    static const struct { enum model_role role; const char *name; } names[] = {
        {MODEL_QUERY, "query"}, {MODEL_PASSAGE, "document"}, {MODEL_PASSAGE, "passage"}, {MODEL_PASSAGE, "corpus"}};
    int rc = 0;
    char path[4096];
    json_t *config;
    TRY(open_json(&config, path, dir, "config_sentence_transformers.json", JSON_OBJECT, false, true, err));
    const json_t *prompts = json_object_get(config, "prompts");
    if (prompts && !json_is_null(prompts) && !json_is_object(prompts))
        TRY(err_set(err, ERR_DATA, "%s: \"prompts\": expected an object", path));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char **prefix = &c->prefix[names[i].role];
        if (*prefix)
            continue;
        if ((rc = jsonmember_string(prompts, names[i].name, prefix, err)) != 0)
            TRY(err_prefix(err, "%s: \"prompts\": ", path));
        if (*prefix && !**prefix) {
            mem_free(*prefix);
            *prefix = NULL;
        }
    }
out:
    json_decref(config);
    return rc;
}

int transformer_config_is(const char *dir, bool *yes, struct err *err)
{
    char path[4096];
    json_t *config;
    int rc = open_json(&config, path, dir, "config.json", JSON_OBJECT, false, true, err);
    *yes = word_value(kinds, json_string_value(json_object_get(config, "model_type"))) >= 0;
    json_decref(config);
    return rc;
}

int transformer_config_read(struct transformer_config *c, const char *dir, struct err *err)
{
    int rc = 0;
    *c = (struct transformer_config){0};
    TRY(read_network(c, dir, err));
    TRY(read_modules(c, dir, err));
    TRY(read_lengths(c, dir, err));
    TRY(read_prompts(c, dir, err));
out:
    if (rc)
        transformer_config_done(c);
    return rc;
}

void transformer_config_done(struct transformer_config *c)
{
    for (int role = 0; role < MODEL_N_ROLES; role++)
        mem_free(c->prefix[role]);
    *c = (struct transformer_config){0};
}
