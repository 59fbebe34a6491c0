#include "exact/exact_candidates.h"

#include "base/num.h"

#include <math.h>
#include <stdbool.h>

/* The next pruning: soon enough for a low threshold, and so late that counting is not what takes the time. */
static void set_mark(struct exact_candidates *c)
{
    c->mark = num_min_size(c->n + c->n / 2 + 32, c->cap);
}

void exact_candidates_init(struct exact_candidates *c, struct neighbour *place, size_t k, size_t n_place)
{
    topk_init(&c->settled, place, k);
    c->held = place + k;
    c->cap = n_place - k;
    c->n = 0;
    c->threshold = INFINITY;
    c->mark = num_min_size(2 * k + 32, c->cap);
}

/* A limit that at least k of the n >= k held do not pass, and few more than k: by halving the range between the least and the
 * greatest, with counts, which take no branch.  A selection finds the k-th itself, and loses more by its branches. */
static float limit_of_k(const struct neighbour *held, size_t n, size_t k)
{
    enum { HALVINGS = 24 };
    float low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        low = held[i].dist < low ? held[i].dist : low;
        high = held[i].dist > high ? held[i].dist : high;
    }
    size_t within = n;
    for (int i = 0; i < HALVINGS && within > k + k / 16; i++) {
        float middle = low + (high - low) / 2;
        size_t count = 0;
        for (size_t j = 0; j < n; j++)
            count += held[j].dist <= middle;
        if (count < k) {
            low = middle;
        } else {
            high = middle;
            within = count;
        }
    }
    return high;
}

/* Is so little place left that it takes settling to make room? */
static bool is_full(const struct exact_candidates *c)
{
    return c->n > c->cap / 4 * 3;
}

/* Let go those whose lower bound passes the threshold: with one bound for all, without a branch, and by each one's own where that
 * is not enough. */
static void let_go(struct exact_candidates *c, const struct exact *e, struct exact_extent extent)
{
    size_t kept = 0;
    float limit = exact_bound_up((double)c->threshold + 2 * exact_bound_of(&e->bound, extent, e->greatest));
    for (size_t i = 0; i < c->n; i++) {
        const struct neighbour held = c->held[i];
        c->held[kept] = held;
        kept += held.dist <= limit;
    }
    c->n = kept;
    if (!is_full(c))
        return;
    kept = 0;
    for (size_t i = 0; i < c->n; i++) {
        double bound = exact_bound_of(&e->bound, extent, e->extents[c->held[i].id / EXACT_BLOCK]);
        if ((double)c->held[i].dist - 2 * bound <= (double)c->threshold)
            c->held[kept++] = c->held[i];
    }
    c->n = kept;
}

static void count_in(struct exact_candidates *c)
{
    if (c->n >= c->settled.k)
        c->threshold = fminf(c->threshold, limit_of_k(c->held, c->n, c->settled.k));
}

/* The published distances of the first n held go to t. */
static void settle_first(struct exact_candidates *c, const struct exact *e, const float *q, size_t n_first, struct topk *t)
{
    enum { RUN = 64 };
    unsigned rows[RUN];
    float dist[RUN];
    for (size_t i = 0; i < n_first; i += RUN) {
        size_t n = num_min_size(RUN, n_first - i);
        for (size_t j = 0; j < n; j++)
            rows[j] = c->held[i + j].id;
        distance_gather(&e->distance, q, e->x, e->stride, rows, n, dist);
        for (size_t j = 0; j < n; j++)
            if (topk_wants(t, dist[j]))
                topk_push(t, (struct neighbour){dist[j], exact_rank(e, rows[j])});
    }
    c->n -= n_first;
    for (size_t i = 0; i < c->n; i++)
        c->held[i] = c->held[n_first + i];
}

/* A published distance as its image. */
static float image_of(const struct exact *e, float dist, struct exact_extent extent)
{
    if (e->distance.metric == METRIC_L2)
        return exact_bound_up(((double)dist - extent.length * extent.length) / 2);
    return e->distance.metric == METRIC_COSINE ? exact_bound_up((double)dist - 1) : dist;
}

static void settle(struct exact_candidates *c, const struct exact *e, const float *q, struct exact_extent extent, struct topk *t)
{
    float limit = c->n >= t->k ? limit_of_k(c->held, c->n, t->k) : INFINITY;
    size_t n_first = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->held[i].dist <= limit) {
            struct neighbour held = c->held[i];
            c->held[i] = c->held[n_first];
            c->held[n_first++] = held;
        }
    settle_first(c, e, q, n_first, t);
    if (t->n == t->k)
        c->threshold = fminf(c->threshold, image_of(e, t->heap[0].dist, extent));
    let_go(c, e, extent);
    settle_first(c, e, q, c->n, t);
}

void exact_candidates_prune(struct exact_candidates *c, const struct exact *e, const float *q, struct exact_extent extent)
{
    count_in(c);
    let_go(c, e, extent);
    if (is_full(c))
        settle(c, e, q, extent, &c->settled);
    if (c->settled.n == c->settled.k)
        c->threshold = fminf(c->threshold, image_of(e, c->settled.heap[0].dist, extent));
    set_mark(c);
}

void exact_candidates_settle(struct exact_candidates *c, const struct exact *e, const float *q, struct exact_extent extent,
                             struct topk *t)
{
    for (size_t i = 0; i < c->settled.n; i++)
        topk_push(t, c->settled.heap[i]);
    count_in(c);
    let_go(c, e, extent);
    settle(c, e, q, extent, t);
}
