#include "graph/arrange.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "graph/beam.h"
#include "graph/hnsw.h"
#include "sys/par.h"
#include "vec/codes.h"

#include <math.h>
#include <string.h>

enum { MAX_PIVOTS = 1024, ROWS_A_TASK = 256 };

struct arrange {
    const struct vector_set *base;
    size_t n_pivots;
    struct codes codes;            /* of the pivots */
    uint32_t *all;                 /* (n_pivots) 0, 1, ... */
    uint32_t *order;               /* (n) rows, in the order to come */
    uint32_t *cell;                /* (n) nearest pivot of a row */
    int8_t *w;                     /* (n_threads, codes_query_bytes) */
    float *dist;                   /* (n_threads, n_pivots) */
};

static void shuffle(uint32_t *order, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(seed, RNG_ORDER, i, i);
        uint32_t swap = order[j];
        order[j] = order[i - 1];
        order[i - 1] = swap;
    }
}

/* The pivot nearest to x among those not taken; ties to the smaller one. */
static uint32_t nearest_pivot(const struct arrange *a, const float *x, int worker, const bool *taken)
{
    struct codes_query q = {.w = a->w + (size_t)worker * codes_query_bytes(&a->codes)};
    float *dist = a->dist + (size_t)worker * a->n_pivots;
    uint32_t best = 0;
    float least = INFINITY;
    codes_query_make(&a->codes, x, &q);
    codes_estimates(&a->codes, &q, a->all, a->n_pivots, dist);
    for (uint32_t i = 0; i < a->n_pivots; i++)
        if ((!taken || !taken[i]) && (dist[i] < least || (taken && taken[best]))) {
            least = dist[i];
            best = i;
        }
    return best;
}

static int cell_task(void *ctx, size_t task, int worker, struct err *err)
{
    struct arrange *a = ctx;
    (void)err;
    size_t to = num_min_size((task + 1) * ROWS_A_TASK, a->base->n);
    for (size_t i = task * ROWS_A_TASK; i < to; i++)
        a->cell[i] = nearest_pivot(a, a->base->x + i * a->base->stride, worker, NULL);
    return 0;
}

/* rank[pivot]: its place in the path that goes from each pivot to the nearest one left. */
static void path(const struct arrange *a, uint32_t *rank, bool *taken)
{
    uint32_t at = 0;
    for (size_t i = 0; ; i++) {
        rank[at] = (uint32_t)i;
        taken[at] = true;
        if (i + 1 == a->n_pivots)
            return;
        at = nearest_pivot(a, a->base->x + a->order[at] * a->base->stride, 0, taken);
    }
}

/* Within each batch by (rank of the cell, row). */
static void sort_batches(const struct arrange *a, const uint32_t *rank, uint64_t *keys)
{
    for (size_t from = 0, to; from < a->base->n; from = to) {
        to = hnsw_batch_end(a->base->n, from);
        for (size_t i = from; i < to; i++)
            keys[i - from] = (uint64_t)rank[a->cell[a->order[i]]] << 32 | a->order[i];
        beam_sort(keys, to - from);
        for (size_t i = from; i < to; i++)
            a->order[i] = (uint32_t)keys[i - from];
    }
}

static int pivots_make(struct arrange *a, enum metric metric, int n_threads, struct err *err)
{
    int rc = 0;
    const struct vector_set *base = a->base;
    float *x = NULL;
    a->n_pivots = num_min_size((size_t)(2 * sqrt((double)base->n)), MAX_PIVOTS);
    TRY_NEW(x, mem_slab(a->n_pivots, base->stride * sizeof *x, err));
    for (size_t i = 0; i < a->n_pivots; i++)
        memcpy(x + i * base->stride, base->x + a->order[i] * base->stride, base->stride * sizeof *x);
    TRY(codes_make(&a->codes, CODES_SQ8, metric, x, a->n_pivots, base->dim, base->stride, n_threads, err));
    TRY_NEW(a->all, MEM_ARRAY(uint32_t, a->n_pivots, err));
    for (uint32_t i = 0; i < a->n_pivots; i++)
        a->all[i] = i;
    TRY_NEW(a->w, mem_slab((size_t)n_threads, codes_query_bytes(&a->codes), err));
    TRY_NEW(a->dist, mem_slab((size_t)n_threads, a->n_pivots * sizeof *a->dist, err));
out:
    mem_free(x);
    return rc;
}

int arrange_base(struct vector_set *base, enum metric metric, uint64_t seed, int n_threads, struct err *err)
{
    int rc = 0;
    struct arrange a = {.base = base};
    uint32_t *rank = NULL;
    bool *taken = NULL;
    uint64_t *keys = NULL;
    if (base->n < ARRANGE_MIN_N || base->n > GRAPH_MAX_N || base->dim > CODES_MAX_DIM)
        return 0;
    TRY_NEW(a.order, MEM_ARRAY(uint32_t, base->n, err));
    TRY_NEW(a.cell, MEM_ARRAY(uint32_t, base->n, err));
    TRY_NEW(rank, MEM_ARRAY(uint32_t, MAX_PIVOTS, err));
    TRY_NEW(taken, MEM_ZARRAY(bool, MAX_PIVOTS, err));
    TRY_NEW(keys, MEM_ARRAY(uint64_t, HNSW_MAX_BATCH, err));
    shuffle(a.order, base->n, seed);
    TRY(pivots_make(&a, metric, n_threads, err));
    TRY(par_for(n_threads, (base->n + ROWS_A_TASK - 1) / ROWS_A_TASK, cell_task, &a, err));
    path(&a, rank, taken);
    sort_batches(&a, rank, keys);
    TRY(vector_set_permute(base, a.order, err));
out:
    codes_free(&a.codes);
    mem_free(a.all);
    mem_free(a.w);
    mem_free(a.dist);
    mem_free(a.order);
    mem_free(a.cell);
    mem_free(rank);
    mem_free(taken);
    mem_free(keys);
    return rc;
}
