/* viewrows - rows of a table as text, for people, for awk and jq, and for the text twins of formats/golden.
 *
 *     TSV    a line of column names, then a line a row; lists with commas between their values
 *     JSON   an object a row, one a line; what is not finite is null
 *     TEXT   name=value for each column, parted by blanks; strings in double quotes; all numbers so that they read back exactly
 *
 * Strings in TSV and TEXT are escaped as in a stream's header (in TEXT also \"). */
#ifndef VIEWROWS_H
#define VIEWROWS_H

#include "base/buf.h"
#include "fmt/stream.h"

enum viewrows_format { VIEWROWS_TSV, VIEWROWS_JSON, VIEWROWS_TEXT };

/* The names of the columns: nothing but for TSV. */
MUST_CHECK int viewrows_names(struct buf *text, const struct header *h, enum viewrows_format format, struct err *err);

/* Append one row.  brief: long lists show their first values and their length (TSV only). */
MUST_CHECK int viewrows_row(struct buf *text, const struct header *h, const struct block *b, size_t row,
                            enum viewrows_format format, bool brief, struct err *err);

/* A string as JSON writes it, in quotes; bytes that are not UTF-8 become U+FFFD. */
MUST_CHECK int viewrows_json_string(struct buf *text, const char *s, size_t n, struct err *err);

/* A number as JSON writes it. */
MUST_CHECK int viewrows_json_number(struct buf *text, double x, struct err *err);

#endif
