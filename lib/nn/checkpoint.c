#include "nn/checkpoint.h"
#include "base/buf.h"
#include "base/mem.h"
#include "nn/jsonmember.h"
#include "nn/model.h"
#include "nn/torchfile.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct checkpoint_file {
    char *path;
    const char *name;                 /* within the folder: the end of path */
    struct safetensors safetensors;   /* one of the two is open */
    struct torchfile torchfile;
    const struct tensor *tensors;     /* its own */
    size_t n_tensors;
};

/* The name of a tensor without what checkpoints put around the encoder, to free. */
static char *own_name(const char *name, struct err *err)
{
    static const char *const prefixes[] = {"0.auto_model.", "bert.", "roberta.", "question_encoder.bert_model.",
                                           "ctx_encoder.bert_model."};
    static const struct { const char *old, *new; } ends[] = {{".LayerNorm.gamma", ".LayerNorm.weight"},
                                                             {".LayerNorm.beta", ".LayerNorm.bias"}};
    struct buf b = {0};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            name += strlen(prefixes[i]);
    size_t n = strlen(name);
    const char *end = "";
    for (size_t i = 0; i < 2; i++) {
        size_t old = strlen(ends[i].old);
        if (n > old && strcmp(name + n - old, ends[i].old) == 0) {
            n -= old;
            end = ends[i].new;
            break;
        }
    }
    if (buf_put(&b, name, n, err) || buf_puts(&b, end, err)) {
        buf_done(&b);
        return NULL;
    }
    return b.p;
}

static int by_name(const void *a, const void *b)
{
    const struct checkpoint_entry *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int enter_all(struct checkpoint *c, struct err *err)
{
    int rc = 0;
    size_t n = 0;
    for (size_t f = 0; f < c->n_files; f++)
        n += c->files[f].n_tensors;
    TRY_NEW(c->entries, MEM_ZARRAY(struct checkpoint_entry, n, err));
    for (size_t f = 0; f < c->n_files; f++)
        for (size_t i = 0; i < c->files[f].n_tensors; i++) {
            const struct tensor *t = &c->files[f].tensors[i];
            struct checkpoint_entry *e = &c->entries[c->n_entries++];
            *e = (struct checkpoint_entry){.tensor = t, .file = c->files[f].path};
            TRY_NEW(e->name, own_name(t->name, err));
        }
    qsort(c->entries, c->n_entries, sizeof *c->entries, by_name);
    for (size_t i = 1; i < c->n_entries; i++)
        if (strcmp(c->entries[i - 1].name, c->entries[i].name) == 0)
            return err_set(err, ERR_DATA, "%s: tensors '%s' and '%s' are both the encoder's '%s'", c->entries[i].file,
                           c->entries[i - 1].tensor->name, c->entries[i].tensor->name, c->entries[i].name);
out:
    return rc;
}

/* Append a file of the folder; it is opened later. */
static int add_file(struct checkpoint *c, const char *name, size_t *cap, struct err *err)
{
    int rc = 0;
    char path[4096];
    TRY(model_path(path, sizeof path, c->dir, name, err));
    TRY(mem_reserve(&c->files, cap, c->n_files + 1, sizeof *c->files, err));
    struct checkpoint_file *f = &c->files[c->n_files];
    *f = (struct checkpoint_file){0};
    TRY_NEW(f->path, mem_strdup(path, err));
    f->name = f->path + strlen(path) - strlen(name);
    c->n_files++;
out:
    return rc;
}

static int open_safetensors(struct checkpoint_file *f, enum mapfile_load load, struct err *err)
{
    int rc = safetensors_open(&f->safetensors, f->path, load, err);
    f->tensors = f->safetensors.tensors;
    f->n_tensors = f->safetensors.n_tensors;
    return rc;
}

static int open_torchfile(struct checkpoint_file *f, enum mapfile_load load, struct err *err)
{
    int rc = torchfile_open(&f->torchfile, f->path, load, err);
    f->tensors = f->torchfile.tensors;
    f->n_tensors = f->torchfile.n_tensors;
    return rc;
}

static bool is_plain_name(const char *name)
{
    return name && *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strlen(name) < 256;
}

/* The files that a weight_map names, each once. */
static int add_shards(struct checkpoint *c, const json_t *map, size_t *cap, struct err *err)
{
    int rc = 0;
    const char *tensor;
    const json_t *value;
    json_object_foreach((json_t *)(unsigned long)map, tensor, value) {
        const char *file = json_string_value(value);
        size_t f = 0;
        if (!is_plain_name(file))
            return err_set(err, ERR_DATA, "\"weight_map\": tensor '%s': expected the name of a file of the folder", tensor);
        while (f < c->n_files && strcmp(c->files[f].name, file) != 0)
            f++;
        if (f == CHECKPOINT_MAX_SHARDS)
            return err_set(err, ERR_LIMIT, "\"weight_map\": more than %d files", CHECKPOINT_MAX_SHARDS);
        if (f == c->n_files)
            TRY(add_file(c, file, cap, err));
    }
out:
    return rc;
}

/* Every tensor of the map is in its file, and no file has another. */
static int check_map(const struct checkpoint *c, const json_t *map, const char *index, struct err *err)
{
    size_t n = 0;
    for (size_t f = 0; f < c->n_files; f++)
        for (size_t i = 0; i < c->files[f].n_tensors; i++, n++) {
            const char *name = c->files[f].tensors[i].name;
            const char *said = json_string_value(json_object_get(map, name));
            if (!said || strcmp(said, c->files[f].name) != 0)
                return err_set(err, ERR_DATA, "%s: tensor '%s' is here, but %s puts it in %s", c->files[f].path, name, index,
                               said ? said : "no file");
        }
    const char *name;
    const json_t *value;
    if (n != json_object_size(map))
        json_object_foreach((json_t *)(unsigned long)map, name, value)
            for (size_t f = 0; f < c->n_files; f++)
                if (strcmp(c->files[f].name, json_string_value(value)) == 0 && !safetensors_find(&c->files[f].safetensors, name))
                    return err_set(err, ERR_DATA, "%s: tensor '%s' is missing, but %s puts it here", c->files[f].path, name,
                                   index);
    return 0;
}

static int open_index(struct checkpoint *c, const char *path, enum mapfile_load load, struct err *err)
{
    int rc = 0;
    json_t *index = NULL;
    size_t cap = 0;
    TRY(jsonmember_read(&index, path, JSON_OBJECT, false, err));
    const json_t *map = json_object_get(index, "weight_map");
    if (!json_is_object(map) || json_object_size(map) == 0)
        TRY(err_set(err, ERR_DATA, "%s: \"weight_map\": expected an object of tensors and their files", path));
    if ((rc = add_shards(c, map, &cap, err)) != 0) {
        err_prefix(err, "%s: ", path);
        goto out;
    }
    for (size_t f = 0; f < c->n_files; f++)
        TRY(open_safetensors(&c->files[f], load, err));
    TRY(check_map(c, map, path, err));
out:
    json_decref(index);
    return rc;
}

int checkpoint_open(struct checkpoint *c, const char *dir, enum mapfile_load load, struct err *err)
{
    static const char *const sources[] = {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"};
    enum { ONE, INDEX, TORCH, N_SOURCES };
    int rc = 0, source = 0;
    char path[4096];
    *c = (struct checkpoint){0};
    TRY_NEW(c->dir, mem_strdup(dir, err));
    for (; source < N_SOURCES; source++) {
        TRY(model_path(path, sizeof path, dir, sources[source], err));
        if (access(path, F_OK) == 0)
            break;
    }
    if (source == N_SOURCES)
        TRY(err_set(err, ERR_IO, "%s: no weights: none of %s, %s and %s", dir, sources[ONE], sources[INDEX], sources[TORCH]));
    if (source == INDEX) {
        TRY(open_index(c, path, load, err));
    } else {
        TRY(add_file(c, sources[source], &(size_t){0}, err));
        TRY(source == ONE ? open_safetensors(&c->files[0], load, err) : open_torchfile(&c->files[0], load, err));
    }
    TRY(enter_all(c, err));
out:
    if (rc)
        checkpoint_close(c);
    return rc;
}

void checkpoint_close(struct checkpoint *c)
{
    for (size_t i = 0; i < c->n_entries; i++)
        mem_free(c->entries[i].name);
    mem_free(c->entries);
    for (size_t f = 0; f < c->n_files; f++) {
        safetensors_close(&c->files[f].safetensors);
        torchfile_close(&c->files[f].torchfile);
        mem_free(c->files[f].path);
    }
    mem_free(c->files);
    mem_free(c->dir);
    *c = (struct checkpoint){0};
}

static const struct checkpoint_entry *find(const struct checkpoint *c, const char *name)
{
    const struct checkpoint_entry key = {.name = (char *)(unsigned long)name};
    return c->n_entries ? bsearch(&key, c->entries, c->n_entries, sizeof *c->entries, by_name) : NULL;
}

const struct tensor *checkpoint_find(const struct checkpoint *c, const char *name)
{
    const struct checkpoint_entry *e = find(c, name);
    return e ? e->tensor : NULL;
}

/* "(2, 3)"; of what does not fit, the beginning. */
static const char *shape_text(char text[160], size_t n_dims, const size_t *shape)
{
    size_t n = 0;
    text[n++] = '(';
    for (size_t i = 0; i < n_dims && n < 130; i++)
        n += (size_t)snprintf(text + n, 160 - n, i ? ", %zu" : "%zu", shape[i]);
    text[n++] = ')';
    text[n] = '\0';
    return text;
}

int checkpoint_need(const struct checkpoint *c, const char *name, size_t n_dims, const size_t *shape,
                    const struct tensor **tensor, struct err *err)
{
    char want[160], have[160];
    const struct checkpoint_entry *e = find(c, name);
    shape_text(want, n_dims, shape);
    if (!e)
        return err_set(err, ERR_DATA, "%s: tensor '%s' is missing, expected one of shape %s",
                       c->n_files == 1 ? c->files[0].path : c->dir, name, want);
    if (e->tensor->n_dims != n_dims || memcmp(e->tensor->shape, shape, n_dims * sizeof *shape) != 0)
        return err_set(err, ERR_DATA, "%s: tensor '%s' has shape %s, expected %s", e->file, e->tensor->name,
                       shape_text(have, e->tensor->n_dims, e->tensor->shape), want);
    *tensor = e->tensor;
    return 0;
}
