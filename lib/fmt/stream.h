/* stream - reading and writing the vecpipe stream (.vps), formats/vps.md.
 *
 * Reading is block by block in bounded memory: the columns of a block are used in place.  Every length and offset is checked
 * before it is used; a stream that ends without its end record is ERR_TRUNCATED, on a pipe as on a file.  Messages carry the
 * input's name and the byte offset.  Streams of equal @kind, @column and @meta may follow each other in one input. */
#ifndef STREAM_H
#define STREAM_H

#include "fmt/header.h"
#include "sys/input.h"
#include "sys/output.h"

/* ---- reading ---- */

struct stream_reader;

/* One column of a block.  Fixed shape s: values of row r at values + r*s.  Ragged: values[offsets[r]] .. values[offsets[r+1]-1].
 * str (shape 1): bytes values[offsets[r]] .. values[offsets[r+1]].  `str *`: the strings offsets[r] .. offsets[r+1]-1 of the row,
 * string i being bytes values[string_offsets[i]] .. values[string_offsets[i+1]].  Not NUL-terminated. */
struct column_view {
    const void *values;                 /* on a 64-byte boundary */
    const uint32_t *offsets;            /* (rows + 1), NULL for a fixed shape of numbers */
    const uint32_t *string_offsets;     /* `str *` only */
};

struct block {
    uint64_t first_row;                 /* of this block in all that was read, 0-based */
    size_t rows;                        /* >= 1 */
    const struct column_view *columns;  /* (n_columns), as the header's */
};

/* Takes the input over: stream_reader_close closes it, also after a failed open. */
MUST_CHECK int stream_reader_open(struct stream_reader **r, struct input *in, struct err *err);
MUST_CHECK int stream_reader_open_path(struct stream_reader **r, const char *path, struct err *err);
void stream_reader_close(struct stream_reader *r);

const struct header *stream_reader_header(const struct stream_reader *r);    /* of the first member */
struct input *stream_reader_input(const struct stream_reader *r);            /* for its name and progress */

/* The next block, valid until the next call; block->rows == 0 at the (complete) end. */
MUST_CHECK int stream_reader_next(struct stream_reader *r, struct block *block, struct err *err);

/* `@stat` values of the end records seen so far: NULL if the key was not there; of several members the last. */
const char *stream_reader_stat(const struct stream_reader *r, const char *key);

/* All of them, by key as they first came; *n how many. */
const struct meta *stream_reader_stats(const struct stream_reader *r, size_t *n);

/* How many streams have followed each other so far, this one included. */
size_t stream_reader_members(const struct stream_reader *r);

/* Is what comes next the magic of a stream? */
MUST_CHECK int stream_sniff(struct input *in, bool *is_stream, struct err *err);

/* ---- writing ---- */

struct stream_writer;

struct cell {                           /* one column's values of one row */
    const void *values;                 /* numbers: n of them; str: n bytes; `str *`: n struct text */
    size_t n;
};
struct text {
    const char *p;
    size_t n;
};

/* Writes the header at once; header is copied.  level: zlib level of the blocks, 0 = none.  out stays the caller's. */
MUST_CHECK int stream_writer_open(struct stream_writer **w, struct output *out, const struct header *header, int level,
                                  struct err *err);
/* cells: (n_columns) as the header's columns; values are copied. */
MUST_CHECK int stream_writer_row(struct stream_writer *w, const struct cell *cells, struct err *err);
/* Rows first .. first+n-1 of a block whose columns have the types and shapes of the header's: the same bytes as row by row.
 * Where all columns are fixed whole blocks go out from where they lie, without a copy. */
MUST_CHECK int stream_writer_rows(struct stream_writer *w, const struct block *block, size_t first, size_t n, struct err *err);
MUST_CHECK int stream_writer_stat(struct stream_writer *w, const char *key, const char *value, struct err *err);
/* The last block and the end record.  A stream without this call is a failed one to every reader. */
MUST_CHECK int stream_writer_end(struct stream_writer *w, struct err *err);
void stream_writer_free(struct stream_writer *w);

#endif
