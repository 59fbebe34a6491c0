/* pylist - a Python list literal of strings, such as ['a', "b's"], parsed as Python's grammar has it; nothing is evaluated.
 *
 * Both quotes; the escapes \\ \' \" \a \b \f \n \r \t \v, octal, \xHH, \uHHHH, \UHHHHHHHH; another letter behind a backslash
 * leaves both, as in Python.  Prefixes, triple quotes, \N{...} and strings side by side are refused. */
#ifndef PYLIST_H
#define PYLIST_H

#include "base/buf.h"
#include "fmt/stream.h"

struct pylist {                     /* zero-initialise; pylist_done frees */
    struct text *items;             /* (n), valid until the next parse */
    size_t n, cap;
    struct buf pool;
};

/* Parse all of text (n bytes); blanks around it and a comma behind the last string are allowed.  ERR_DATA naming the byte.
 * A code that is no character (a surrogate) becomes U+FFFD.  Cost: O(n) time and memory. */
MUST_CHECK int pylist_parse(struct pylist *l, const char *text, size_t n, struct err *err);
void pylist_done(struct pylist *l);

#endif
