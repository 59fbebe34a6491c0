/* setup - before the first row of a run is read: what is measured, against which side inputs, and how they are joined. */
#ifndef SETUP_H
#define SETUP_H

#include "eval/evaluation.h"

struct setup {
    struct evaluation *e;
    const struct evaluation_options *o;
    struct run *run;
    const struct run_shape *shape;
    bool queries_by_key[MEASURE_N_SIDES];     /* of the run, when joined with the side */
    bool documents_by_key[MEASURE_N_SIDES];
    bool has_dist;                            /* distances of run and truth can be compared */
    enum metric metric;
    size_t answers_cut;                       /* passages to look into */
    struct rows_options passages;
};

/* Open the run and read the side inputs into s->e; mistakes of the command line are found before anything is opened, where
 * they can be.  setup_close afterwards, also after a failure. */
MUST_CHECK int setup_open(struct setup *s, struct evaluation *e, const struct evaluation_options *o, struct err *err);
void setup_close(struct setup *s);

#endif
