#include "tree/twins.h"

#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const float *x, size_t dim)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < dim; i++) {
        float positive = x[i] + 0.0f;    /* -0 becomes 0 */
        uint32_t bits;
        memcpy(&bits, &positive, sizeof bits);
        h = (h ^ bits) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    return h;
}

static int compare_twins(const void *p, const void *q)
{
    const struct twin *a = p, *b = q;
    return a->hash != b->hash ? (a->hash < b->hash ? -1 : 1) : (a->row > b->row) - (a->row < b->row);
}

int twins_make(struct twins *t, const struct vector_set *set, struct err *err)
{
    t->set = set;
    t->at = MEM_ARRAY(struct twin, set->n, err);
    if (!t->at)
        return ERR_NOMEM;
    for (size_t i = 0; i < set->n; i++)
        t->at[i] = (struct twin){hash_of(set->x + i * set->stride, set->dim), (uint32_t)i};
    qsort(t->at, set->n, sizeof *t->at, compare_twins);
    return 0;
}

void twins_done(struct twins *t)
{
    mem_free(t->at);
    *t = (struct twins){0};
}

static bool is_equal(const float *a, const float *b, size_t dim)
{
    size_t i = 0;
    while (i < dim && a[i] == b[i])
        i++;
    return i == dim;
}

uint32_t twins_next(const struct twins *t, const float *x, size_t *at)
{
    uint64_t hash = hash_of(x, t->set->dim);
    if (*at == SIZE_MAX) {
        size_t low = 0, high = t->set->n;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (t->at[middle].hash < hash)
                low = middle + 1;
            else
                high = middle;
        }
        *at = low;
    }
    while (*at < t->set->n && t->at[*at].hash == hash) {
        uint32_t row = t->at[(*at)++].row;
        if (is_equal(t->set->x + row * t->set->stride, x, t->set->dim))
            return row;
    }
    return UINT32_MAX;
}
