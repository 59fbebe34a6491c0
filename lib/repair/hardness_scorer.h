/* hardness_scorer - all numbers that are told of a query, in a row of cells: the features (hardness.h), the scores upstream and
 * trace, then what was asked for: the probes (hardness_probe.h) and `model`, the prediction of boosted trees. */
#ifndef HARDNESS_SCORER_H
#define HARDNESS_SCORER_H

#include "repair/forest.h"
#include "repair/hardness.h"
#include "repair/hardness_probe.h"

enum hardness_score { HARDNESS_BY_TRACE, HARDNESS_BY_UPSTREAM, HARDNESS_BY_JITTER, HARDNESS_BY_STABILITY, HARDNESS_BY_EH,
                      HARDNESS_BY_MODEL,
                      HARDNESS_SCORES };
extern const char *const hardness_score_names[HARDNESS_SCORES + 1];
extern const enum hardness_score hardness_score_of_probe[HARDNESS_PROBES];
enum { HARDNESS_MAX_CELLS = HARDNESS_FEATURES + HARDNESS_SCORES };

struct hardness_scorer_options {
    size_t k, ef;                  /* 1 <= k <= ef */
    int n_threads;
    double eps;                    /* of jitter */
    uint64_t seed;
    bool probe[HARDNESS_PROBES];   /* which are run for each query */
    bool later;                    /* not now: their cells are there, and NaN */
    const struct forest *model;    /* NULL, or what predicts 1 - recall@k from cells before it, by their names */
};

struct hardness_scorer {
    struct hardness_scorer_options o;
    struct hardness h;
    struct hardness_probe probes[HARDNESS_PROBES];
    size_t n_cells;
    const char *names[HARDNESS_MAX_CELLS];
    int cell_of[HARDNESS_SCORES];  /* -1: not there */
    size_t *inputs;                /* (features of the model) cells */
    float *x;                      /* (cap, features of the model) */
    double *predicted;             /* (cap) */
    uint64_t n_queries, ndc;       /* of the first search */
    uint64_t search_ns, score_ns[HARDNESS_SCORES];   /* wall time so far */
};

/* The cells that o makes, without anything else being set. */
void hardness_scorer_cells(struct hardness_scorer *s, const struct hardness_scorer_options *o);

/* For up to cap queries at once.  ERR_DATA where the model asks for a feature that is none of the cells. */
MUST_CHECK int hardness_scorer_init(struct hardness_scorer *s, const struct graph *g, const struct hardness_scorer_options *o,
                                    size_t cap, struct err *err);
void hardness_scorer_done(struct hardness_scorer *s);

/* cells (n, n_cells) of n <= cap queries, row i at x + i*stride. */
MUST_CHECK int hardness_scorer_run(struct hardness_scorer *s, const float *x, size_t stride, const uint64_t *ids, size_t n,
                                   float *cells, struct err *err);

#endif
