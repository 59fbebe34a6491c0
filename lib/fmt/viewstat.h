/* viewstat - what the columns of a table hold, in one pass: counts, ranges, means, norms, list lengths.
 *
 * For each column: numbers: values, min, mean, max, and how many are NaN or infinite (not in the others).  Ragged and string
 * columns: also the lengths of lists (of strings, in bytes).  Columns of two and more floats or 8-bit integers a row: also the
 * rows' Euclidean norms, and how many are zero vectors.  Sums are doubles in the order of the rows. */
#ifndef VIEWSTAT_H
#define VIEWSTAT_H

#include "base/buf.h"
#include "fmt/stream.h"

struct viewstat_range {
    uint64_t n;
    double min, max, sum;
};

struct viewstat_column {
    struct viewstat_range values, lengths, norms;
    uint64_t n_nan, n_infinite, n_zero_vectors;
};

struct viewstat {
    const struct header *header;      /* the caller's */
    uint64_t rows;
    struct viewstat_column *columns;  /* (header->n_columns) */
};

MUST_CHECK int viewstat_init(struct viewstat *s, const struct header *header, struct err *err);
void viewstat_done(struct viewstat *s);
void viewstat_add(struct viewstat *s, const struct block *b);

/* As lines `COLUMN MEASURE VALUE` parted by TABs (the first has `- rows N`), or as one JSON object. */
MUST_CHECK int viewstat_print(const struct viewstat *s, struct buf *text, bool json, struct err *err);

#endif
