#include "nn/static_foreign.h"

#include "base/mem.h"
#include "nn/jsonmember.h"

#include <string.h>
#include <unistd.h>

/* Open dir/name where it is there; *value NULL where not. */
static int open_json(json_t **value, char path[4096], const char *dir, const char *name, json_type type, struct err *err)
{
    *value = NULL;
    int rc = model_path(path, 4096, dir, name, err);
    return rc || access(path, F_OK) != 0 ? rc : jsonmember_read(value, path, type, false, err);
}

static int read_model2vec(struct static_foreign *f, struct model_config *c, const json_t *config, const char *dir,
                          struct err *err)
{
    int rc = 0;
    f->is_one = f->drop_unknown = true;
    f->tensor = "embeddings";
    TRY(jsonmember_bool(config, "normalize", true, &c->normalise, err));
    TRY(jsonmember_size(config, "max_length", 1, UINT32_MAX, 512, &f->max_ids, err));
    TRY_NEW(f->dir, mem_strdup(dir, err));
out:
    return rc;
}

/* "StaticEmbedding" of "sentence_transformers.models.StaticEmbedding". */
static const char *class_of(const json_t *module)
{
    const char *type = json_string_value(json_object_get(module, "type")), *dot = type ? strrchr(type, '.') : NULL;
    return dot ? dot + 1 : "";
}

static int read_modules(struct static_foreign *f, struct model_config *c, const json_t *modules, const char *dir, struct err *err)
{
    size_t n = json_array_size(modules);
    const char *part = json_string_value(json_object_get(json_array_get(modules, 0), "path"));
    char path[4096];
    if (n == 0 || strcmp(class_of(json_array_get(modules, 0)), "StaticEmbedding") != 0)
        return 0;
    if (n > 2 || (n == 2 && strcmp(class_of(json_array_get(modules, 1)), "Normalize") != 0))
        return err_set(err, ERR_DATA, "expected StaticEmbedding and perhaps Normalize, and nothing else");
    if (!part || *part == '/' || strstr(part, ".."))
        return err_set(err, ERR_DATA, "module 0: \"path\": expected a folder within the model's");
    f->is_one = true;
    f->tensor = "embedding.weight";
    c->normalise = n == 2;
    int rc = model_path(path, sizeof path, dir, part, err);
    if (rc == 0)
        rc = (f->dir = mem_strdup(*part ? path : dir, err)) ? 0 : ERR_NOMEM;
    return rc;
}

int static_foreign_read(struct static_foreign *f, struct model_config *c, const char *dir, struct err *err)
{
    int rc = 0;
    char path[4096];
    json_t *config = NULL, *modules = NULL;
    *f = (struct static_foreign){0};
    *c = (struct model_config){.features = MODEL_TOKENIZER};
    TRY(open_json(&config, path, dir, "config.json", JSON_OBJECT, err));
    const char *type = json_string_value(json_object_get(config, "model_type"));
    if (type && strcmp(type, "model2vec") == 0)
        rc = read_model2vec(f, c, config, dir, err);
    if (!config) {
        TRY(open_json(&modules, path, dir, "modules.json", JSON_ARRAY, err));
        if (modules)
            rc = read_modules(f, c, modules, dir, err);
    }
    if (rc)
        err_prefix(err, "%s: ", path);
out:
    json_decref(config);
    json_decref(modules);
    if (rc)
        static_foreign_done(f);
    return rc;
}

void static_foreign_done(struct static_foreign *f)
{
    mem_free(f->dir);
    *f = (struct static_foreign){0};
}
