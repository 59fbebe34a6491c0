#include "nn/pooling.h"

#include <string.h>

static void add_row(float *restrict out, const float *restrict x, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        out[i] += x[i];
}

static void raise_to_row(float *restrict out, const float *restrict x, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        out[i] = x[i] > out[i] ? x[i] : out[i];
}

void pooling_run(enum transformer_pool pool, const float *hidden, size_t n, size_t dim, float *out)
{
    memcpy(out, hidden, dim * sizeof *out);
    for (size_t j = 1; j < n && pool != TRANSFORMER_CLS; j++)
        (pool == TRANSFORMER_MEAN ? add_row : raise_to_row)(out, hidden + j * dim, dim);
    for (size_t i = 0; i < dim && pool == TRANSFORMER_MEAN; i++)
        out[i] /= (float)n;
}
