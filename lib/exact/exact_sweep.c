/* Steps, for each chunk of base blocks (so that packed copies take little memory):
 *  1. pack the blocks as matrices, l2 about the centre
 *  2. for each tile of queries and each block: estimates by one matrix product
 *  3. rows whose estimate is within the query's threshold and the bound become its candidates
 * and after the last chunk:
 *  4. settle the candidates by the reference kernel.
 * Where there are few tiles, the blocks of a chunk are dealt to several segments, each with candidates of its own. */
#include "base/mem.h"
#include "base/num.h"
#include "exact/exact_base.h"
#include "exact/exact_candidates.h"
#include "sys/par.h"
#include "vec/gemm.h"

#include <math.h>

enum {
    TILE = 256, SMALL_TILE = 64,          /* queries of one matrix product: the latter where there are few */
    SMALL_QUERIES = 1024,
    TASKS = 16,                           /* tiles x segments, at least */
    SEGMENTS_BYTES = 64 << 20,            /* of candidates, where segments multiply them */
    CHUNK_BYTES = 64 << 20, MAX_CHUNK = 128,
    RUN = 32                              /* estimates that are compared without a branch in between */
};

struct sweep {
    const struct exact *e;
    const float *q;                       /* as given */
    size_t n_queries, stride, k, tile, n_tiles, n_segments;
    float *shifted;                       /* (n_queries, dim) q' */
    double *q_length;                     /* (n_queries) |q'| */
    struct exact_candidates *candidates;  /* (n_queries, n_segments) */
    struct neighbour *places;
    size_t first_block, n_blocks;         /* of the chunk */
    struct gemm_weights **packed;         /* (n_blocks) */
    float **estimates;                    /* (worker) (TILE, EXACT_BLOCK) */
    float **rows;                         /* (worker) (EXACT_BLOCK, dim): l2, to shift before packing */
    struct neighbour *out;
};

static size_t block_rows(const struct exact *e, size_t block)
{
    return num_min_size(EXACT_BLOCK, e->n - block * EXACT_BLOCK);
}

static int pack_block(void *ctx, size_t i, int worker, struct err *err)
{
    struct sweep *s = ctx;
    const struct exact *e = s->e;
    size_t n = block_rows(e, s->first_block + i);
    const float *x = e->x + (s->first_block + i) * EXACT_BLOCK * e->stride;
    if (!e->centre)
        return gemm_pack(&s->packed[i], GEMM_F32, n, e->dim, x, e->stride, err);
    for (size_t row = 0; row < n; row++)
        exact_shift(e, s->rows[worker] + row * e->dim, x + row * e->stride);
    return gemm_pack(&s->packed[i], GEMM_F32, n, e->dim, s->rows[worker], e->dim, err);
}

struct pick {                             /* one query against one block */
    struct exact_candidates *c;
    const struct exact *e;
    const float *q, *product, *half_square;
    double q_length, bound;
    float limit;                          /* an estimate above it is no candidate */
    size_t first_row;
};

static inline float estimate(const struct pick *p, size_t j)
{
    return p->half_square ? p->half_square[j] - p->product[j] : -p->product[j];
}

static void pick_some(struct pick *p, size_t from, size_t to)
{
    struct exact_candidates *c = p->c;
    for (size_t j = from; j < to; j++) {
        float value = estimate(p, j);
        if (!(value <= p->limit))
            continue;
        if (c->n == c->cap) {
            exact_candidates_prune(c, p->e, p->q, p->q_length);
            p->limit = exact_bound_up((double)c->threshold + p->bound);
            if (!(value <= p->limit))
                continue;
        }
        c->held[c->n++] = (struct neighbour){value + (float)p->bound, (uint32_t)(p->first_row + j)};
    }
}

static inline bool any_within(const struct pick *p, size_t from)
{
    int any = 0;
    if (p->half_square)
        for (size_t j = 0; j < RUN; j++)
            any |= p->half_square[from + j] - p->product[from + j] <= p->limit;
    else
        for (size_t j = 0; j < RUN; j++)
            any |= -p->product[from + j] <= p->limit;
    return any;
}

static void pick_all(struct pick *p, size_t n)
{
    size_t j = 0;
    for (; j + RUN <= n; j += RUN)
        if (any_within(p, j))
            pick_some(p, j, j + RUN);
    pick_some(p, j, n);
}

/* One tile of queries against one segment of the chunk. */
static int sweep_tile(void *ctx, size_t item, int worker, struct err *err)
{
    struct sweep *s = ctx;
    const struct exact *e = s->e;
    size_t segment = item % s->n_segments, first = item / s->n_segments * s->tile;
    size_t m = num_min_size(s->tile, s->n_queries - first);
    for (size_t b = segment; b < s->n_blocks; b += s->n_segments) {
        size_t block = s->first_block + b, n = block_rows(e, block);
        float *products = s->estimates[worker];
        int rc = gemm_run(s->packed[b], m, s->shifted + first * e->dim, e->dim, products, n, err);
        if (rc != 0)
            return rc;
        for (size_t i = first; i < first + m; i++) {
            struct pick p = {.c = &s->candidates[i * s->n_segments + segment], .e = e, .q = s->q + i * s->stride,
                             .product = products + (i - first) * n, .q_length = s->q_length[i], .first_row = block * EXACT_BLOCK,
                             .half_square = e->half_square ? e->half_square + block * EXACT_BLOCK : NULL};
            p.bound = exact_bound_of(&e->bound, p.q_length, e->length[block]);
            p.limit = exact_bound_up((double)p.c->threshold + p.bound);
            pick_all(&p, n);
        }
    }
    return 0;
}

static int settle_query(void *ctx, size_t i, int worker, struct err *err)
{
    struct sweep *s = ctx;
    struct topk t;
    (void)worker, (void)err;
    topk_init(&t, s->out + i * s->k, s->k);
    for (size_t segment = 0; segment < s->n_segments; segment++)
        exact_candidates_settle(&s->candidates[i * s->n_segments + segment], s->e, s->q + i * s->stride, s->q_length[i], &t);
    exact_finish(s->e, &t);
    return 0;
}

static int prepare_query(void *ctx, size_t i, int worker, struct err *err)
{
    struct sweep *s = ctx;
    (void)worker, (void)err;
    exact_shift(s->e, s->shifted + i * s->e->dim, s->q + i * s->stride);
    s->q_length[i] = exact_shifted_length(s->e, s->q + i * s->stride);
    for (size_t segment = 0; segment < s->n_segments; segment++) {
        size_t at = i * s->n_segments + segment;
        exact_candidates_init(&s->candidates[at], s->places + at * exact_candidates_place(s->k), s->k);
    }
    return 0;
}

static int sweep_chunk(struct sweep *s, int n_threads, struct err *err)
{
    int rc = 0;
    TRY(par_for(n_threads, s->n_blocks, pack_block, s, err));
    TRY(par_for(n_threads, s->n_tiles * s->n_segments, sweep_tile, s, err));
out:
    for (size_t i = 0; i < s->n_blocks; i++) {
        gemm_weights_free(s->packed[i]);
        s->packed[i] = NULL;
    }
    return rc;
}

int exact_sweep(const struct exact *e, const float *q, size_t n_queries, size_t stride, size_t k, int n_threads,
                struct neighbour *out, struct err *err)
{
    int rc = 0;
    size_t workers = (size_t)n_threads, block_bytes = EXACT_BLOCK * e->dim * sizeof(float);
    size_t chunk = num_max_size(TASKS, num_min_size(MAX_CHUNK, CHUNK_BYTES / num_max_size(block_bytes, 1)));
    struct sweep s = {.e = e, .q = q, .n_queries = n_queries, .stride = stride, .k = k, .out = out,
                      .tile = n_queries < SMALL_QUERIES ? SMALL_TILE : TILE};
    s.n_tiles = (n_queries + s.tile - 1) / s.tile;
    size_t segments_max = SEGMENTS_BYTES / (n_queries * exact_candidates_place(k) * sizeof *s.places);
    s.n_segments = num_max_size(1, num_min_size(TASKS / s.n_tiles, segments_max));
    TRY_NEW(s.shifted, MEM_SLAB(float, n_queries * e->dim, err));
    TRY_NEW(s.q_length, MEM_ARRAY(double, n_queries, err));
    TRY_NEW(s.candidates, MEM_ARRAY(struct exact_candidates, n_queries * s.n_segments, err));
    TRY_NEW(s.places, MEM_ARRAY(struct neighbour, n_queries * s.n_segments * exact_candidates_place(k), err));
    TRY_NEW(s.packed, MEM_ZARRAY(struct gemm_weights *, chunk, err));
    TRY_NEW(s.estimates, MEM_ZARRAY(float *, workers, err));
    TRY_NEW(s.rows, MEM_ZARRAY(float *, workers, err));
    for (size_t i = 0; i < workers; i++) {
        TRY_NEW(s.estimates[i], MEM_SLAB(float, s.tile * EXACT_BLOCK, err));
        if (e->centre)
            TRY_NEW(s.rows[i], MEM_SLAB(float, EXACT_BLOCK * e->dim, err));
    }
    TRY(par_for(n_threads, n_queries, prepare_query, &s, err));
    for (size_t block = 0; block < exact_n_blocks(e); block += chunk) {
        s.first_block = block;
        s.n_blocks = num_min_size(chunk, exact_n_blocks(e) - block);
        TRY(sweep_chunk(&s, n_threads, err));
    }
    TRY(par_for(n_threads, n_queries, settle_query, &s, err));
out:
    for (size_t i = 0; i < workers; i++) {
        if (s.estimates)
            mem_free(s.estimates[i]);
        if (s.rows)
            mem_free(s.rows[i]);
    }
    mem_free(s.estimates);
    mem_free(s.rows);
    mem_free(s.packed);
    mem_free(s.places);
    mem_free(s.candidates);
    mem_free(s.q_length);
    mem_free(s.shifted);
    return rc;
}
