/* retype - numbers of one column type as another.
 *
 * To a float type: rounded to nearest even (f64 to f16 and bf16 by way of f32); what would become infinite is an error.  To an
 * integer type: only what it holds exactly.  NaN and infinity are errors everywhere. */
#ifndef RETYPE_H
#define RETYPE_H

#include "fmt/header.h"

/* n values of type `from` at in to type `to` at out; neither is str.  Returns n, or the number of the first value that cannot be
 * converted. */
size_t retype_values(void *out, enum column_type to, const void *in, enum column_type from, size_t n);

#endif
