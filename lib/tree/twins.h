/* twins - which rows of a set are equal to a vector, element by element (0 and -0 are equal). */
#ifndef TWINS_H
#define TWINS_H

#include "fmt/vectors.h"

struct twin {
    uint64_t hash;
    uint32_t row;
};

struct twins {
    const struct vector_set *set;
    struct twin *at;    /* (set->n) by hash, row */
};

/* The set is borrowed.  O(n (dim + log n)), 16 bytes a row. */
MUST_CHECK int twins_make(struct twins *t, const struct vector_set *set, struct err *err);
void twins_done(struct twins *t);

/* The first row from place *at on that equals x (dim), with *at moved behind it; UINT32_MAX: no more.  *at starts as SIZE_MAX. */
uint32_t twins_next(const struct twins *t, const float *x, size_t *at);

#endif
