#include "nn/transformer_load.h"

#include "base/mem.h"
#include "sys/par.h"
#include "vec/kernel.h"

#include <math.h>
#include <stdio.h>

enum { MAX_NAME = 128 };

struct load {
    struct transformer *t;
    const struct checkpoint *c;
};

static const char *file_of(const struct checkpoint *c, const struct tensor *t)
{
    size_t i = 0;
    while (c->entries[i].tensor != t)
        i++;
    return c->entries[i].file;
}

/* Values first .. first + n - 1, all finite. */
static int widen(const struct checkpoint *c, const struct tensor *t, size_t first, size_t n, float *out, struct err *err)
{
    int rc = safetensors_widen(t, first, n, out, err);
    if (rc)
        return err_prefix(err, "%s: ", file_of(c, t));
    size_t bad = kernel_first_not_finite(out, n);
    return bad == n ? 0 : err_set(err, ERR_DATA, "%s: tensor '%s': value %zu is a NaN or an infinity", file_of(c, t), t->name,
                                  first + bad);
}

/* The tensor prefix + name, of shape (rows, columns), or (rows) where columns is 0. */
static int read_tensor(const struct checkpoint *c, const char *prefix, const char *name, size_t rows, size_t columns, float *out,
                       struct err *err)
{
    char full[MAX_NAME];
    const size_t shape[] = {rows, columns};
    const struct tensor *t;
    (void)snprintf(full, sizeof full, "%s%s", prefix, name);
    int rc = checkpoint_need(c, full, columns ? 2 : 1, shape, &t, err);
    return rc ? rc : widen(c, t, 0, t->n, out, err);
}

static int read_norm(const struct checkpoint *c, const char *prefix, size_t n, float epsilon, struct rowops_norm *norm,
                     struct err *err)
{
    int rc = 0;
    float *both = NULL;
    TRY_NEW(both, MEM_ARRAY(float, 2 * n, err));
    *norm = (struct rowops_norm){.weight = both, .bias = both + n, .epsilon = epsilon};
    TRY(read_tensor(c, prefix, "LayerNorm.weight", n, 0, both, err));
    TRY(read_tensor(c, prefix, "LayerNorm.bias", n, 0, both + n, err));
out:
    return rc;
}

/* The n_parts matrices (rows, columns) of the names, one below the other; the first times `factor`. */
static int read_linear(struct linear *l, const struct load *load, const char *prefix, const char *const *names, size_t n_parts,
                       size_t rows, size_t columns, float factor, struct err *err)
{
    int rc = 0;
    char name[MAX_NAME];
    float *weights = NULL, *bias = NULL;
    TRY_NEW(weights, MEM_SLAB(float, n_parts * rows * columns, err));
    TRY_NEW(bias, MEM_ARRAY(float, n_parts * rows, err));
    for (size_t i = 0; i < n_parts; i++) {
        (void)snprintf(name, sizeof name, "%s.weight", names[i]);
        TRY(read_tensor(load->c, prefix, name, rows, columns, weights + i * rows * columns, err));
        (void)snprintf(name, sizeof name, "%s.bias", names[i]);
        TRY(read_tensor(load->c, prefix, name, rows, 0, bias + i * rows, err));
    }
    const struct rowops *ops = load->t->ops;
    ops->scale(weights, weights, factor, rows * columns);
    ops->scale(bias, bias, factor, rows);
    TRY(linear_init(l, load->t->type, n_parts * rows, columns, weights, bias, err));
out:
    mem_free(weights);
    mem_free(bias);
    return rc;
}

static int read_layer(void *ctx, size_t i, int worker, struct err *err)
{
    static const char *const qkv[] = {"attention.self.query", "attention.self.key", "attention.self.value"};
    static const char *const out_name = "attention.output.dense", *const up = "intermediate.dense", *const down = "output.dense";
    (void)worker;
    int rc = 0;
    char prefix[MAX_NAME / 2], sub[MAX_NAME];
    const struct load *load = ctx;
    const struct transformer_config *c = &load->t->config;
    struct transformer_layer *l = &load->t->layers[i];
    (void)snprintf(prefix, sizeof prefix, "encoder.layer.%zu.", i);
    /* The queries' part takes the factor of the scores. */
    TRY(read_linear(&l->qkv, load, prefix, qkv, 3, c->dim, c->dim, 1 / sqrtf((float)(c->dim / c->n_heads)), err));
    TRY(read_linear(&l->out, load, prefix, &out_name, 1, c->dim, c->dim, 1, err));
    TRY(read_linear(&l->up, load, prefix, &up, 1, c->inner, c->dim, 1, err));
    TRY(read_linear(&l->down, load, prefix, &down, 1, c->dim, c->inner, 1, err));
    (void)snprintf(sub, sizeof sub, "%sattention.output.", prefix);
    TRY(read_norm(load->c, sub, c->dim, c->norm_eps, &l->attention_norm, err));
    (void)snprintf(sub, sizeof sub, "%soutput.", prefix);
    TRY(read_norm(load->c, sub, c->dim, c->norm_eps, &l->norm, err));
out:
    return rc;
}

/* A table stays where it is; its values are looked at once. */
static int find_table(const struct load *load, const char *name, size_t rows, const struct tensor **table, float *row,
                      struct err *err)
{
    int rc = 0;
    size_t dim = load->t->config.dim;
    TRY(checkpoint_need(load->c, name, 2, (const size_t[]){rows, dim}, table, err));
    for (size_t i = 0; i < rows; i++)
        TRY(widen(load->c, *table, i * dim, dim, row, err));
out:
    return rc;
}

int transformer_load(struct transformer *t, const struct checkpoint *c, int n_threads, struct err *err)
{
    int rc = 0;
    const struct transformer_config *config = &t->config;
    const struct tensor *types;
    struct load load = {.t = t, .c = c};
    TRY_NEW(t->token_type, MEM_ARRAY(float, config->dim, err));
    TRY(find_table(&load, "embeddings.word_embeddings.weight", config->n_rows, &t->words, t->token_type, err));
    TRY(find_table(&load, "embeddings.position_embeddings.weight", config->n_positions, &t->positions, t->token_type, err));
    TRY(checkpoint_need(c, "embeddings.token_type_embeddings.weight", 2, (const size_t[]){config->n_types, config->dim}, &types,
                        err));
    TRY(widen(c, types, 0, config->dim, t->token_type, err));
    TRY(read_norm(c, "embeddings.", config->dim, config->norm_eps, &t->norm, err));
    TRY_NEW(t->layers, MEM_ZARRAY(struct transformer_layer, config->n_layers, err));
    TRY(par_for(n_threads, config->n_layers, read_layer, &load, err));
out:
    return rc;
}
