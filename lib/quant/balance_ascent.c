/* Dual ascent.  A point's list holds the BALANCE_NEAR cheapest clusters at the prices when it was made, and the price of the next
 * one, which stands for all others.  On lists alone:
 *   for each cluster j: a point bids b = (the cheapest of its other clusters, with price) - c(i,j): it takes j where p_j <= b.
 *     p_j becomes 0, or what lets just upper[j] points in where more bid above 0, or just lower[j] where fewer do.
 * That is the exact line search of the dual in p_j, as far as lists tell; a price falls at most so far that most lists still
 * tell.
 * Lists then say what is cheapest now, or that they do not tell, and the row is asked: how good prices are, and in the end the
 * labels. */
#include "quant/balance_lists.h"

#include "base/mem.h"
#include "base/num.h"

#include <string.h>

enum { MAX_SWEEPS = 3, GAPS = 1024, AHEAD = 16 };

struct ascent {
    struct balance_run *run;
    struct balance_lists lists;
    uint32_t *members;               /* (n * lists.near) points, by cluster that they have in their lists */
    size_t *first;                   /* (k + 1) of a cluster in members */
    int64_t *bids;                   /* (the most members) */
    int64_t *kept;                   /* (k) prices before the sweeps at hand */
    int64_t gap;                     /* of most points: from their cheapest to what is not in the list */
};

static int gather_members(struct ascent *a, struct err *err)
{
    size_t n = a->run->n, k = a->run->costs->k, most = 0;
    memset(a->first, 0, (k + 1) * sizeof *a->first);
    for (size_t i = 0; i < n; i++)
        for (size_t e = 0; e < a->lists.near; e++)
            a->first[a->lists.list[i].at[e].cluster]++;
    for (size_t j = 0, sum = 0; j <= k; j++) {
        size_t count = j < k ? a->first[j] : 0;
        most = num_max_size(most, count);
        a->first[j] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t e = 0; e < a->lists.near; e++)
            a->members[a->first[a->lists.list[i].at[e].cluster]++] = (uint32_t)i;
    for (size_t j = k; j > 0; j--)
        a->first[j] = a->first[j - 1];
    a->first[0] = 0;
    mem_free(a->bids);
    a->bids = MEM_ARRAY(int64_t, most, err);
    return a->bids ? 0 : ERR_NOMEM;
}

/* ---- line search ---- */

/* The rank'th greatest of x, 0-based; x is reordered so that none before it is smaller, none behind it greater.  Three ways, so
 * that equal values cost nothing. */
static int64_t select_greatest(int64_t *x, size_t n, size_t rank)
{
    size_t from = 0, to = n;
    while (to - from > 1) {
        int64_t a = x[from], b = x[from + (to - from) / 2], c = x[to - 1];
        int64_t pivot = a > b ? (b > c ? b : a > c ? c : a) : (a > c ? a : b > c ? c : b);
        size_t greater = from, smaller = to;
        for (size_t i = from; i < smaller;) {
            int64_t v = x[i];
            if (v > pivot) {
                x[i++] = x[greater];
                x[greater++] = v;
            } else if (v < pivot) {
                x[i] = x[--smaller];
                x[smaller] = v;
            } else {
                i++;
            }
        }
        if (rank < greater)
            to = greater;
        else if (rank >= smaller)
            from = smaller;
        else
            return pivot;
    }
    return x[rank];
}

/* A price that lets in just `wanted` of n bids, 1 <= wanted <= n: half-way between the last in and the first that is not. */
static int64_t price_for(int64_t *bids, size_t n, size_t wanted)
{
    int64_t last = select_greatest(bids, n, wanted - 1), next = last;
    if (wanted < n) {
        next = bids[wanted];
        for (size_t i = wanted + 1; i < n; i++)
            next = bids[i] > next ? bids[i] : next;
    }
    return next + (last - next) / 2;
}

/* A quarter of the points have a smaller gap. */
static int64_t common_gap(const struct ascent *a)
{
    int64_t gap[GAPS];
    const struct balance_run *r = a->run;
    size_t step = r->n / GAPS + 1, n = 0;
    for (size_t i = 0; i < r->n; i += step)
        gap[n++] = a->lists.list[i].outside - a->lists.list[i].at[0].cost - r->price[a->lists.list[i].at[0].cluster];
    return n > 0 ? select_greatest(gap, n, n * 3 / 4) : 0;
}

/* Search along the price of cluster j; returns by how many points its size was off before. */
static uint64_t search_price(struct ascent *a, size_t j)
{
    struct balance_run *r = a->run;
    const uint32_t *member = a->members + a->first[j];
    size_t n = a->first[j + 1] - a->first[j], above_zero = 0, size = 0, lower = r->lower[j], upper = r->upper[j];
    for (size_t m = 0; m < n; m++) {
        const struct balance_near *list = a->lists.list[member[m]].at;
        int64_t least = a->lists.list[member[m]].outside, own = 0;
        if (m + AHEAD < n)
            __builtin_prefetch(&a->lists.list[member[m + AHEAD]]);
        for (size_t e = 0; e < a->lists.near; e++) {
            int64_t v = list[e].cost + r->price[list[e].cluster];
            if (list[e].cluster == j)
                own = list[e].cost;
            else if (v < least)
                least = v;
        }
        a->bids[m] = least - own;
        above_zero += a->bids[m] > 0;
        size += a->bids[m] >= r->price[j];
    }
    uint32_t least, most;
    balance_wanted(r, j, &least, &most);
    uint64_t off = size > most ? size - most : size < least ? least - size : 0;
    if (above_zero > upper)
        r->price[j] = upper > 0 ? price_for(a->bids, n, upper) : select_greatest(a->bids, n, 0);
    else if (above_zero < lower && n > 0)
        r->price[j] = price_for(a->bids, n, num_min_size(lower, n));
    else
        r->price[j] = 0;
    int64_t floor = a->kept[j] - a->gap;
    if (r->price[j] < floor)
        r->price[j] = floor;
    return off;
}

/* Sweep until sizes are off by few points, or a sweep gains little. */
static void sweep(struct ascent *a, uint64_t few)
{
    uint64_t before = UINT64_MAX;
    for (int i = 0; i < MAX_SWEEPS; i++) {
        uint64_t off = 0;
        for (size_t j = 0; j < a->run->costs->k; j++)
            off += search_price(a, j);
        a->run->report.sweeps++;
        if (off <= few || (before != UINT64_MAX && off > before - before / 16))
            break;
        before = off;
    }
}

int balance_ascend(struct balance_run *r, int max_rounds, uint64_t hopeless, struct err *err)
{
    int rc = 0;
    size_t n = r->n, k = r->costs->k;
    uint64_t excess, before = UINT64_MAX, few = n / 500;
    struct ascent a = {.run = r};
    TRY(balance_lists_init(&a.lists, r, err));
    TRY_NEW(a.members, MEM_ARRAY(uint32_t, n * a.lists.near, err));
    TRY_NEW(a.first, MEM_ARRAY(size_t, k + 1, err));
    TRY_NEW(a.kept, MEM_ARRAY(int64_t, k, err));
    TRY(balance_lists_make(&a.lists, &excess, err));
    for (int round = 0; round < max_rounds && k > 1 && excess > few && excess <= hopeless && excess <= before / 2; round++) {
        if (round > 0)
            TRY(balance_lists_make(&a.lists, &excess, err));
        before = excess;
        memcpy(a.kept, r->price, k * sizeof *a.kept);
        a.gap = common_gap(&a);
        TRY(gather_members(&a, err));
        sweep(&a, few);
        TRY(balance_lists_relabel(&a.lists, a.kept, &excess, err));
        if (excess > before) {       /* what lists do not tell did harm: back to the prices before */
            memcpy(r->price, a.kept, k * sizeof *a.kept);
            TRY(balance_lists_make(&a.lists, &excess, err));
            break;
        }
    }
    r->report.sizes_off = excess;
    r->hopeless = excess > hopeless;
out:
    balance_lists_done(&a.lists);
    mem_free(a.members);
    mem_free(a.first);
    mem_free(a.bids);
    mem_free(a.kept);
    return rc;
}
