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
 * Which member is the least of an arc j -> l: balance_queues.h. */
#include "base/mem.h"
#include "quant/balance_queues.h"
#include "vec/cheapest.h"

#include <inttypes.h>

static const int64_t FAR = INT64_MAX / 4;
enum { SETTLED = -1, SOURCE = -1 };

struct flow {
    struct balance_run *run;
    const struct cheapest *cheapest;
    size_t k;
    struct balance_queues queues;
    uint32_t *delivered;             /* (k) f */
    int64_t *excess;                 /* (k + 1) */
    int64_t *dist;                   /* (k + 1) of settled nodes, FAR of others */
    int64_t *open;                   /* (k + 1) the least distance so far, SETTLED of settled nodes */
    int64_t *from;                   /* (k + 1) on the shortest path; -1 at a source */
};

/* ---- moves ---- */

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
            balance_queues_move(&f->queues, u, v);
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
    if (u == k) {
        for (size_t j = 0; j < k; j++)
            if (f->delivered[j] > r->lower[j])
                relax(f, k, j, r->price[j]);
        return;
    }
    balance_queues_fill(&f->queues, u);
    f->cheapest->relax(f->queues.head + u * k, r->price, k, f->dist[u] - r->price[u], (int64_t)u, f->open, f->from);
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
    TRY_NEW(f.dist, MEM_ARRAY(int64_t, k + 1, err));
    TRY_NEW(f.open, MEM_ARRAY(int64_t, k + 1, err));
    TRY_NEW(f.from, MEM_ARRAY(int64_t, k + 1, err));
    /* few units pass through few clusters, which are filled when they do */
    TRY(balance_queues_init(&f.queues, r, left >= k / 4, err));
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
    balance_queues_done(&f.queues);
    mem_free(f.delivered);
    mem_free(f.excess);
    mem_free(f.dist);
    mem_free(f.open);
    mem_free(f.from);
    return rc;
}
