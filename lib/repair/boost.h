/* boost - gradient-boosted regression trees, by XGBoost's C API: the only file that names it.  A build without the library has
 * the function all the same, which says so. */
#ifndef BOOST_H
#define BOOST_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct boost_options {
    uint64_t trees;                /* at most */
    uint64_t depth;
    double rate;                   /* learning rate */
    uint64_t patience;             /* stop where this many trees made the validation rows no better */
    uint64_t seed;
    void (*progress)(uint64_t n);  /* may be NULL: told the number of trees that are made */
};

struct boost_rows {                /* of training or validation */
    const float *x;                /* (n, n_features) */
    const float *label, *weight;   /* (n) */
    size_t n;
};

struct boost_result {
    struct buf model;              /* XGBoost's JSON; the caller's to free */
    size_t n_trees;                /* up to the one after which validation was best */
    double rmse;                   /* of the validation rows then, weighted */
};

bool boost_available(void);

/* Fit the label: squared error, a share of 0.8 of rows and features for each tree, at least 5 (weighted) rows in a leaf, L1 and
 * L2 0.1, by histograms, in one thread, so that the model follows from the rows and the seed alone.  names (n_features),
 * attributes: (n_attributes) pairs of key and value.  ERR_IO where the library is missing, ERR_DATA for what it does not take. */
MUST_CHECK int boost_train(struct boost_result *r, const struct boost_options *o, const struct boost_rows *train,
                           const struct boost_rows *validation, size_t n_features, const char *const *names,
                           const char *const (*attributes)[2], size_t n_attributes, struct err *err);

#endif
