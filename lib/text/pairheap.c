#include "text/pairheap.h"

#include "base/mem.h"

int pairheap_add(struct pairheap *h, uint64_t tie, struct err *err)
{
    int rc = 0;
    TRY(mem_reserve(&h->items, &h->cap, h->n + 1, sizeof *h->items, err));
    TRY(mem_reserve(&h->heap, &h->cap_heap, h->n + 1, sizeof *h->heap, err));
    h->items[h->n++] = (struct pairheap_item){.tie = tie, .at = UINT32_MAX};
out:
    return rc;
}

void pairheap_done(struct pairheap *h)
{
    mem_free(h->items);
    mem_free(h->heap);
    *h = (struct pairheap){0};
}

static bool is_before(const struct pairheap *h, uint32_t x, uint32_t y)
{
    const struct pairheap_item *a = &h->items[x], *b = &h->items[y];
    return a->key != b->key ? a->key > b->key : a->tie != b->tie ? a->tie > b->tie : x < y;
}

static void put(struct pairheap *h, size_t at, uint32_t item)
{
    h->heap[at] = item;
    h->items[item].at = (uint32_t)at;
}

static void sift(struct pairheap *h, size_t at)
{
    uint32_t item = h->heap[at];
    while (at > 0 && is_before(h, item, h->heap[(at - 1) / 2])) {
        put(h, at, h->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (size_t child; (child = 2 * at + 1) < h->n_heap; at = child) {
        if (child + 1 < h->n_heap && is_before(h, h->heap[child + 1], h->heap[child]))
            child++;
        if (!is_before(h, h->heap[child], item))
            break;
        put(h, at, h->heap[child]);
    }
    put(h, at, item);
}

void pairheap_set(struct pairheap *h, uint32_t item, double key)
{
    struct pairheap_item *x = &h->items[item];
    size_t at = x->at;
    x->key = key;
    if (key > 0 && at == UINT32_MAX) {
        put(h, h->n_heap, item);
        sift(h, h->n_heap++);
    } else if (key > 0) {
        sift(h, at);
    } else if (at != UINT32_MAX) {
        x->at = UINT32_MAX;
        if (at < --h->n_heap) {
            put(h, at, h->heap[h->n_heap]);
            sift(h, at);
        }
    }
}

bool pairheap_best(const struct pairheap *h, uint32_t *item)
{
    if (h->n_heap == 0)
        return false;
    *item = h->heap[0];
    return true;
}
