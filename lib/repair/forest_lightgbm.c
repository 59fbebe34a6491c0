/* LightGBM's models as text: lines NAME=VALUE, first of the model, then of each tree with arrays over its inner nodes and its
 * leaves.  A child below 0 is leaf -1 - child; a tree of one leaf has no inner nodes.  decision_type of a node: bit 0 categories,
 * bit 1 default left, bits 2 and 3 what is missing (0 nothing, 1 zero, 2 NaN). */
#include "repair/forest.h"
#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <string.h>

enum { MAX_LEAVES = 1 << 24, CATEGORICAL = 1, DEFAULT_LEFT = 2 };
enum { MISSING_NONE, MISSING_ZERO, MISSING_NAN };

struct part { const char *p; size_t n; };

enum field { NUM_LEAVES, NUM_CAT, SPLIT_FEATURE, THRESHOLD, DECISION_TYPE, LEFT_CHILD, RIGHT_CHILD, LEAF_VALUE, CAT_BOUNDARIES,
             CAT_THRESHOLD, IS_LINEAR, N_FIELDS };
static const char *const field_names[N_FIELDS] = {
    "num_leaves", "num_cat", "split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value",
    "cat_boundaries", "cat_threshold", "is_linear"};

struct reader {
    struct part left;              /* what is not read yet */
    size_t line;
    struct part fields[N_FIELDS];  /* of the tree at hand */
    size_t n_sizes;                /* trees that the head speaks of */
    bool average;                  /* average_output */
};

/* The next line, without its end; false behind the last one. */
static bool next_line(struct reader *r, struct part *line)
{
    if (r->left.n == 0)
        return false;
    const char *end = memchr(r->left.p, '\n', r->left.n);
    size_t n = end ? (size_t)(end - r->left.p) : r->left.n, taken = n + (end != NULL);
    *line = (struct part){r->left.p, n && r->left.p[n - 1] == '\r' ? n - 1 : n};
    r->left = (struct part){r->left.p + taken, r->left.n - taken};
    r->line++;
    return true;
}

static bool is(struct part text, const char *what)
{
    return text.n == strlen(what) && memcmp(text.p, what, text.n) == 0;
}

/* The value of a line NAME=VALUE. */
static bool has_name(struct part line, const char *name, struct part *value)
{
    size_t n = strlen(name);
    if (line.n <= n || memcmp(line.p, name, n) != 0 || line.p[n] != '=')
        return false;
    *value = (struct part){line.p + n + 1, line.n - n - 1};
    return true;
}

/* The next word of a line; n is 0 behind the last one, and where there is no line. */
static struct part next_word(struct part *line)
{
    if (!line->p)
        return *line;
    while (line->n > 0 && *line->p == ' ')
        *line = (struct part){line->p + 1, line->n - 1};
    const char *end = line->n ? memchr(line->p, ' ', line->n) : NULL;
    struct part word = {line->p, end ? (size_t)(end - line->p) : line->n};
    *line = (struct part){line->p + word.n, line->n - word.n};
    return word;
}

static int count(struct reader *r, enum field field, uint64_t min, uint64_t max, uint64_t *out, struct err *err)
{
    if (num_parse_u64(r->fields[field].p, r->fields[field].n, min, max, out))
        return 0;
    return err_set(err, ERR_DATA, "%s: expected a number from %llu to %llu", field_names[field], (unsigned long long)min,
                   (unsigned long long)max);
}

/* The next value of an array, within [min, max]. */
static int next_whole(struct reader *r, enum field field, int64_t min, int64_t max, int64_t *out, struct err *err)
{
    struct part word = next_word(&r->fields[field]);
    if (word.n > 0 && num_parse_i64(word.p, word.n, min, max, out))
        return 0;
    return err_set(err, ERR_DATA, "%s: expected a whole number from %lld to %lld in each place", field_names[field],
                   (long long)min, (long long)max);
}

/* A threshold may be infinite: what is missing on one side of it, all else on the other. */
static int next_real(struct reader *r, enum field field, double *out, struct err *err)
{
    struct part word = next_word(&r->fields[field]);
    bool infinite = field == THRESHOLD && (is(word, "inf") || is(word, "-inf"));
    if (infinite)
        *out = word.n == 3 ? INFINITY : -INFINITY;
    if (infinite || (word.n > 0 && num_parse_f64(word.p, word.n, out)))
        return 0;
    return err_set(err, ERR_DATA, "%s: expected a number in each place", field_names[field]);
}

/* The last float that is not above t, so that for all floats x <= t is x <= what is returned. */
static float float_below(double t)
{
    float at = (float)t;
    return (double)at > t ? nextafterf(at, -INFINITY) : at;
}

/* The n_cat sets of a tree. */
static int read_sets(struct forest *f, struct reader *r, size_t n_cat, struct err *err)
{
    int rc = 0;
    int64_t from, to, word;
    uint32_t *words = NULL;
    size_t cap = 0;
    TRY(next_whole(r, CAT_BOUNDARIES, 0, 0, &from, err));
    for (size_t s = 0; s < n_cat; s++, from = to) {
        TRY(next_whole(r, CAT_BOUNDARIES, from, INT32_MAX, &to, err));
        for (size_t i = 0; i < (size_t)(to - from); i++) {
            TRY(next_whole(r, CAT_THRESHOLD, 0, UINT32_MAX, &word, err));
            TRY(mem_reserve(&words, &cap, i + 1, sizeof *words, err));
            words[i] = (uint32_t)word;
        }
        TRY(forest_add_set(f, words, (size_t)(to - from), err));
    }
out:
    mem_free(words);
    return rc;
}

static int read_node(struct forest *f, struct reader *r, size_t n_leaves, size_t first_set, size_t n_cat, struct err *err)
{
    int rc = 0;
    double threshold;
    int64_t feature, type, child;
    struct forest_node node = {.kind = FOREST_UP_TO};
    TRY(next_whole(r, SPLIT_FEATURE, 0, (int64_t)f->n_features - 1, &feature, err));
    TRY(next_whole(r, DECISION_TYPE, 0, 15, &type, err));
    TRY(next_real(r, THRESHOLD, &threshold, err));
    for (int side = 0; side < 2; side++) {
        TRY(next_whole(r, side ? RIGHT_CHILD : LEFT_CHILD, -(int64_t)n_leaves, (int64_t)n_leaves - 2, &child, err));
        node.child[side] = (uint32_t)(child >= 0 ? child : (int64_t)n_leaves - 2 - child);
    }
    node.feature = (uint16_t)feature;
    node.nan_left = (type & DEFAULT_LEFT) != 0;
    if (type & CATEGORICAL) {
        if (!(threshold >= 0 && threshold < (double)n_cat))
            return err_set(err, ERR_DATA, "threshold: %g is not the number of a set of categories", threshold);
        node.kind = FOREST_IN_SET_LEFT;
        node.set = (uint32_t)(first_set + (size_t)threshold);
    } else {
        node.at = float_below(threshold);
        if (type >> 2 == MISSING_NONE)              /* NaN is taken for 0 */
            node.nan_left = 0 <= threshold;
        else if (type >> 2 == MISSING_ZERO)
            node.kind = FOREST_ZERO_MISSING;
    }
    TRY(forest_add_node(f, node, 0, err));
out:
    return rc;
}

static int end_tree(struct forest *f, struct reader *r, struct err *err)
{
    int rc = 0;
    uint64_t n_leaves, n_cat = 0, linear = 0;
    size_t first = f->n_nodes, first_set = f->n_sets;
    double value;
    TRY(count(r, NUM_LEAVES, 1, MAX_LEAVES, &n_leaves, err));
    if (r->fields[NUM_CAT].p)
        TRY(count(r, NUM_CAT, 0, MAX_LEAVES, &n_cat, err));
    if (r->fields[IS_LINEAR].p)
        TRY(count(r, IS_LINEAR, 0, 1, &linear, err));
    if (linear)
        return err_set(err, ERR_DATA, "its leaves are linear models (linear_tree): only constant ones are read");
    if (n_cat > 0)
        TRY(read_sets(f, r, (size_t)n_cat, err));
    for (size_t i = 0; i + 1 < n_leaves; i++)
        TRY(read_node(f, r, (size_t)n_leaves, first_set, (size_t)n_cat, err));
    for (size_t i = 0; i < n_leaves; i++) {
        TRY(next_real(r, LEAF_VALUE, &value, err));
        TRY(forest_add_node(f, (struct forest_node){.at = INFINITY, .kind = FOREST_LEAF}, value, err));
    }
    TRY(forest_end_tree(f, first, 0, err));
out:
    return rc;
}

static int read_trees(struct forest *f, struct reader *r, struct part line, struct err *err)
{
    struct part value;
    for (;;) {
        if (!has_name(line, "Tree", &value))
            return err_set(err, ERR_DATA, "line %zu: expected a line Tree=N or \"end of trees\"", r->line);
        memset(r->fields, 0, sizeof r->fields);
        bool more;
        while ((more = next_line(r, &line)) && !has_name(line, "Tree", &value) && !is(line, "end of trees"))
            for (int i = 0; i < N_FIELDS; i++)
                if (has_name(line, field_names[i], &value))
                    r->fields[i] = value;
        if (!more)
            return err_set(err, ERR_TRUNCATED, "it ends within tree %zu, without \"end of trees\"", f->n_trees);
        int rc = end_tree(f, r, err);
        if (rc)
            return err_prefix(err, "tree %zu: ", f->n_trees);
        if (is(line, "end of trees"))
            break;
    }
    if (r->n_sizes != f->n_trees)
        return err_set(err, ERR_DATA, "%zu trees, and %zu tree_sizes", f->n_trees, r->n_sizes);
    f->divisor = r->average ? (double)f->n_trees : 1;
    return 0;
}

/* "binary sigmoid:1" */
static int read_objective(struct forest *f, struct part value, struct err *err)
{
    static const char *const plain[] = {"regression", "regression_l1", "huber", "fair", "quantile", "mape"};
    static const char *const exponential[] = {"poisson", "gamma", "tweedie"};
    struct part name = next_word(&value), word;
    for (size_t i = 0; i < sizeof exponential / sizeof exponential[0]; i++)
        if (is(name, exponential[i]))
            f->transform = FOREST_EXP;
    bool known = f->transform == FOREST_EXP;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        known |= is(name, plain[i]);
    if (is(name, "cross_entropy_lambda")) {
        f->transform = FOREST_LOG1P_EXP;
    } else if (is(name, "binary") || is(name, "cross_entropy")) {
        f->transform = FOREST_LOGISTIC;
    } else if (!known) {
        return err_set(err, ERR_DATA, "the objective %.*s is not known here", (int)num_min_size(name.n, 60), name.p);
    }
    while ((word = next_word(&value)).n > 0)
        if (is(word, "sqrt"))
            f->transform = FOREST_SQUARE;
        else if (word.n > 8 && memcmp(word.p, "sigmoid:", 8) == 0 && !num_parse_f64(word.p + 8, word.n - 8, &f->slope))
            return err_set(err, ERR_DATA, "objective: sigmoid: expected a number");
    return 0;
}

static int read_names(struct forest *f, struct part names, struct err *err)
{
    int rc = 0;
    size_t i = 0, n = f->n_features;
    struct part word;
    TRY(forest_name_start(f, err));
    while ((word = next_word(&names)).n > 0 && i < n)
        TRY(forest_name(f, i++, word.p, word.n, err));
    if (i < n || word.n > 0)
        TRY(err_set(err, ERR_DATA, "feature_names: expected %zu names", n));
out:
    return rc;
}

int forest_read_lightgbm(struct forest *f, const char *text, size_t n, struct err *err)
{
    int rc = 0;
    struct reader r = {.left = {text, n}};
    struct part line, value, names = {0}, objective = {0};
    uint64_t number = 0, last;
    bool more;
    while ((more = next_line(&r, &line)) && !has_name(line, "Tree", &value) && !is(line, "end of trees")) {
        if (has_name(line, "num_class", &value) && !num_parse_u64(value.p, value.n, 1, 1, &number))
            return err_set(err, ERR_DATA, "num_class: only models of one output are read");
        if (has_name(line, "num_tree_per_iteration", &value) && !num_parse_u64(value.p, value.n, 1, 1, &number))
            return err_set(err, ERR_DATA, "num_tree_per_iteration: only models of one output are read");
        if (has_name(line, "max_feature_idx", &value)) {
            if (!num_parse_u64(value.p, value.n, 0, FOREST_MAX_FEATURES - 1, &last) || f->n_features > 0)
                return err_set(err, ERR_DATA, "max_feature_idx: expected a number up to %d, once", FOREST_MAX_FEATURES - 1);
            f->n_features = (size_t)last + 1;
        }
        if (has_name(line, "tree_sizes", &value))
            while (next_word(&value).n > 0)
                r.n_sizes++;
        if (has_name(line, "feature_names", &value))
            names = value;
        if (has_name(line, "objective", &value))
            objective = value;
        r.average |= is(line, "average_output");
    }
    if (!more)
        return err_set(err, ERR_TRUNCATED, "it ends before its trees");
    if (f->n_features == 0)
        return err_set(err, ERR_DATA, "no max_feature_idx: not a model of LightGBM");
    if (objective.p)
        TRY(read_objective(f, objective, err));
    TRY(read_trees(f, &r, line, err));
    if (names.p)
        TRY(read_names(f, names, err));
out:
    return rc;
}
