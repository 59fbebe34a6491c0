/* bulk - a collection of texts to a stream of vectors: read, encode in parallel, write in order; memory for a few batches. */
#ifndef BULK_H
#define BULK_H

#include "nn/encoder.h"
#include "text/rows.h"

enum { BULK_LABEL = 80 };
enum bulk_empty { BULK_EMPTY_FAIL, BULK_EMPTY_SKIP };

struct bulk_counts {
    uint64_t rows, skipped;           /* skipped: texts without a vector */
    struct encoder_counts encoder;
};

struct bulk_options {
    uint64_t first_id;                /* of the first row; a row that is skipped keeps its number, so ids name rows */
    enum bulk_empty empty;            /* what becomes of a text without a vector */
    enum column_type type;            /* of the vectors' numbers: COLUMN_F32, COLUMN_F16 or COLUMN_BF16 */
    bool tokens;                      /* the vectors of the tokens of a text, not one of the text */
    int n_threads;
    void (*progress)(uint64_t bytes); /* after each batch that was written: read up to its end; may be NULL */
    char *label;                      /* (BULK_LABEL) written anew before that: "encode 800 texts/s 16000 tokens/s" */
    const char *program, *command;    /* provenance, for bulk_write; command NULL: none is written */
    int level;                        /* of zlib, for bulk_write */
};

/* The columns of the stream: id u64, key str, then vec dim, or with tokens token u32 * and vectors *; and what the encoder says
 * of its vectors.  With tokens the kind is `tokens`, and @meta dim is how many values of `vectors` belong to a token. */
MUST_CHECK int bulk_header(struct header *h, const struct encoder *e, const struct bulk_options *o, struct err *err);

/* All rows of r to w.  The encoded text is prefix + title + ' ' + text, without title and blank where there is no title. */
MUST_CHECK int bulk_encode(const struct encoder *e, struct rows *r, struct stream_writer *w, const struct bulk_options *o,
                           struct bulk_counts *counts, struct err *err);

/* The whole stream: header, rows and end into out, which stays the caller's to commit.  Errors: those of rows and encoder. */
MUST_CHECK int bulk_write(const struct encoder *e, struct rows *r, struct output *out, const struct bulk_options *o,
                          struct bulk_counts *counts, struct err *err);

/* Append what the user should know of a run beside its vectors, one a line: no prefix used, texts cut off, texts left out.
 * role: the enum model_role that e was opened with. */
MUST_CHECK int bulk_remarks(const struct encoder *e, int role, const struct bulk_counts *c, struct buf *text, struct err *err);

#endif
