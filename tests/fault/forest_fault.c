/* Damage to models of boosted trees, in process: every truncation and every flipped bit of a small one of each kind.  Each is
 * refused with the input's name, or is another model, which predicts. */
#include "../unit/check.h"
#include "repair/forest.h"

#include <stdlib.h>

static const char lightgbm[] =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\nobjective=regression\nfeature_names=hops ndc\n"
    "tree_sizes=1 1\n\nTree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=1 0\nthreshold=0 1.5\ndecision_type=1 6\nleft_child=-1 -2\n"
    "right_child=1 -3\nleaf_value=1 2 3\ncat_boundaries=0 1\ncat_threshold=5\nis_linear=0\nshrinkage=1\n\n"
    "Tree=1\nnum_leaves=1\nleaf_value=0.5\n\nend of trees\n";
static const char xgboost[] =
    "{\"learner\":{\"feature_names\":[\"hops\",\"ndc\"],\"gradient_booster\":{\"model\":{\"trees\":[{"
    "\"left_children\":[1,3,-1,-1,-1],"
    "\"right_children\":[2,4,-1,-1,-1],\"split_indices\":[0,1,0,0,0],\"split_conditions\":[0.5,1,2,3,4],"
    "\"default_left\":[1,0,0,0,0],\"split_type\":[0,1,0,0,0],\"categories_nodes\":[1],\"categories_segments\":[0],"
    "\"categories_sizes\":[2],\"categories\":[1,4]}]},\"name\":\"gbtree\"},\"learner_model_param\":{\"base_score\":\"5E-1\","
    "\"num_class\":\"0\",\"num_feature\":\"2\"},\"objective\":{\"name\":\"reg:squarederror\"}},\"version\":[1,7,4]}";

static int read_model(const char *bytes, size_t n)
{
    struct err err = {0};
    struct input *in;
    struct forest f;
    double out[2];
    CHECK_OK(input_open_memory(&in, bytes, n, "model", &err), &err);
    int rc = forest_read(&f, in, &err);
    CHECK((rc == 0) == (err.msg[0] == '\0'));
    if (rc != 0) {
        CHECK(strstr(err.msg, "model: ") == err.msg && (rc == ERR_DATA || rc == ERR_TRUNCATED || rc == ERR_LIMIT));
    } else {
        float *x = calloc(2 * f.n_features, sizeof *x);
        forest_predict(&f, x, 2, out);
        CHECK(memcmp(&out[0], &out[1], sizeof out[0]) == 0);
        free(x);
    }
    forest_done(&f);
    input_close(in);
    return rc;
}

static size_t damage(const char *model, size_t n)
{
    char *p = malloc(n);
    size_t n_refused = 0;
    memcpy(p, model, n);
    CHECK_EQ(read_model(p, n), 0);
    for (size_t cut = 0; cut + 2 < n; cut++)
        CHECK(read_model(p, cut) != 0);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        p[bit / 8] = (char)(p[bit / 8] ^ 1 << bit % 8);
        n_refused += read_model(p, n) != 0;
        p[bit / 8] = (char)(p[bit / 8] ^ 1 << bit % 8);
    }
    free(p);
    return n_refused;
}

static void test_lightgbm(void) { CHECK(damage(lightgbm, sizeof lightgbm - 1) > 1000); }
static void test_xgboost(void) { CHECK(damage(xgboost, sizeof xgboost - 1) > 2000); }

int main(void)
{
    CHECK_RUN(test_lightgbm);
    CHECK_RUN(test_xgboost);
    return check_status();
}
