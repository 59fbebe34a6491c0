/* Debian's XGBoost trains, lib/repair/forest predicts: the same as the library does, with missing values. */
#include "repair/forest.h"
#include "repair/boost.h"
#include "repair/hardness_train.h"

#include "base/rng.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>

static void test_weights(void)
{
    CHECK(hardness_weight(0) == 0.1 && hardness_weight(0.5) == 0.35 && fabs(hardness_weight(0.7) - 1.08) < 1e-12);
    CHECK(fabs(hardness_weight(1) - 3.1) < 1e-12 && hardness_weight(0.9) > 2.4);
}

#ifdef VECPIPE_XGBOOST
#include <xgboost/c_api.h>

enum { ROWS = 800, FEATURES = 6, TREES = 25 };
static float x[ROWS * FEATURES], label[ROWS];

static void make_rows(bool counts)
{
    for (size_t i = 0; i < ROWS * FEATURES; i++) {
        uint64_t kind = rng_below(1, RNG_TEST, 100000 + i, 8);
        x[i] = kind == 0 ? NAN : kind == 1 ? 0 : (float)rng_normal(2, RNG_TEST, i);
        if (i % FEATURES == 5)
            x[i] = kind == 0 ? NAN : (float)rng_below(3, RNG_TEST, i, 7);
    }
    for (size_t i = 0; i < ROWS; i++) {
        const float *row = x + i * FEATURES;
        float y = (isnan(row[0]) ? 1 : row[0]) - (isnan(row[1]) ? 0 : row[1] * row[2] > 0) + (row[5] == 2 || row[5] == 5);
        label[i] = counts ? floorf(fabsf(y) * 3) : 1 / (1 + expf(-(isnan(y) ? 0.5f : y)));
    }
}

#define XGB(call) CHECK((call) == 0)

static void compare(const char *const (*more)[2], size_t n_more, bool categories, double bound)
{
    struct err err = {0};
    struct forest f = {0};
    struct input *in;
    DMatrixHandle rows;
    BoosterHandle b;
    bst_ulong n, dims;
    const bst_ulong *shape;
    const char *json;
    const float *theirs;
    static double ours[ROWS];
    XGB(XGDMatrixCreateFromMat(x, ROWS, FEATURES, NAN, &rows));
    XGB(XGDMatrixSetFloatInfo(rows, "label", label, ROWS));
    const char *types[FEATURES] = {"float", "float", "float", "float", "float", categories ? "c" : "float"};
    XGB(XGDMatrixSetStrFeatureInfo(rows, "feature_type", types, FEATURES));
    XGB(XGBoosterCreate(&rows, 1, &b));
    XGB(XGBoosterSetParam(b, "nthread", "1"));
    XGB(XGBoosterSetParam(b, "verbosity", "0"));
    XGB(XGBoosterSetParam(b, "tree_method", "hist"));
    XGB(XGBoosterSetParam(b, "max_depth", "5"));
    for (size_t i = 0; i < n_more; i++)
        XGB(XGBoosterSetParam(b, more[i][0], more[i][1]));
    for (int t = 0; t < TREES; t++)
        XGB(XGBoosterUpdateOneIter(b, t, rows));
    XGB(XGBoosterPredictFromDMatrix(b, rows, "{\"type\": 0, \"training\": false, \"iteration_begin\": 0, \"iteration_end\": 0, "
                                    "\"strict_shape\": false}", &shape, &dims, &theirs));
    double worst = 0, least = INFINITY, most = -INFINITY;
    static float kept[ROWS];
    memcpy(kept, theirs, sizeof kept);
    XGB(XGBoosterSaveModelToBuffer(b, "{\"format\": \"json\"}", &n, &json));
    CHECK_OK(input_open_memory(&in, json, n, "model", &err), &err);
    CHECK_OK(forest_read(&f, in, &err), &err);
    CHECK_EQ(f.n_features, FEATURES);
    CHECK(f.names == NULL && f.n_trees >= TREES && f.special == categories);
    forest_predict(&f, x, ROWS, ours);
    for (size_t i = 0; i < ROWS; i++) {
        worst = fmax(worst, fabs(ours[i] - (double)kept[i]) / fmax(1, fabs((double)kept[i])));
        least = fmin(least, ours[i]);
        most = fmax(most, ours[i]);
    }
    CHECK(worst <= bound && most > least + 0.1);
    if (worst > bound)
        fprintf(stderr, "%s: worst difference %g\n", n_more ? more[0][1] : "plain", worst);
    input_close(in);
    forest_done(&f);
    XGB(XGBoosterFree(b));
    XGB(XGDMatrixFree(rows));
}

static void test_predictions(void)
{
    static const char *const logistic[][2] = {{"objective", "reg:logistic"}, {"base_score", "0.3"}};
    static const char *const raw[][2] = {{"objective", "binary:logitraw"}, {"base_score", "0.3"}};
    static const char *const dart[][2] = {{"booster", "dart"}, {"rate_drop", "0.3"}, {"seed", "3"}};
    static const char *const rf[][2] = {{"num_parallel_tree", "4"}, {"subsample", "0.5"}, {"seed", "3"}};
    static const char *const poisson[][2] = {{"objective", "count:poisson"}};
    static const char *const onehot[][2] = {{"max_cat_to_onehot", "10"}}, *const sets[][2] = {{"max_cat_to_onehot", "1"}};
    make_rows(false);
    compare(NULL, 0, false, 0);
    compare(logistic, 2, false, 1.2e-7);
    compare(dart, 3, false, 1e-6);
    compare(rf, 3, false, 0);
    compare(onehot, 1, true, 0);
    compare(sets, 1, true, 0);
    for (size_t i = 0; i < ROWS; i++)
        label[i] = label[i] > 0.6f;
    compare(raw, 2, false, 1e-6);
    make_rows(true);
    compare(poisson, 1, false, 1e-6);
}
#endif

static void test_available(void)
{
    struct boost_result r;
    struct boost_options o = {.trees = 3, .depth = 2, .rate = 0.3, .patience = 3, .seed = 1};
    struct err err = {0};
    const char *names[] = {"ndc"};
    float xs[20], labels[20], weights[20];
    for (int i = 0; i < 20; i++) {
        xs[i] = (float)i;
        labels[i] = i > 9;
        weights[i] = 1;
    }
    struct boost_rows rows = {xs, labels, weights, 20};
    int rc = boost_train(&r, &o, &rows, &rows, 1, names, NULL, 0, &err);
    CHECK_EQ(rc, boost_available() ? 0 : ERR_IO);
    CHECK(rc != 0 || (r.n_trees == 3 && r.rmse < 0.5 && strstr(r.model.p, "\"ndc\"") != NULL));
    buf_done(&r.model);
}

int main(void)
{
    CHECK_RUN(test_weights);
    CHECK_RUN(test_available);
#ifdef VECPIPE_XGBOOST
    CHECK_RUN(test_predictions);
#else
    printf("ok %d - test_predictions # skip built without XGBoost\n", ++check_number);
#endif
    return check_status();
}
