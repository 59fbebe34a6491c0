/* Models of $VECPIPE_TESTDATA/trees against the libraries' own predictions, and small ones made here. */
#include "repair/forest.h"

#include "check.h"

#include <math.h>
#include <stdlib.h>

static struct err err;

static int read_text(struct forest *f, const char *text)
{
    struct input *in;
    err = (struct err){0};
    CHECK_OK(input_open_memory(&in, text, strlen(text), "model", &err), &err);
    int rc = forest_read(f, in, &err);
    input_close(in);
    return rc;
}

/* The values of a .npy file, (n) of `size` bytes each. */
static void *npy(const char *dir, const char *name, size_t size, size_t *n)
{
    char path[4096];
    unsigned char head[10];
    snprintf(path, sizeof path, "%s/trees/%s", dir, name);
    FILE *file = fopen(path, "rb");
    if (!file || fread(head, 1, sizeof head, file) != sizeof head) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    long start = 10 + head[8] + 256 * head[9];
    fseek(file, 0, SEEK_END);
    *n = (size_t)(ftell(file) - start) / size;
    fseek(file, start, SEEK_SET);
    void *values = malloc(*n * size);
    CHECK_EQ(fread(values, size, *n, file), *n);
    fclose(file);
    return values;
}

/* XGBoost's predictions are floats, LightGBM's doubles. */
static void compare(const char *dir, const char *name, bool is_float, double bound)
{
    enum { FEATURES = 12 };
    char path[4096], preds[256];
    size_t n, n_preds;
    struct forest f;
    float *x = npy(dir, "X.npy", sizeof *x, &n);
    n /= FEATURES;
    double *ours = malloc(n * sizeof *ours), worst = 0;
    snprintf(path, sizeof path, "%s/trees/%s", dir, name);
    snprintf(preds, sizeof preds, "%.*s.pred.npy", (int)(strrchr(name, '.') - name), name);
    void *theirs = npy(dir, preds, is_float ? 4 : 8, &n_preds);
    CHECK_EQ(n, n_preds);
    err = (struct err){0};
    CHECK_OK(forest_open(&f, path, &err), &err);
    CHECK_EQ(f.n_features, FEATURES);
    CHECK_STR(f.names[3], "d_early");
    forest_predict(&f, x, n, ours);
    size_t n_nan = 0;
    for (size_t i = 0; i < n; i++) {
        double one, want = is_float ? (double)((float *)theirs)[i] : ((double *)theirs)[i];
        worst = fmax(worst, fabs(ours[i] - want));
        forest_predict(&f, x + i * FEATURES, 1, &one);
        CHECK(one == ours[i]);
        for (int j = 0; j < FEATURES; j++)
            n_nan += isnan(x[i * FEATURES + (size_t)j]) != 0;
    }
    CHECK(n_nan > 100);
    CHECK(worst <= bound);
    if (worst > bound)
        fprintf(stderr, "%s: worst difference %g\n", name, worst);
    forest_done(&f);
    free(x);
    free(ours);
    free(theirs);
}

static void test_libraries(const char *dir)
{
    static const struct { const char *name; bool is_float; double bound; } models[] = {
        {"lightgbm.regression.txt", false, 0}, {"lightgbm.zero_as_missing.txt", false, 0}, {"lightgbm.dart.txt", false, 0},
        {"lightgbm.rf.txt", false, 0}, {"lightgbm.categorical.txt", false, 0}, {"lightgbm.cross_entropy.txt", false, 1e-15},
        {"xgboost3.regression.json", true, 1.2e-7}, {"xgboost3.logistic.json", true, 1.2e-7}};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        compare(dir, models[i].name, models[i].is_float, models[i].bound);
    char path[4096];
    struct forest f;
    snprintf(path, sizeof path, "%s/trees/lightgbm.linear_tree_refuse.txt", dir);
    err = (struct err){0};
    CHECK_EQ(forest_open(&f, path, &err), ERR_DATA);
    CHECK(strstr(err.msg, "linear_tree_refuse.txt: tree 0: its leaves are linear models (linear_tree)") != NULL);
    forest_done(&f);
}

/* One node on feature 1 of 3 with leaves 10 (left) and 20 (right), and a tree of one leaf. */
static double lightgbm(const char *objective, const char *threshold, int decision_type, float x)
{
    char text[1024];
    double out = NAN;
    struct forest f;
    snprintf(text, sizeof text,
             "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=2\nobjective=%s\n"
             "feature_names=Column_0 Column_1 Column_2\ntree_sizes=1 1\n\n"
             "Tree=0\nnum_leaves=2\nnum_cat=%d\nsplit_feature=1\nthreshold=%s\ndecision_type=%d\nleft_child=-1\nright_child=-2\n"
             "leaf_value=10 20\ncat_boundaries=0 1 3\ncat_threshold=1 4 1\nis_linear=0\nshrinkage=0.1\n\n"
             "Tree=1\nnum_leaves=1\nnum_cat=0\nleaf_value=0.5\nis_linear=0\nshrinkage=1\n\nend of trees\n",
             objective, decision_type & 1 ? 2 : 0, threshold, decision_type);
    CHECK_OK(read_text(&f, text), &err);
    CHECK(f.names == NULL);
    if (f.n_trees == 2)
        forest_predict(&f, (float[]){9, x, 9}, 1, &out);
    forest_done(&f);
    return out;
}

static void test_lightgbm_decisions(void)
{
    enum { LEFT = 2, ZERO = 4, NANS = 8 };
    const char *plain = "regression";
    /* leaves are not multiplied by shrinkage once more */
    CHECK(lightgbm(plain, "1.5", 0, 1.5f) == 10.5 && lightgbm(plain, "1.5", 0, nextafterf(1.5f, 2)) == 20.5);
    /* a threshold between two floats: 0.1f is 0.100000001490116... */
    CHECK(lightgbm(plain, "0.1", 0, 0.1f) == 20.5 && lightgbm(plain, "0.10000000149011613", 0, 0.1f) == 10.5);
    /* nothing missing: NaN is 0 */
    CHECK(lightgbm(plain, "0", LEFT, NAN) == 10.5 && lightgbm(plain, "-1", LEFT, NAN) == 20.5);
    /* zero missing, NaN too */
    CHECK(lightgbm(plain, "-1", LEFT | ZERO, 0) == 10.5 && lightgbm(plain, "-1", LEFT | ZERO, NAN) == 10.5);
    CHECK(lightgbm(plain, "1", ZERO, 0) == 20.5 && lightgbm(plain, "1", ZERO, -0.0f) == 20.5);
    CHECK(lightgbm(plain, "1", ZERO, 1) == 10.5);
    CHECK(lightgbm(plain, "1", ZERO, NAN) == 20.5 && lightgbm(plain, "1", ZERO, 1e-36f) == 20.5);
    /* NaN missing */
    CHECK(lightgbm(plain, "-1", LEFT | NANS, NAN) == 10.5 && lightgbm(plain, "1", NANS, NAN) == 20.5);
    CHECK(lightgbm(plain, "1", NANS, 0) == 10.5);
    CHECK(lightgbm(plain, "inf", NANS, INFINITY) == 10.5 && lightgbm(plain, "inf", NANS, NAN) == 20.5);
    CHECK(lightgbm(plain, "-inf", NANS | LEFT, -1e30f) == 20.5 && lightgbm(plain, "1e300", 0, 3e38f) == 10.5);
    /* categories: set 0 is {0}, set 1 {2, 32} */
    CHECK(lightgbm(plain, "0", 1, 0) == 10.5 && lightgbm(plain, "0", 1, 1) == 20.5 && lightgbm(plain, "0", 1, -0.5f) == 10.5);
    CHECK(lightgbm(plain, "1", 1 | NANS, 2.9f) == 10.5 && lightgbm(plain, "1", 1 | NANS, 32) == 10.5);
    CHECK(lightgbm(plain, "1", 1 | NANS | LEFT, NAN) == 20.5 && lightgbm(plain, "1", 1, -2) == 20.5);
    CHECK(lightgbm(plain, "1", 1, 64) == 20.5 && lightgbm(plain, "1", 1, 1e30f) == 20.5);
    CHECK(lightgbm(plain, "1", 1, INFINITY) == 20.5);
}

static void test_lightgbm_objectives(void)
{
    CHECK(lightgbm("regression sqrt", "1", 0, 0) == 10.5 * 10.5);
    CHECK(fabs(lightgbm("binary sigmoid:0.5", "1", 0, 0) - 1 / (1 + exp(-5.25))) < 1e-15);
    CHECK(fabs(lightgbm("cross_entropy_lambda", "1", 0, 0) - log1p(exp(10.5))) < 1e-12);
    CHECK(fabs(lightgbm("poisson", "1", 0, 0) / exp(10.5) - 1) < 1e-15);
}

/* Booster, objective and base score around two trees: x0 < 0.5 (missing left) to 1 or 2, and a leaf 4. */
static int xgboost(struct forest *f, const char *booster, const char *objective, const char *base, const char *more)
{
    char trees[2048], text[4096];
    snprintf(trees, sizeof trees,
             "{\"model\":{\"trees\":[{\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],\"split_indices\":[0,0,0],"
             "\"split_conditions\":[0.5,1,2],\"default_left\":[true,false,false]%s},"
             "{\"left_children\":[-1],\"right_children\":[-1],\"split_indices\":[0],\"split_conditions\":[4],"
             "\"default_left\":[0]}]},"
             "\"name\":\"gbtree\"}", more);
    bool dart = strcmp(booster, "dart") == 0;
    snprintf(text, sizeof text,
             "{\"learner\":{\"feature_names\":[],\"gradient_booster\":%s%s%s,\"learner_model_param\":{\"base_score\":\"%s\","
             "\"num_class\":\"0\",\"num_feature\":\"1\"},\"objective\":{\"name\":\"%s\"}},\"version\":[1,7,4]}",
             dart ? "{\"name\":\"dart\",\"weight_drop\":[0.5,0.25],\"gbtree\":" : "", trees, dart ? "}" : "", base, objective);
    return read_text(f, text);
}

static double xgboost_at(const char *booster, const char *objective, const char *base, const char *more, float x)
{
    struct forest f;
    double out = NAN;
    CHECK_OK(xgboost(&f, booster, objective, base, more), &err);
    if (f.n_trees == 2)
        forest_predict(&f, &x, 1, &out);
    forest_done(&f);
    return out;
}

/* A split by category, 3 going right, as XGBoost 1.7 writes it: with NaN for a condition; %d is the type of the split. */
#define CATEGORY_MODEL \
    "{\"learner\":{\"feature_names\":[\"NaN\"],\"gradient_booster\":{\"model\":{\"trees\":[{" \
    "\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],\"split_indices\":[0,0,0]," \
    "\"split_conditions\":[NaN,1,2],\"default_left\":[1,0,0],\"split_type\":[%d,0,0],\"categories_nodes\":[0]," \
    "\"categories_segments\":[0],\"categories_sizes\":[1],\"categories\":[3]}]},\"name\":\"gbtree\"}," \
    "\"learner_model_param\":{\"base_score\":\"0\",\"num_class\":\"0\",\"num_feature\":\"1\"}," \
    "\"objective\":{\"name\":\"reg:squarederror\"}}}"

static void test_xgboost(void)
{
    const char *square = "reg:squarederror";
    CHECK(xgboost_at("gbtree", square, "0.25", "", nextafterf(0.5f, 0)) == 5.25);
    CHECK(xgboost_at("gbtree", square, "[2.5E-1]", "", 0.5f) == 6.25);
    CHECK(xgboost_at("gbtree", square, "0", "", NAN) == 5 && xgboost_at("gbtree", square, "0", "", INFINITY) == 6);
    CHECK(xgboost_at("dart", square, "0", "", 0) == 1.5 && xgboost_at("dart", square, "0", "", 1) == 2);
    CHECK(fabs(xgboost_at("gbtree", "binary:logistic", "0.25", "", 0) - 1 / (1 + exp(-(5 + log(1. / 3))))) < 1e-6);
    CHECK(xgboost_at("gbtree", "binary:logitraw", "0.25", "", 0) == 5.25);
    CHECK(fabs(xgboost_at("gbtree", "count:poisson", "2", "", 0) / (2 * exp(5)) - 1) < 1e-6);
    /* categories 1 and 33 go right; what is none goes left, NaN where missing values go */
    const char *sets = ",\"split_type\":[1,0,0],\"categories_nodes\":[0],\"categories_segments\":[0],\"categories_sizes\":[2],"
                       "\"categories\":[1,33]";
    CHECK(xgboost_at("gbtree", square, "0", sets, 1) == 6 && xgboost_at("gbtree", square, "0", sets, 33) == 6);
    CHECK(xgboost_at("gbtree", square, "0", sets, 0) == 5 && xgboost_at("gbtree", square, "0", sets, 34) == 5);
    CHECK(xgboost_at("gbtree", square, "0", sets, -1) == 5 && xgboost_at("gbtree", square, "0", sets, 1e20f) == 5);
    CHECK(xgboost_at("gbtree", square, "0", sets, NAN) == 5);
    struct forest f;
    char text[2048];
    double out[2];
    snprintf(text, sizeof text, CATEGORY_MODEL, 1);
    CHECK_OK(read_text(&f, text), &err);
    CHECK_STR(f.names[0], "NaN");
    forest_predict(&f, (float[]){3, 4}, 2, out);
    CHECK(out[0] == 2 && out[1] == 1);
    forest_done(&f);
    snprintf(text, sizeof text, CATEGORY_MODEL, 0);
    CHECK(read_text(&f, text) == ERR_DATA && strstr(err.msg, "\"split_conditions\"[0]: expected a finite number"));
    forest_done(&f);
}

static void refused(int rc, struct forest *f, const char *what)
{
    CHECK(rc == ERR_DATA || rc == ERR_TRUNCATED);
    if (!strstr(err.msg, what))
        CHECK_STR(err.msg, what);
    forest_done(f);
}

static void test_refused(void)
{
    struct forest f;
    refused(xgboost(&f, "gbtree", "multi:softmax", "0", ""), &f, "model: the objective multi:softmax is not known here");
    refused(xgboost(&f, "gbtree", "reg:logistic", "1", ""), &f, "\"base_score\": 1, which reg:logistic cannot predict");
    refused(xgboost(&f, "gbtree", "reg:squarederror", "x", ""), &f, "\"base_score\": expected a number");
    refused(xgboost(&f, "gbtree", "reg:squarederror", "0", ",\"tree_param\":{\"size_leaf_vector\":\"2\"}"), &f,
            "tree 0: \"size_leaf_vector\": expected a number from 0 to 1");
    refused(xgboost(&f, "gbtree", "reg:squarederror", "0", ",\"split_type\":[1,0,0]"), &f, "\"categories_nodes\"[0]");
    refused(read_text(&f, "{L"), &f, "UBJSON");
    refused(read_text(&f, "{\"learner\":"), &f, "model: line 1: not JSON");
    refused(read_text(&f, "{\"version\":[1]}"), &f, "not a model of XGBoost");
    refused(read_text(&f, "vector"), &f, "model: neither XGBoost's JSON nor LightGBM's text");
    refused(read_text(&f, "tree\nmax_feature_idx=0\nnum_class=3\n"), &f, "num_class: only models of one output");
    refused(read_text(&f, "tree\nmax_feature_idx=0\n"), &f, "it ends before its trees");
    refused(read_text(&f, "tree\nmax_feature_idx=0\nobjective=lambdarank\n\nTree=0\n"), &f, "the objective lambdarank");
    refused(read_text(&f, "tree\nmax_feature_idx=0\n\nTree=0\nnum_leaves=1\nleaf_value=1\n"), &f, "without \"end of trees\"");
    refused(read_text(&f, "tree\nmax_feature_idx=0\ntree_sizes=1 2\n\nTree=0\nnum_leaves=1\nleaf_value=1\n\nend of trees\n"), &f,
            "1 trees, and 2 tree_sizes");
    /* a node that is its own child, and one that nobody leads to */
    refused(read_text(&f, "tree\nmax_feature_idx=0\ntree_sizes=1\n\nTree=0\nnum_leaves=2\nsplit_feature=0\nthreshold=0\n"
                          "decision_type=0\nleft_child=0\nright_child=-1\nleaf_value=1 2\n\nend of trees\n"), &f,
            "tree 0: node 0: left child 0 has another parent");
}

int main(void)
{
    const char *dir = getenv("VECPIPE_TESTDATA");
    CHECK_RUN(test_lightgbm_decisions);
    CHECK_RUN(test_lightgbm_objectives);
    CHECK_RUN(test_xgboost);
    CHECK_RUN(test_refused);
    if (dir && *dir) {
        int before = check_failures;
        test_libraries(dir);
        printf("%sok %d - test_libraries\n", check_failures == before ? "" : "not ", ++check_number);
        check_failed_tests += check_failures != before;
    } else {
        printf("ok %d - test_libraries # skip VECPIPE_TESTDATA is not set\n", ++check_number);
    }
    return check_status();
}
