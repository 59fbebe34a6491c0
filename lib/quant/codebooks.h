/* codebooks - the centres of all levels as a stream: kind `vectors`, one row a centre, level by level, ids 0, 1, ...; @meta
 * levels says how many centres each level has (formats/vps.md, 9.2).  So every program that reads vectors reads codebooks. */
#ifndef CODEBOOKS_H
#define CODEBOOKS_H

#include "fmt/vectors.h"
#include "quant/residual.h"

/* The header to write under: that of the vectors they were trained on gives @meta space; provenance is the caller's. */
MUST_CHECK int codebooks_header(struct header *h, const struct residual *q, const struct header *vectors, struct err *err);
MUST_CHECK int codebooks_write(struct stream_writer *w, const struct residual *q, struct err *err);

/* Read them whole, from a stream or from an archive of NumPy (quant/codearrays.h), which gives them a header too; *header (may be
 * NULL) is theirs, to be freed by header_done.  ERR_DATA where levels are not said, or rows are not as many. */
MUST_CHECK int codebooks_read(struct residual *q, const char *path, struct header *header, struct err *err);
/* The same; takes the input over. */
MUST_CHECK int codebooks_read_input(struct residual *q, struct input *in, struct header *header, struct err *err);

#endif
