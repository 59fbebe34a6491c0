#include "text/tokenizer.h"

#include "text/normal.h"
#include "text/tokenjson.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const files[] = {"tokenizer.json", "sentencepiece.bpe.model", "vocab.txt"};
enum { N_FILES = sizeof files / sizeof *files };

/* Tokens that a vocab.txt has for a purpose, looked for in texts. */
static const char *const specials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
enum { N_SPECIALS = sizeof specials / sizeof *specials };

static int join(char *path, size_t size, const char *dir, const char *name, struct err *err)
{
    int n = snprintf(path, size, "%s/%s", dir, name);
    return n >= 0 && (size_t)n < size ? 0 : err_set(err, ERR_USAGE, "%s: a name of more than %zu bytes", dir, size - 1);
}

static void digest_pieces(struct tokenizer *t, int steps)
{
    unsigned char byte = (unsigned char)steps;
    fingerprint_update(&t->digest, &byte, 1);
    for (size_t i = 0; i < wordpiece_n(t->wordpiece); i++) {
        size_t n;
        const char *piece = wordpiece_piece(t->wordpiece, i, &n);
        fingerprint_update(&t->digest, piece, n);
        fingerprint_update(&t->digest, "\n", 1);
    }
}

int tokenizer_open_vocab(struct tokenizer *t, const char *path, int normal_steps, struct err *err)
{
    int rc = 0;
    uint32_t cls, sep;
    *t = (struct tokenizer){.kind = TOKENIZER_WORDPIECE};
    fingerprint_init(&t->digest);
    TRY(wordpiece_open(&t->wordpiece, path, normal_steps, err));
    t->n = wordpiece_n(t->wordpiece);
    for (int i = 0; i < N_SPECIALS; i++) {
        char content[8];
        struct added_token token = {.content = content, .n = strlen(specials[i])};
        memcpy(content, specials[i], token.n);
        if (!wordpiece_id(t->wordpiece, content, token.n, &token.id))
            token.id = wordpiece_unknown(t->wordpiece);
        TRY(added_add(&t->raw, token, err));
    }
    TRY(added_seal(&t->raw, err));
    TRY(added_seal(&t->normal, err));
    if (wordpiece_id(t->wordpiece, "[CLS]", 5, &cls) && wordpiece_id(t->wordpiece, "[SEP]", 5, &sep)) {
        t->before[t->n_before++] = cls;
        t->after[t->n_after++] = sep;
    }
    digest_pieces(t, normal_steps);
out:
    if (rc)
        tokenizer_close(t);
    return rc;
}

static int open_sentencepiece(struct tokenizer *t, const struct buf *file, struct err *err)
{
    int rc = 0;
    t->kind = TOKENIZER_SENTENCEPIECE;
    TRY(sentencepiece_open(&t->sentencepiece, file->p, file->n, err));
    TRY(added_seal(&t->raw, err));
    TRY(added_seal(&t->normal, err));
    t->n = t->sentencepiece.n;
    t->before[t->n_before++] = SENTENCEPIECE_BOS;
    t->after[t->n_after++] = SENTENCEPIECE_EOS;
out:
    return rc;
}

static int open_file(struct tokenizer *t, const char *path, bool json, struct err *err)
{
    int rc = 0;
    struct buf file = {0};
    *t = (struct tokenizer){0};
    TRY(tokenjson_load(&file, path, err));
    fingerprint_init(&t->digest);
    fingerprint_update(&t->digest, file.p, file.n);
    rc = json ? tokenjson_read(t, file.p, file.n, err) : open_sentencepiece(t, &file, err);
    if (rc)
        err_prefix(err, "%s: ", path);
out:
    buf_done(&file);
    return rc;
}

int tokenizer_open(struct tokenizer *t, const char *dir, struct err *err)
{
    int rc = 0, which = 0, steps = NORMAL_UNCASED;
    size_t max_length = 0;
    char path[4096];
    *t = (struct tokenizer){0};
    for (; which < N_FILES; which++) {
        TRY(join(path, sizeof path, dir, files[which], err));
        if (access(path, F_OK) == 0)
            break;
    }
    if (which == N_FILES)
        TRY(err_set(err, ERR_DATA, "%s: no %s, %s or %s", dir, files[0], files[1], files[2]));
    TRY(tokenjson_config(dir, &steps, &max_length, err));
    TRY(which < N_FILES - 1 ? open_file(t, path, which == 0, err) : tokenizer_open_vocab(t, path, steps, err));
    if (t->max_length == 0)
        t->max_length = max_length;
out:
    if (rc)
        tokenizer_close(t);
    return rc;
}

void tokenizer_close(struct tokenizer *t)
{
    wordpiece_close(t->wordpiece);
    metaspace_done(&t->metaspace);
    sentencepiece_done(&t->sentencepiece);
    added_done(&t->raw);
    added_done(&t->normal);
    *t = (struct tokenizer){0};
}

bool tokenizer_is_in(const char *dir)
{
    char path[4096];
    for (int i = 0; i < N_FILES - 1; i++)
        if (join(path, sizeof path, dir, files[i], NULL) == 0 && access(path, F_OK) == 0)
            return true;
    return false;
}

/* What is in normal form and has no added tokens. */
static int append_pieces(const struct tokenizer *t, const char *p, size_t n, bool first, struct features *f, struct err *err)
{
    return t->kind == TOKENIZER_WORDPIECE ? wordpiece_append(t->wordpiece, p, n, f, err) :
           metaspace_append(&t->metaspace, p, n, first, f, err);
}

/* A part of the text between added tokens. */
static int append_part(const struct tokenizer *t, const char *p, size_t n, bool first, struct features *f, struct err *err)
{
    int rc = 0;
    size_t at = 0;
    struct added_match m;
    buf_clear(&f->normal);
    TRY(t->kind == TOKENIZER_WORDPIECE ? wordpiece_normalise(t->wordpiece, &f->normal, p, n, err) :
        metaspace_normalise(&t->metaspace, &f->normal, p, n, err));
    while (added_find(&t->normal, f->normal.p, f->normal.n, at, &m)) {
        TRY(append_pieces(t, f->normal.p + at, m.start - at, first && at == 0, f, err));
        TRY(features_add(f, m.token->id, err));
        at = m.end;
    }
    TRY(append_pieces(t, f->normal.p + at, f->normal.n - at, first && at == 0, f, err));
out:
    return rc;
}

int tokenizer_append(const struct tokenizer *t, const char *text, size_t n, struct features *f, struct err *err)
{
    int rc = 0;
    size_t at = 0;
    struct added_match m;
    if (t->kind == TOKENIZER_SENTENCEPIECE)
        return sentencepiece_append(&t->sentencepiece, text, n, f, err);
    while (added_find(&t->raw, text, n, at, &m)) {
        TRY(append_part(t, text + at, m.start - at, at == 0, f, err));
        TRY(features_add(f, m.token->id, err));
        at = m.end;
    }
    TRY(append_part(t, text + at, n - at, at == 0, f, err));
out:
    return rc;
}

int tokenizer_encode(const struct tokenizer *t, const char *text, size_t n, size_t max_length, struct features *f, bool *cut,
                     struct err *err)
{
    int rc = 0;
    size_t around = t->n_before + t->n_after;
    *cut = false;
    f->n = 0;
    if (max_length && max_length < around)
        return err_set(err, ERR_USAGE, "at most %zu tokens, expected room for the %zu around a text", max_length, around);
    for (size_t i = 0; i < t->n_before; i++)
        TRY(features_add(f, t->before[i], err));
    TRY(tokenizer_append(t, text, n, f, err));
    if (max_length && f->n > max_length - t->n_after) {
        f->n = max_length - t->n_after;
        *cut = true;
    }
    for (size_t i = 0; i < t->n_after; i++)
        TRY(features_add(f, t->after[i], err));
out:
    return rc;
}
