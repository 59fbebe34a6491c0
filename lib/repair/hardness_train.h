/* hardness_train - a predictor of hardness from a stream of features with `recall`: the work of hardq-train.
 *
 * Source   the seed's learned predictor.  The label is h = 1 - recall@k.  Rows weigh by it there, so that few hard ones count:
 *          3 h^2.5 + 0.1 from h = 0.9 on, 2 h^2 + 0.1 from 0.7 on, else 0.5 h + 0.1, all divided by their mean.
 * Departs  All rows weigh the same unless that is asked for: it finds more of the truly hardest tenth (hardq-train(1)).
 *          The validation rows, a fifth, are drawn by the seed, where the source takes the last ones, which in most sets are of
 *          another topic.  Trees are of a depth of 4 where the source's may have 32,768 leaves, which no walk of 2 us could
 *          follow. What importance a feature has is asked of the model's splits on the validation rows: how much the rmse grows
 *          when the feature's values are shuffled among them. */
#ifndef HARDNESS_TRAIN_H
#define HARDNESS_TRAIN_H

#include "fmt/stream.h"
#include "repair/boost.h"
#include "repair/hardness.h"
#include "repair/hardness_rank.h"

struct hardness_table {            /* what is learned from */
    size_t n, cap_x, cap_recall;
    size_t n_features;
    const char *names[HARDNESS_FEATURES];   /* those that the stream has, in hardness.h's order */
    float *x;                      /* (n, n_features) */
    float *recall;                 /* (n) */
    char k[24], ef[24];            /* of the search; empty where the stream does not say */
};

/* Read streams of features (paths; none: the standard input) that have `recall` and one of hardness.h's features at least.
 * ERR_DATA for a stream that has not, for numbers that are none and recall outside of [0, 1]. */
MUST_CHECK int hardness_table_read(struct hardness_table *t, const char *const *paths, size_t n_paths, struct err *err);
void hardness_table_done(struct hardness_table *t);

struct hardness_trained {
    struct buf model;              /* JSON; the caller's to free */
    size_t n_trees, n_nodes, n_train, n_validation;
    double rmse, spearman, pearson;         /* of the validation rows: prediction and recall */
    struct hardness_found hardest;          /* tenth of them */
    double importance[HARDNESS_FEATURES];   /* rmse with the feature shuffled, less rmse; unweighted */
};

/* The source's weight of a label, before division by the mean. */
double hardness_weight(double label);

enum hardness_weights { HARDNESS_WEIGHTS_EVEN, HARDNESS_WEIGHTS_SOURCE };
extern const char *const hardness_weights_names[];

/* Train, and see that lib/repair/forest reads the model and predicts.  ERR_DATA for fewer than 20 rows. */
MUST_CHECK int hardness_train(struct hardness_trained *r, const struct hardness_table *t, enum hardness_weights weights,
                              const struct boost_options *o, struct err *err);

#endif
