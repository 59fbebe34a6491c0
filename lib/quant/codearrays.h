/* codearrays - codes and codebooks as NumPy arrays, as MiniOneRec has them: NAME.codes_constrained.npy, int32 (n, levels), codes
 * from 0 and without suffixes; NAME.codebooks_constrained.npz, an archive of codebook_0.npy, codebook_1.npy, ..., each float32
 * (codes, dim). */
#ifndef CODEARRAYS_H
#define CODEARRAYS_H

#include "quant/coderows.h"
#include "quant/residual.h"

/* Codes out of an array of integers, of any type and order; ids are row numbers.  Takes the input over.  levels: as
 * coderows_read has it.  Freed by coderows_done, also after a failure. */
MUST_CHECK int codearrays_read(struct coderows *r, struct input *in, const char *levels, struct err *err);

/* Codebooks out of such an archive, stored or compressed, of any type of number and order, each widened or rounded to float32;
 * q is zero, residual_done frees it, also after a failure.  The input stays the caller's.  ERR_DATA where members are not
 * codebook_0 to codebook_(levels - 1), differ in dimension, or hold NaN or infinities.  Memory: the archive, and an array once
 * more. */
#define CODEARRAYS_MAGIC "PK\3\4"
MUST_CHECK int codearrays_read_books(struct residual *q, struct input *in, struct err *err);

MUST_CHECK int codearrays_write_codes(struct output *out, const struct codeset *s, struct err *err);

/* Memory: a level's centres once more. */
MUST_CHECK int codearrays_write_books(struct output *out, const struct residual *q, struct err *err);

#endif
