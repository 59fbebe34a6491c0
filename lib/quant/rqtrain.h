/* rqtrain - all that a training run does between its input and its outputs: read, train, resolve equal codes. */
#ifndef RQTRAIN_H
#define RQTRAIN_H

#include "fmt/vectors.h"
#include "quant/resolve.h"

struct rqtrain_options {
    struct residual_options residual;    /* max_costs_bytes is set here */
    enum resolve resolve;
    uint64_t max_memory;                 /* of vectors, work and costs; 0 = no limit */
};

struct rqtrain {
    struct vector_set base;              /* x: what all levels leave */
    struct residual q;
    struct codeset codes;
    struct codeset_stats trained;        /* of the codes before they were resolved */
    uint64_t changed;                    /* items whose last code RESOLVE_REASSIGN or RESOLVE_SINKHORN changed */
    double mse;                          /* of the codes as they are then */
};

/* t is zero but for q.n_levels and q.clusters; rqtrain_done frees it, also after a failure.  The vectors must fit in max_memory
 * with the work on them, else ERR_NOMEM; what is left is for costs, which are held where all fit. */
MUST_CHECK int rqtrain_run(struct rqtrain *t, struct vector_reader *r, const struct rqtrain_options *o, struct err *err);
void rqtrain_done(struct rqtrain *t);

/* Exact assignments that were made, each certified. */
uint64_t rqtrain_assignments(const struct rqtrain *t);

#endif
