/* pairheap - the item of the largest key among numbered items whose keys change: a binary heap that knows where each item is.
 * Zero-initialise to start. */
#ifndef PAIRHEAP_H
#define PAIRHEAP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pairheap {
    struct pairheap_item {
        double key;
        uint64_t tie;               /* the larger first where keys are equal; then the lower number */
        uint32_t at;                /* in heap; UINT32_MAX: not there */
    } *items;
    uint32_t *heap;
    size_t n, n_heap, cap, cap_heap;
};

/* Item number n, with the key 0. */
MUST_CHECK int pairheap_add(struct pairheap *h, uint64_t tie, struct err *err);
void pairheap_done(struct pairheap *h);

/* Set a key; items with keys of 0 and less are out of the question.  O(log n). */
void pairheap_set(struct pairheap *h, uint32_t item, double key);

/* The item of the largest key above 0; false where there is none. */
bool pairheap_best(const struct pairheap *h, uint32_t *item);

#endif
