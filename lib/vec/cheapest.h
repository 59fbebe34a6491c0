/* cheapest - rows of costs, searched for what is cheap: a few vector instructions for what the exact assignment
 * (quant/balance.h) and the nearest centre (vec/nearest.h) do n * k times.  In integers, or in floats one operation at a time, so
 * every instruction set gives the same.  Sums must fit in int32. */
#ifndef CHEAPEST_H
#define CHEAPEST_H

#include "sys/cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHEAPEST_LANES = 32 };

struct cheapest_scale {
    float scale, most;               /* most: a float below 2^31 */
    bool root;
};

struct cheapest_two {
    float first, second;
    uint32_t at;
};

struct cheapest {
    /* least[lane] of a[j] + b[j] over all j = lane mod 32; INT32_MAX where there is no such j. */
    void (*lanes)(const int32_t *a, const int32_t *b, size_t n, int32_t least[CHEAPEST_LANES]);
    /* Places j, rising, with a[j] + b[j] <= most; with a[j] - own < bound[j].  at: room for n.  How many there are. */
    size_t (*within)(const int32_t *a, const int32_t *b, size_t n, int32_t most, uint32_t *at);
    size_t (*below)(const int32_t *a, int32_t own, const int32_t *bound, size_t n, uint32_t *at);
    /* Of Dijkstra's algorithm on a dense graph.  open[j] >= 0: the least distance of node j so far, < 0: it is settled.  relax:
     * open[j] = base + head[j] + price[j] and from[j] = u where that is less; head[j] INT32_MAX is no arc.  least: the first j of
     * the least open[j] that is not settled, or n where all of these are >= none. */
    void (*relax)(const int32_t *head, const int64_t *price, size_t n, int64_t base, int64_t u, int64_t *open, int64_t *from);
    size_t (*least)(const int64_t *open, size_t n, int64_t none);
    /* out[j] = scale * (base + 2 (half[j] - product[j])), or scale times the root of that, cut to an integer of 0..most; what is
     * no number is 0.  For lower bounds of squared distances |x|^2 + |c|^2 - 2 <x,c>. */
    void (*scaled)(const float *product, const float *half, size_t n, const struct cheapest_scale *s, float base, int32_t *out);
    /* The least of half[j] - product[j], where it is first, and the next least (an equal one, too); INFINITY, or place 0, where
     * there is none.  All are numbers. */
    struct cheapest_two (*two)(const float *product, const float *half, size_t n);
};

/* That of this CPU; of an instruction set, for tests: NULL where the CPU has it not, or it has none of its own. */
const struct cheapest *cheapest_best(void);
const struct cheapest *cheapest_variant(enum cpu_isa isa);

#endif
