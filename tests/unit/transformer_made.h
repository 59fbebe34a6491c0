/* transformer_made - weights for a transformer of any shape, made in the scratch folder. */
#ifndef TRANSFORMER_MADE_H
#define TRANSFORMER_MADE_H

#include "base/rng.h"
#include "check.h"
#include "nn/safetensors_write.h"
#include "nn/transformer_config.h"
#include "scratch.h"

#include <math.h>

enum { TRANSFORMER_MADE_MAX = 128 };

struct transformer_made {
    struct tensor tensors[TRANSFORMER_MADE_MAX];
    size_t n;
};

static inline void transformer_made_add(struct transformer_made *m, const char *prefix, const char *name, size_t rows,
                                        size_t columns)
{
    char full[256];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    m->tensors[m->n++] = (struct tensor){.name = strdup(full), .dtype = SAFETENSORS_F32, .n_dims = columns ? 2 : 1,
                                         .shape = {rows, columns}};
}

static inline void transformer_made_linear(struct transformer_made *m, const char *prefix, const char *name, size_t n_out,
                                           size_t n_in)
{
    char part[120];
    snprintf(part, sizeof part, "%s.weight", name);
    transformer_made_add(m, prefix, part, n_out, n_in);
    snprintf(part, sizeof part, "%s.bias", name);
    transformer_made_add(m, prefix, part, n_out, 0);
}

/* The names and shapes of all tensors; the names are to free. */
static inline void transformer_made_tensors(struct transformer_made *m, const struct transformer_config *c)
{
    char prefix[80], sub[120];
    transformer_made_add(m, "embeddings.", "word_embeddings.weight", c->n_rows, c->dim);
    transformer_made_add(m, "embeddings.", "position_embeddings.weight", c->n_positions, c->dim);
    transformer_made_add(m, "embeddings.", "token_type_embeddings.weight", c->n_types, c->dim);
    transformer_made_linear(m, "embeddings.", "LayerNorm", c->dim, 0);
    for (size_t l = 0; l < c->n_layers; l++) {
        snprintf(prefix, sizeof prefix, "encoder.layer.%zu.", l);
        transformer_made_linear(m, prefix, "attention.self.query", c->dim, c->dim);
        transformer_made_linear(m, prefix, "attention.self.key", c->dim, c->dim);
        transformer_made_linear(m, prefix, "attention.self.value", c->dim, c->dim);
        transformer_made_linear(m, prefix, "attention.output.dense", c->dim, c->dim);
        snprintf(sub, sizeof sub, "%sattention.output.", prefix);
        transformer_made_linear(m, sub, "LayerNorm", c->dim, 0);
        transformer_made_linear(m, prefix, "intermediate.dense", c->inner, c->dim);
        transformer_made_linear(m, prefix, "output.dense", c->dim, c->inner);
        snprintf(sub, sizeof sub, "%soutput.", prefix);
        transformer_made_linear(m, sub, "LayerNorm", c->dim, 0);
    }
}

/* A scratch file of random weights, of a size that makes everything matter: scores of a few units, activations on both sides of
 * 0. */
static inline void transformer_made_weights(const char *name, const struct transformer_config *c)
{
    struct err err = {0};
    struct transformer_made m = {.n = 0};
    struct output *out = NULL;
    transformer_made_tensors(&m, c);
    CHECK_OK(output_open(&out, scratch_path(name), false, &err), &err);
    CHECK_OK(safetensors_write_header(out, m.tensors, m.n, &err), &err);
    for (size_t i = 0; i < m.n; i++) {
        const struct tensor *t = &m.tensors[i];
        float *x = malloc(t->n * sizeof *x), spread = t->n_dims == 2 ? 1.5f / sqrtf((float)t->shape[1]) : 0.3f;
        bool is_scale = strstr(t->name, "LayerNorm.weight");
        for (size_t j = 0; j < t->n; j++)
            x[j] = (float)is_scale + spread * (float)rng_normal(5, RNG_TEST, i << 32 | j);
        CHECK_OK(output_write(out, x, t->n * sizeof *x, &err), &err);
        free(x);
        free(t->name);
    }
    CHECK_OK(output_commit(out, &err), &err);
    output_free(out);
}

#endif
