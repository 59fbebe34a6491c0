/* least_ef - the least ef that reaches a recall, by doubling and bisection.
 *
 * The first ef tried is k; it is doubled until the target is reached, and the range between the last that did not and the first
 * that did is halved until they are neighbours.  So the ef that is found reaches the target and the one below it does not;
 * recall grows with ef but for noise, so a still smaller one that happens to is possible.  Nothing is decided by a clock.
 * Cost: a search of all queries for each ef that is tried, some 2 log2(ef / k). */
#ifndef LEAST_EF_H
#define LEAST_EF_H

#include "graph/recall.h"
#include "graph/search.h"

enum { LEAST_EF_TEXT = 64, LEAST_EF_MAX_TARGETS = 16 };

struct least_ef_target {           /* "recall@10=0.98" */
    char text[LEAST_EF_TEXT];
    uint64_t k;
    double least;
};

struct least_ef_try {              /* all queries at one ef */
    uint32_t ef;
    double recall;
    double ndc, ndc_code, hops;    /* means */
};

/* ERR_USAGE unless text is recall@K=X with 1 <= K <= UINT32_MAX and 0 < X <= 1. */
MUST_CHECK int least_ef_parse(struct least_ef_target *t, const char *text, struct err *err);

/* Find the least ef of s->o.k to max_ef (which s was made for); more than there are nodes is never tried.  *best is that one
 * where *reached; else the one with the best recall, the least of equals.  queries->n >= 1, and the truth is theirs.
 * *n_searched grows by each query that is searched for, and progress, which may be NULL, is told.
 * ERR_USAGE where target->k is more than s->o.k or the truth's k. */
MUST_CHECK int least_ef_find(const struct least_ef_target *target, struct search *s, const struct vector_set *queries,
                             const struct recall_truth *truth, size_t max_ef, struct least_ef_try *best, bool *reached,
                             void (*progress)(uint64_t n), uint64_t *n_searched, struct err *err);

#endif
