/* vocab_init - a static model with a WordPiece vocabulary learnt from texts: what vec-encode --init static,vocab=N makes. */
#ifndef VOCAB_INIT_H
#define VOCAB_INIT_H

#include "nn/model.h"
#include "text/rows.h"

/* Learn n_vocab pieces (fewer where the texts do not have as many) from the titles and texts of all rows, and make the new
 * folder dir as static_encoder_create_vocab; c gets its features and rows.  ERR_IO where it exists; errors of rows_next. */
MUST_CHECK int vocab_init(struct model_config *c, const char *dir, struct rows *rows, size_t n_vocab, uint64_t seed,
                          int n_threads, struct err *err);

#endif
