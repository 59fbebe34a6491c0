/* init_spec - "static,dim=256,buckets=262144": what vec-encode --init makes. */
#ifndef INIT_SPEC_H
#define INIT_SPEC_H

#include "nn/model.h"

struct init_spec {
    struct model_config config;
    char *vocab;                 /* vocab=FILE: WordPiece features; NULL: hashed n-grams */
};

/* static, then in any order dim=N (256), buckets=N (262144), ngrams=MIN-MAX (4-6), letters=N (4), vocab=FILE, query=PREFIX,
 * passage=PREFIX.  ERR_USAGE says what is wrong. */
MUST_CHECK int init_spec_parse(struct init_spec *s, const char *text, struct err *err);
void init_spec_done(struct init_spec *s);

#endif
