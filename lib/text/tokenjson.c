#include "text/tokenjson.h"

#include "base/jsonguard.h"
#include "sys/input.h"
#include "text/tokenmodel.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int read_added(struct tokenizer *t, const json_t *token, uint64_t limit, struct err *err)
{
    int rc = 0;
    bool special, normalised;
    struct buf normal = {0};
    const json_t *content = json_object_get(token, "content");
    struct added_token a = {0};
    if (!json_is_string(content))
        return err_set(err, ERR_DATA, "\"content\": expected a string");
    TRY(tokenmodel_id(json_object_get(token, "id"), limit, "\"id\"", &a.id, err));
    TRY(tokenmodel_bool(token, "special", false, &special, err));
    TRY(tokenmodel_bool(token, "normalized", !special, &normalised, err));
    TRY(tokenmodel_bool(token, "single_word", false, &a.single_word, err));
    TRY(tokenmodel_bool(token, "lstrip", false, &a.lstrip, err));
    TRY(tokenmodel_bool(token, "rstrip", false, &a.rstrip, err));
    a.content = (char *)(uintptr_t)json_string_value(content);
    a.n = json_string_length(content);
    if (normalised) {
        TRY(t->kind == TOKENIZER_WORDPIECE ? wordpiece_normalise(t->wordpiece, &normal, a.content, a.n, err) :
            metaspace_normalise(&t->metaspace, &normal, a.content, a.n, err));
        a.content = normal.p;
        a.n = normal.n;
    }
    TRY(added_add(normalised ? &t->normal : &t->raw, a, err));
    t->n = a.id >= t->n ? (size_t)a.id + 1 : t->n;
out:
    buf_done(&normal);
    return rc;
}

static int read_all_added(struct tokenizer *t, const json_t *list, struct err *err)
{
    int rc = 0;
    size_t i;
    uint64_t limit = tokenmodel_id_limit(t->n + json_array_size(list));
    const json_t *token;
    if (list && !json_is_array(list))
        return err_set(err, ERR_DATA, "\"added_tokens\": expected an array");
    json_array_foreach(list, i, token) {
        rc = read_added(t, token, limit, err);
        if (rc) {
            err_prefix(err, "\"added_tokens\": token %zu: ", i);
            goto out;
        }
    }
    TRY(added_seal(&t->raw, err));
    TRY(added_seal(&t->normal, err));
out:
    return rc;
}

static int put_around(struct tokenizer *t, const json_t *id, bool before, struct err *err)
{
    size_t *n = before ? &t->n_before : &t->n_after;
    if (*n == TOKENIZER_MAX_AROUND)
        return err_set(err, ERR_LIMIT, "post_processor: more than %d tokens on a side", TOKENIZER_MAX_AROUND);
    return tokenmodel_id(id, t->n, "post_processor", &(before ? t->before : t->after)[(*n)++], err);
}

static int read_template(struct tokenizer *t, const json_t *post, struct err *err)
{
    int rc = 0;
    size_t i, j;
    bool before = true;
    const json_t *single = json_object_get(post, "single"), *item, *id;
    if (!json_is_array(single))
        return err_set(err, ERR_DATA, "post_processor: \"single\": expected an array");
    json_array_foreach(single, i, item) {
        const char *name = json_string_value(json_object_get(json_object_get(item, "SpecialToken"), "id"));
        if (json_object_get(item, "Sequence")) {
            before = false;
            continue;
        }
        const json_t *ids = name ? json_object_get(json_object_get(json_object_get(post, "special_tokens"), name), "ids") : NULL;
        if (!json_is_array(ids))
            TRY(err_set(err, ERR_DATA, "post_processor: item %zu of \"single\": no special token with ids", i));
        json_array_foreach(ids, j, id)
            TRY(put_around(t, id, before, err));
    }
out:
    return rc;
}

static int read_post(struct tokenizer *t, const json_t *post, struct err *err)
{
    int rc = 0;
    if (!post || json_is_null(post))
        return 0;
    if (strcmp(tokenmodel_type(post), "TemplateProcessing") == 0)
        return read_template(t, post, err);
    if (strcmp(tokenmodel_type(post), "BertProcessing") != 0 && strcmp(tokenmodel_type(post), "RobertaProcessing") != 0)
        return tokenmodel_unsupported("post_processor", post, err);
    TRY(put_around(t, json_array_get(json_object_get(post, "cls"), 1), true, err));
    TRY(put_around(t, json_array_get(json_object_get(post, "sep"), 1), false, err));
out:
    return rc;
}

static int read_root(struct tokenizer *t, const json_t *root, struct err *err)
{
    int rc = 0;
    const json_t *model = json_object_get(root, "model"), *truncation = json_object_get(root, "truncation");
    const json_t *length = json_object_get(truncation, "max_length");
    const char *type = tokenmodel_type(model);
    /* Files from before types were written have none; only Unigram's have a list of pieces. */
    if (strcmp(type, "Unigram") == 0 || (!*type && json_is_array(json_object_get(model, "vocab")))) {
        TRY(tokenmodel_unigram(t, root, model, err));
    } else if (strcmp(type, "WordPiece") == 0 || (!*type && json_object_get(model, "max_input_chars_per_word"))) {
        TRY(tokenmodel_wordpiece(t, root, model, err));
    } else {
        TRY(tokenmodel_unsupported("model", model, err));
    }
    TRY(read_all_added(t, json_object_get(root, "added_tokens"), err));
    TRY(read_post(t, json_object_get(root, "post_processor"), err));
    if (length && (!json_is_integer(length) || json_integer_value(length) < 1 || json_integer_value(length) > INT32_MAX))
        TRY(err_set(err, ERR_DATA, "truncation: \"max_length\": expected 1 to %d", INT32_MAX));
    if (length)
        t->max_length = (size_t)json_integer_value(length);
out:
    return rc;
}

static int parse(json_t **root, const char *text, size_t n, size_t flags, struct err *err)
{
    json_error_t why;
    int rc = jsonguard_parse(root, text, n, JSON_REJECT_DUPLICATES | flags, &why, err);
    if (rc == 0 && !json_is_object(*root))
        rc = err_set(err, ERR_DATA, "line %d: not a JSON object: %s", *root ? 1 : why.line, *root ? "another value" : why.text);
    return rc;
}

int tokenjson_read(struct tokenizer *t, const char *text, size_t n, struct err *err)
{
    json_t *root = NULL;
    int rc = parse(&root, text, n, 0, err);
    if (rc == 0)
        rc = read_root(t, root, err);
    json_decref(root);
    return rc;
}

static int read_config(const json_t *root, int *normal_steps, size_t *max_length, struct err *err)
{
    double length = json_real_value(json_object_get(root, "model_max_length"));
    int rc = tokenmodel_steps(root, true, "do_lower_case", "tokenize_chinese_chars", normal_steps, err);
    /* What has no limit is written as 1000000000000000019884624838656, more than an integer of jansson's holds. */
    if (rc == 0 && length >= 1 && length <= INT32_MAX)
        *max_length = (size_t)length;
    return rc;
}

int tokenjson_load(struct buf *b, const char *path, struct err *err)
{
    enum { STEP = 1 << 20 };
    int rc = 0;
    struct input *in = NULL;
    size_t got = 1;
    TRY(input_open(&in, path, err));
    while (got > 0) {
        uint64_t left = input_left(in);
        TRY(mem_reserve(&b->p, &b->cap, b->n + (left < STEP ? (size_t)left : STEP) + 1, 1, err));
        TRY(input_read(in, b->p + b->n, b->cap - b->n - 1, &got, err));
        b->n += got;
        if (b->n > TOKENIZER_MAX_BYTES)
            TRY(err_set(err, ERR_LIMIT, "%s: more than %d bytes", path, TOKENIZER_MAX_BYTES));
    }
    b->p[b->n] = '\0';
out:
    input_close(in);
    return rc;
}

int tokenjson_config(const char *dir, int *normal_steps, size_t *max_length, struct err *err)
{
    int rc = 0;
    char path[4096];
    struct buf text = {0};
    json_t *root = NULL;
    int n = snprintf(path, sizeof path, "%s/tokenizer_config.json", dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, ERR_USAGE, "%s: a name of more than %zu bytes", dir, sizeof path);
    if (access(path, F_OK) != 0)
        return 0;
    TRY(tokenjson_load(&text, path, err));
    rc = parse(&root, text.p, text.n, JSON_DECODE_INT_AS_REAL, err);
    if (rc == 0)
        rc = read_config(root, normal_steps, max_length, err);
    if (rc)
        err_prefix(err, "%s: ", path);
out:
    json_decref(root);
    buf_done(&text);
    return rc;
}
