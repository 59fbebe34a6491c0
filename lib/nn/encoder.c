#include "nn/encoder.h"

#include "base/mem.h"
#include "nn/model_home.h"
#include "nn/modeltable.h"
#include "nn/pooling.h"
#include "nn/static_encoder.h"
#include "nn/towers.h"
#include "nn/transformer_encoder.h"
#include "vec/kernel.h"

#include <ctype.h>
#include <string.h>

struct encoder {
    struct encoder_options options;
    bool is_static;
    struct static_encoder fixed;
    struct transformer_encoder transformer;
    char *prefix, space[FINGERPRINT_TEXT];
};

struct encoder_scratch {
    struct features features;
    struct transformer_encoder_scratch transformer;
    float *vector;                              /* (all dimensions) */
};

static size_t whole_dim(const struct encoder *e)
{
    return e->is_static ? e->fixed.config.dim : e->transformer.config.dim;
}

static bool is_normalised(const struct encoder *e)
{
    return e->is_static ? e->fixed.config.normalise : e->transformer.config.normalise;
}

/* NULL where the folder says nothing. */
static const char *declared(const struct encoder *e, int role)
{
    return e->is_static ? e->fixed.config.prefix[role] : e->transformer.config.prefix[role];
}

/* ---- opening ---- */

/* Prefixes that no file of the folder declares, of a model that model-get knows. */
static int complete_prefixes(struct transformer_config *c, const char *dir, struct err *err)
{
    int rc = 0;
    const struct modeltable_model *model;
    if (c->prefix[MODEL_QUERY] || c->prefix[MODEL_PASSAGE])
        return 0;
    TRY(modeltable_of_folder(dir, &model, err));
    for (int role = 0; model && role < MODEL_N_ROLES; role++)
        TRY_NEW(c->prefix[role], mem_strdup(model->prefix[role], err));
out:
    return rc;
}

static int open_model(struct encoder *e, const char *dir, struct err *err)
{
    const struct encoder_options *o = &e->options;
    bool is_transformer;
    int rc = 0;
    TRY(transformer_config_is(dir, &is_transformer, err));
    e->is_static = !is_transformer;
    if (is_transformer) {
        TRY(transformer_encoder_open(&e->transformer, dir, o->pool, o->max_tokens, (enum linear_type)o->compute, o->n_threads,
                                     err));
        return o->prefix ? 0 : complete_prefixes(&e->transformer.config, dir, err);
    }
    TRY(static_encoder_open(&e->fixed, dir, err));
    if (o->pool > 0 || o->max_tokens || o->compute)
        rc = err_set(err, ERR_USAGE, "%s: a static model adds up all rows of a text, in f32", dir);
out:
    return rc;
}

static bool contains(const char *path, const char *lower)
{
    for (size_t n = strlen(lower); *path; path++) {
        size_t i = 0;
        while (i < n && tolower((unsigned char)path[i]) == lower[i])
            i++;
        if (i == n)
            return true;
    }
    return false;
}

static int choose_prefix(struct encoder *e, const char *dir, struct err *err)
{
    const int role = e->options.role;
    const char *prefix = e->options.prefix;
    if (prefix && strcmp(prefix, "upstream") == 0) {
        if (role < 0)
            return err_set(err, ERR_USAGE, "the prefix \"upstream\" is one by role: --role query or --role passage is needed");
        prefix = !contains(dir, "bge") && !contains(dir, "e5") ? "" : role == MODEL_QUERY ? "query: " : "passage: ";
    }
    for (int r = 0; !prefix && role < 0 && r < MODEL_N_ROLES; r++)
        if (declared(e, r) && *declared(e, r))
            return err_set(err, ERR_USAGE, "%s: the model declares prefixes: --role query or --role passage is needed", dir);
    if (!prefix && role >= 0)
        prefix = declared(e, role);
    e->prefix = mem_strdup(prefix ? prefix : "", err);
    return e->prefix ? 0 : ERR_NOMEM;
}

int encoder_open(struct encoder **e, const char *dir, const struct encoder_options *o, struct err *err)
{
    int rc = 0;
    char path[4096], home[MODEL_HOME_PATH];
    struct encoder *new = NULL;
    bool towers;
    TRY(model_home_find(home, dir, err));
    TRY(towers_are(home, &towers, err));
    if (towers && o->role < 0)
        TRY(err_set(err, ERR_USAGE, "%s: a model with two towers: --role query or --role passage is needed", dir));
    if (towers)
        TRY(model_path(path, sizeof path, home, model_roles[o->role], err));
    TRY_NEW(new, MEM_NEW(struct encoder, err));
    new->options = *o;
    TRY(open_model(new, towers ? path : home, err));
    TRY(choose_prefix(new, dir, err));
    if (towers)
        TRY(towers_space(home, o->pool, new->space, err));
    else if (new->is_static)
        memcpy(new->space, new->fixed.space, sizeof new->space);
    else
        transformer_encoder_space(&new->transformer, new->space);
    if (o->dim > whole_dim(new))
        TRY(err_set(err, ERR_USAGE, "%s: vectors of %zu dimensions, %zu are not among them", dir, whole_dim(new), o->dim));
out:
    if (rc)
        encoder_close(new);
    else
        *e = new;
    return rc;
}

void encoder_close(struct encoder *e)
{
    if (!e)
        return;
    static_encoder_close(&e->fixed);
    transformer_encoder_close(&e->transformer);
    mem_free(e->prefix);
    mem_free(e);
}

/* ---- what it is ---- */

size_t encoder_dim(const struct encoder *e)
{
    return e->options.dim ? e->options.dim : whole_dim(e);
}

const char *encoder_prefix(const struct encoder *e)
{
    return e->prefix;
}

bool encoder_is_without_prefix(const struct encoder *e)
{
    return e->options.role >= 0 && !e->options.prefix && !declared(e, e->options.role);
}

size_t encoder_max_tokens(const struct encoder *e)
{
    return e->is_static ? 0 : e->transformer.max_tokens;
}

size_t encoder_batch_bytes(const struct encoder *e)
{
    return e->is_static ? 256 << 10 : 8 << 10;      /* some 2,000 tokens: a few batches of the transformer */
}

int encoder_describe(const struct encoder *e, struct header *h, struct err *err)
{
    int rc = 0;
    TRY(header_set_meta(h, "space", e->space, err));
    TRY(header_set_meta(h, "normalised", is_normalised(e) ? "1" : "0", err));
    TRY(header_set_meta(h, "pooling", transformer_pools[e->is_static ? TRANSFORMER_MEAN : e->transformer.config.pool], err));
    if (e->options.role >= 0)
        TRY(header_set_meta(h, "role", model_roles[e->options.role], err));
    if (*e->prefix)
        TRY(header_set_meta(h, "prefix", e->prefix, err));
out:
    return rc;
}

/* ---- encoding ---- */

int encoder_scratch_new(struct encoder_scratch **s, const struct encoder *e, struct err *err)
{
    int rc = 0;
    TRY_NEW(*s, MEM_NEW(struct encoder_scratch, err));
    TRY_NEW((*s)->vector, MEM_SLAB(float, whole_dim(e), err));
    if (!e->is_static)
        transformer_encoder_scratch_init(&(*s)->transformer, &e->transformer);
out:
    return rc;
}

void encoder_scratch_free(struct encoder_scratch *s)
{
    if (!s)
        return;
    features_done(&s->features);
    transformer_encoder_scratch_done(&s->transformer);
    mem_free(s->vector);
    mem_free(s);
}

/* The caller's rows, and where they are up to. */
struct sink {
    const struct encoder *encoder;
    float *vector, *out;
    bool *some;
    struct arena *arena;
    struct encoder_tokens *tokens;
};

/* The leading dimensions of a whole vector, of length 1 where the model's are. */
static void keep(const struct encoder *e, float *vector, float *out, bool *some)
{
    size_t dim = encoder_dim(e);
    *some = *some && (dim == whole_dim(e) || !is_normalised(e) || kernel_normalise(vector, dim));
    memcpy(out, vector, dim * sizeof *out);
}

static int pool_texts(void *ctx, size_t first, size_t n, const size_t *lengths, const uint32_t *ids, const float *hidden,
                      struct err *err)
{
    const struct sink *sink = ctx;
    const struct encoder *e = sink->encoder;
    const struct transformer_config *c = &e->transformer.config;
    (void)ids;
    for (size_t i = 0; i < n; hidden += lengths[i++] * c->dim) {
        pooling_run(c->pool, hidden, lengths[i], c->dim, sink->vector);
        if (kernel_first_not_finite(sink->vector, c->dim) < c->dim)
            return err_set(err, ERR_DATA, "a text's vector is not finite: the model's weights are too large");
        sink->some[first + i] = !c->normalise || kernel_normalise(sink->vector, c->dim);
        keep(e, sink->vector, sink->out + (first + i) * encoder_dim(e), &sink->some[first + i]);
    }
    return 0;
}

static int copy_tokens(void *ctx, size_t first, size_t n, const size_t *lengths, const uint32_t *ids, const float *hidden,
                       struct err *err)
{
    int rc = 0;
    const struct sink *sink = ctx;
    size_t dim = sink->encoder->transformer.config.dim;
    for (size_t i = 0; i < n; ids += lengths[i], hidden += lengths[i++] * dim) {
        uint32_t *id;
        float *vectors;
        TRY_NEW(id, ARENA_ARRAY(uint32_t, sink->arena, lengths[i], err));
        TRY_NEW(vectors, ARENA_ARRAY(float, sink->arena, lengths[i] * dim, err));
        memcpy(id, ids, lengths[i] * sizeof *id);
        memcpy(vectors, hidden, lengths[i] * dim * sizeof *vectors);
        sink->tokens[first + i] = (struct encoder_tokens){id, vectors, lengths[i]};
    }
out:
    return rc;
}

static int run_transformer(const struct encoder *e, struct encoder_scratch *s, const struct text *texts, size_t n,
                           transformer_encoder_fn *fn, struct sink *sink, struct encoder_counts *counts, struct err *err)
{
    struct transformer_encoder_counts c = {0};
    int rc = transformer_encoder_run(&e->transformer, &s->transformer, texts, n, fn, sink, &c, err);
    counts->tokens += c.tokens;
    counts->cut += c.cut;
    return rc;
}

int encoder_encode(const struct encoder *e, struct encoder_scratch *s, const struct text *texts, size_t n, float *out, bool *some,
                   struct encoder_counts *counts, struct err *err)
{
    int rc = 0;
    if (!e->is_static)
        return run_transformer(e, s, texts, n, pool_texts,
                               &(struct sink){.encoder = e, .vector = s->vector, .out = out, .some = some}, counts, err);
    for (size_t i = 0; i < n; i++) {
        TRY(static_encoder_encode(&e->fixed, &s->features, texts[i], s->vector, &some[i], err));
        keep(e, s->vector, out + i * encoder_dim(e), &some[i]);
        counts->tokens += s->features.n;
    }
out:
    return rc;
}

int encoder_tokens(const struct encoder *e, struct encoder_scratch *s, const struct text *texts, size_t n, struct arena *arena,
                   struct encoder_tokens *out, struct encoder_counts *counts, struct err *err)
{
    if (e->is_static)
        return err_set(err, ERR_USAGE, "a static model has no vectors of tokens in their text");
    return run_transformer(e, s, texts, n, copy_tokens, &(struct sink){.encoder = e, .arena = arena, .tokens = out}, counts, err);
}
