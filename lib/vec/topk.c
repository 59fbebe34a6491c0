#include "vec/topk.h"

enum { SORT_SMALL = 16 };   /* insertion sort below; flat between 8 and 32 */

/* Let c sink from place i of the max-heap a (n). */
static void sink(struct neighbour *a, size_t n, size_t i, struct neighbour c)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && neighbour_before(a[child], a[child + 1]))
            child++;
        if (!neighbour_before(c, a[child]))
            break;
        a[i] = a[child];
    }
    a[i] = c;
}

void topk_init(struct topk *t, struct neighbour *storage, size_t k)
{
    t->heap = storage;
    t->k = k;
    t->n = 0;
}

void topk_push(struct topk *t, struct neighbour c)
{
    if (t->n == t->k) {
        if (t->k > 0 && neighbour_before(c, t->heap[0]))
            sink(t->heap, t->n, 0, c);
        return;
    }
    size_t i = t->n++;
    for (size_t parent; i > 0 && neighbour_before(t->heap[parent = (i - 1) / 2], c); i = parent)
        t->heap[i] = t->heap[parent];
    t->heap[i] = c;
}

size_t topk_sort(struct topk *t)
{
    neighbour_sort(t->heap, t->n);
    return t->n;
}

static void sort_small(struct neighbour *a, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct neighbour c = a[i];
        size_t j = i;
        for (; j > 0 && neighbour_before(c, a[j - 1]); j--)
            a[j] = a[j - 1];
        a[j] = c;
    }
}

static void sort_heap(struct neighbour *a, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sink(a, n, i, a[i]);
    for (size_t i = n; i-- > 1;) {
        struct neighbour c = a[i];
        a[i] = a[0];
        sink(a, i, 0, c);
    }
}

static struct neighbour median(struct neighbour a, struct neighbour b, struct neighbour c)
{
    if (neighbour_before(b, a)) {
        struct neighbour t = a;
        a = b;
        b = t;
    }
    return neighbour_before(c, a) ? a : neighbour_before(c, b) ? c : b;
}

/* Quicksort that turns to heapsort after `depth` unlucky halvings, so O(n log n) always; the scans are bounded, so that a NaN,
 * which no order holds for, cannot lead out of the array. */
static void sort_quick(struct neighbour *a, size_t n, int depth)
{
    while (n > SORT_SMALL) {
        if (depth-- == 0) {
            sort_heap(a, n);
            return;
        }
        struct neighbour pivot = median(a[0], a[n / 2], a[n - 1]);
        size_t i = 0, j = n;   /* a[..i) <= pivot <= a[j..) */
        for (;;) {
            while (i < j && neighbour_before(a[i], pivot))
                i++;
            while (i < j && neighbour_before(pivot, a[j - 1]))
                j--;
            if (j - i < 2)
                break;
            struct neighbour c = a[i];
            a[i++] = a[--j];
            a[j] = c;
        }
        /* At most the pivot itself is left between i and j. */
        if (i < n - j) {
            sort_quick(a, i, depth);
            a += j;
            n -= j;
        } else {
            sort_quick(a + j, n - j, depth);
            n = i;
        }
    }
    sort_small(a, n);
}

void neighbour_sort(struct neighbour *a, size_t n)
{
    int depth = 0;
    for (size_t m = n; m > 1; m >>= 1)
        depth += 2;
    sort_quick(a, n, depth);
}
