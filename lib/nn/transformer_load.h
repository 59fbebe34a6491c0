/* transformer_load - the layers of a transformer from a checkpoint; for transformer.c alone. */
#ifndef TRANSFORMER_LOAD_H
#define TRANSFORMER_LOAD_H

#include "nn/transformer.h"

struct transformer_layer {
    struct linear qkv, out, up, down;            /* (3 dim, dim), (dim, dim), (inner, dim), (dim, inner) */
    struct rowops_norm attention_norm, norm;
};

/* Everything of t but ops and config; parts that are there after a failure are transformer_done's. */
MUST_CHECK int transformer_load(struct transformer *t, const struct checkpoint *c, int n_threads, struct err *err);

#endif
