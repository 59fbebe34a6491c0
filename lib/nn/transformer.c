#include "nn/transformer.h"

#include "base/mem.h"
#include "base/num.h"
#include "nn/transformer_load.h"

_Static_assert((int)TRANSFORMER_GELU == ROWOPS_GELU && (int)TRANSFORMER_GELU_TANH == ROWOPS_GELU_TANH &&
               (int)TRANSFORMER_RELU == ROWOPS_RELU, "one order");

int transformer_init(struct transformer *t, const struct transformer_config *config, const struct checkpoint *c,
                     enum linear_type type, int n_threads, struct err *err)
{
    *t = (struct transformer){.config = *config, .ops = rowops_best(), .type = type};
    int rc = transformer_load(t, c, n_threads, err);
    if (rc)
        transformer_done(t);
    return rc;
}

static void norm_done(struct rowops_norm *norm)
{
    mem_free((float *)(uintptr_t)norm->weight);        /* and the bias behind it */
}

void transformer_done(struct transformer *t)
{
    for (size_t i = 0; t->layers && i < t->config.n_layers; i++) {
        struct transformer_layer *l = &t->layers[i];
        linear_done(&l->qkv);
        linear_done(&l->out);
        linear_done(&l->up);
        linear_done(&l->down);
        norm_done(&l->attention_norm);
        norm_done(&l->norm);
    }
    norm_done(&t->norm);
    mem_free(t->layers);
    mem_free(t->token_type);
    *t = (struct transformer){0};
}

void transformer_scratch_init(struct transformer_scratch *s, const struct transformer *t)
{
    *s = (struct transformer_scratch){0};
    attention_init(&s->attention, t->ops, t->config.n_heads, t->config.dim / t->config.n_heads, t->type != LINEAR_F32);
}

static void scratch_free(struct transformer_scratch *s)
{
    mem_free(s->x);
    mem_free(s->qkv);
    mem_free(s->context);
    mem_free(s->tile);
    mem_free(s->wide);
    linear_input_done(&s->input);
    s->x = s->context = s->tile = s->wide = NULL;
    s->qkv = NULL;
    s->room = 0;
}

void transformer_scratch_done(struct transformer_scratch *s)
{
    attention_done(&s->attention);
    scratch_free(s);
}

static int reserve(struct transformer_scratch *s, const struct transformer_config *c, size_t n, struct err *err)
{
    int rc = 0;
    size_t rows = (n + LINEAR_ROWS - 1) / LINEAR_ROWS * LINEAR_ROWS;
    if (n <= s->room)
        return 0;
    scratch_free(s);
    TRY_NEW(s->x, MEM_SLAB(float, rows * c->dim, err));
    TRY_NEW(s->qkv, mem_slab(rows, attention_row_bytes(&s->attention), err));
    TRY_NEW(s->context, MEM_SLAB(float, rows * c->dim, err));
    TRY_NEW(s->tile, MEM_SLAB(float, LINEAR_ROWS * c->dim, err));
    TRY_NEW(s->wide, MEM_SLAB(float, LINEAR_ROWS * (c->inner > 3 * c->dim ? c->inner : 3 * c->dim), err));
    TRY(linear_input_init(&s->input, c->inner > c->dim ? c->inner : c->dim, err));
    s->room = rows;
out:
    return rc;
}

/* x (dim) = LayerNorm(word + position + type); position passes through row (dim). */
static int embed(const struct transformer *t, uint32_t id, size_t position, float *row, float *x, struct err *err)
{
    size_t dim = t->config.dim;
    int rc = 0;
    TRY(safetensors_widen(t->words, id * dim, dim, x, err));
    TRY(safetensors_widen(t->positions, position * dim, dim, row, err));
    t->ops->add_norm(x, row, t->token_type, &t->norm, dim);
out:
    return rc;
}

/* Tiles are the m rows from `first` on: queries, keys and values, */
static int start_tile(const struct transformer *t, const struct transformer_layer *l, struct transformer_scratch *s, size_t first,
                      size_t m, struct err *err)
{
    int rc = 0;
    size_t dim = t->config.dim, row_bytes = attention_row_bytes(&s->attention);
    const float *x = s->x + first * dim;
    for (size_t i = 0; i < m; i++)
        linear_take(&l->qkv, t->ops, &s->input, i, x + i * dim);
    TRY(linear_run(&l->qkv, t->ops, &s->input, x, m, s->wide, err));
    for (size_t i = 0; i < m; i++) {
        t->ops->add(s->wide + i * 3 * dim, l->qkv.bias, 3 * dim);
        attention_take(&s->attention, (char *)s->qkv + (first + i) * row_bytes, s->wide + i * 3 * dim);
    }
out:
    return rc;
}

/* and from what attention found to the layer's end.  Each row is made ready for the next product while it is in L1. */
static int finish_tile(const struct transformer *t, const struct transformer_layer *l, struct transformer_scratch *s,
                       size_t first, size_t m, struct err *err)
{
    int rc = 0;
    const struct rowops *ops = t->ops;
    size_t dim = t->config.dim, inner = t->config.inner;
    float *x = s->x + first * dim, *context = s->context + first * dim;
    for (size_t i = 0; i < m; i++)
        linear_take(&l->out, ops, &s->input, i, context + i * dim);
    TRY(linear_run(&l->out, ops, &s->input, context, m, s->tile, err));
    for (size_t i = 0; i < m; i++) {
        ops->add_norm(x + i * dim, s->tile + i * dim, l->out.bias, &l->attention_norm, dim);
        linear_take(&l->up, ops, &s->input, i, x + i * dim);
    }
    TRY(linear_run(&l->up, ops, &s->input, x, m, s->wide, err));
    for (size_t i = 0; i < m; i++) {
        ops->activate(s->wide + i * inner, l->up.bias, inner, (enum rowops_activation)t->config.act);
        linear_take(&l->down, ops, &s->input, i, s->wide + i * inner);
    }
    TRY(linear_run(&l->down, ops, &s->input, s->wide, m, s->tile, err));
    for (size_t i = 0; i < m; i++)
        ops->add_norm(x + i * dim, s->tile + i * dim, l->down.bias, &l->norm, dim);
out:
    return rc;
}

static int run_layer(const struct transformer *t, const struct transformer_layer *l, struct transformer_scratch *s,
                     const size_t *lengths, size_t n_texts, size_t n, struct err *err)
{
    int rc = 0;
    size_t row_bytes = attention_row_bytes(&s->attention), at = 0;
    for (size_t first = 0; first < n; first += LINEAR_ROWS)
        TRY(start_tile(t, l, s, first, num_min_size(LINEAR_ROWS, n - first), err));
    for (size_t i = 0; i < n_texts; at += lengths[i++])
        TRY(attention_run(&s->attention, (char *)s->qkv + at * row_bytes, lengths[i], s->context + at * t->config.dim, err));
    for (size_t first = 0; first < n; first += LINEAR_ROWS)
        TRY(finish_tile(t, l, s, first, num_min_size(LINEAR_ROWS, n - first), err));
out:
    return rc;
}

int transformer_run(const struct transformer *t, struct transformer_scratch *s, const uint32_t *ids, const size_t *lengths,
                    size_t n_texts, size_t n_layers, const float **hidden, struct err *err)
{
    int rc = 0;
    size_t n = 0, at = 0;
    for (size_t i = 0; i < n_texts; i++)
        n += lengths[i];
    TRY(reserve(s, &t->config, n, err));
    for (size_t i = 0; i < n_texts; i++)
        for (size_t j = 0; j < lengths[i]; j++, at++)
            TRY(embed(t, ids[at], t->config.first_position + j, s->tile, s->x + at * t->config.dim, err));
    for (size_t i = 0; i < n_layers; i++)
        TRY(run_layer(t, &t->layers[i], s, lengths, n_texts, n, err));
    *hidden = s->x;
out:
    return rc;
}
