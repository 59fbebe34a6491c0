/* remarks - what the user should know of an evaluation beside its numbers: what did not match, what was assumed. */
#ifndef REMARKS_H
#define REMARKS_H

#include "eval/evaluation.h"

/* Append remarks to text, one a line. */
MUST_CHECK int remarks_make(const struct evaluation *e, const struct evaluation_options *o, struct buf *text, struct err *err);

#endif
