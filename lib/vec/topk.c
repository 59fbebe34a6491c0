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

/* Split a (n) about its median of three: a[0..*low) are not after the pivot, a[*high..n) not before it, and what may lie between
 * equals it.  The scans are bounded, so that a NaN, which no order holds for, cannot lead out of the array. */
static void split(struct neighbour *a, size_t n, size_t *low, size_t *high)
{
    struct neighbour pivot = median(a[0], a[n / 2], a[n - 1]);
    size_t i = 0, j = n;
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
    *low = i;
    *high = j;
}

/* Twice the halvings that n items need: more than that is bad luck, and heapsort takes over. */
static int patience(size_t n)
{
    int depth = 0;
    for (; n > 1; n >>= 1)
        depth += 2;
    return depth;
}

static void sort_quick(struct neighbour *a, size_t n, int depth)
{
    size_t low, high;
    while (n > SORT_SMALL) {
        if (depth-- == 0) {
            sort_heap(a, n);
            return;
        }
        split(a, n, &low, &high);
        if (low < n - high) {
            sort_quick(a, low, depth);
            a += high;
            n -= high;
        } else {
            sort_quick(a + high, n - high, depth);
            n = low;
        }
    }
    sort_small(a, n);
}

void neighbour_sort(struct neighbour *a, size_t n)
{
    sort_quick(a, n, patience(n));
}

void neighbour_select(struct neighbour *a, size_t n, size_t k)
{
    size_t low, high;
    for (int depth = patience(n); n > SORT_SMALL && depth > 0; depth--) {
        split(a, n, &low, &high);
        if (k <= low) {
            n = low;
        } else if (k < high) {
            return;
        } else {
            a += high;
            n -= high;
            k -= high;
        }
    }
    neighbour_sort(a, n);
}
