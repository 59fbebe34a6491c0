/* bulk - a collection of texts to a stream of vectors: read, encode in parallel, write in order; memory for a few batches. */
#ifndef BULK_H
#define BULK_H

#include "nn/encoder.h"
#include "text/rows.h"

enum bulk_empty { BULK_EMPTY_FAIL, BULK_EMPTY_SKIP };

struct bulk_options {
    uint64_t first_id;                /* of the first row; a row that is skipped keeps its number, so ids name rows */
    enum bulk_empty empty;            /* what becomes of a text without a vector */
    int n_threads;
    void (*progress)(void *ctx, const struct rows *r);    /* after each batch that was read; may be NULL */
    void *ctx;
};

struct bulk_counts {
    uint64_t rows, skipped;
};

/* The columns of the stream: id u64, key str, vec f32 dim, and what the encoder says of its vectors. */
MUST_CHECK int bulk_header(struct header *h, const struct encoder *e, struct err *err);

/* All rows of r to w.  The encoded text is prefix + title + ' ' + text, without title and blank where there is no title. */
MUST_CHECK int bulk_encode(const struct encoder *e, struct rows *r, struct stream_writer *w, const struct bulk_options *o,
                           struct bulk_counts *counts, struct err *err);

#endif
