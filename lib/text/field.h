/* field - one field of the plain text forms (formats/text.md): valid UTF-8 without TAB, CR, LF and NUL. */
#ifndef FIELD_H
#define FIELD_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct field_counts {
    uint64_t spaced;       /* TAB, CR, LF and NUL that became a space */
    uint64_t replaced;     /* bytes that are not UTF-8 and became U+FFFD */
};

/* Append text (n bytes) to out as a field: TAB, CR, LF become a space.  NUL and bytes that are not UTF-8 are ERR_DATA naming the
 * byte, unless `repair`: then NUL becomes a space and the others U+FFFD. */
MUST_CHECK int field_append(struct buf *out, const char *text, size_t n, bool repair, struct field_counts *counts,
                            struct err *err);

#endif
