/* Dual ascent.  A point's list holds the NEAR cheapest clusters at the prices when it was made, and the price of the next one,
 * which stands for all others.  On lists alone:
 *   for each cluster j: a point bids b = (the cheapest of its other clusters, with price) - c(i,j): it takes j where p_j <= b.
 *     p_j becomes 0, or what lets just upper[j] points in where more bid above 0, or just lower[j] where fewer do.
 * That is the exact line search of the dual in p_j, as far as lists tell; a price falls at most so far that most lists still
 * tell.
 * Lists are then made anew: their first entries say how good the prices are, and after the last time they are the labels. */
#include "quant/balance_run.h"

#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/cheapest.h"

#include <string.h>

enum { NEAR = 7, MAX_SWEEPS = 3, GAPS = 1024, AHEAD = 16 };
static const int64_t FAR = INT64_MAX / 4;

struct near {
    int32_t cost;
    uint32_t cluster;
};

struct list {                        /* a cache line */
    int64_t outside;                 /* the least cost + price that is not in it, FAR where there is none */
    struct near at[NEAR];            /* by cost + price rising, then cluster */
};

struct ascent {
    struct balance_run *run;
    const struct cheapest *cheapest;
    size_t near;                     /* entries a point: NEAR, or k */
    struct list *lists;              /* (n) */
    uint32_t *members;               /* (n * near) points, by cluster that they have in their lists */
    size_t *first;                   /* (k + 1) of a cluster in members */
    int64_t *bids;                   /* (the most members) */
    int64_t *kept;                   /* (k) prices before the sweeps at hand */
    int64_t gap;                     /* of most points: from their cheapest to what is not in the list */
    bool *tied;                      /* (n) is the second as cheap as the first? */
};

/* ---- lists ---- */

/* The clusters that a point's list is made of, and more, in order: of the minima of lanes NEAR + 1 reach far enough. */
static size_t find_candidates(const struct ascent *a, const int32_t *c, uint32_t *at)
{
    const struct balance_run *r = a->run;
    int32_t lanes[CHEAPEST_LANES], least[NEAR + 1];
    size_t n = 0, k = r->costs->k;
    if (!r->is_narrow) {
        for (size_t j = 0; j < k; j++)
            at[j] = (uint32_t)j;
        return k;
    }
    a->cheapest->lanes(c, r->narrow, k, lanes);
    for (size_t lane = 0; lane < num_min_size(k, CHEAPEST_LANES); lane++) {
        if (n == NEAR + 1 && lanes[lane] >= least[NEAR])
            continue;
        size_t to = n <= NEAR ? n++ : NEAR;
        for (; to > 0 && least[to - 1] > lanes[lane]; to--)
            least[to] = least[to - 1];
        least[to] = lanes[lane];
    }
    return a->cheapest->within(c, r->narrow, k, n == NEAR + 1 ? least[NEAR] : INT32_MAX, at);
}

static void list_point(struct ascent *a, size_t i, const int32_t *c)
{
    const int64_t *price = a->run->price;
    struct near *list = a->lists[i].at;
    uint32_t candidates[BALANCE_MAX_CLUSTERS];
    int64_t value[NEAR], outside = FAR;
    size_t n = 0, near = a->near, n_candidates = find_candidates(a, c, candidates);
    for (size_t m = 0; m < n_candidates; m++) {
        uint32_t j = candidates[m];
        int64_t v = c[j] + price[j];
        if (v >= outside)
            continue;
        if (n == near && v >= value[n - 1]) {
            outside = v;
            continue;
        }
        if (n == near)
            outside = value[n - 1];
        size_t at = n < near ? n++ : n - 1;
        for (; at > 0 && value[at - 1] > v; at--) {
            value[at] = value[at - 1];
            list[at] = list[at - 1];
        }
        value[at] = v;
        list[at] = (struct near){c[j], j};
    }
    a->lists[i].outside = outside;
    a->run->label[i] = list[0].cluster;
    a->tied[i] = near > 1 && value[1] == value[0];
}

static int list_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct ascent *a = ctx;
    (void)err;
    for (size_t i = block * BALANCE_BLOCK; i < num_min_size((block + 1) * BALANCE_BLOCK, a->run->n); i++)
        list_point(a, i, balance_row(a->run, i, worker));
    return 0;
}

/* A point that several clusters tie for goes where it is wanted: equal points would else all go to one, and to the flow. */
static void settle_tie(struct balance_run *r, size_t i)
{
    const int32_t *c = balance_row(r, i, 0);
    int64_t best = c[r->label[i]] + r->price[r->label[i]];
    uint32_t room = r->label[i], need = UINT32_MAX, least, most;
    bool has_room = false;
    for (size_t j = 0; j < r->costs->k && need == UINT32_MAX; j++) {
        if (c[j] + r->price[j] != best)
            continue;
        balance_wanted(r, j, &least, &most);
        if (r->size[j] < least)
            need = (uint32_t)j;
        else if (r->size[j] < most && !has_room) {
            room = (uint32_t)j;
            has_room = true;
        }
    }
    r->label[i] = need != UINT32_MAX ? need : room;
}

/* Lists at the prices as they are; labels and sizes; how many points are too many for their clusters. */
static int make_lists(struct ascent *a, uint64_t *excess, struct err *err)
{
    struct balance_run *r = a->run;
    balance_narrow(r);
    int rc = par_for(r->n_threads, balance_n_blocks(r), list_block, a, err);
    if (rc)
        return rc;
    memset(r->size, 0, r->costs->k * sizeof *r->size);
    for (size_t i = 0; i < r->n; i++)
        if (!a->tied[i])
            r->size[r->label[i]]++;
    for (size_t i = 0; i < r->n; i++)
        if (a->tied[i]) {
            settle_tie(r, i);
            r->size[r->label[i]]++;
        }
    uint64_t over = 0, under = 0;
    for (size_t j = 0; j < r->costs->k; j++) {
        uint32_t least, most;
        balance_wanted(r, j, &least, &most);
        over += r->size[j] > most ? r->size[j] - most : 0;
        under += r->size[j] < least ? least - r->size[j] : 0;
    }
    *excess = over > under ? over : under;
    return 0;
}

static int gather_members(struct ascent *a, struct err *err)
{
    size_t n = a->run->n, k = a->run->costs->k, most = 0;
    memset(a->first, 0, (k + 1) * sizeof *a->first);
    for (size_t i = 0; i < n; i++)
        for (size_t e = 0; e < a->near; e++)
            a->first[a->lists[i].at[e].cluster]++;
    for (size_t j = 0, sum = 0; j <= k; j++) {
        size_t count = j < k ? a->first[j] : 0;
        most = num_max_size(most, count);
        a->first[j] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t e = 0; e < a->near; e++)
            a->members[a->first[a->lists[i].at[e].cluster]++] = (uint32_t)i;
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
        gap[n++] = a->lists[i].outside - a->lists[i].at[0].cost - r->price[a->lists[i].at[0].cluster];
    return n > 0 ? select_greatest(gap, n, n * 3 / 4) : 0;
}

/* Search along the price of cluster j; returns by how many points its size was off before. */
static uint64_t search_price(struct ascent *a, size_t j)
{
    struct balance_run *r = a->run;
    const uint32_t *member = a->members + a->first[j];
    size_t n = a->first[j + 1] - a->first[j], above_zero = 0, size = 0, lower = r->lower[j], upper = r->upper[j];
    for (size_t m = 0; m < n; m++) {
        const struct near *list = a->lists[member[m]].at;
        int64_t least = a->lists[member[m]].outside, own = 0;
        if (m + AHEAD < n)
            __builtin_prefetch(&a->lists[member[m + AHEAD]]);
        for (size_t e = 0; e < a->near; e++) {
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
    struct ascent a = {.run = r, .cheapest = cheapest_best(), .near = num_min_size(NEAR, k)};
    TRY_NEW(a.lists, MEM_SLAB(struct list, n, err));
    TRY_NEW(a.members, MEM_ARRAY(uint32_t, n * a.near, err));
    TRY_NEW(a.first, MEM_ARRAY(size_t, k + 1, err));
    TRY_NEW(a.tied, MEM_ARRAY(bool, n, err));
    TRY_NEW(a.kept, MEM_ARRAY(int64_t, k, err));
    for (int round = 0;; round++) {
        TRY(make_lists(&a, &excess, err));
        if (excess > before) {       /* what lists do not tell did harm: back to the prices before */
            memcpy(r->price, a.kept, k * sizeof *a.kept);
            TRY(make_lists(&a, &excess, err));
            break;
        }
        if (round == max_rounds || k < 2 || excess > hopeless || excess <= few || excess > before / 2)
            break;
        before = excess;
        memcpy(a.kept, r->price, k * sizeof *a.kept);
        a.gap = common_gap(&a);
        TRY(gather_members(&a, err));
        sweep(&a, few);
    }
    r->report.sizes_off = excess;
    r->hopeless = excess > hopeless;
out:
    mem_free(a.lists);
    mem_free(a.members);
    mem_free(a.first);
    mem_free(a.bids);
    mem_free(a.kept);
    mem_free(a.tied);
    return rc;
}
