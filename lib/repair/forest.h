/* forest - boosted trees that XGBoost or LightGBM made, and what they predict.
 *
 * Read are XGBoost's JSON (save_model to a name in .json; written by 1.7 and 3.2 in the tests) and LightGBM's text (version v4),
 * of one output: gbtree and dart; gbdt, dart and rf.  Missing values, default directions, sets of categories, the base score and
 * the objective's transform are as the libraries have them, so predictions are theirs: XGBoost's sum in 32-bit floats,
 * LightGBM's in 64-bit ones, in the order of the trees.  A leaf counts as it stands in the file: shrinkage is part of it.
 * Not read, with the reason: several outputs, linear leaves (linear_tree, gblinear), objectives of other transforms, UBJSON.
 *
 * Inside, a condition is x <= at for 32-bit x, whatever the library wrote: XGBoost's x < t is x <= the float before t, LightGBM's
 * x <= t, with t a double, x <= the last float that is not above t.  A leaf leads to itself, so that rows that have arrived can
 * walk on beside others that have not: eight walk at a time, and wait for each other's memory no more. */
#ifndef FOREST_H
#define FOREST_H

#include "sys/input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FOREST_MAX_FEATURES = 1 << 16, FOREST_MAX_CATEGORY = 1 << 24 };

enum forest_kind {
    FOREST_UP_TO,                  /* left where x <= at */
    FOREST_ZERO_MISSING,           /* the same; 0 is missing, and goes where NaN goes */
    FOREST_IN_SET_LEFT,            /* LightGBM: left where the category is in the set; a missing one is not */
    FOREST_IN_SET_RIGHT,           /* XGBoost: right where it is */
    FOREST_LEAF
};

struct forest_node {
    union {
        float at;
        uint32_t set;              /* number of the set */
    };
    uint16_t feature;
    uint8_t kind;                  /* enum forest_kind */
    uint8_t nan_left;              /* where a missing value goes */
    uint32_t child[2];             /* left, right: nodes of the forest; of a leaf: itself */
};

enum forest_transform { FOREST_IDENTITY, FOREST_LOGISTIC, FOREST_EXP, FOREST_SQUARE, FOREST_LOG1P_EXP };

struct forest {
    size_t n_features;
    char **names;                  /* (n_features), or NULL: the file has none, or none but f0, f1, ... or Column_0, ... */
    struct forest_node *nodes;
    double *values;                /* (n_nodes) of leaves */
    size_t n_nodes, cap_nodes, cap_values;
    uint32_t *roots;               /* (n_trees) */
    size_t n_trees, cap_roots;
    uint32_t *words;               /* of all sets: LightGBM's as bits, XGBoost's as a rising list of categories */
    size_t n_words, cap_words;
    size_t *set_ends;              /* (n_sets) set s is words[set_ends[s-1]] .. words[set_ends[s]-1] */
    size_t n_sets, cap_sets;
    bool special;                  /* there are other conditions than FOREST_UP_TO */
    bool sum_f32;                  /* XGBoost */
    double base, divisor;          /* what the sum starts with; what it is divided by */
    enum forest_transform transform;
    double slope;                  /* of FOREST_LOGISTIC: 1 / (1 + exp(-slope x)) */
};

/* Read a model; path "-" is stdin.  f starts as it is; forest_done frees it also after a failure.  ERR_DATA, ERR_TRUNCATED or
 * ERR_LIMIT name the file, the tree and what was expected there. */
MUST_CHECK int forest_open(struct forest *f, const char *path, struct err *err);
/* The same of what an input still has; it stays the caller's. */
MUST_CHECK int forest_read(struct forest *f, struct input *in, struct err *err);
void forest_done(struct forest *f);

/* Predictions of n rows, x (n, n_features); NaN is a missing value.  Cost: about a nanosecond for each tree and level, row by row
 * from eight rows on. */
void forest_predict(const struct forest *f, const float *x, size_t n, double *out);

/* ---- for the readers of the two formats ---- */

MUST_CHECK int forest_read_xgboost(struct forest *f, const char *text, size_t n, struct err *err);
MUST_CHECK int forest_read_lightgbm(struct forest *f, const char *text, size_t n, struct err *err);

/* Append a node or a set of categories. */
MUST_CHECK int forest_add_node(struct forest *f, struct forest_node node, double value, struct err *err);
MUST_CHECK int forest_add_set(struct forest *f, const uint32_t *words, size_t n_words, struct err *err);

/* The nodes from `first` on are a tree: their children, counted from `first`, become numbers of the forest, and each but the root
 * has just one parent, so that no walk can go in a circle.  Features are below n_features. */
MUST_CHECK int forest_end_tree(struct forest *f, size_t first, size_t root, struct err *err);

/* Name feature i, whose names were made by forest_name_start. */
MUST_CHECK int forest_name_start(struct forest *f, struct err *err);
MUST_CHECK int forest_name(struct forest *f, size_t i, const char *name, size_t n, struct err *err);

#endif
