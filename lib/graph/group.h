/* group - values gathered by a small-integer key in time linear in their number: what replaces locks when many items name the
 * same target.  Groups come in order of their key's first appearance, values in order of appearance within a group. */
#ifndef GROUP_H
#define GROUP_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct group {
    uint32_t *index;           /* (n_keys) group number + 1, 0: none; all 0 between uses */
    uint32_t *keys;            /* (n) the groups' keys */
    size_t *start;             /* (n + 1) group i's values are values[start[i]] .. values[start[i+1]-1] */
    size_t n;
    uint64_t *values;
    size_t n_keys, cap_keys, cap_start, cap_values;
};

/* Keys will be below n_keys. */
MUST_CHECK int group_init(struct group *g, size_t n_keys, struct err *err);
void group_done(struct group *g);

/* Gather n values by keys[]; replaces what was gathered before. */
MUST_CHECK int group_make(struct group *g, const uint32_t *keys, const uint64_t *values, size_t n, struct err *err);

/* The values of a key: their number, *values set where it is not 0. */
static inline size_t group_get(const struct group *g, uint32_t key, uint64_t **values)
{
    uint32_t i = g->index[key];
    if (i == 0)
        return 0;
    *values = g->values + g->start[i - 1];
    return g->start[i] - g->start[i - 1];
}

#endif
