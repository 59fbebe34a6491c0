/* hardness_run - what hardness_detect and hardness_evaluate have in common: queries in batches, scored, beside their recall. */
#ifndef HARDNESS_RUN_H
#define HARDNESS_RUN_H

#include "graph/recall.h"
#include "repair/hardness_detect.h"
#include "repair/hardness_store.h"

enum { HARDNESS_CHUNK = 1024 };

struct hardness_run {
    const struct hardness_detect_options *o;
    const struct graph_file *index;
    struct vector_reader *queries;
    struct hardness_scorer scorer;
    struct vector_set set;         /* all queries, with a truth */
    struct recall_truth truth;
    size_t at;                     /* the next row of set */
    size_t dim, k;                 /* k: no more than there are nodes */
    size_t n_cells;                /* those of the scorer, and recall where there is a truth */
    float *cells;                  /* (HARDNESS_CHUNK, n_cells of the scorer) of the batch */

    struct hardness_store store;   /* where the choice waits for all scores: the rows, and */
    float *scores;                 /* (n) what is chosen by */
    size_t n, cap_scores;
    uint64_t n_probed, probe_ndc;
};

/* r->o, r->index and r->queries are set, the rest is 0. */
MUST_CHECK int hardness_run_open(struct hardness_run *r, struct err *err);
void hardness_run_close(struct hardness_run *r);

/* Score the next queries, up to HARDNESS_CHUNK; b->n is 0 at the end.  vector_batch_done is the caller's where there is no
 * truth. */
MUST_CHECK int hardness_run_next(struct hardness_run *r, struct vector_batch *b, struct err *err);

/* recall@k of row i of the batch at hand. */
float hardness_run_recall(const struct hardness_run *r, const struct vector_batch *b, size_t i);

/* Mark the hard ones among the n rows of the store; stability (n) is set where o->cascade. */
MUST_CHECK int hardness_choose(struct hardness_run *r, bool *hard, float *stability, struct err *err);

#endif
