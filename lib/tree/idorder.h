/* idorder - a set of vectors in the order of its ids, so that row numbers decide ties and draws as ids do, in whatever order the
 * rows came. */
#ifndef IDORDER_H
#define IDORDER_H

#include "fmt/vectors.h"

/* Rows of equal ids (with different keys) stay in the order in which they came.  O(n log n), in place but for 16 bytes a row. */
MUST_CHECK int idorder_sort(struct vector_set *s, struct err *err);

#endif
