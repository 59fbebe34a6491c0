#include "nn/linear.h"

#include "base/mem.h"
#include "vec/gemm.h"

#include <math.h>
#include <string.h>

/* Each row of the weights in steps of its greatest magnitude / 127. */
static int to_i8(struct linear *l, const float *weights, int8_t *out, struct err *err)
{
    int rc = 0;
    TRY_NEW(l->scale, MEM_ARRAY(float, l->n_out, err));
    TRY_NEW(l->total, MEM_ARRAY(float, l->n_out, err));
    for (size_t i = 0; i < l->n_out; i++) {
        const float *row = weights + i * l->n_in;
        float most = 0;
        int32_t total = 0;
        for (size_t j = 0; j < l->n_in; j++)
            most = fmaxf(most, fabsf(row[j]));
        for (size_t j = 0; j < l->n_in; j++) {
            long step = most > 0 ? lrintf(row[j] / most * 127) : 0;
            out[i * l->n_in + j] = (int8_t)step;
            total += (int32_t)step;
        }
        l->scale[i] = most / 127;
        l->total[i] = (float)total;
    }
out:
    return rc;
}

int linear_init(struct linear *l, enum linear_type type, size_t n_out, size_t n_in, const float *weights, const float *bias,
                struct err *err)
{
    static const enum gemm_type types[] = {[LINEAR_F32] = GEMM_F32, [LINEAR_BF16] = GEMM_BF16, [LINEAR_I8] = GEMM_I8};
    int rc = 0;
    int8_t *bytes = NULL;
    *l = (struct linear){.type = type, .n_in = n_in, .n_out = n_out};
    TRY_NEW(l->bias, MEM_ARRAY(float, n_out, err));
    memcpy(l->bias, bias, n_out * sizeof *bias);
    if (type == LINEAR_I8) {
        TRY_NEW(bytes, MEM_SLAB(int8_t, n_out * n_in, err));
        TRY(to_i8(l, weights, bytes, err));
    }
    TRY(gemm_pack(&l->weights, types[type], n_out, n_in, bytes ? (const void *)bytes : weights, n_in, err));
out:
    mem_free(bytes);
    if (rc)
        linear_done(l);
    return rc;
}

void linear_done(struct linear *l)
{
    gemm_weights_free(l->weights);
    mem_free(l->bias);
    mem_free(l->scale);
    mem_free(l->total);
    *l = (struct linear){0};
}

int linear_input_init(struct linear_input *in, size_t n_in, struct err *err)
{
    in->rows = MEM_SLAB(uint16_t, LINEAR_ROWS * n_in, err);
    return in->rows ? 0 : ERR_NOMEM;
}

void linear_input_done(struct linear_input *in)
{
    mem_free(in->rows);
    in->rows = NULL;
}

void linear_take(const struct linear *l, const struct rowops *ops, struct linear_input *in, size_t i, const float *row)
{
    if (l->type == LINEAR_BF16)
        ops->narrow((uint16_t *)in->rows + i * l->n_in, row, l->n_in);
    else if (l->type == LINEAR_I8)
        in->bytes[i] = ops->to_bytes((uint8_t *)in->rows + i * l->n_in, row, l->n_in);
}

int linear_run(const struct linear *l, const struct rowops *ops, const struct linear_input *in, const float *x, size_t m,
               float *y, struct err *err)
{
    size_t rows = (m + LINEAR_ROWS_UNIT - 1) / LINEAR_ROWS_UNIT * LINEAR_ROWS_UNIT;
    int rc = gemm_run(l->weights, rows, l->type == LINEAR_F32 ? (const void *)x : in->rows, l->n_in, y, l->n_out, err);
    for (size_t i = 0; rc == 0 && i < m && l->type == LINEAR_I8; i++)
        ops->from_sums(y + i * l->n_out, in->bytes[i], l->scale, l->total, l->n_out);
    return rc;
}
