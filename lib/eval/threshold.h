/* threshold - what a measure must reach at every ef: "recall@10=0.95". */
#ifndef THRESHOLD_H
#define THRESHOLD_H

#include "eval/evaluation.h"

struct threshold {
    struct measure_spec spec;
    double least;
    const char *text;           /* as it was given, whoever did keeps it */
};

struct thresholds {             /* zero-initialise; thresholds_done frees */
    struct threshold *at;
    size_t n;
    struct measure_list also;   /* what they are of, for evaluation_options.also */
};

/* Parse; the measure is added to the list. */
MUST_CHECK int threshold_parse(struct threshold *t, const char *text, struct measure_list *list, struct err *err);

/* What the group has reached of it (recall by id where it could not be counted by distance). */
double threshold_reached(const struct threshold *t, const struct evaluation *e, const struct evaluation_group *g);

/* Parse all of texts (n), which must outlive t.  ERR_USAGE. */
MUST_CHECK int thresholds_parse(struct thresholds *t, const char *const *texts, size_t n, struct err *err);

/* Append a line for each that a group of the run has not reached, a value that is not known included: nothing, none missed. */
MUST_CHECK int thresholds_missed(const struct thresholds *t, const struct evaluation *e, struct buf *text, struct err *err);

void thresholds_done(struct thresholds *t);

#endif
