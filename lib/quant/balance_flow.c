/* Successive shortest paths on the residual graph of k clusters and the sink t = k.
 *
 *   arc j -> l   move a member of j to l: the least c(i,l) - c(i,j) of members i, + p_l - p_j
 *   arc j -> t   one more of j's points is delivered, where f_j < upper[j]: -p_j;   t -> j   one less, f_j > lower[j]: p_j
 *
 * f_j is what j delivers to t, n_j what it holds; labels that are argmins and f as the prices ask for make no arc negative.
 *   1. Dijkstra from one node with too much (n_j > f_j; t: sum f > n) to the nearest with too little, at distance D.  From all at
 *      once it would settle each of them every time.
 *   2. p_v += min(dist_t, D) - min(dist_v, D): no arc becomes negative, those of the path become 0, p_t stays 0.
 *   3. One unit along the path.  Back to 1 until nothing is too much.
 *
 * The order of j's members by c(i,l) - c(i,j) does not depend on prices: of each pair a short queue of the first is kept, `bound`
 * says up to where it is complete.  Entries whose point has left are dropped when they come to the head; an empty queue is filled
 * anew from j's members. */
#include "quant/balance_run.h"

#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/cheapest.h"

#include <inttypes.h>
#include <string.h>

enum { QUEUE_MAX = 4, QUEUE_MIN = 2, QUEUES_BYTES = 512 << 20 };
static const int64_t FAR = INT64_MAX / 4;
static const uint32_t NONE = UINT32_MAX;
enum { SETTLED = -1, SOURCE = -1 };

struct entry {
    int32_t delta;
    uint32_t point;
};

struct queue {
    uint16_t from, to;               /* of its room */
};

struct flow {
    struct balance_run *run;
    const struct cheapest *cheapest;
    size_t k, room;                  /* of a queue */
    struct queue *queues;            /* (k, k) */
    struct entry *entries;           /* (k, k, room) */
    int32_t *bound;                  /* (k, k) members that are not in it have delta >= bound; INT32_MAX: there are none */
    int32_t *head;                   /* (k, k) first delta, INT32_MAX where none */
    int32_t *own;                    /* (n) cost of each point where it is */
    uint32_t *next, *first;          /* (n), (k) members of a cluster as a list, doubly linked */
    uint32_t *previous;              /* (n) */
    uint32_t *delivered;             /* (k) f */
    int64_t *excess;                 /* (k + 1) */
    int64_t *dist;                   /* (k + 1) of settled nodes, FAR of others */
    int64_t *open;                   /* (k + 1) the least distance so far, SETTLED of settled nodes */
    int64_t *from;                   /* (k + 1) on the shortest path; -1 at a source */
    bool *filled;                    /* (k) are there queues out of it? */
};

/* ---- queues ---- */

/* delta < bound: nearly always it is not, so callers look first. */
static void queue_add(struct flow *f, size_t pair, int32_t delta, uint32_t point)
{
    struct queue *q = &f->queues[pair];
    struct entry *e = f->entries + pair * f->room;
    if (q->to == f->room && q->from > 0) {                 /* room is in front */
        memmove(e, e + q->from, (size_t)(q->to - q->from) * sizeof *e);
        q->to = (uint16_t)(q->to - q->from);
        q->from = 0;
    }
    if (q->to == f->room) {
        f->bound[pair] = e[q->to - 1].delta;               /* the last gives way, unless it is as near */
        if (delta >= f->bound[pair])
            return;
        q->to--;
    }
    size_t at = q->to++;
    for (; at > q->from && e[at - 1].delta > delta; at--)
        e[at] = e[at - 1];
    e[at] = (struct entry){delta, point};
    f->head[pair] = e[q->from].delta;
}

static void queue_clear(struct flow *f, size_t pair)
{
    f->queues[pair] = (struct queue){0};
    f->bound[pair] = INT32_MAX;
    f->head[pair] = INT32_MAX;
}

/* Point i into the queue to cluster l, where it is near enough. */
static void add_delta(struct flow *f, size_t pair, uint32_t i, size_t l)
{
    const struct balance_costs *c = f->run->costs;
    const uint32_t at = (uint32_t)l;
    int32_t cost = c->held ? c->held[i * f->run->step * c->k + l] : 0;
    if (c->held && cost - f->own[i] >= f->bound[pair])
        return;
    if (c->some)
        c->some(c->ctx, i * f->run->step, &at, 1, &cost);
    if (cost - f->own[i] < f->bound[pair])
        queue_add(f, pair, cost - f->own[i], i);
}

/* Drop what has left cluster j from the head of its queue to l. */
static void queue_settle(struct flow *f, size_t j, size_t l)
{
    size_t pair = j * f->k + l;
    struct queue *q = &f->queues[pair];
    const struct entry *e = f->entries + pair * f->room;
    while (q->from < q->to && f->run->label[e[q->from].point] != j)
        q->from++;
    if (q->from < q->to) {
        f->head[pair] = e[q->from].delta;
        return;
    }
    bool complete = f->bound[pair] == INT32_MAX;
    queue_clear(f, pair);
    if (!complete)
        for (uint32_t i = f->first[j]; i != NONE; i = f->next[i])
            add_delta(f, pair, i, l);
}

/* Point i with the row c is in cluster j now. */
static void add_row(struct flow *f, size_t j, const int32_t *c, uint32_t i)
{
    uint32_t at[BALANCE_MAX_CLUSTERS];
    int32_t cost[BALANCE_MAX_CLUSTERS], own = f->own[i];
    size_t n = f->cheapest->below(c, own, f->bound + j * f->k, f->k, at);
    balance_some(f->run, i, c, at, n, cost);
    for (size_t m = 0; m < n; m++)
        if (at[m] != j && cost[m] - own < f->bound[j * f->k + at[m]])
            queue_add(f, j * f->k + at[m], cost[m] - own, i);
}

/* All queues out of cluster j. */
static int fill_cluster(void *ctx, size_t j, int worker, struct err *err)
{
    struct flow *f = ctx;
    (void)err;
    f->filled[j] = true;
    for (size_t l = 0; l < f->k; l++)
        queue_clear(f, j * f->k + l);
    for (uint32_t i = f->first[j]; i != NONE; i = f->next[i]) {
        const int32_t *c = balance_row(f->run, i, worker);
        f->own[i] = balance_one(f->run, i, c, j);
        add_row(f, j, c, i);
    }
    return 0;
}

/* ---- moves ---- */

static void member_add(struct flow *f, size_t j, uint32_t i)
{
    f->next[i] = f->first[j];
    f->previous[i] = NONE;
    if (f->first[j] != NONE)
        f->previous[f->first[j]] = i;
    f->first[j] = i;
}

static void member_remove(struct flow *f, size_t j, uint32_t i)
{
    if (f->previous[i] == NONE)
        f->first[j] = f->next[i];
    else
        f->next[f->previous[i]] = f->next[i];
    if (f->next[i] != NONE)
        f->previous[f->next[i]] = f->previous[i];
}

/* The nearest member of j to l. */
static void move_point(struct flow *f, size_t j, size_t l)
{
    size_t k = f->k, pair = j * k + l;
    uint32_t i = f->entries[pair * f->room + f->queues[pair].from].point;
    const int32_t *c = balance_row(f->run, i, 0);
    f->run->label[i] = (uint32_t)l;
    f->run->size[j]--;
    f->run->size[l]++;
    member_remove(f, j, i);
    member_add(f, l, i);
    f->own[i] = balance_one(f->run, i, c, l);
    if (f->filled[l])
        add_row(f, l, c, i);
    for (size_t m = 0; m < k; m++) {
        const struct queue *q = &f->queues[j * k + m];
        if (q->from < q->to && f->entries[(j * k + m) * f->room + q->from].point == i)
            queue_settle(f, j, m);
    }
}

/* One unit along the path that ends in v.  A source's excess falls, the end's rises. */
static void augment(struct flow *f, size_t v)
{
    size_t k = f->k;
    f->excess[v]++;
    while (f->from[v] != SOURCE) {
        size_t u = (size_t)f->from[v];
        if (u == k)
            f->delivered[v]--;
        else if (v == k)
            f->delivered[u]++;
        else
            move_point(f, u, v);
        v = u;
    }
    f->excess[v]--;
}

/* ---- shortest paths ---- */

static void relax(struct flow *f, size_t u, size_t v, int64_t weight)
{
    if (f->dist[u] + weight < f->open[v]) {
        f->open[v] = f->dist[u] + weight;
        f->from[v] = (int64_t)u;
    }
}

static void relax_from(struct flow *f, size_t u)
{
    const struct balance_run *r = f->run;
    size_t k = f->k;
    if (u < k && !f->filled[u])
        fill_cluster(f, u, 0, NULL);
    if (u == k) {
        for (size_t j = 0; j < k; j++)
            if (f->delivered[j] > r->lower[j])
                relax(f, k, j, r->price[j]);
        return;
    }
    f->cheapest->relax(f->head + u * k, r->price, k, f->dist[u] - r->price[u], (int64_t)u, f->open, f->from);
    if (f->delivered[u] < r->upper[u])
        relax(f, u, k, -r->price[u]);
}

/* The node with too little that is nearest to `source`, or SIZE_MAX. */
static size_t search(struct flow *f, size_t source)
{
    size_t nodes = f->k + 1;
    for (size_t v = 0; v < nodes; v++) {
        f->dist[v] = FAR;
        f->open[v] = FAR;
        f->from[v] = SOURCE;
    }
    f->open[source] = 0;
    for (;;) {
        size_t u = f->cheapest->least(f->open, nodes, FAR);
        if (u == nodes)
            return SIZE_MAX;
        f->dist[u] = f->open[u];
        if (f->excess[u] < 0)
            return u;
        f->open[u] = SETTLED;
        relax_from(f, u);
    }
}

static void adjust_prices(struct flow *f, int64_t most)
{
    int64_t t = f->dist[f->k] < most ? f->dist[f->k] : most;
    for (size_t j = 0; j < f->k; j++)
        f->run->price[j] += t - (f->dist[j] < most ? f->dist[j] : most);
}

/* ---- a run ---- */

/* What clusters deliver at these prices, and what they have too much; returns the sum of that. */
static uint64_t start(struct flow *f)
{
    struct balance_run *r = f->run;
    uint64_t sum = 0, too_much = 0;
    for (size_t j = 0; j < f->k; j++) {
        uint32_t least, most;
        balance_wanted(r, j, &least, &most);
        f->delivered[j] = r->size[j] < least ? least : r->size[j] > most ? most : r->size[j];
        f->excess[j] = (int64_t)r->size[j] - f->delivered[j];
        sum += f->delivered[j];
        too_much += f->excess[j] > 0 ? (uint64_t)f->excess[j] : 0;
    }
    f->excess[f->k] = (int64_t)sum - (int64_t)r->n;
    return too_much + (f->excess[f->k] > 0 ? (uint64_t)f->excess[f->k] : 0);
}

static int prepare(struct flow *f, uint64_t units, struct err *err)
{
    int rc = 0;
    size_t n = f->run->n, k = f->k;
    f->room = QUEUES_BYTES / (k * k * sizeof(struct entry));
    f->room = f->room > QUEUE_MAX ? QUEUE_MAX : f->room < QUEUE_MIN ? QUEUE_MIN : f->room;
    TRY_NEW(f->queues, MEM_ARRAY(struct queue, k * k, err));
    TRY_NEW(f->entries, MEM_ARRAY(struct entry, k * k * f->room, err));
    TRY_NEW(f->bound, MEM_ARRAY(int32_t, k * k, err));
    TRY_NEW(f->head, MEM_ARRAY(int32_t, k * k, err));
    TRY_NEW(f->own, MEM_ARRAY(int32_t, n, err));
    TRY_NEW(f->next, MEM_ARRAY(uint32_t, n, err));
    TRY_NEW(f->previous, MEM_ARRAY(uint32_t, n, err));
    TRY_NEW(f->first, MEM_ARRAY(uint32_t, k, err));
    TRY_NEW(f->dist, MEM_ARRAY(int64_t, k + 1, err));
    TRY_NEW(f->open, MEM_ARRAY(int64_t, k + 1, err));
    TRY_NEW(f->from, MEM_ARRAY(int64_t, k + 1, err));
    TRY_NEW(f->filled, MEM_ZARRAY(bool, k, err));
    for (size_t j = 0; j < k; j++)
        f->first[j] = NONE;
    for (size_t i = n; i > 0; i--)
        member_add(f, f->run->label[i - 1], (uint32_t)(i - 1));
    if (units >= k / 4)              /* few units pass through few clusters, which are filled when they do */
        TRY(par_for(f->run->n_threads, k, fill_cluster, f, err));
out:
    return rc;
}

int balance_flow(struct balance_run *r, struct err *err)
{
    int rc = 0;
    size_t k = r->costs->k;
    struct flow f = {.run = r, .cheapest = cheapest_best(), .k = k};
    TRY_NEW(f.delivered, MEM_ARRAY(uint32_t, k, err));
    TRY_NEW(f.excess, MEM_ARRAY(int64_t, k + 1, err));
    uint64_t left = start(&f);
    if (left == 0)
        goto out;
    TRY(prepare(&f, left, err));
    for (size_t source = 0; left > 0; left--) {
        while (f.excess[source] <= 0)
            source++;
        size_t end = search(&f, source);
        if (end == SIZE_MAX) {
            rc = err_set(err, ERR_INTERNAL, "assignment: no path for %" PRIu64 " points too many", left);
            goto out;
        }
        adjust_prices(&f, f.dist[end]);
        augment(&f, end);
        r->report.moved++;
    }
out:
    mem_free(f.queues);
    mem_free(f.entries);
    mem_free(f.bound);
    mem_free(f.head);
    mem_free(f.own);
    mem_free(f.next);
    mem_free(f.previous);
    mem_free(f.first);
    mem_free(f.dist);
    mem_free(f.from);
    mem_free(f.open);
    mem_free(f.filled);
    mem_free(f.delivered);
    mem_free(f.excess);
    return rc;
}
