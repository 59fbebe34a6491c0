#include "nn/safetensors.h"
#include "base/bytes.h"
#include "base/jsonguard.h"
#include "base/mem.h"
#include "base/num.h"
#include "vec/half.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t bytes;
} dtypes[] = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2}, {"I8", 1},
              {"U64", 8}, {"U32", 4}, {"U16", 2}, {"U8", 1}, {"BOOL", 1}};
enum { N_DTYPES = sizeof dtypes / sizeof *dtypes };

const char *safetensors_dtype_name(enum safetensors_dtype dtype)
{
    return dtypes[dtype].name;
}

size_t safetensors_dtype_bytes(enum safetensors_dtype dtype)
{
    return dtypes[dtype].bytes;
}

static int parse_dtype(struct tensor *t, const json_t *value, struct err *err)
{
    const char *name = json_string_value(value);
    for (int i = 0; name && i < N_DTYPES; i++)
        if (strcmp(dtypes[i].name, name) == 0) {
            t->dtype = (enum safetensors_dtype)i;
            return 0;
        }
    return err_set(err, ERR_DATA, "tensor '%s': dtype %.20s, expected F64, F32, F16, BF16 or an integer type", t->name,
                   name ? name : "is no string");
}

static bool size_value(const json_t *value, size_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (size_t)json_integer_value(value);
    return true;
}

static int parse_shape(struct tensor *t, const json_t *value, struct err *err)
{
    t->n_dims = json_array_size(value);
    if (!json_is_array(value) || t->n_dims > SAFETENSORS_MAX_DIMS)
        return err_set(err, ERR_DATA, "tensor '%s': shape is not a list of at most %d numbers", t->name, SAFETENSORS_MAX_DIMS);
    t->n = 1;
    for (size_t i = 0; i < t->n_dims; i++)
        if (!size_value(json_array_get(value, i), &t->shape[i]) || !num_mul_size(t->n, t->shape[i], &t->n))
            return err_set(err, ERR_DATA, "tensor '%s': shape is out of range", t->name);
    return 0;
}

/* data: the bytes behind the header. */
static int parse_tensor(struct tensor *t, const char *name, const json_t *value, const unsigned char *data, size_t data_bytes,
                        struct err *err)
{
    int rc = 0;
    size_t begin, end, bytes;
    TRY_NEW(t->name, mem_strdup(name, err));
    TRY(parse_dtype(t, json_object_get(value, "dtype"), err));
    TRY(parse_shape(t, json_object_get(value, "shape"), err));
    const json_t *offsets = json_object_get(value, "data_offsets");
    if (json_array_size(offsets) != 2 || !size_value(json_array_get(offsets, 0), &begin) ||
        !size_value(json_array_get(offsets, 1), &end) || begin > end)
        return err_set(err, ERR_DATA, "tensor '%s': data_offsets is not [BEGIN, END]", name);
    if (end > data_bytes)
        return err_set(err, ERR_TRUNCATED, "tensor '%s' ends at byte %zu of the data, which has %zu", name, end, data_bytes);
    if (!num_mul_size(t->n, dtypes[t->dtype].bytes, &bytes) || bytes != end - begin)
        return err_set(err, ERR_DATA, "tensor '%s': shape and dtype do not fit its %zu bytes", name, end - begin);
    t->data = data + begin;
    t->offset = begin;
    t->bytes = bytes;
out:
    return rc;
}

static int by_offset(const void *a, const void *b)
{
    const struct tensor *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int check_cover(struct safetensors *s, size_t data_bytes, size_t data_start, struct err *err)
{
    size_t at = 0;
    qsort(s->tensors, s->n_tensors, sizeof *s->tensors, by_offset);
    for (size_t i = 0; i < s->n_tensors; i++) {
        struct tensor *t = &s->tensors[i];
        if (t->offset != at)
            return err_set(err, ERR_DATA, "tensor '%s' begins at byte %zu of the data, expected %zu: %s", t->name, t->offset, at,
                           t->offset < at ? "an overlap" : "a gap");
        at += t->bytes;
        t->offset += data_start;
    }
    if (at != data_bytes)
        return err_set(err, ERR_DATA, "%zu bytes behind the last tensor", data_bytes - at);
    return 0;
}

int safetensors_parse(struct safetensors *s, const unsigned char *p, size_t n, struct err *err)
{
    int rc = 0;
    json_t *header = NULL;
    json_error_t why;
    if (n < 8)
        return err_set(err, ERR_TRUNCATED, "%zu bytes, expected a safetensors file of at least 8", n);
    uint64_t header_bytes = bytes_get_u64(p);
    if (header_bytes > SAFETENSORS_MAX_HEADER)
        return err_set(err, ERR_LIMIT, "a header of %llu bytes, expected at most %d: not a safetensors file?",
                       (unsigned long long)header_bytes, SAFETENSORS_MAX_HEADER);
    if (header_bytes > n - 8)
        return err_set(err, ERR_TRUNCATED, "a header of %llu bytes in a file of %zu", (unsigned long long)header_bytes, n);
    const unsigned char *data = p + 8 + header_bytes;
    size_t data_bytes = n - 8 - (size_t)header_bytes;

    TRY(jsonguard_parse(&header, p + 8, (size_t)header_bytes, JSON_REJECT_DUPLICATES, &why, err));
    if (!json_is_object(header)) {
        rc = err_set(err, ERR_DATA, "byte %d: the header is not a JSON object: %s", 8 + (header ? 0 : why.position),
                     header ? "another value" : why.text);
        goto out;
    }
    TRY_NEW(s->tensors, MEM_ZARRAY(struct tensor, json_object_size(header), err));
    const char *name;
    json_t *value;
    json_object_foreach(header, name, value)
        if (strcmp(name, "__metadata__") != 0)
            TRY(parse_tensor(&s->tensors[s->n_tensors++], name, value, data, data_bytes, err));
    TRY(check_cover(s, data_bytes, 8 + (size_t)header_bytes, err));
out:
    json_decref(header);
    if (rc)
        safetensors_close(s);
    return rc;
}

int safetensors_open(struct safetensors *s, const char *path, enum mapfile_load load, struct err *err)
{
    struct mapfile file;
    *s = (struct safetensors){0};
    int rc = mapfile_open(&file, path, load, err);
    if (rc)
        return rc;
    rc = safetensors_parse(s, file.p, file.n, err);
    if (rc) {
        mapfile_close(&file);
        return err_prefix(err, "%s: ", path);
    }
    s->file = file;
    return 0;
}

void safetensors_close(struct safetensors *s)
{
    for (size_t i = 0; i < s->n_tensors; i++)
        mem_free(s->tensors[i].name);
    mem_free(s->tensors);
    if (s->file.p)
        mapfile_close(&s->file);
    *s = (struct safetensors){0};
}

const struct tensor *safetensors_find(const struct safetensors *s, const char *name)
{
    for (size_t i = 0; i < s->n_tensors; i++)
        if (strcmp(s->tensors[i].name, name) == 0)
            return &s->tensors[i];
    return NULL;
}

int safetensors_widen(const struct tensor *t, size_t first, size_t n, float *out, struct err *err)
{
    if (first > t->n || n > t->n - first)
        return err_set(err, ERR_INTERNAL, "tensor '%s': values %zu to %zu of %zu", t->name, first, first + n, t->n);
    const unsigned char *from = t->data + first * dtypes[t->dtype].bytes;
    if (t->dtype == SAFETENSORS_F32) {
        memcpy(out, from, n * sizeof *out);
        return 0;
    }
    if (t->dtype != SAFETENSORS_F16 && t->dtype != SAFETENSORS_BF16)
        return err_set(err, ERR_DATA, "tensor '%s' is %s, expected F32, F16 or BF16", t->name, dtypes[t->dtype].name);
    uint16_t aligned[512];
    for (size_t at = 0; at < n;) {
        size_t some = num_min_size(n - at, 512);
        memcpy(aligned, from + 2 * at, 2 * some);
        if (t->dtype == SAFETENSORS_F16)
            half_widen_f16(out + at, aligned, some);
        else
            half_widen_bf16(out + at, aligned, some);
        at += some;
    }
    return 0;
}
