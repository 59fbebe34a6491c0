#include "quant/balance_lists.h"

#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/cheapest.h"

#include <string.h>

enum { NEAR = BALANCE_NEAR };
static const int64_t FAR = INT64_MAX / 4;

/* The least but NEAR of n values, INT32_MAX where there are no more than NEAR. */
static int32_t least_but_near(const int32_t *value, size_t n)
{
    int32_t least[NEAR + 1];
    size_t found = 0;
    for (size_t m = 0; m < n; m++) {
        if (found == NEAR + 1 && value[m] >= least[NEAR])
            continue;
        size_t to = found <= NEAR ? found++ : NEAR;
        for (; to > 0 && least[to - 1] > value[m]; to--)
            least[to] = least[to - 1];
        least[to] = value[m];
    }
    return found == NEAR + 1 ? least[NEAR] : INT32_MAX;
}

struct candidates {
    size_t n;
    uint32_t at[BALANCE_MAX_CLUSTERS];
    int32_t cost[BALANCE_MAX_CLUSTERS];
};

/* Those of lower bounds that are not ruled out: NEAR + 1 clusters cost what they cost, and others may be cheaper than the last of
 * them whose bounds are. */
static void widen_candidates(const struct balance_lists *a, size_t i, const int32_t *c, struct candidates *to)
{
    const struct balance_run *r = a->run;
    uint32_t at[BALANCE_MAX_CLUSTERS];
    int32_t value[BALANCE_MAX_CLUSTERS];
    size_t n = to->n, from = 0;
    for (size_t m = 0; m < n; m++)
        value[m] = to->cost[m] + r->narrow[to->at[m]];
    size_t n_wide = cheapest_best()->within(c, r->narrow, r->costs->k, least_but_near(value, n), at);
    for (size_t m = 0; m < n_wide; m++) {
        while (from < n && to->at[from] < at[m])
            from++;
        value[m] = from < n && to->at[from] == at[m] ? to->cost[from] : balance_one(r, i, c, at[m]);
    }
    memcpy(to->at, at, n_wide * sizeof *at);
    memcpy(to->cost, value, n_wide * sizeof *value);
    to->n = n_wide;
}

/* The clusters that a point's list is made of, and more, in order: of the minima of lanes NEAR + 1 reach far enough. */
static void find_candidates(const struct balance_lists *a, size_t i, const int32_t *c, struct candidates *to)
{
    const struct balance_run *r = a->run;
    int32_t lanes[CHEAPEST_LANES];
    size_t k = r->costs->k;
    if (r->is_narrow) {
        cheapest_best()->lanes(c, r->narrow, k, lanes);
        to->n = cheapest_best()->within(c, r->narrow, k, least_but_near(lanes, num_min_size(k, CHEAPEST_LANES)), to->at);
    } else {
        for (size_t j = 0; j < k; j++)
            to->at[j] = (uint32_t)j;
        to->n = k;
    }
    balance_some(r, i, c, to->at, to->n, to->cost);
    if (to->n < k && !balance_is_exact(r))
        widen_candidates(a, i, c, to);
}

static void list_point(struct balance_lists *a, size_t i, const int32_t *c)
{
    const int64_t *price = a->run->price;
    struct balance_near *list = a->list[i].at;
    struct candidates candidates;
    int64_t value[NEAR], outside = FAR;
    size_t n = 0, near = a->near;
    find_candidates(a, i, c, &candidates);
    for (size_t m = 0; m < candidates.n; m++) {
        uint32_t j = candidates.at[m];
        int64_t v = candidates.cost[m] + price[j];
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
        list[at] = (struct balance_near){candidates.cost[m], j};
    }
    a->list[i].outside = outside;
    a->run->label[i] = list[0].cluster;
    a->tied[i] = near > 1 && value[1] == value[0];
}

static int list_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct balance_lists *a = ctx;
    (void)err;
    for (size_t i = block * BALANCE_BLOCK; i < num_min_size((block + 1) * BALANCE_BLOCK, a->run->n); i++)
        list_point(a, i, balance_row(a->run, i, worker));
    return 0;
}

/* The cheapest cluster of point i by its list, made at prices of which none was higher than now by more than a->fall.  False
 * where the list does not tell. */
static bool relabel_point(struct balance_lists *a, size_t i)
{
    const struct balance_run *r = a->run;
    const struct balance_list *list = &a->list[i];
    int64_t best = FAR;
    for (size_t e = 0; e < a->near; e++) {
        int64_t v = list->at[e].cost + r->price[list->at[e].cluster];
        if (v > best)
            continue;
        a->tied[i] = v == best;
        if (v < best || list->at[e].cluster < r->label[i])
            r->label[i] = list->at[e].cluster;
        best = v;
    }
    return best < list->outside - a->fall;
}

static int relabel_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct balance_lists *a = ctx;
    (void)err;
    for (size_t i = block * BALANCE_BLOCK; i < num_min_size((block + 1) * BALANCE_BLOCK, a->run->n); i++)
        if (!relabel_point(a, i))
            list_point(a, i, balance_row(a->run, i, worker));
    return 0;
}

/* A point that several clusters tie for goes where it is wanted: equal points would else all go to one, and to the flow. */
static void settle_tie(struct balance_run *r, size_t i)
{
    const int32_t *c = balance_row(r, i, 0);
    int64_t best = balance_one(r, i, c, r->label[i]) + r->price[r->label[i]];
    uint32_t room = r->label[i], need = UINT32_MAX, least, most;
    bool has_room = false;
    for (size_t j = 0; j < r->costs->k && need == UINT32_MAX; j++) {
        if (c[j] + r->price[j] > best || balance_one(r, i, c, j) + r->price[j] != best)
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

static int label_points(struct balance_lists *a, par_for_fn *by, uint64_t *excess, struct err *err)
{
    struct balance_run *r = a->run;
    balance_narrow(r);
    int rc = par_for(r->n_threads, balance_n_blocks(r), by, a, err);
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

int balance_lists_make(struct balance_lists *a, uint64_t *excess, struct err *err)
{
    return label_points(a, list_block, excess, err);
}

int balance_lists_relabel(struct balance_lists *a, const int64_t *made_at, uint64_t *excess, struct err *err)
{
    a->fall = 0;
    for (size_t j = 0; j < a->run->costs->k; j++)
        a->fall = made_at[j] - a->run->price[j] > a->fall ? made_at[j] - a->run->price[j] : a->fall;
    return label_points(a, relabel_block, excess, err);
}

int balance_lists_init(struct balance_lists *a, struct balance_run *r, struct err *err)
{
    int rc = 0;
    *a = (struct balance_lists){.run = r, .near = num_min_size(NEAR, r->costs->k)};
    TRY_NEW(a->list, MEM_SLAB(struct balance_list, r->n, err));
    TRY_NEW(a->tied, MEM_ARRAY(bool, r->n, err));
out:
    return rc;
}

void balance_lists_done(struct balance_lists *a)
{
    mem_free(a->list);
    mem_free(a->tied);
}
