/* pooling - one vector for a sequence from those of its tokens, as sentence-transformers does it. */
#ifndef POOLING_H
#define POOLING_H

#include "nn/transformer_config.h"

/* out (dim) from hidden (n, dim), n >= 1: the first token's, the mean of all, or the greatest value in each dimension; those
 * around the text count.  Sums run over the tokens in order. */
void pooling_run(enum transformer_pool pool, const float *hidden, size_t n, size_t dim, float *out);

#endif
