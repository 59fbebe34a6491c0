#include "nn/encoder.h"
#include "base/mem.h"
#include "nn/static_encoder.h"

#include <unistd.h>

struct encoder {
    struct static_encoder model;
    int role;
};

struct encoder_scratch {
    struct features features;
};

/* Is dir a folder of two towers?  A config.json of its own makes it a model. */
static int has_towers(const char *dir, bool *yes, struct err *err)
{
    int rc = 0;
    char path[4096];
    *yes = false;
    TRY(model_path(path, sizeof path, dir, "config.json", err));
    if (access(path, F_OK) == 0)
        return 0;
    TRY(model_path(path, sizeof path, dir, "query/config.json", err));
    *yes = access(path, F_OK) == 0;
out:
    return rc;
}

int encoder_open(struct encoder **e, const char *dir, int role, struct err *err)
{
    int rc = 0;
    char path[4096];
    struct encoder *new = NULL;
    bool towers;
    TRY(has_towers(dir, &towers, err));
    if (towers && role < 0)
        TRY(err_set(err, ERR_USAGE, "%s: a model with two towers: --role query or --role passage is needed", dir));
    if (towers)
        TRY(model_path(path, sizeof path, dir, model_roles[role], err));
    TRY_NEW(new, MEM_NEW(struct encoder, err));
    new->role = role;
    TRY(static_encoder_open(&new->model, towers ? path : dir, err));
    const struct model_config *c = &new->model.config;
    if (role < 0 && (*c->prefix[MODEL_QUERY] || *c->prefix[MODEL_PASSAGE]))
        TRY(err_set(err, ERR_USAGE, "%s: the model declares prefixes: --role query or --role passage is needed", dir));
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
    static_encoder_close(&e->model);
    mem_free(e);
}

size_t encoder_dim(const struct encoder *e)
{
    return e->model.config.dim;
}

const char *encoder_prefix(const struct encoder *e)
{
    return e->role < 0 ? "" : e->model.config.prefix[e->role];
}

int encoder_describe(const struct encoder *e, struct header *h, struct err *err)
{
    int rc = 0;
    TRY(header_set_meta(h, "space", e->model.space, err));
    TRY(header_set_meta(h, "normalised", e->model.config.normalise ? "1" : "0", err));
    TRY(header_set_meta(h, "pooling", "mean", err));
    if (e->role >= 0)
        TRY(header_set_meta(h, "role", model_roles[e->role], err));
    if (*encoder_prefix(e))
        TRY(header_set_meta(h, "prefix", encoder_prefix(e), err));
out:
    return rc;
}

int encoder_scratch_new(struct encoder_scratch **s, const struct encoder *e, struct err *err)
{
    (void)e;
    *s = MEM_NEW(struct encoder_scratch, err);
    return *s ? 0 : ERR_NOMEM;
}

void encoder_scratch_free(struct encoder_scratch *s)
{
    if (s)
        features_done(&s->features);
    mem_free(s);
}

int encoder_encode(const struct encoder *e, struct encoder_scratch *s, const struct text *texts, size_t n, float *out, bool *some,
                   struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = static_encoder_encode(&e->model, &s->features, texts[i], out + i * e->model.config.dim, &some[i], err);
    return rc;
}
