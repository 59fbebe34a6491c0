/* reportline - one line under construction: names and values become a heading, a row of a table or a JSON object.
 *
 * A failure is kept in rc, after which nothing more is put; reportline_end returns it. */
#ifndef REPORTLINE_H
#define REPORTLINE_H

#include "base/buf.h"

#include <stdbool.h>

struct reportline {
    struct buf *text;
    bool json, heading, begun;
    struct err *err;
    int rc;
};

/* Cells.  A table has a fixed number of decimals; JSON two more, without zeros at the end.  What is not finite is nan, in JSON
 * null. */
void reportline_text(struct reportline *l, const char *name, const char *s, size_t n);
void reportline_number(struct reportline *l, const char *name, double x, int decimals);
void reportline_count(struct reportline *l, const char *name, size_t x);
MUST_CHECK int reportline_end(struct reportline *l);

/* Bytes as they are; and those of a field of a table: what would end it or the line becomes a blank. */
void reportline_put(struct reportline *l, const char *s, size_t n);
void reportline_field(struct reportline *l, const char *s, size_t n);

#endif
