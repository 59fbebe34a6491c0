/* sets_made - base sets and queries for tests of exact search, of values that are hard for a bound. */
#ifndef SETS_MADE_H
#define SETS_MADE_H

#include "base/rng.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

struct set {
    size_t n, n_queries, dim, stride;
    float *x, *q;
    uint64_t *ids;
};

static inline void *get(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);
    if (!p)
        exit(4);
    return p;
}

static inline struct set set_make(size_t n, size_t n_queries, size_t dim, float (*value)(uint64_t))
{
    struct set s = {.n = n, .n_queries = n_queries, .dim = dim, .stride = (dim + 15) / 16 * 16};
    s.x = get(n * s.stride, sizeof *s.x);
    s.q = get(n_queries * s.stride, sizeof *s.q);
    s.ids = get(n, sizeof *s.ids);
    for (size_t i = 0; i < n; i++) {
        s.ids[i] = (i * 7919) % 10007 / 2;   /* not in order, some equal */
        for (size_t j = 0; j < dim; j++)
            s.x[i * s.stride + j] = value(i * dim + j);
    }
    for (size_t i = 0; i < n_queries; i++)
        for (size_t j = 0; j < dim; j++)
            s.q[i * s.stride + j] = value((1000000 + i) * dim + j);
    return s;
}

static inline void set_done(struct set *s)
{
    free(s->x);
    free(s->q);
    free(s->ids);
}

static inline float normal(uint64_t i) { return (float)rng_normal(1, RNG_TEST, i); }
static inline float far_normal(uint64_t i) { return 1000 + normal(i); }
static inline float small_integer(uint64_t i) { return (float)rng_below(2, RNG_TEST, i, 3); }
static inline float one(uint64_t i) { (void)i; return 1; }
static inline float huge(uint64_t i) { return normal(i) * 0x1p61f; }
static inline float byte(uint64_t i) { return (float)rng_below(4, RNG_TEST, i, 256); }
static inline float tiny(uint64_t i) { return normal(i) * 0x1p-70f; }
static inline float skewed(uint64_t i) { return normal(i) * expf(6 * normal(i / 24)); }
static inline float uniform(uint64_t i) { return (float)rng_uniform(1, RNG_TEST, i); }
static inline float beyond(uint64_t i) { return normal(i) * 0x1p64f; }

#endif
