/* threshold - what a measure must reach at every ef: "recall@10=0.95". */
#ifndef THRESHOLD_H
#define THRESHOLD_H

#include "eval/evaluation.h"

struct threshold {
    struct measure_spec spec;
    double least;
};

/* Parse; the measure is added to the list. */
MUST_CHECK int threshold_parse(struct threshold *t, const char *text, struct measure_list *list, struct err *err);

/* What the group has reached of it (recall by id where it could not be counted by distance). */
double threshold_reached(const struct threshold *t, const struct evaluation *e, const struct evaluation_group *g);

#endif
