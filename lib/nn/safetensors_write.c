#include "nn/safetensors_write.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/jsonguard.h"
#include "base/num.h"

static int describe(struct tensor *t, size_t *offset, json_t *header, struct err *err)
{
    t->n = 1;
    for (size_t i = 0; i < t->n_dims; i++)
        if (!num_mul_size(t->n, t->shape[i], &t->n) || t->shape[i] > INT64_MAX)
            return err_set(err, ERR_LIMIT, "tensor '%s': shape is out of range", t->name);
    t->offset = *offset;
    if (!num_mul_size(t->n, safetensors_dtype_bytes(t->dtype), &t->bytes) || !num_add_size(*offset, t->bytes, offset) ||
        *offset > INT64_MAX)
        return err_set(err, ERR_LIMIT, "tensor '%s': shape is out of range", t->name);
    json_t *shape = json_array();
    for (size_t i = 0; i < t->n_dims; i++)
        json_array_append_new(shape, json_integer((json_int_t)t->shape[i]));
    json_t *value = json_pack("{s:s, s:o, s:[I, I]}", "dtype", safetensors_dtype_name(t->dtype), "shape", shape,
                              "data_offsets", (json_int_t)t->offset, (json_int_t)*offset);
    return json_object_set_new(header, t->name, value) == 0 ? 0 :
           err_set(err, ERR_DATA, "tensor '%s': a name that is not UTF-8", t->name);
}

struct header_text {
    struct tensor *tensors;
    size_t n;
    struct buf text;
    int rc;                     /* of the first put that failed: jansson does not pass on all of them */
    struct err *err;
};

static int put(const char *bytes, size_t n, void *ctx)
{
    struct header_text *h = ctx;
    if (h->rc == 0)
        h->rc = buf_put(&h->text, bytes, n, h->err);
    return h->rc;
}

static int write_text(void *ctx, struct err *err)
{
    int rc = 0;
    struct header_text *h = ctx;
    size_t offset = 0;
    json_t *header = json_object();
    h->err = err;
    for (size_t i = 0; i < h->n; i++)
        TRY(describe(&h->tensors[i], &offset, header, err));
    if (json_dump_callback(header, put, h, JSON_COMPACT) != 0 && h->rc == 0)
        rc = err_set(err, ERR_INTERNAL, "a header that is no JSON");
    TRY(h->rc);
out:
    json_decref(header);
    return rc;
}

int safetensors_write_header(struct output *out, struct tensor *tensors, size_t n, struct err *err)
{
    int rc = 0;
    struct header_text h = {.tensors = tensors, .n = n};
    unsigned char length[8];
    TRY(jsonguard_run(write_text, &h, err));
    while ((h.text.n + sizeof length) % 64)
        TRY(buf_putc(&h.text, ' ', err));
    bytes_put_u64(length, h.text.n);
    TRY(output_write(out, length, sizeof length, err));
    TRY(output_write(out, h.text.p, h.text.n, err));
out:
    buf_done(&h.text);
    return rc;
}
