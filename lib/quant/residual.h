/* residual - residual quantisation: each level is a k-means of what the levels before have left of the vectors. */
#ifndef RESIDUAL_H
#define RESIDUAL_H

#include "quant/codeset.h"
#include "quant/level.h"

struct residual_level {
    float *centres;                  /* (clusters[l], stride) */
    double mse_before, mse_after;    /* of what is left, over all elements */
    double inertia_nearest;          /* fit.inertia, did every vector take the nearest of these centres: sizes unbounded */
    struct level_report fit;
};

struct residual {
    size_t n_levels, dim, stride;
    uint32_t clusters[CODESET_MAX_LEVELS];
    struct residual_level level[CODESET_MAX_LEVELS];
};

struct residual_options {
    struct level_options level;      /* k, least, most and number are set for each level */
    bool least_given, most_given;    /* else max(1, n/k - 1) and n/k + 1 */
    uint32_t least, most;
};

/* Train levels of clusters[l] centres on x (n, dim), of which only the last residual is left; codes into s (n rows, n_levels).
 * q is zero but for n_levels, dim, stride and clusters; residual_done frees it, also after a failure.  ERR_USAGE where
 * level_check says so of any level, before the first is trained. */
MUST_CHECK int residual_train(struct residual *q, float *x, size_t n, const struct residual_options *o, struct codeset *s,
                              struct err *err);
void residual_done(struct residual *q);

/* The mean square of an element of x (n, dim): of residuals, the mean squared error. */
MUST_CHECK int residual_mse(const struct kmeans_points *p, double *mse, struct err *err);

/* Memory that training takes beside vectors and costs, for `k` the most clusters of a level. */
uint64_t residual_bytes(size_t n, size_t dim, size_t k, bool bounded);

/* x (n, stride) -= the centres of the codes from level `from` to before level `to`; add: += in the same order. */
void residual_take(const struct residual *q, size_t from, size_t to, const struct codeset *s, size_t row, float *x, bool add);

#endif
