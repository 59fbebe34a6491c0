#include "nn/model.h"
#include "base/mem.h"
#include "nn/jsonmember.h"
#include "sys/output.h"
#include "text/normal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const model_roles[] = {"query", "passage", NULL};

int model_path(char *path, size_t size, const char *dir, const char *name, struct err *err)
{
    int n = snprintf(path, size, "%s/%s", dir, name);
    return n >= 0 && (size_t)n < size ? 0 : err_set(err, ERR_USAGE, "%s: a name of more than %zu bytes", dir, size - 1);
}

static int get_ngrams(const json_t *config, struct ngrams *g, struct err *err)
{
    int rc = 0;
    size_t min, max, letters;
    const json_t *object = json_object_get(config, "ngrams");
    TRY(jsonmember_size(object, "min", 1, NGRAMS_MAX_LENGTH, SIZE_MAX, &min, err));
    TRY(jsonmember_size(object, "max", min, NGRAMS_MAX_LENGTH, SIZE_MAX, &max, err));
    TRY(jsonmember_size(object, "letters", 1, NGRAMS_MAX_LETTERS, SIZE_MAX, &letters, err));
    *g = (struct ngrams){.min = (uint32_t)min, .max = (uint32_t)max, .letters = (uint32_t)letters};
out:
    return rc ? err_prefix(err, "\"ngrams\": ") : 0;
}

static int get_steps(const json_t *config, int *steps, struct err *err)
{
    int rc = 0;
    bool lower, strip, cjk;
    TRY(jsonmember_bool(config, "do_lower_case", true, &lower, err));
    TRY(jsonmember_bool(config, "strip_accents", lower, &strip, err));
    TRY(jsonmember_bool(config, "tokenize_chinese_chars", true, &cjk, err));
    *steps = (lower ? NORMAL_LOWER : 0) | (strip ? NORMAL_STRIP : 0) | (cjk ? NORMAL_CJK : 0);
out:
    return rc;
}

static int get_features(struct model_config *c, const json_t *config, struct err *err)
{
    const char *features = json_string_value(json_object_get(config, "features"));
    if (features && strcmp(features, "ngrams") == 0) {
        c->features = MODEL_NGRAMS;
        return get_ngrams(config, &c->ngrams, err);
    }
    if (features && strcmp(features, "wordpiece") == 0) {
        c->features = MODEL_WORDPIECE;
        return get_steps(config, &c->normal_steps, err);
    }
    if (features && strcmp(features, "tokenizer") == 0) {
        c->features = MODEL_TOKENIZER;
        return 0;
    }
    return err_set(err, ERR_DATA, "\"features\": expected \"ngrams\", \"wordpiece\" or \"tokenizer\"");
}

static int parse(struct model_config *c, const json_t *config, struct err *err)
{
    int rc = 0;
    const char *type = json_string_value(json_object_get(config, "model_type"));
    if (!type || strcmp(type, "vecpipe-static") != 0)
        return err_set(err, ERR_DATA, "\"model_type\" is \"%.100s\", expected \"bert\", \"dpr\", \"xlm-roberta\", "
                       "\"model2vec\" or \"vecpipe-static\"", type ? type : "");
    const json_t *prefixes = json_object_get(config, "prefixes");
    TRY(jsonmember_size(config, "hidden_size", 1, MODEL_MAX_DIM, SIZE_MAX, &c->dim, err));
    TRY(jsonmember_size(config, "vocab_size", 1, INT32_MAX, SIZE_MAX, &c->n_rows, err));
    TRY(get_features(c, config, err));
    c->ngrams.buckets = (uint32_t)c->n_rows;
    TRY(jsonmember_bool(config, "normalize", true, &c->normalise, err));
    TRY(jsonmember_string(config, "space", &c->space, err));
    if (c->space && (strlen(c->space) != 32 || strspn(c->space, "0123456789abcdef") != 32))
        return err_set(err, ERR_DATA, "\"space\": expected 32 lower-case hexadecimal digits");
    for (int role = 0; role < MODEL_N_ROLES; role++) {
        TRY(jsonmember_string(prefixes, model_roles[role], &c->prefix[role], err));
        if (!c->prefix[role])
            TRY_NEW(c->prefix[role], mem_strdup("", err));
    }
out:
    return rc;
}

int model_config_read(struct model_config *c, const char *dir, struct err *err)
{
    int rc = 0;
    char path[4096];
    json_t *config = NULL;
    *c = (struct model_config){0};
    TRY(model_path(path, sizeof path, dir, "config.json", err));
    TRY(jsonmember_read(&config, path, JSON_OBJECT, false, err));
    rc = parse(c, config, err);
    if (rc)
        err_prefix(err, "%s: ", path);
out:
    json_decref(config);
    if (rc)
        model_config_done(c);
    return rc;
}

void model_config_done(struct model_config *c)
{
    for (int role = 0; role < MODEL_N_ROLES; role++)
        mem_free(c->prefix[role]);
    mem_free(c->space);
    *c = (struct model_config){0};
}

static const char *const feature_names[] = {"ngrams", "wordpiece", "tokenizer"};

struct config_json {
    const struct model_config *config;
    json_t *value;
};

static int to_json(void *ctx, struct err *err)
{
    struct config_json *j = ctx;
    const struct model_config *c = j->config;
    json_t *o = json_pack("{s:s, s:I, s:I, s:s, s:b, s:s, s:{s:s, s:s}}", "model_type", "vecpipe-static",
                          "hidden_size", (json_int_t)c->dim, "vocab_size", (json_int_t)c->n_rows,
                          "features", feature_names[c->features], "normalize", c->normalise,
                          "pooling", "mean", "prefixes", "query", c->prefix[MODEL_QUERY], "passage", c->prefix[MODEL_PASSAGE]);
    int rc = o ? 0 : -1;
    if (rc == 0 && c->features == MODEL_NGRAMS)
        rc = json_object_set_new(o, "ngrams", json_pack("{s:i, s:i, s:i}", "min", (int)c->ngrams.min, "max", (int)c->ngrams.max,
                                                        "letters", (int)c->ngrams.letters));
    else if (rc == 0 && c->features == MODEL_WORDPIECE)
        rc = json_object_set_new(o, "do_lower_case", json_boolean(c->normal_steps & NORMAL_LOWER)) |
             json_object_set_new(o, "strip_accents", json_boolean(c->normal_steps & NORMAL_STRIP)) |
             json_object_set_new(o, "tokenize_chinese_chars", json_boolean(c->normal_steps & NORMAL_CJK));
    if (rc == 0 && c->space)
        rc = json_object_set_new(o, "space", json_string(c->space));
    if (rc != 0) {
        json_decref(o);
        return err_set(err, ERR_DATA, "a prefix that is not UTF-8");
    }
    j->value = o;
    return 0;
}

struct config_out {
    const json_t *config;
    struct output *out;
    int rc;                     /* of the first put that failed: jansson does not pass on all of them */
    struct err *err;
};

static int put(const char *bytes, size_t n, void *ctx)
{
    struct config_out *o = ctx;
    if (o->rc == 0)
        o->rc = output_write(o->out, bytes, n, o->err);
    return o->rc;
}

static int dump(void *ctx, struct err *err)
{
    struct config_out *o = ctx;
    o->err = err;
    int failed = json_dump_callback(o->config, put, o, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    return o->rc || !failed ? o->rc : err_set(err, ERR_INTERNAL, "a configuration that is no JSON");
}

int model_config_write(const struct model_config *c, const char *dir, struct err *err)
{
    int rc = 0;
    char path[4096];
    struct output *out = NULL;
    struct config_json j = {.config = c};
    TRY(jsonguard_run(to_json, &j, err));
    TRY(model_path(path, sizeof path, dir, "config.json", err));
    TRY(output_open(&out, path, false, err));
    TRY(jsonguard_run(dump, &(struct config_out){.config = j.value, .out = out}, err));
    TRY(output_printf(out, err, "\n"));
    TRY(output_commit(out, err));
out:
    output_free(out);
    json_decref(j.value);
    return rc;
}
