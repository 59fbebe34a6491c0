#include "nn/torchfile.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/utf8.h"
#include "fmt/zipfile.h"
#include "nn/unpickle.h"

#include <string.h>

enum { MAX_NAME = 4096, N_LEGACY = 15 };

/* The first pickle of a legacy file: protocol 2, the long 0x1950a86a20f9469cfc6c. */
static const unsigned char legacy[N_LEGACY] = {0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
                                               '.'};

static bool ends_with(const struct zipfile_entry *e, const char *end)
{
    size_t n = strlen(end);
    return e->n_name >= n && memcmp(e->name + e->n_name - n, end, n) == 0;
}

/* NAME of the only entry NAME/data.pkl with a plain NAME. */
static int find_pickle(const struct zipfile *z, const struct zipfile_entry **pickle, size_t *n_folder, struct err *err)
{
    *pickle = NULL;
    for (size_t i = 0; i < z->n_entries; i++) {
        const struct zipfile_entry *e = &z->entries[i];
        if (!ends_with(e, "/data.pkl") || memchr(e->name, '/', e->n_name) != e->name + e->n_name - 9)
            continue;
        if (*pickle)
            return err_set(err, ERR_DATA, "two pickles, expected one NAME/data.pkl");
        *pickle = e;
        *n_folder = e->n_name - 8;          /* the slash included */
    }
    return *pickle ? 0 : err_set(err, ERR_DATA, "a ZIP archive without NAME/data.pkl, expected one of torch.save");
}

/* folder + between + key is the entry's name; NULL where there is none. */
static int find_entry(const struct zipfile *z, struct buf *name, const struct zipfile_entry *pickle, size_t n_folder,
                      const char *between, const char *key, size_t n_key, const struct zipfile_entry **e, struct err *err)
{
    int rc = 0;
    buf_clear(name);
    TRY(buf_put(name, pickle->name, n_folder, err));
    TRY(buf_puts(name, between, err));
    TRY(buf_put(name, key, n_key, err));
    *e = zipfile_find(z, name->p, name->n);
out:
    return rc;
}

static int find_storages(struct unpickle *u, const struct zipfile *z, const struct zipfile_entry *pickle, size_t n_folder,
                         struct err *err)
{
    int rc = 0;
    struct buf name = {0};
    const struct zipfile_entry *e;
    TRY(find_entry(z, &name, pickle, n_folder, "byteorder", "", 0, &e, err));
    if (e && (e->method != ZIPFILE_STORED || e->size != 6 || memcmp(e->data, "little", 6) != 0))
        TRY(err_set(err, ERR_DATA, "entry '%s': expected little", name.p));
    for (size_t i = 0; i < u->n_storages; i++) {
        struct unpickle_storage *s = &u->storages[i];
        TRY(find_entry(z, &name, pickle, n_folder, "data/", s->key, s->n_key, &e, err));
        if (!e)
            TRY(err_set(err, ERR_DATA, "no entry '%.200s' for a storage", name.p));
        if (e->method != ZIPFILE_STORED || e->size != s->bytes)
            TRY(err_set(err, ERR_DATA, "entry '%.200s': %zu bytes%s, expected %zu stored", name.p, e->size,
                        e->method == ZIPFILE_STORED ? "" : " deflated", s->bytes));
        TRY(zipfile_read(e, NULL, NULL, err));
        s->data = e->data;
    }
out:
    buf_done(&name);
    return rc;
}

static int read_zip(struct unpickle *u, const unsigned char *p, size_t n, const struct unpickle_value **root, struct err *err)
{
    int rc = 0;
    struct zipfile z;
    const struct zipfile_entry *pickle;
    size_t n_folder = 0, used;
    TRY(zipfile_open(&z, p, n, err));
    TRY(find_pickle(&z, &pickle, &n_folder, err));
    if (pickle->method != ZIPFILE_STORED)
        TRY(err_set(err, ERR_DATA, "entry '%.*s' is deflated, expected stored", (int)num_min_size(pickle->n_name, 200),
                    pickle->name));
    TRY(zipfile_read(pickle, NULL, NULL, err));
    rc = unpickle_run(u, pickle->data, pickle->size, &used, root, err);
    if (rc == 0 && used != pickle->size)
        rc = err_set(err, ERR_DATA, "%zu bytes behind the pickle", pickle->size - used);
    if (rc) {
        err_prefix(err, "entry '%.*s': ", (int)num_min_size(pickle->n_name, 200), pickle->name);
        goto out;
    }
    TRY(find_storages(u, &z, pickle, n_folder, err));
out:
    zipfile_close(&z);
    return rc;
}

/* The next of the pickles of a legacy file. */
static int next_pickle(struct unpickle *u, const unsigned char *p, size_t n, size_t *at, const struct unpickle_value **value,
                       struct err *err)
{
    size_t used = 0;
    int rc = unpickle_run(u, p + *at, n - *at, &used, value, err);
    if (rc)
        return err_prefix(err, "the pickle from byte %zu on: ", *at);
    *at += used;
    return 0;
}

/* The list of keys names each storage once; their values follow in its order, and then nothing. */
static int place_storages(struct unpickle *u, const struct unpickle_value *keys, const unsigned char *p, size_t n, size_t at,
                          struct err *err)
{
    if (keys->kind != UNPICKLE_LIST || keys->items.n != u->n_storages)
        return err_set(err, ERR_DATA, "the last pickle is not a list of the %zu storages", u->n_storages);
    for (size_t i = 0; i < keys->items.n; i++) {
        const struct unpickle_value *key = keys->items.at[i];
        const uint64_t *slot = key->kind == UNPICKLE_STRING ? map_get(&u->keys, key->string.p, key->string.n) : NULL;
        struct unpickle_storage *s = slot ? &u->storages[*slot] : NULL;
        if (!s || s->data)
            return err_set(err, ERR_DATA, "key %zu of the list is %s", i, s ? "there twice" : "of no storage");
        if (n - at < 8)
            return err_set(err, ERR_TRUNCATED, "the file ends at storage %zu of %zu", i, keys->items.n);
        if (bytes_get_u64(p + at) != s->n)
            return err_set(err, ERR_DATA, "byte %zu: a storage of %llu values, expected %zu", at,
                           (unsigned long long)bytes_get_u64(p + at), s->n);
        if (s->bytes > n - at - 8)
            return err_set(err, ERR_TRUNCATED, "byte %zu: a storage of %zu bytes in a file of %zu", at, s->bytes, n);
        s->data = p + at + 8;
        at += 8 + s->bytes;
    }
    return at == n ? 0 : err_set(err, ERR_DATA, "%zu bytes behind the last storage", n - at);
}

static const struct unpickle_value *member(const struct unpickle_value *dict, const char *name)
{
    for (size_t i = 0; dict->kind == UNPICKLE_DICT && i + 1 < dict->items.n; i += 2) {
        const struct unpickle_value *key = dict->items.at[i];
        if (key->kind == UNPICKLE_STRING && key->string.n == strlen(name) && memcmp(key->string.p, name, key->string.n) == 0)
            return dict->items.at[i + 1];
    }
    return NULL;
}

static int read_legacy(struct unpickle *u, const unsigned char *p, size_t n, const struct unpickle_value **root, struct err *err)
{
    int rc = 0;
    const struct unpickle_value *version, *machine, *keys;
    size_t at = N_LEGACY;
    TRY(next_pickle(u, p, n, &at, &version, err));
    TRY(next_pickle(u, p, n, &at, &machine, err));
    const struct unpickle_value *little = member(machine, "little_endian");
    if (version->kind != UNPICKLE_INT || version->number != 1001 || !little || little->kind != UNPICKLE_BOOL || !little->number)
        TRY(err_set(err, ERR_DATA, "not of version 1001, or not of a little-endian machine"));
    TRY(next_pickle(u, p, n, &at, root, err));
    TRY(next_pickle(u, p, n, &at, &keys, err));
    TRY(place_storages(u, keys, p, n, at, err));
out:
    return rc;
}

static int make_tensor(struct tensor *t, const struct unpickle *u, const struct unpickle_value *name,
                       const struct unpickle_value *value, const unsigned char *p, struct err *err)
{
    if (name->kind != UNPICKLE_STRING || name->string.n > MAX_NAME ||
        utf8_valid(name->string.p, name->string.n) != name->string.n)
        return err_set(err, ERR_DATA, "a key of the dictionary is no string of at most %d bytes", MAX_NAME);
    for (size_t i = 0; i < name->string.n; i++)
        if ((unsigned char)name->string.p[i] < ' ')
            return err_set(err, ERR_DATA, "a name with a control character");
    if (value->kind != UNPICKLE_TENSOR)
        return err_set(err, ERR_DATA, "'%.*s' is no tensor, expected a dictionary of tensors", (int)name->string.n,
                       name->string.p);
    const struct unpickle_storage *s = &u->storages[value->tensor->storage];
    size_t width = safetensors_dtype_bytes(s->dtype);
    *t = (struct tensor){.dtype = s->dtype, .n_dims = value->tensor->n_dims, .n = value->tensor->n};
    memcpy(t->shape, value->tensor->shape, sizeof t->shape);
    t->data = s->data + width * value->tensor->first;
    t->offset = (size_t)(t->data - p);
    t->bytes = width * t->n;
    t->name = mem_alloc(name->string.n + 1, 1, err);
    if (!t->name)
        return ERR_NOMEM;
    memcpy(t->name, name->string.p, name->string.n);
    t->name[name->string.n] = '\0';
    return 0;
}

int torchfile_parse(struct torchfile *t, const unsigned char *p, size_t n, struct err *err)
{
    int rc = 0;
    struct unpickle u = {0};
    const struct unpickle_value *root = NULL;
    *t = (struct torchfile){0};
    bool old = n >= N_LEGACY && memcmp(p, legacy, N_LEGACY) == 0;
    TRY(old ? read_legacy(&u, p, n, &root, err) : read_zip(&u, p, n, &root, err));
    if (root->kind != UNPICKLE_DICT)
        TRY(err_set(err, ERR_DATA, "the pickle is no dictionary of tensors"));
    TRY_NEW(t->tensors, MEM_ZARRAY(struct tensor, root->items.n / 2, err));
    for (size_t i = 0; i + 1 < root->items.n; i += 2)
        TRY(make_tensor(&t->tensors[t->n_tensors++], &u, root->items.at[i], root->items.at[i + 1], p, err));
out:
    unpickle_done(&u);
    if (rc)
        torchfile_close(t);
    return rc;
}

int torchfile_open(struct torchfile *t, const char *path, enum mapfile_load load, struct err *err)
{
    struct mapfile file;
    *t = (struct torchfile){0};
    int rc = mapfile_open(&file, path, load, err);
    if (rc)
        return rc;
    rc = torchfile_parse(t, file.p, file.n, err);
    if (rc) {
        mapfile_close(&file);
        return err_prefix(err, "%s: ", path);
    }
    t->file = file;
    return 0;
}

void torchfile_close(struct torchfile *t)
{
    for (size_t i = 0; i < t->n_tensors; i++)
        mem_free(t->tensors[i].name);
    mem_free(t->tensors);
    if (t->file.p)
        mapfile_close(&t->file);
    *t = (struct torchfile){0};
}
