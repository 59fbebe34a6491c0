#include "nn/towers.h"

#include "nn/static_encoder.h"
#include "nn/transformer_encoder.h"

#include <string.h>
#include <unistd.h>

struct tower {
    char space[FINGERPRINT_TEXT];
    size_t dim;
    bool normalised;
};

int towers_are(const char *dir, bool *yes, struct err *err)
{
    int rc = 0;
    char path[4096];
    *yes = false;
    TRY(model_path(path, sizeof path, dir, "query/config.json", err));
    *yes = access(path, F_OK) == 0;
    TRY(model_path(path, sizeof path, dir, "config.json", err));
    *yes = *yes && access(path, F_OK) != 0;
out:
    return rc;
}

static int read_transformer(struct tower *t, const char *dir, int pool, struct err *err)
{
    struct transformer_encoder e;
    int rc = transformer_encoder_read(&e, dir, pool, 0, err);
    if (rc)
        return rc;
    transformer_encoder_space(&e, t->space);
    t->dim = e.config.dim;
    t->normalised = e.config.normalise;
    transformer_encoder_close(&e);
    return 0;
}

static int read_static(struct tower *t, const char *dir, struct err *err)
{
    struct static_encoder e;
    int rc = static_encoder_open(&e, dir, err);
    if (rc)
        return rc;
    memcpy(t->space, e.space, sizeof t->space);
    t->dim = e.config.dim;
    t->normalised = e.config.normalise;
    static_encoder_close(&e);
    return 0;
}

int towers_space(const char *dir, int pool, char space[FINGERPRINT_TEXT], struct err *err)
{
    int rc = 0;
    char path[4096];
    struct tower towers[MODEL_N_ROLES];
    const struct tower *query = &towers[MODEL_QUERY], *passage = &towers[MODEL_PASSAGE];
    struct fingerprint d;
    bool is_transformer;
    for (int role = 0; role < MODEL_N_ROLES; role++) {
        TRY(model_path(path, sizeof path, dir, model_roles[role], err));
        TRY(transformer_config_is(path, &is_transformer, err));
        TRY(is_transformer ? read_transformer(&towers[role], path, pool, err) : read_static(&towers[role], path, err));
    }
    if (query->dim != passage->dim)
        TRY(err_set(err, ERR_DATA, "%s: a query has %zu dimensions, a passage %zu: no two towers of one model", dir, query->dim,
                    passage->dim));
    if (query->normalised != passage->normalised)
        TRY(err_set(err, ERR_DATA, "%s: vectors of length 1 for %s only: no two towers of one model", dir,
                    query->normalised ? "queries" : "passages"));
    memcpy(space, query->space, FINGERPRINT_TEXT);
    if (strcmp(query->space, passage->space) != 0) {
        fingerprint_init(&d);
        for (int role = 0; role < MODEL_N_ROLES; role++)
            fingerprint_update(&d, towers[role].space, sizeof towers[role].space);
        fingerprint_text(&d, space);
    }
out:
    return rc;
}
