/* vocab_init - what vec-encode --init makes: a static model, its WordPiece vocabulary learnt from texts where SPEC says so. */
#ifndef VOCAB_INIT_H
#define VOCAB_INIT_H

#include "nn/model.h"
#include "text/rows.h"

/* Learn n_vocab pieces (fewer where the texts do not have as many) from the titles and texts of all rows, and make the new
 * folder dir as static_encoder_create_vocab; c gets its features and rows.  ERR_IO where it exists; errors of rows_next. */
MUST_CHECK int vocab_init(struct model_config *c, const char *dir, struct rows *rows, size_t n_vocab, uint64_t seed,
                          int n_threads, struct err *err);

/* Make the model folder dir that init_spec_parse reads from spec.  Texts are read from the paths,
 * or stdin without any, only where it learns from them; paths that it has no use for are ERR_USAGE. */
MUST_CHECK int vocab_init_folder(const char *spec, const char *dir, const char *const *paths, size_t n_paths,
                                 const struct rows_options *ro, uint64_t seed, int n_threads, struct err *err);

#endif
