#include "exact/exact_candidates.h"

#include "base/num.h"

#include <math.h>
#include <stdbool.h>

void exact_candidates_init(struct exact_candidates *c, struct neighbour *place, size_t k)
{
    topk_init(&c->settled, place, k);
    c->held = place + k;
    c->cap = exact_candidates_place(k) - k;
    c->n = 0;
    c->threshold = INFINITY;
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

/* Lower the threshold where k are held, and let go those whose lower bound passes it: with one bound for all, without a branch,
 * and by each one's own where that is not enough. */
static void let_go(struct exact_candidates *c, const struct exact *e, double q_length)
{
    size_t k = c->settled.k, kept = 0;
    if (c->n >= k)
        c->threshold = fminf(c->threshold, limit_of_k(c->held, c->n, k));
    float limit = exact_bound_up((double)c->threshold + 2 * exact_bound_of(&e->bound, q_length, e->greatest));
    for (size_t i = 0; i < c->n; i++) {
        const struct neighbour held = c->held[i];
        c->held[kept] = held;
        kept += held.dist <= limit;
    }
    c->n = kept;
    if (kept <= k + (c->cap - k) / 2)
        return;
    kept = 0;
    for (size_t i = 0; i < c->n; i++) {
        double bound = exact_bound_of(&e->bound, q_length, e->length[c->held[i].id / EXACT_BLOCK]);
        if ((double)c->held[i].dist - 2 * bound <= (double)c->threshold)
            c->held[kept++] = c->held[i];
    }
    c->n = kept;
}

static void settle(struct exact_candidates *c, const struct exact *e, const float *q, struct topk *t)
{
    enum { RUN = 64 };
    unsigned rows[RUN];
    float dist[RUN];
    for (size_t i = 0; i < c->n; i += RUN) {
        size_t n = num_min_size(RUN, c->n - i);
        for (size_t j = 0; j < n; j++)
            rows[j] = c->held[i + j].id;
        distance_gather(&e->distance, q, e->x, e->stride, rows, n, dist);
        for (size_t j = 0; j < n; j++)
            if (topk_wants(t, dist[j]))
                topk_push(t, (struct neighbour){dist[j], exact_rank(e, rows[j])});
    }
    c->n = 0;
}

void exact_candidates_prune(struct exact_candidates *c, const struct exact *e, const float *q, double q_length)
{
    size_t k = c->settled.k;
    let_go(c, e, q_length);
    if (c->n > k + (c->cap - k) / 2)
        settle(c, e, q, &c->settled);
}

void exact_candidates_settle(struct exact_candidates *c, const struct exact *e, const float *q, double q_length, struct topk *t)
{
    let_go(c, e, q_length);
    for (size_t i = 0; i < c->settled.n; i++)
        topk_push(t, c->settled.heap[i]);
    settle(c, e, q, t);
}
