#include "nn/safetensors_write.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/num.h"

#include <jansson.h>

static int describe(struct tensor *t, size_t *offset, json_t *header, struct err *err)
{
    json_t *shape = json_array();
    t->n = 1;
    for (size_t i = 0; i < t->n_dims; i++) {
        if (!num_mul_size(t->n, t->shape[i], &t->n) || t->shape[i] > INT64_MAX)
            return err_set(err, ERR_LIMIT, "tensor '%s': shape is out of range", t->name);
        json_array_append_new(shape, json_integer((json_int_t)t->shape[i]));
    }
    t->offset = *offset;
    if (!num_mul_size(t->n, safetensors_dtype_bytes(t->dtype), &t->bytes) || !num_add_size(*offset, t->bytes, offset) ||
        *offset > INT64_MAX)
        return err_set(err, ERR_LIMIT, "tensor '%s': shape is out of range", t->name);
    json_t *value = json_pack("{s:s, s:o, s:[I, I]}", "dtype", safetensors_dtype_name(t->dtype), "shape", shape,
                              "data_offsets", (json_int_t)t->offset, (json_int_t)*offset);
    return json_object_set_new(header, t->name, value) == 0 ? 0 :
           err_set(err, ERR_DATA, "tensor '%s': a name that is not UTF-8", t->name);
}

static int put(const char *bytes, size_t n, void *text)
{
    return buf_put(text, bytes, n, NULL);
}

int safetensors_write_header(struct output *out, struct tensor *tensors, size_t n, struct err *err)
{
    int rc = 0;
    struct buf text = {0};
    unsigned char length[8];
    size_t offset = 0;
    json_t *header = json_object();
    for (size_t i = 0; i < n; i++)
        TRY(describe(&tensors[i], &offset, header, err));
    if (json_dump_callback(header, put, &text, JSON_COMPACT) != 0)
        TRY(err_set(err, ERR_NOMEM, "out of memory: the header of a safetensors file"));
    while ((text.n + sizeof length) % 64)
        TRY(buf_putc(&text, ' ', err));
    bytes_put_u64(length, text.n);
    TRY(output_write(out, length, sizeof length, err));
    TRY(output_write(out, text.p, text.n, err));
out:
    json_decref(header);
    buf_done(&text);
    return rc;
}
