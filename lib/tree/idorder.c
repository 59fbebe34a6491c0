#include "tree/idorder.h"

#include "base/mem.h"

#include <stdlib.h>

struct place {
    uint64_t id;
    uint32_t row;
};

static int compare_places(const void *p, const void *q)
{
    const struct place *a = p, *b = q;
    return a->id != b->id ? (a->id < b->id ? -1 : 1) : (a->row > b->row) - (a->row < b->row);
}

int idorder_sort(struct vector_set *s, struct err *err)
{
    int rc = 0;
    struct place *places = NULL;
    uint32_t *order = NULL;
    size_t in_order = 1;
    while (in_order < s->n && s->ids[in_order - 1] <= s->ids[in_order])
        in_order++;
    if (in_order >= s->n)
        return 0;
    if (s->n > UINT32_MAX)
        return err_set(err, ERR_LIMIT, "%zu vectors: more than 2^32 - 1 are not supported", s->n);
    TRY_NEW(places, MEM_ARRAY(struct place, s->n, err));
    TRY_NEW(order, MEM_ARRAY(uint32_t, s->n, err));
    for (size_t i = 0; i < s->n; i++)
        places[i] = (struct place){s->ids[i], (uint32_t)i};
    qsort(places, s->n, sizeof *places, compare_places);
    for (size_t i = 0; i < s->n; i++)
        order[i] = places[i].row;
    TRY(vector_set_permute(s, order, err));
out:
    mem_free(places);
    mem_free(order);
    return rc;
}
