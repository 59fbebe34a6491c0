#include "repair/boost.h"

#ifndef VECPIPE_XGBOOST

bool boost_available(void)
{
    return false;
}

int boost_train(struct boost_result *r, const struct boost_options *o, const struct boost_rows *train,
                const struct boost_rows *validation, size_t n_features, const char *const *names,
                const char *const (*attributes)[2], size_t n_attributes, struct err *err)
{
    (void)o, (void)train, (void)validation, (void)n_features, (void)names, (void)attributes, (void)n_attributes;
    *r = (struct boost_result){0};
    return err_set(err, ERR_IO, "built without XGBoost: install libxgboost-dev and run make again");
}

#else

#include "base/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <xgboost/c_api.h>

struct handles {
    DMatrixHandle rows[2];         /* training, validation */
    BoosterHandle booster, best;
};

bool boost_available(void)
{
    return true;
}

static int check(int status, const char *what, struct err *err)
{
    return status == 0 ? 0 : err_set(err, ERR_DATA, "XGBoost: %s: %.200s", what, XGBGetLastError());
}

static void say_nothing(const char *text)
{
    (void)text;
}

static int make_rows(DMatrixHandle *m, const struct boost_rows *rows, size_t n_features, struct err *err)
{
    int rc = 0;
    TRY(check(XGDMatrixCreateFromMat(rows->x, rows->n, n_features, NAN, m), "rows", err));
    TRY(check(XGDMatrixSetFloatInfo(*m, "label", rows->label, rows->n), "labels", err));
    TRY(check(XGDMatrixSetFloatInfo(*m, "weight", rows->weight, rows->n), "weights", err));
out:
    return rc;
}

static int set_options(BoosterHandle b, const struct boost_options *o, struct err *err)
{
    int rc = 0;
    char depth[24], rate[NUM_TEXT], seed[24];
    snprintf(depth, sizeof depth, "%llu", (unsigned long long)o->depth);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)(o->seed & 0x7FFFFFFF));
    num_format_f64(rate, o->rate);
    const char *const options[][2] = {
        {"verbosity", "0"}, {"nthread", "1"}, {"tree_method", "hist"}, {"objective", "reg:squarederror"}, {"eval_metric", "rmse"},
        {"max_depth", depth}, {"eta", rate}, {"seed", seed}, {"subsample", "0.8"}, {"colsample_bytree", "0.8"},
        {"min_child_weight", "5"}, {"alpha", "0.1"}, {"lambda", "0.1"}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        TRY(check(XGBoosterSetParam(b, options[i][0], options[i][1]), options[i][0], err));
out:
    return rc;
}

/* "[7]\tvalidation-rmse:0.123" */
static int validate(struct handles *h, int tree, double *rmse, struct err *err)
{
    const char *name = "validation", *text, *colon;
    int rc = check(XGBoosterEvalOneIter(h->booster, tree, &h->rows[1], &name, 1, &text), "validation", err);
    if (rc)
        return rc;
    colon = strrchr(text, ':');
    return colon && num_parse_f64(colon + 1, strlen(colon + 1), rmse) ? 0 :
           err_set(err, ERR_DATA, "XGBoost: validation: %.100s", text);
}

static int grow(struct handles *h, const struct boost_options *o, struct boost_result *r, struct err *err)
{
    int rc = 0;
    double rmse;
    for (uint64_t t = 0; t < o->trees && t - r->n_trees < o->patience; t++) {
        TRY(check(XGBoosterUpdateOneIter(h->booster, (int)t, h->rows[0]), "training", err));
        TRY(validate(h, (int)t, &rmse, err));
        if (r->n_trees == 0 || rmse < r->rmse) {
            r->rmse = rmse;
            r->n_trees = (size_t)t + 1;
        }
        if (o->progress)
            o->progress(t + 1);
    }
    TRY(check(XGBoosterSlice(h->booster, 0, (int)r->n_trees, 1, &h->best), "the best trees", err));
out:
    return rc;
}

int boost_train(struct boost_result *r, const struct boost_options *o, const struct boost_rows *train,
                const struct boost_rows *validation, size_t n_features, const char *const *names,
                const char *const (*attributes)[2], size_t n_attributes, struct err *err)
{
    int rc = 0;
    struct handles h = {{NULL, NULL}, NULL, NULL};
    bst_ulong n;
    const char *model;
    *r = (struct boost_result){0};
    TRY(check(XGBRegisterLogCallback(say_nothing), "log", err));
    TRY(make_rows(&h.rows[0], train, n_features, err));
    TRY(make_rows(&h.rows[1], validation, n_features, err));
    TRY(check(XGBoosterCreate(h.rows, 2, &h.booster), "booster", err));
    TRY(set_options(h.booster, o, err));
    TRY(grow(&h, o, r, err));
    TRY(check(XGBoosterSetStrFeatureInfo(h.best, "feature_name", (const char **)(uintptr_t)names, n_features), "names", err));
    for (size_t i = 0; i < n_attributes; i++)
        TRY(check(XGBoosterSetAttr(h.best, attributes[i][0], attributes[i][1]), attributes[i][0], err));
    TRY(check(XGBoosterSaveModelToBuffer(h.best, "{\"format\": \"json\"}", &n, &model), "saving", err));
    TRY(buf_put(&r->model, model, n, err));
out:
    if (h.best)
        XGBoosterFree(h.best);
    if (h.booster)
        XGBoosterFree(h.booster);
    for (int i = 0; i < 2; i++)
        if (h.rows[i])
            XGDMatrixFree(h.rows[i]);
    return rc;
}

#endif
