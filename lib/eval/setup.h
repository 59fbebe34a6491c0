/* setup - before the first row of a run is read: what is measured, against which side inputs, and how they are joined. */
#ifndef SETUP_H
#define SETUP_H

#include "eval/evaluation.h"

struct setup_run {
    struct run *run;
    const struct run_shape *shape;
    bool names_by_key;                        /* how its rows are named */
    bool queries_by_key[MEASURE_N_SIDES];     /* when joined with the side */
    bool documents_by_key[MEASURE_N_SIDES];
    bool has_dist;                            /* its distances can be compared with the truth's */
};

struct setup {
    struct evaluation *e;
    const struct evaluation_options *o;
    struct setup_run runs[EVALUATION_MAX_RUNS];
    size_t n_runs;
    enum metric metric;
    size_t answers_cut;                       /* passages to look into */
    struct rows_options passages;
};

/* Open the runs and read the side inputs into s->e; mistakes of the command line are found before anything is opened, where
 * they can be.  setup_close afterwards, also after a failure. */
MUST_CHECK int setup_open(struct setup *s, struct evaluation *e, const struct evaluation_options *o, struct err *err);
void setup_close(struct setup *s);

#endif
