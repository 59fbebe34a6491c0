#include "nn/transformer_encoder.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* Enough rows that oneDNN's tiles are full and a layer's weights, once read, serve many of them; few enough that the states of a
 * batch stay in the caches. */
enum { BATCH_TOKENS = 512 };

static bool is_used(const char *name)
{
    return (strncmp(name, "embeddings.", 11) == 0 || strncmp(name, "encoder.layer.", 14) == 0) &&
           strcmp(name, "embeddings.position_ids") != 0;
}

void transformer_encoder_space(const struct transformer_encoder *e, char space[FINGERPRINT_TEXT])
{
    const struct transformer_config *c = &e->config;
    struct fingerprint d;
    char how[200], tokenizer[FINGERPRINT_TEXT];
    fingerprint_init(&d);
    for (size_t i = 0; i < e->weights.n_entries; i++) {
        const struct checkpoint_entry *entry = &e->weights.entries[i];
        if (!is_used(entry->name))
            continue;
        fingerprint_update(&d, entry->name, strlen(entry->name) + 1);
        fingerprint_update(&d, &(char){(char)entry->tensor->dtype}, 1);
        fingerprint_update(&d, entry->tensor->data, entry->tensor->bytes);
    }
    fingerprint_text(&e->tokenizer.digest, tokenizer);
    int n = snprintf(how, sizeof how, "transformer heads %zu act %d eps %.9g first %zu pool %d normalise %d tokenizer %s",
                     c->n_heads, (int)c->act, (double)c->norm_eps, c->first_position, (int)c->pool, c->normalise, tokenizer);
    fingerprint_update(&d, how, (size_t)n);
    fingerprint_text(&d, space);
}

int transformer_encoder_read(struct transformer_encoder *e, const char *dir, int pool, size_t max_tokens, struct err *err)
{
    int rc = 0;
    struct transformer_config *c = &e->config;
    *e = (struct transformer_encoder){0};
    TRY(transformer_config_read(c, dir, err));
    c->pool = pool < 0 ? c->pool : (enum transformer_pool)pool;
    e->max_tokens = max_tokens ? max_tokens : c->max_tokens;
    if (e->max_tokens > c->n_positions - c->first_position)
        TRY(err_set(err, ERR_USAGE, "%s: a text of %zu tokens, but the model has positions for %zu", dir, max_tokens,
                    c->n_positions - c->first_position));
    TRY(tokenizer_open(&e->tokenizer, dir, err));
    if (e->tokenizer.n > c->n_rows)
        TRY(err_set(err, ERR_DATA, "%s: the tokenizer has ids up to %zu, but the embedding matrix has %zu rows (\"vocab_size\")",
                    dir, e->tokenizer.n - 1, c->n_rows));
    if (e->tokenizer.n_before + e->tokenizer.n_after == 0)
        TRY(err_set(err, ERR_DATA, "%s: the tokenizer puts no tokens around a text, expected those of an encoder", dir));
    TRY(checkpoint_open(&e->weights, dir, MAPFILE_MMAP, err));
out:
    if (rc)
        transformer_encoder_close(e);
    return rc;
}

int transformer_encoder_open(struct transformer_encoder *e, const char *dir, int pool, size_t max_tokens, enum linear_type type,
                             int n_threads, struct err *err)
{
    int rc = transformer_encoder_read(e, dir, pool, max_tokens, err);
    if (rc == 0 && (rc = transformer_init(&e->transformer, &e->config, &e->weights, type, n_threads, err)) != 0)
        transformer_encoder_close(e);
    return rc;
}

void transformer_encoder_close(struct transformer_encoder *e)
{
    transformer_done(&e->transformer);
    checkpoint_close(&e->weights);
    tokenizer_close(&e->tokenizer);
    transformer_config_done(&e->config);
    *e = (struct transformer_encoder){0};
}

void transformer_encoder_scratch_init(struct transformer_encoder_scratch *s, const struct transformer_encoder *e)
{
    *s = (struct transformer_encoder_scratch){0};
    transformer_scratch_init(&s->transformer, &e->transformer);
}

void transformer_encoder_scratch_done(struct transformer_encoder_scratch *s)
{
    transformer_scratch_done(&s->transformer);
    features_done(&s->features);
    mem_free(s->ids);
    mem_free(s->lengths);
}

/* Append the ids of a text to the batch. */
static int tokenize(const struct transformer_encoder *e, struct transformer_encoder_scratch *s, struct text text, size_t *length,
                    struct transformer_encoder_counts *counts, struct err *err)
{
    int rc = 0;
    bool cut;
    TRY(tokenizer_encode(&e->tokenizer, text.p, text.n, e->max_tokens, &s->features, &cut, err));
    TRY(mem_reserve(&s->ids, &s->ids_cap, s->n_ids + s->features.n, sizeof *s->ids, err));
    memcpy(s->ids + s->n_ids, s->features.at, s->features.n * sizeof *s->ids);
    s->n_ids += *length = s->features.n;
    counts->tokens += s->features.n;
    counts->cut += cut;
out:
    return rc;
}

int transformer_encoder_run(const struct transformer_encoder *e, struct transformer_encoder_scratch *s, const struct text *texts,
                            size_t n, transformer_encoder_fn *fn, void *ctx, struct transformer_encoder_counts *counts,
                            struct err *err)
{
    int rc = 0;
    const float *hidden;
    size_t at = 0, first = 0;
    s->n_ids = 0;
    TRY(mem_reserve(&s->lengths, &s->lengths_cap, n, sizeof *s->lengths, err));
    for (size_t i = 0; i < n; i++)
        TRY(tokenize(e, s, texts[i], &s->lengths[i], counts, err));
    while (first < n) {
        size_t end = first, tokens = 0;
        do
            tokens += s->lengths[end++];
        while (end < n && tokens + s->lengths[end] <= BATCH_TOKENS);
        TRY(transformer_run(&e->transformer, &s->transformer, s->ids + at, s->lengths + first, end - first, e->config.n_layers,
                            &hidden, err));
        TRY(fn(ctx, first, end - first, s->lengths + first, s->ids + at, hidden, err));
        at += tokens;
        first = end;
    }
out:
    return rc;
}
