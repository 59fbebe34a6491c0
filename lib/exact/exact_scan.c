/* The definition: every distance, by the reference kernel.  Base rows are taken a few at a time for several queries, so that they
 * are read from memory once; where queries are few, the base is divided among the threads instead. */
#include "base/mem.h"
#include "base/num.h"
#include "exact/exact_base.h"
#include "sys/par.h"

enum { GROUP = 8, ROWS = 64, SPLIT_QUERIES = 64, MAX_SEGMENTS = 64 };

struct scan {
    const struct exact *e;
    const float *q;
    size_t n_queries, stride, k, n_segments;
    struct neighbour *heaps;    /* (n_queries, n_segments, k) */
    struct topk *nearest;       /* (n_queries, n_segments) */
    struct neighbour *out;
};

static void scan_rows(const struct scan *s, struct topk *t, const float *q, size_t from, size_t to)
{
    const struct exact *e = s->e;
    float dist[4];
    for (size_t row = from; row < to; row += 4) {
        size_t n = num_min_size(4, to - row);
        const float *x[4];
        for (size_t i = 0; i < 4; i++)
            x[i] = e->x + (row + num_min_size(i, n - 1)) * e->stride;
        distance_four(&e->distance, q, x, dist);
        for (size_t i = 0; i < n; i++)
            if (topk_wants(t, dist[i]))
                topk_push(t, (struct neighbour){dist[i], exact_rank(e, row + i)});
    }
}

/* Some queries against one segment of the base. */
static int scan_group(void *ctx, size_t item, int worker, struct err *err)
{
    struct scan *s = ctx;
    (void)worker, (void)err;
    size_t segment = item % s->n_segments, first = item / s->n_segments * GROUP, last = num_min_size(first + GROUP, s->n_queries);
    size_t from = s->e->n * segment / s->n_segments, end = s->e->n * (segment + 1) / s->n_segments;
    for (size_t i = first; i < last; i++) {
        size_t at = i * s->n_segments + segment;
        topk_init(&s->nearest[at], s->heaps + at * s->k, s->k);
    }
    for (size_t row = from; row < end; row += ROWS)
        for (size_t i = first; i < last; i++)
            scan_rows(s, &s->nearest[i * s->n_segments + segment], s->q + i * s->stride, row, num_min_size(row + ROWS, end));
    return 0;
}

static int scan_merge(void *ctx, size_t i, int worker, struct err *err)
{
    struct scan *s = ctx;
    struct topk t;
    (void)worker, (void)err;
    topk_init(&t, s->out + i * s->k, s->k);
    for (size_t segment = 0; segment < s->n_segments; segment++) {
        const struct topk *from = &s->nearest[i * s->n_segments + segment];
        for (size_t j = 0; j < from->n; j++)
            topk_push(&t, from->heap[j]);
    }
    exact_finish(s->e, &t);
    return 0;
}

int exact_scan(const struct exact *e, const float *q, size_t n_queries, size_t stride, size_t k, int n_threads,
               struct neighbour *out, struct err *err)
{
    int rc = 0;
    struct scan s = {.e = e, .q = q, .n_queries = n_queries, .stride = stride, .k = k, .n_segments = 1, .out = out};
    if (n_queries < SPLIT_QUERIES)
        s.n_segments = num_min_size(MAX_SEGMENTS, 1 + e->n / (16 * k));
    TRY_NEW(s.heaps, MEM_ARRAY(struct neighbour, n_queries * s.n_segments * k, err));
    TRY_NEW(s.nearest, MEM_ARRAY(struct topk, n_queries * s.n_segments, err));
    TRY(par_for(n_threads, (n_queries + GROUP - 1) / GROUP * s.n_segments, scan_group, &s, err));
    TRY(par_for(n_threads, n_queries, scan_merge, &s, err));
out:
    mem_free(s.heaps);
    mem_free(s.nearest);
    return rc;
}
