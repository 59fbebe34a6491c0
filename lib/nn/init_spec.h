/* init_spec - "static,dim=256,buckets=262144": what vec-encode --init makes. */
#ifndef INIT_SPEC_H
#define INIT_SPEC_H

#include "nn/model.h"

/* *c from: static, then in any order dim=N (256), buckets=N (262144), ngrams=MIN-MAX (4-6), letters=N (4), query=PREFIX,
 * passage=PREFIX.  The caller frees it (model_config_done).  ERR_USAGE says what is wrong. */
MUST_CHECK int init_spec_parse(struct model_config *c, const char *text, struct err *err);

#endif
