/* celltext - values of a column as text: decimal, the shortest that reads back as the same value. */
#ifndef CELLTEXT_H
#define CELLTEXT_H

#include "base/buf.h"
#include "base/num.h"
#include "fmt/stream.h"

/* One number of any type but str.  Returns the length of the text. */
size_t celltext_number(char text[NUM_TEXT], enum column_type type, const void *at);

/* Value i of a column (counted through the block, not within a row) as double; not for str. */
double celltext_double(enum column_type type, const void *values, size_t i);

/* How many values row has, and the number of its first (of strings, for `str` one). */
size_t celltext_span(const struct column *c, const struct column_view *v, size_t row, size_t *first);

/* String i of a column of type str. */
struct text celltext_string(const struct column *c, const struct column_view *v, size_t i);

#endif
