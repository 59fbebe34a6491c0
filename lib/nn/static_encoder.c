#include "nn/static_encoder.h"
#include "base/mem.h"
#include "vec/kernel.h"

#include <stdio.h>
#include <string.h>

enum { AHEAD = 8 };       /* rows asked for before they are needed: hides the latency of memory */

static int find_rows(struct static_encoder *e, struct err *err)
{
    int rc = 0;
    struct model_config *c = &e->config;
    const bool is_foreign = e->foreign.is_one;
    const char *name = is_foreign ? e->foreign.tensor : "embeddings";
    const struct tensor *t = safetensors_find(&e->weights, name);
    if (!t)
        return err_set(err, ERR_DATA, "no tensor '%s'", name);
    if (is_foreign && (safetensors_find(&e->weights, "mapping") || safetensors_find(&e->weights, "weights")))
        return err_set(err, ERR_DATA, "tensor 'mapping' or 'weights': rows by a detour are not known here");
    if (is_foreign && t->n_dims == 2 && t->shape[1] >= 1 && t->shape[1] <= MODEL_MAX_DIM) {
        c->n_rows = t->shape[0];
        c->dim = t->shape[1];
    }
    if (t->n_dims != 2 || t->shape[0] != c->n_rows || t->shape[1] != c->dim)
        return err_set(err, ERR_DATA, "tensor '%s' is not (%zu, %zu) as config.json says", name, c->n_rows, c->dim);
    if (is_foreign && e->tokenizer.n > c->n_rows)
        return err_set(err, ERR_DATA, "tensor '%s' has %zu rows, but the tokenizer has ids up to %zu", name, c->n_rows,
                       e->tokenizer.n - 1);
    if (t->dtype == SAFETENSORS_F32 && (uintptr_t)t->data % sizeof(float) == 0) {
        e->rows = (const float *)(const void *)t->data;
    } else {
        TRY_NEW(e->widened, MEM_SLAB(float, t->n, err));
        TRY(safetensors_widen(t, 0, t->n, e->widened, err));
        e->rows = e->widened;
    }
    size_t bad = kernel_first_not_finite(e->rows, t->n);
    if (bad < t->n)
        return err_set(err, ERR_DATA, "tensor '%s': row %zu has a NaN or an infinity", name, bad / c->dim);
out:
    return rc;
}

/* What vectors depend on: the matrix, and how a text becomes rows of it.  (The prefix is a meta of its own.) */
static void name_space(struct static_encoder *e)
{
    const struct model_config *c = &e->config;
    struct fingerprint d;
    char how[200], digest[FINGERPRINT_TEXT];
    fingerprint_init(&d);
    fingerprint_update(&d, e->rows, c->n_rows * c->dim * sizeof *e->rows);
    int n = snprintf(how, sizeof how, "static dim %zu rows %zu normalise %d ", c->dim, c->n_rows, c->normalise);
    if (c->features == MODEL_NGRAMS)
        n += snprintf(how + n, sizeof how - (size_t)n, "ngrams %u %u %u", c->ngrams.min, c->ngrams.max, c->ngrams.letters);
    else if (c->features == MODEL_WORDPIECE)
        n += snprintf(how + n, sizeof how - (size_t)n, "wordpiece %d", c->normal_steps);
    else
        fingerprint_text(&e->tokenizer.digest, digest);
    if (c->features == MODEL_TOKENIZER)
        n += snprintf(how + n, sizeof how - (size_t)n, "tokenizer %s", digest);
    if (e->foreign.is_one)
        n += snprintf(how + n, sizeof how - (size_t)n, " most %zu unknown %d", e->foreign.max_ids, !e->foreign.drop_unknown);
    fingerprint_update(&d, how, (size_t)n);
    for (size_t i = 0; c->features == MODEL_WORDPIECE && i < e->tokenizer.n; i++) {
        size_t piece_n;
        const char *piece = wordpiece_piece(e->tokenizer.wordpiece, i, &piece_n);
        fingerprint_update(&d, piece, piece_n);
        fingerprint_update(&d, "\n", 1);
    }
    fingerprint_text(&d, e->space);
}

int static_encoder_open(struct static_encoder *e, const char *dir, struct err *err)
{
    int rc = 0;
    char path[4096];
    *e = (struct static_encoder){0};
    TRY(static_foreign_read(&e->foreign, &e->config, dir, err));
    if (e->foreign.is_one)
        dir = e->foreign.dir;
    else
        TRY(model_config_read(&e->config, dir, err));
    if (e->config.features == MODEL_WORDPIECE) {
        TRY(model_path(path, sizeof path, dir, "vocab.txt", err));
        TRY(tokenizer_open_vocab(&e->tokenizer, path, e->config.normal_steps, err));
    } else if (e->config.features == MODEL_TOKENIZER) {
        TRY(tokenizer_open(&e->tokenizer, dir, err));
    }
    if (e->config.features != MODEL_NGRAMS && !e->foreign.is_one && e->tokenizer.n != e->config.n_rows)
        TRY(err_set(err, ERR_DATA, "%s: %zu pieces, expected %zu as config.json says",
                    e->config.features == MODEL_WORDPIECE ? path : dir, e->tokenizer.n, e->config.n_rows));
    TRY(model_path(path, sizeof path, dir, "model.safetensors", err));
    TRY(safetensors_open(&e->weights, path, MAPFILE_MMAP, err));
    rc = find_rows(e, err);
    if (rc) {
        err_prefix(err, "%s: ", path);
        goto out;
    }
    if (e->config.space)
        memcpy(e->space, e->config.space, FINGERPRINT_TEXT);
    else
        name_space(e);
out:
    if (rc)
        static_encoder_close(e);
    return rc;
}

void static_encoder_close(struct static_encoder *e)
{
    tokenizer_close(&e->tokenizer);
    safetensors_close(&e->weights);
    mem_free(e->widened);
    model_config_done(&e->config);
    static_foreign_done(&e->foreign);
    *e = (struct static_encoder){0};
}

static void ask_for(const float *row, size_t dim)
{
    for (size_t i = 0; i < dim; i += 16)
        __builtin_prefetch(row + i);
}

static void add_row(float *restrict sum, const float *restrict row, size_t dim)
{
    size_t i = 0;
    for (; i + 16 <= dim; i += 16)
        for (size_t j = 0; j < 16; j++)        /* a count known to the compiler: vectorised at -O2 */
            sum[i + j] += row[i + j];
    for (; i < dim; i++)
        sum[i] += row[i];
}

static bool any(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != 0.0f)
            return true;
    return false;
}

static uint32_t unknown_id(const struct tokenizer *t)
{
    return t->kind == TOKENIZER_WORDPIECE ? wordpiece_unknown(t->wordpiece) :
           t->kind == TOKENIZER_METASPACE ? t->metaspace.unigram.unknown : SENTENCEPIECE_UNKNOWN;
}

/* The ids that count in a model that others made. */
static void choose(const struct static_encoder *e, struct features *f)
{
    size_t n = 0;
    uint32_t unknown = unknown_id(&e->tokenizer);
    for (size_t i = 0; i < f->n; i++)
        if (!e->foreign.drop_unknown || f->at[i] != unknown)
            f->at[n++] = f->at[i];
    f->n = e->foreign.max_ids && n > e->foreign.max_ids ? e->foreign.max_ids : n;
}

int static_encoder_encode(const struct static_encoder *e, struct features *f, struct text text, float *out, bool *some,
                          struct err *err)
{
    const struct model_config *c = &e->config;
    f->n = 0;
    int rc = c->features == MODEL_NGRAMS ? ngrams_append(&c->ngrams, text.p, text.n, f, err) :
                                           tokenizer_append(&e->tokenizer, text.p, text.n, f, err);
    if (rc)
        return rc;
    if (e->foreign.is_one)
        choose(e, f);
    memset(out, 0, c->dim * sizeof *out);
    for (size_t i = 0; i < f->n && i < AHEAD; i++)
        ask_for(e->rows + f->at[i] * c->dim, c->dim);
    for (size_t i = 0; i < f->n; i++) {
        if (i + AHEAD < f->n)
            ask_for(e->rows + f->at[i + AHEAD] * c->dim, c->dim);
        add_row(out, e->rows + f->at[i] * c->dim, c->dim);
    }
    for (size_t i = 0; i < c->dim && f->n > 0; i++)
        out[i] /= (float)f->n;
    *some = f->n > 0 && any(out, c->dim) && (!c->normalise || kernel_normalise(out, c->dim));
    return 0;
}
