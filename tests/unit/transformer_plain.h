/* transformer_plain - a transformer's forward pass as the papers write it, in double, one sequence, no blocks: what the fast one
 * is held against. */
#ifndef TRANSFORMER_PLAIN_H
#define TRANSFORMER_PLAIN_H

#include "nn/transformer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double *plain_tensor(const struct checkpoint *c, const char *prefix, const char *name)
{
    char full[160];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    const struct tensor *t = checkpoint_find(c, full);
    if (!t)
        fprintf(stderr, "plain: no tensor %s\n", full);
    float *x = malloc((t->n + 1) * sizeof *x);
    double *y = malloc((t->n + 1) * sizeof *y);
    if (!x || !y || safetensors_widen(t, 0, t->n, x, NULL) != 0)
        exit(99);
    for (size_t i = 0; i < t->n; i++)
        y[i] = x[i];
    free(x);
    return y;
}

/* y (n, n_out) = x (n, n_in) W^T + b */
static double *plain_linear(const struct checkpoint *c, const char *prefix, const char *name, const double *x, size_t n,
                            size_t n_in, size_t n_out)
{
    char full[160];
    snprintf(full, sizeof full, "%s%s.weight", prefix, name);
    double *w = plain_tensor(c, full, ""), *y = malloc((n * n_out + 1) * sizeof *y);
    snprintf(full, sizeof full, "%s%s.bias", prefix, name);
    double *b = plain_tensor(c, full, "");
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < n_out; o++) {
            double sum = b[o];
            for (size_t j = 0; j < n_in; j++)
                sum += x[i * n_in + j] * w[o * n_in + j];
            y[i * n_out + o] = sum;
        }
    free(w);
    free(b);
    return y;
}

/* x = LayerNorm(x + y) */
static void plain_norm(const struct checkpoint *c, const char *prefix, double *x, const double *y, size_t n, size_t dim,
                       double epsilon)
{
    double *w = plain_tensor(c, prefix, "LayerNorm.weight"), *b = plain_tensor(c, prefix, "LayerNorm.bias");
    for (size_t i = 0; i < n; i++) {
        double mean = 0, variance = 0, *row = x + i * dim;
        for (size_t j = 0; j < dim; j++)
            mean += (row[j] += y[i * dim + j]) / (double)dim;
        for (size_t j = 0; j < dim; j++)
            variance += (row[j] - mean) * (row[j] - mean) / (double)dim;
        for (size_t j = 0; j < dim; j++)
            row[j] = (row[j] - mean) / sqrt(variance + epsilon) * w[j] + b[j];
    }
    free(w);
    free(b);
}

static double plain_act(enum transformer_act act, double x)
{
    if (act == TRANSFORMER_RELU)
        return x > 0 ? x : 0;
    if (act == TRANSFORMER_GELU)
        return x * 0.5 * (1 + erf(x / sqrt(2)));
    return x * 0.5 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}

static double *plain_attention(const double *q, const double *k, const double *v, size_t n, size_t heads, size_t head_dim)
{
    size_t dim = heads * head_dim;
    double *out = calloc(n * dim, sizeof *out), *score = malloc(n * sizeof *score);
    for (size_t h = 0; h < heads; h++)
        for (size_t i = 0; i < n; i++) {
            double greatest = -INFINITY, sum = 0;
            for (size_t j = 0; j < n; j++) {
                score[j] = 0;
                for (size_t d = h * head_dim; d < (h + 1) * head_dim; d++)
                    score[j] += q[i * dim + d] * k[j * dim + d] / sqrt((double)head_dim);
                greatest = fmax(greatest, score[j]);
            }
            for (size_t j = 0; j < n; j++)
                sum += score[j] = exp(score[j] - greatest);
            for (size_t j = 0; j < n; j++)
                for (size_t d = h * head_dim; d < (h + 1) * head_dim; d++)
                    out[i * dim + d] += score[j] / sum * v[j * dim + d];
        }
    free(score);
    return out;
}

/* Hidden states (n, dim) of one sequence behind n_layers layers, to free. */
static double *plain_run(const struct transformer_config *t, const struct checkpoint *c, const uint32_t *ids, size_t n,
                         size_t n_layers)
{
    size_t dim = t->dim;
    char prefix[80], sub[120];
    double *x = calloc(n * dim + 1, sizeof *x), *rest = malloc((n * dim + 1) * sizeof *rest);
    double *word = plain_tensor(c, "embeddings.", "word_embeddings.weight"), *type = plain_tensor(c, "embeddings.",
                                                                                             "token_type_embeddings.weight");
    double *position = plain_tensor(c, "embeddings.", "position_embeddings.weight");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < dim; j++)
            rest[i * dim + j] = word[ids[i] * dim + j] + position[(t->first_position + i) * dim + j] + type[j];
    plain_norm(c, "embeddings.", x, rest, n, dim, t->norm_eps);
    for (size_t l = 0; l < n_layers; l++) {
        snprintf(prefix, sizeof prefix, "encoder.layer.%zu.", l);
        double *q = plain_linear(c, prefix, "attention.self.query", x, n, dim, dim);
        double *k = plain_linear(c, prefix, "attention.self.key", x, n, dim, dim);
        double *v = plain_linear(c, prefix, "attention.self.value", x, n, dim, dim);
        double *found = plain_attention(q, k, v, n, t->n_heads, dim / t->n_heads);
        double *out = plain_linear(c, prefix, "attention.output.dense", found, n, dim, dim);
        snprintf(sub, sizeof sub, "%sattention.output.", prefix);
        plain_norm(c, sub, x, out, n, dim, t->norm_eps);
        double *up = plain_linear(c, prefix, "intermediate.dense", x, n, dim, t->inner);
        for (size_t i = 0; i < n * t->inner; i++)
            up[i] = plain_act(t->act, up[i]);
        double *down = plain_linear(c, prefix, "output.dense", up, n, t->inner, dim);
        snprintf(sub, sizeof sub, "%soutput.", prefix);
        plain_norm(c, sub, x, down, n, dim, t->norm_eps);
        double *all[] = {q, k, v, found, out, up, down};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            free(all[i]);
    }
    free(rest);
    free(word);
    free(type);
    free(position);
    return x;
}

#endif
