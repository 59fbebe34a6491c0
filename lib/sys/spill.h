/* spill - bytes that have to wait for what comes before them: a nameless file in TMPDIR (or /tmp), gone when closed. */
#ifndef SPILL_H
#define SPILL_H

#include "base/err.h"
#include "sys/output.h"

#include <stddef.h>

struct spill;

MUST_CHECK int spill_open(struct spill **s, struct err *err);
MUST_CHECK int spill_write(struct spill *s, const void *p, size_t n, struct err *err);

/* Everything written so far, into out. */
MUST_CHECK int spill_copy(struct spill *s, struct output *out, struct err *err);

/* "/dev/fd/N": to read it all from the start by input_open, once, while the spill is open. */
const char *spill_path(struct spill *s);

void spill_close(struct spill *s);      /* accepts NULL */

#endif
