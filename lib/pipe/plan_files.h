/* plan_files - the files of a plan: which job writes what, and what an item of `in` means. */
#ifndef PLAN_FILES_H
#define PLAN_FILES_H

#include "base/map.h"
#include "pipe/plan.h"

struct plan_files {
    struct map makers;                   /* output's name -> index of the job that writes it */
    const struct doc_node **at;          /* (makers.n) where each is written in the pipeline */
    size_t cap_at;
    struct plan_input *found;            /* the inputs of one job, found by plan_files_find since plan_files_start */
    size_t n_found, cap_found;
    struct map seen;                     /* their names */
    size_t n_inputs, n_tests;            /* in all, for the limits */
};

/* Note an output of a job.  Errors: a name that cannot be one, a second writer. */
MUST_CHECK int plan_files_add(struct plan_files *f, const struct plan *plan, const struct doc_node *at, size_t job,
                              const char *name, struct err *err);

/* When all outputs are known: none lies below another. */
MUST_CHECK int plan_files_check(const struct plan_files *f, const struct plan *plan, struct err *err);

void plan_files_start(struct plan_files *f);

/* Add what one item of `in` means to found: an output, something below one, the outputs that a pattern with * matches (in order
 * of the plan, and those found already left out), or a file outside.  Marks what the job's step needs. */
MUST_CHECK int plan_files_find(struct plan_files *f, struct plan *plan, const struct plan_job *job, const struct doc_node *at,
                               const char *name, struct err *err);

/* The job that writes an output. */
MUST_CHECK int plan_files_maker(const struct plan_files *f, const struct plan *plan, const struct doc_node *at, const char *name,
                                const struct plan_job **maker, struct err *err);

void plan_files_done(struct plan_files *f);

#endif
