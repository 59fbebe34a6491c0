#include "text/tokenmodel.h"

#include "text/normal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *tokenmodel_type(const json_t *object)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    return type ? type : "";
}

int tokenmodel_unsupported(const char *member, const json_t *object, struct err *err)
{
    const char *type = tokenmodel_type(object);
    return err_set(err, ERR_DATA, "%s: \"%.40s\" is not supported", member, *type ? type : "?");
}

int tokenmodel_bool(const json_t *object, const char *name, bool absent, bool *out, struct err *err)
{
    const json_t *value = json_object_get(object, name);
    if (value && !json_is_null(value) && !json_is_boolean(value))
        return err_set(err, ERR_DATA, "\"%s\": expected true or false", name);
    *out = json_is_boolean(value) ? json_is_true(value) : absent;
    return 0;
}

int tokenmodel_id(const json_t *value, uint64_t limit, const char *what, uint32_t *id, struct err *err)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 || (uint64_t)json_integer_value(value) >= limit)
        return err_set(err, ERR_DATA, "%s: expected an id below %llu", what, (unsigned long long)limit);
    *id = (uint32_t)json_integer_value(value);
    return 0;
}

size_t tokenmodel_id_limit(size_t n)
{
    size_t limit = 2 * n + 1024;
    return limit <= TRIE_MAX_VALUE ? limit : (size_t)TRIE_MAX_VALUE + 1;
}

int tokenmodel_steps(const json_t *from, bool lower_absent, const char *lower_name, const char *cjk_name, int *steps,
                     struct err *err)
{
    int rc = 0;
    bool lower = lower_absent, strip = lower, cjk = true;
    TRY(tokenmodel_bool(from, lower_name, lower_absent, &lower, err));
    TRY(tokenmodel_bool(from, "strip_accents", lower, &strip, err));
    TRY(tokenmodel_bool(from, cjk_name, true, &cjk, err));
    *steps = (lower ? NORMAL_LOWER : 0) | (strip ? NORMAL_STRIP : 0) | (cjk ? NORMAL_CJK : 0);
out:
    return rc;
}

/* ---- WordPiece ---- */

int tokenmodel_wordpiece(struct tokenizer *t, const json_t *root, const json_t *model, struct err *err)
{
    int rc = 0;
    bool clean = true;
    uint32_t bad = UINT32_MAX;
    json_t *vocab = json_object_get(model, "vocab");
    size_t limit = tokenmodel_id_limit(json_object_size(vocab));
    const json_t *normalizer = json_object_get(root, "normalizer");
    const json_t *max_word = json_object_get(model, "max_input_chars_per_word");
    const char *unknown = json_string_value(json_object_get(model, "unk_token"));
    const char *goes_on = json_string_value(json_object_get(model, "continuing_subword_prefix"));
    struct wordpiece_spec spec = {.unknown = unknown ? unknown : "[UNK]", .goes_on = goes_on ? goes_on : "##",
                                  .max_word = WORDPIECE_MAX_WORD};
    if (!json_is_object(vocab) || json_object_size(vocab) == 0)
        return err_set(err, ERR_DATA, "model: \"vocab\": expected an object of pieces and ids");
    if (max_word && (!json_is_integer(max_word) || json_integer_value(max_word) < 1 || json_integer_value(max_word) > 1 << 16))
        return err_set(err, ERR_DATA, "model: \"max_input_chars_per_word\": expected 1 to %d", 1 << 16);
    if (max_word)
        spec.max_word = (size_t)json_integer_value(max_word);
    if (strcmp(tokenmodel_type(normalizer), "BertNormalizer") != 0)
        return tokenmodel_unsupported("normalizer", normalizer, err);
    if (strcmp(tokenmodel_type(json_object_get(root, "pre_tokenizer")), "BertPreTokenizer") != 0)
        return tokenmodel_unsupported("pre_tokenizer", json_object_get(root, "pre_tokenizer"), err);
    TRY(tokenmodel_bool(normalizer, "clean_text", true, &clean, err));
    if (!clean)
        TRY(err_set(err, ERR_DATA, "normalizer: \"clean_text\" off is not supported"));
    TRY(tokenmodel_steps(normalizer, true, "lowercase", "handle_chinese_chars", &spec.normal_steps, err));
    TRY_NEW(spec.pieces, MEM_ARRAY(struct trie_key, json_object_size(vocab), err));
    for (void *at = json_object_iter(vocab); at; at = json_object_iter_next(vocab, at)) {
        struct trie_key *k = &spec.pieces[spec.n++];
        *k = (struct trie_key){.p = json_object_iter_key(at), .n = (uint32_t)json_object_iter_key_len(at)};
        TRY(tokenmodel_id(json_object_iter_value(at), limit, "model: \"vocab\"", &k->value, err));
    }
    t->kind = TOKENIZER_WORDPIECE;
    rc = wordpiece_new(&t->wordpiece, &spec, &bad, err);
    if (rc && bad != UINT32_MAX)
        err_prefix(err, "model: id %u: ", bad);
    else if (rc)
        err_prefix(err, "model: ");
    else
        t->n = wordpiece_n(t->wordpiece);
out:
    mem_free(spec.pieces);
    return rc;
}

/* ---- Unigram ---- */

static int read_byte_pieces(struct unigram *u, struct err *err)
{
    for (unsigned i = 0; i < 256; i++) {
        char piece[8];
        uint32_t value = trie_find(&u->trie, piece, (size_t)snprintf(piece, sizeof piece, "<0x%02X>", i));
        if (value == 0)
            return err_set(err, ERR_DATA, "model: \"byte_fallback\" without a piece %s", piece);
        u->bytes[i] = value - 1;
    }
    u->by_bytes = true;
    return 0;
}

static int read_unigram(struct tokenizer *t, const json_t *model, struct err *err)
{
    int rc = 0;
    bool by_bytes = false;
    uint32_t unknown = 0;
    double worst = INFINITY;
    const json_t *vocab = json_object_get(model, "vocab"), *entry;
    size_t n = json_array_size(vocab), i;
    struct unigram_piece *pieces = NULL;
    if (n == 0 || n > TRIE_MAX_VALUE)
        return err_set(err, ERR_DATA, "model: \"vocab\": expected an array of 1 to %d pieces with scores", TRIE_MAX_VALUE);
    TRY(tokenmodel_id(json_object_get(model, "unk_id"), n, "model: \"unk_id\"", &unknown, err));
    TRY(tokenmodel_bool(model, "byte_fallback", false, &by_bytes, err));
    TRY_NEW(pieces, MEM_ARRAY(struct unigram_piece, n, err));
    json_array_foreach(vocab, i, entry) {
        const json_t *text = json_array_get(entry, 0), *score = json_array_get(entry, 1);
        if (json_array_size(entry) != 2 || !json_is_string(text) || !json_is_number(score) || json_string_length(text) == 0 ||
            json_string_length(text) > TRIE_MAX_KEY)
            TRY(err_set(err, ERR_DATA, "model: \"vocab\": piece %zu: expected [\"piece\", score], 1 to %d bytes", i,
                        TRIE_MAX_KEY));
        pieces[i] = (struct unigram_piece){json_string_value(text), (uint32_t)json_string_length(text), (uint32_t)i,
                                           json_number_value(score)};
        worst = fmin(worst, pieces[i].score);
    }
    t->kind = TOKENIZER_METASPACE;
    t->n = n;
    TRY(unigram_open(&t->metaspace.unigram, pieces, n, n, unknown, worst, err));
    if (by_bytes)
        rc = read_byte_pieces(&t->metaspace.unigram, err);
out:
    mem_free(pieces);
    return rc;
}

static int read_replace(struct metaspace *m, const json_t *step, struct err *err)
{
    const char *regex = json_string_value(json_object_get(json_object_get(step, "pattern"), "Regex"));
    const char *content = json_string_value(json_object_get(step, "content"));
    if (!regex || strcmp(regex, " {2,}") != 0 || !content || (strcmp(content, " ") != 0 && strcmp(content, METASPACE_MARK) != 0))
        return err_set(err, ERR_DATA, "normalizer: a \"Replace\" other than of \" {2,}\" by a blank is not supported");
    m->squeeze = true;              /* a blank becomes the mark in any case */
    return 0;
}

/* One normaliser; stage: they must come in the order Precompiled, Strip, Replace. */
static int read_normalizer(struct metaspace *m, const json_t *step, int *stage, struct err *err)
{
    int rc = 0, now;
    const json_t *map = json_object_get(step, "precompiled_charsmap");
    if (strcmp(tokenmodel_type(step), "Precompiled") == 0)
        now = 1;
    else if (strcmp(tokenmodel_type(step), "Strip") == 0)
        now = 2;
    else if (strcmp(tokenmodel_type(step), "Replace") == 0)
        now = 3;
    else
        return tokenmodel_unsupported("normalizer", step, err);
    if (now <= *stage)
        return err_set(err, ERR_DATA, "normalizer: expected Precompiled, Strip and Replace at most once and in this order");
    *stage = now;
    if (now == 3)
        return read_replace(m, step, err);
    if (now == 2) {
        TRY(tokenmodel_bool(step, "strip_left", true, &m->strip_left, err));
        TRY(tokenmodel_bool(step, "strip_right", true, &m->strip_right, err));
    } else if (!json_is_string(map)) {
        rc = err_set(err, ERR_DATA, "normalizer: \"precompiled_charsmap\": expected a string");
    } else {
        rc = charmap_open_base64(&m->charmap, json_string_value(map), json_string_length(map), err);
        m->mapped = rc == 0;
    }
out:
    return rc;
}

static int read_metaspace(struct metaspace *m, const json_t *step, struct err *err)
{
    int rc = 0;
    bool split = true, always = true;
    const char *mark = json_string_value(json_object_get(step, "replacement"));
    const char *scheme = json_string_value(json_object_get(step, "prepend_scheme"));
    if (!mark || strcmp(mark, METASPACE_MARK) != 0)
        return err_set(err, ERR_DATA, "pre_tokenizer: \"replacement\": expected U+2581");
    TRY(tokenmodel_bool(step, "split", true, &split, err));
    TRY(tokenmodel_bool(step, "add_prefix_space", true, &always, err));         /* before there were schemes */
    m->whole = !split;
    if (!scheme)
        m->prepend = always ? METASPACE_ALWAYS : METASPACE_NEVER;
    else if (strcmp(scheme, "always") == 0)
        m->prepend = METASPACE_ALWAYS;
    else if (strcmp(scheme, "first") == 0)
        m->prepend = METASPACE_FIRST;
    else if (strcmp(scheme, "never") == 0)
        m->prepend = METASPACE_NEVER;
    else
        rc = err_set(err, ERR_DATA, "pre_tokenizer: \"prepend_scheme\": expected always, first or never");
out:
    return rc;
}

/* The members of a Sequence, or the object itself: call it for i = 0, 1, ... until NULL. */
static const json_t *member(const json_t *object, const char *name, size_t i)
{
    if (strcmp(tokenmodel_type(object), "Sequence") == 0)
        return json_array_get(json_object_get(object, name), i);
    return i == 0 && !json_is_null(object) ? object : NULL;
}

static int read_unigram_text(struct metaspace *m, const json_t *root, struct err *err)
{
    int rc = 0, stage = 0;
    const json_t *normalizer = json_object_get(root, "normalizer"), *splitter = json_object_get(root, "pre_tokenizer"), *step;
    bool marked = false;
    for (size_t i = 0; (step = member(normalizer, "normalizers", i)); i++)
        TRY(read_normalizer(m, step, &stage, err));
    for (size_t i = 0; (step = member(splitter, "pretokenizers", i)); i++) {
        if (marked || (strcmp(tokenmodel_type(step), "WhitespaceSplit") == 0 && m->split_white))
            TRY(err_set(err, ERR_DATA, "pre_tokenizer: expected WhitespaceSplit, or not, and then Metaspace"));
        if (strcmp(tokenmodel_type(step), "WhitespaceSplit") == 0) {
            m->split_white = true;
            continue;
        }
        if (strcmp(tokenmodel_type(step), "Metaspace") != 0)
            TRY(tokenmodel_unsupported("pre_tokenizer", step, err));
        TRY(read_metaspace(m, step, err));
        marked = true;
    }
    if (!marked)
        rc = err_set(err, ERR_DATA, "pre_tokenizer: expected Metaspace");
out:
    return rc;
}

int tokenmodel_unigram(struct tokenizer *t, const json_t *root, const json_t *model, struct err *err)
{
    int rc = read_unigram(t, model, err);
    return rc ? rc : read_unigram_text(&t->metaspace, root, err);
}
