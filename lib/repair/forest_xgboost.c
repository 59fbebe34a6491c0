/* XGBoost's models in JSON.  learner.gradient_booster holds the trees, each as arrays over its nodes; a node without a left child
 * (-1) is a leaf, whose value stands among the split conditions. */
#include "repair/forest.h"
#include "base/jsonguard.h"
#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <string.h>

/* What an objective does to the sum; base_score is what becomes of a sum, but for logitraw, where it is taken as it is. */
static const struct { const char *name; enum forest_transform transform; } objectives[] = {
    {"reg:squarederror", FOREST_IDENTITY}, {"reg:linear", FOREST_IDENTITY}, {"reg:absoluteerror", FOREST_IDENTITY},
    {"reg:pseudohubererror", FOREST_IDENTITY}, {"reg:squaredlogerror", FOREST_IDENTITY}, {"binary:logitraw", FOREST_IDENTITY},
    {"reg:logistic", FOREST_LOGISTIC}, {"binary:logistic", FOREST_LOGISTIC},
    {"count:poisson", FOREST_EXP}, {"reg:gamma", FOREST_EXP}, {"reg:tweedie", FOREST_EXP},
};

struct tree_arrays {               /* of a tree's nodes */
    const json_t *left, *right, *feature, *condition, *default_left, *type;
    const json_t *set_nodes, *set_starts, *set_sizes, *categories;
};

static const json_t *member(const json_t *object, const char *name)
{
    return json_object_get(object, name);
}

/* A number, written as such or as a string, alone or in brackets. */
static int number(const json_t *value, const char *name, double min, double max, double *out, struct err *err)
{
    const char *text = json_string_value(value);
    size_t n = text ? json_string_length(value) : 0;
    bool ok = json_is_number(value);
    if (text && n > 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    }
    *out = json_number_value(value);
    if (text)
        ok = num_parse_f64(text, n, out);
    if (!ok || !(*out >= min && *out <= max))
        return err_set(err, ERR_DATA, "\"%s\": expected a number from %g to %g", name, min, max);
    return 0;
}

/* Item i of an array of whole numbers, or of truth values. */
static int whole(const json_t *array, const char *name, size_t i, json_int_t min, json_int_t max, json_int_t *out,
                 struct err *err)
{
    const json_t *item = json_array_get(array, i);
    *out = json_is_boolean(item) ? json_is_true(item) : json_integer_value(item);
    if ((!json_is_integer(item) && !json_is_boolean(item)) || *out < min || *out > max)
        return err_set(err, ERR_DATA, "\"%s\"[%zu]: expected a whole number from %lld to %lld", name, i, (long long)min,
                       (long long)max);
    return 0;
}

/* The set of node `at`, those categories that go right: the next one, as sets stand in the order of their nodes. */
static int read_set(struct forest *f, const struct tree_arrays *t, size_t at, size_t *next, struct err *err)
{
    int rc = 0;
    json_int_t node, start, size, category, before = -1;
    uint32_t *list = NULL;
    size_t s = (*next)++;
    json_int_t n_all = (json_int_t)json_array_size(t->categories);
    TRY(whole(t->set_nodes, "categories_nodes", s, (json_int_t)at, (json_int_t)at, &node, err));
    TRY(whole(t->set_starts, "categories_segments", s, 0, n_all, &start, err));
    TRY(whole(t->set_sizes, "categories_sizes", s, 0, n_all - start, &size, err));
    TRY_NEW(list, MEM_ARRAY(uint32_t, (size_t)size, err));
    for (json_int_t i = 0; i < size; i++, before = category) {
        TRY(whole(t->categories, "categories", (size_t)(start + i), before + 1, FOREST_MAX_CATEGORY - 1, &category, err));
        list[i] = (uint32_t)category;
    }
    TRY(forest_add_set(f, list, (size_t)size, err));
out:
    mem_free(list);
    return rc;
}

static int read_node(struct forest *f, const struct tree_arrays *t, size_t i, size_t n, double weight, size_t *n_sets,
                     struct err *err)
{
    int rc = 0;
    json_int_t left, right, feature, type = 0, default_left;
    const json_t *condition = json_array_get(t->condition, i);
    float at = json_is_number(condition) ? (float)json_number_value(condition) : NAN;
    TRY(whole(t->left, "left_children", i, -1, (json_int_t)n - 1, &left, err));
    if (left != -1 && t->type)
        TRY(whole(t->type, "split_type", i, 0, 1, &type, err));
    if (!isfinite(at) && type == 0)
        return err_set(err, ERR_DATA, "\"split_conditions\"[%zu]: expected a finite number", i);
    if (left == -1)
        return forest_add_node(f, (struct forest_node){.kind = FOREST_LEAF}, (float)weight * at, err);
    TRY(whole(t->right, "right_children", i, 0, (json_int_t)n - 1, &right, err));
    TRY(whole(t->feature, "split_indices", i, 0, (json_int_t)f->n_features - 1, &feature, err));
    TRY(whole(t->default_left, "default_left", i, 0, 1, &default_left, err));
    struct forest_node node = {.feature = (uint16_t)feature, .nan_left = (uint8_t)default_left,
                               .child = {(uint32_t)left, (uint32_t)right}};
    if (type == 1) {
        TRY(read_set(f, t, i, n_sets, err));
        node.kind = FOREST_IN_SET_RIGHT;
        node.set = (uint32_t)(f->n_sets - 1);
    } else {
        node.at = nextafterf(at, -INFINITY);        /* x < at */
    }
    TRY(forest_add_node(f, node, 0, err));
out:
    return rc;
}

static int read_tree(struct forest *f, const json_t *tree, double weight, struct err *err)
{
    int rc = 0;
    size_t first = f->n_nodes, n_sets = 0;
    const struct tree_arrays t = {
        member(tree, "left_children"), member(tree, "right_children"), member(tree, "split_indices"),
        member(tree, "split_conditions"), member(tree, "default_left"), member(tree, "split_type"),
        member(tree, "categories_nodes"), member(tree, "categories_segments"), member(tree, "categories_sizes"),
        member(tree, "categories")};
    size_t n = json_array_size(t.left);
    double vector = 1;
    const json_t *leaf_size = member(member(tree, "tree_param"), "size_leaf_vector");
    if (leaf_size)
        TRY(number(leaf_size, "size_leaf_vector", 0, 1, &vector, err));
    if (n == 0 || n >= UINT32_MAX)
        return err_set(err, ERR_DATA, "\"left_children\": expected the children of one node at least");
    for (size_t i = 0; i < n; i++)
        TRY(read_node(f, &t, i, n, weight, &n_sets, err));
    TRY(forest_end_tree(f, first, 0, err));
out:
    return rc;
}

static int read_trees(struct forest *f, const json_t *booster, struct err *err)
{
    const char *name = json_string_value(member(booster, "name"));
    bool dart = name && strcmp(name, "dart") == 0;
    if (!name || (!dart && strcmp(name, "gbtree") != 0))
        return err_set(err, ERR_DATA, "a booster %s, expected gbtree or dart", name ? name : "without a name");
    const json_t *trees = member(member(dart ? member(booster, "gbtree") : booster, "model"), "trees");
    const json_t *weights = member(booster, "weight_drop");
    if (!json_is_array(trees) || (dart && json_array_size(weights) != json_array_size(trees)))
        return err_set(err, ERR_DATA, "expected a list \"trees\"%s", dart ? ", and a \"weight_drop\" for each" : "");
    for (size_t i = 0; i < json_array_size(trees); i++) {
        double weight = 1;
        int rc = dart ? number(json_array_get(weights, i), "weight_drop", -1e30, 1e30, &weight, err) : 0;
        if (rc == 0)
            rc = read_tree(f, json_array_get(trees, i), weight, err);
        if (rc)
            return err_prefix(err, "tree %zu: ", i);
    }
    return 0;
}

static int read_names(struct forest *f, const json_t *names, struct err *err)
{
    int rc = 0;
    if (json_array_size(names) == 0)
        return 0;
    if (json_array_size(names) != f->n_features)
        return err_set(err, ERR_DATA, "%zu \"feature_names\", there are %zu features", json_array_size(names), f->n_features);
    for (size_t i = 0; i < f->n_features; i++)
        if (!json_is_string(json_array_get(names, i)))
            return err_set(err, ERR_DATA, "\"feature_names\"[%zu]: expected a string", i);
    TRY(forest_name_start(f, err));
    for (size_t i = 0, n = f->n_features; i < n; i++) {
        const json_t *name = json_array_get(names, i);
        TRY(forest_name(f, i, json_string_value(name), json_string_length(name), err));
    }
out:
    return rc;
}

/* base_score is a prediction; the sum starts with what the transform makes that of. */
static int read_objective(struct forest *f, const json_t *learner, struct err *err)
{
    double base;
    const char *name = json_string_value(member(member(learner, "objective"), "name"));
    size_t i = 0, n = sizeof objectives / sizeof objectives[0];
    int rc = number(member(member(learner, "learner_model_param"), "base_score"), "base_score", -1e30, 1e30, &base, err);
    if (rc)
        return rc;
    while (name && i < n && strcmp(objectives[i].name, name) != 0)
        i++;
    if (!name || i == n)
        return err_set(err, ERR_DATA, "the objective %s is not known here", name ? name : "without a name");
    f->transform = objectives[i].transform;
    if ((f->transform == FOREST_LOGISTIC && !(base > 0 && base < 1)) || (f->transform == FOREST_EXP && !(base > 0)))
        return err_set(err, ERR_DATA, "\"base_score\": %g, which %s cannot predict", base, name);
    f->base = f->transform == FOREST_LOGISTIC ? -logf(1.0f / (float)base - 1.0f) :
              f->transform == FOREST_EXP ? logf((float)base) : (float)base;
    return 0;
}

static int read_learner(struct forest *f, const json_t *root, struct err *err)
{
    int rc = 0;
    const json_t *learner = member(root, "learner"), *param = member(learner, "learner_model_param");
    double n_features, n;
    if (!json_is_object(param))
        return err_set(err, ERR_DATA, "no \"learner\" with a \"learner_model_param\": not a model of XGBoost");
    TRY(number(member(param, "num_feature"), "num_feature", 1, FOREST_MAX_FEATURES, &n_features, err));
    TRY(number(member(param, "num_class"), "num_class", 0, 1, &n, err));
    if (member(param, "num_target"))
        TRY(number(member(param, "num_target"), "num_target", 0, 1, &n, err));
    f->n_features = (size_t)n_features;
    f->sum_f32 = true;
    TRY(read_objective(f, learner, err));
    TRY(read_trees(f, member(learner, "gradient_booster"), err));
    TRY(read_names(f, member(learner, "feature_names"), err));
out:
    return rc;
}

/* XGBoost 1.7 writes NaN for the condition of a split by category, which is not JSON: outside of strings it becomes an empty
 * object, which is no number either. */
static void put_objects(char *text, size_t n)
{
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        if (in_string && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            in_string = !in_string;
        else if (!in_string && n - i >= 3 && memcmp(text + i, "NaN", 3) == 0)
            memcpy(text + i, "{} ", 3);
    }
}

int forest_read_xgboost(struct forest *f, const char *text, size_t n, struct err *err)
{
    int rc = 0;
    json_t *root = NULL;
    json_error_t why;
    char *copy;
    TRY_NEW(copy, MEM_ARRAY(char, n, err));
    memcpy(copy, text, n);
    put_objects(copy, n);
    TRY(jsonguard_parse(&root, copy, n, JSON_REJECT_DUPLICATES, &why, err));
    if (!root)
        TRY(err_set(err, ERR_DATA, "line %d: not JSON: %s", why.line, why.text));
    TRY(read_learner(f, root, err));
out:
    json_decref(root);
    mem_free(copy);
    return rc;
}
