#include "repair/hardness_train.h"
#include "repair/forest.h"
#include "base/mem.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

enum { LEAST_ROWS = 20 };
static const double validation_share = 0.2;
const char *const hardness_weights_names[] = {"even", "source", NULL};

struct part {                      /* training or validation rows, by themselves */
    float *x, *label, *weight, *recall;
    struct boost_rows rows;
};

double hardness_weight(double h)
{
    return h >= 0.9 ? 3 * pow(h, 2.5) + 0.1 : h >= 0.7 ? 2 * h * h + 0.1 : 0.5 * h + 0.1;
}

static int part_init(struct part *p, size_t n, size_t n_features, struct err *err)
{
    int rc = 0;
    TRY_NEW(p->x, mem_alloc(n, n_features * sizeof *p->x, err));
    TRY_NEW(p->label, MEM_ARRAY(float, n, err));
    TRY_NEW(p->weight, MEM_ARRAY(float, n, err));
    TRY_NEW(p->recall, MEM_ARRAY(float, n, err));
    p->rows = (struct boost_rows){.x = p->x, .label = p->label, .weight = p->weight};
out:
    return rc;
}

static void part_done(struct part *p)
{
    mem_free(p->x);
    mem_free(p->label);
    mem_free(p->weight);
    mem_free(p->recall);
}

/* Rows to parts[0] or [1], the validation, by the seed and their place. */
static int split(struct part parts[2], const struct hardness_table *t, enum hardness_weights weights, uint64_t seed,
                 struct err *err)
{
    int rc = 0;
    for (int i = 0; i < 2; i++)
        TRY(part_init(&parts[i], t->n, t->n_features, err));
    double sum = 0;
    for (size_t i = 0; i < t->n; i++)
        sum += hardness_weight(1 - (double)t->recall[i]);
    for (size_t i = 0; i < t->n; i++) {
        struct part *p = &parts[rng_uniform(seed, RNG_VALIDATION, i) < validation_share];
        size_t at = p->rows.n++;
        memcpy(p->x + at * t->n_features, t->x + i * t->n_features, t->n_features * sizeof *p->x);
        p->recall[at] = t->recall[i];
        p->label[at] = 1 - t->recall[i];
        p->weight[at] = weights == HARDNESS_WEIGHTS_EVEN ? 1 :
                        (float)(hardness_weight((double)p->label[at]) * (double)t->n / sum);
    }
    if (parts[0].rows.n == 0 || parts[1].rows.n == 0)
        return err_set(err, ERR_DATA, "no rows to %s by this seed", parts[0].rows.n ? "validate with" : "train with");
out:
    return rc;
}

static double rmse(const double *predicted, const float *label, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (predicted[i] - (double)label[i]) * (predicted[i] - (double)label[i]);
    return sqrt(sum / (double)n);
}

/* Shuffle a feature among rows: Fisher and Yates. */
static void shuffle(float *x, size_t n, size_t stride, uint64_t seed, uint64_t item)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(seed, RNG_VALIDATION, (item + 1) << 32 | i, i);
        float swap = x[(i - 1) * stride];
        x[(i - 1) * stride] = x[j * stride];
        x[j * stride] = swap;
    }
}

/* What the model is worth on the validation rows, as hardq-detect will read it. */
static int judge(struct hardness_trained *r, struct part *v, size_t n_features, uint64_t seed, struct err *err)
{
    int rc = 0;
    struct forest f = {0};
    struct input *in = NULL;
    const size_t n = v->rows.n;
    double *predicted = NULL;
    float *score = NULL, *column = NULL;
    TRY_NEW(predicted, MEM_ARRAY(double, n, err));
    TRY_NEW(score, MEM_ARRAY(float, n, err));
    TRY_NEW(column, MEM_ARRAY(float, n, err));
    TRY(input_open_memory(&in, r->model.p, r->model.n, "the model", err));
    if (forest_read(&f, in, err) != 0 || f.n_features != n_features) {
        err->code = ERR_INTERNAL;      /* a model of our own making */
        rc = ERR_INTERNAL;
        goto out;
    }
    r->n_nodes = f.n_nodes;
    forest_predict(&f, v->x, n, predicted);
    for (size_t i = 0; i < n; i++)
        score[i] = (float)predicted[i];
    double base = rmse(predicted, v->label, n);
    r->pearson = hardness_pearson(score, v->recall, n);
    TRY(hardness_spearman(score, v->recall, n, &r->spearman, err));
    TRY(hardness_find(&r->hardest, score, v->recall, n, hardness_share(0.1, n), err));
    for (size_t j = 0; j < n_features; j++) {
        for (size_t i = 0; i < n; i++)
            column[i] = v->x[i * n_features + j];
        shuffle(v->x + j, n, n_features, seed, j);
        forest_predict(&f, v->x, n, predicted);
        r->importance[j] = rmse(predicted, v->label, n) - base;
        for (size_t i = 0; i < n; i++)
            v->x[i * n_features + j] = column[i];
    }
out:
    forest_done(&f);
    input_close(in);
    mem_free(predicted);
    mem_free(score);
    mem_free(column);
    return rc;
}

int hardness_train(struct hardness_trained *r, const struct hardness_table *t, enum hardness_weights weights,
                   const struct boost_options *o, struct err *err)
{
    int rc = 0;
    struct part parts[2] = {{0}, {0}};
    struct boost_result result = {0};
    const char *const attributes[][2] = {{"vecpipe.k", t->k}, {"vecpipe.ef", t->ef}};
    *r = (struct hardness_trained){0};
    if (t->n < LEAST_ROWS)
        return err_set(err, ERR_DATA, "%zu rows, expected %d at least", t->n, LEAST_ROWS);
    TRY(split(parts, t, weights, o->seed, err));
    TRY(boost_train(&result, o, &parts[0].rows, &parts[1].rows, t->n_features, t->names, attributes,
                    *t->k && *t->ef ? 2 : 0, err));
    r->model = result.model;
    result.model = (struct buf){0};
    r->n_trees = result.n_trees;
    r->rmse = result.rmse;
    r->n_train = parts[0].rows.n;
    r->n_validation = parts[1].rows.n;
    TRY(judge(r, &parts[1], t->n_features, o->seed, err));
out:
    buf_done(&result.model);
    part_done(&parts[0]);
    part_done(&parts[1]);
    return rc;
}
