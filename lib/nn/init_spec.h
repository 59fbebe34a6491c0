/* init_spec - "static,dim=256,buckets=262144": what vec-encode --init makes. */
#ifndef INIT_SPEC_H
#define INIT_SPEC_H

#include "nn/model.h"

/* *c from: static, then in any order dim=N (256), buckets=N (262144), ngrams=MIN-MAX (4-6), letters=N (4), vocab=N, query=PREFIX,
 * passage=PREFIX.  *n_vocab: the pieces of a vocabulary that is still to be learnt, or 0.  The caller frees *c
 * (model_config_done).  ERR_USAGE says what is wrong. */
MUST_CHECK int init_spec_parse(struct model_config *c, size_t *n_vocab, const char *text, struct err *err);

#endif
