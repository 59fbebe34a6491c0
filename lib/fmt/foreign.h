/* foreign - say what a file looks like that is not what was expected, and what to do about it. */
#ifndef FOREIGN_H
#define FOREIGN_H

#include "base/err.h"
#include "sys/input.h"

/* What the next bytes look like: "an fvecs file of dimension 128", "an empty file", "text"; a static or thread-local string. */
MUST_CHECK int foreign_guess(struct input *in, const char **what, const char **remedy, struct err *err);

/* ERR_DATA: "this looks like X, expected Y: REMEDY" (ERR_TRUNCATED where the input is empty). */
int foreign_error(struct input *in, const char *expected, struct err *err);

#endif
