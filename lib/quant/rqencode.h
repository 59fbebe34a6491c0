/* rqencode - vectors to codes and back, by codebooks that are there. */
#ifndef RQENCODE_H
#define RQENCODE_H

#include "quant/residual.h"

/* code (n, n_levels) of x (n, dim) in rows of q->stride floats.  beam 1: at each level the nearest centre of what is left.  More:
 * the `beam` best prefixes are kept at each level, by what they leave, then by order; the best at the end is taken (Babenko and
 * Lempitsky, "Additive quantization", CVPR 2014).  By the reference kernel.  O(beam k dim) a level. */
MUST_CHECK int rqencode_rows(const struct residual *q, const float *x, size_t n, size_t beam, int n_threads, uint16_t *code,
                             struct err *err);

/* A stream of vectors, read to its end and written as codes without suffixes. */
struct vector_reader;
MUST_CHECK int rqencode_stream(struct stream_writer *w, const struct residual *q, struct vector_reader *r, size_t beam,
                               int n_threads, void (*progress)(uint64_t rows), struct err *err);

/* The vectors of codes: sums of centres, level after level.  The header has the codebooks' space. */
MUST_CHECK int rqencode_decode_header(struct header *h, const struct residual *q, bool has_key, const char *space,
                                      struct err *err);
MUST_CHECK int rqencode_decode(struct stream_writer *w, const struct residual *q, const struct codeset *s, const uint64_t *ids,
                               const struct text *keys, struct err *err);

#endif
