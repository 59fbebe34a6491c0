/* quoted - the fields of one line of a TSV, quoted as Python's csv module and RFC 4180 have it, or not at all. */
#ifndef QUOTED_H
#define QUOTED_H

#include "base/err.h"
#include "fmt/stream.h"

#include <stdbool.h>

/* Cut a line (n bytes, without its LF) at each TAB.
 *
 * quotes     a field that begins with " ends at the next lone "; it may hold TABs, and "" stands for one ".  Elsewhere in a field
 *            a " is a letter.  The line is changed: fields are unquoted where they stand.
 * fields     (max) the first of them, valid as long as the line; *n_fields: how many there are, perhaps more than max
 * Errors     ERR_DATA: a quote that does not end in its line, or has text behind it.  Cost: O(n). */
MUST_CHECK int quoted_split(char *line, size_t n, bool quotes, struct text *fields, size_t max, size_t *n_fields,
                            struct err *err);

#endif
