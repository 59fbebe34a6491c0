/* Steps, for each chunk of base blocks (so that packed copies take little memory):
 *  1. pack the blocks as matrices, l2 about the centre
 *  2. for each tile of queries and each block: estimates by one matrix product
 *  3. rows whose estimate is within the query's threshold and the bound become its candidates
 * and after the last chunk:
 *  4. settle the candidates by the reference kernel.
 * Where there are few tiles for the threads, the blocks of a chunk are dealt to segments, each with candidates of its own. */
#include "base/mem.h"
#include "base/num.h"
#include "exact/exact_base.h"
#include "exact/exact_candidates.h"
#include "sys/par.h"
#include "vec/gemm.h"
#include "vec/sieve.h"

#include <math.h>

enum {
    TILE = 256, SMALL_TILE = 64,          /* queries of one matrix product: the latter where there are few */
    SMALL_QUERIES = 1024,
    TASKS_A_THREAD = 4,                   /* tiles x segments, at least: how rows are dealt out cannot show in the result */
    SEGMENTS_BYTES = 64 << 20,            /* of candidates, where segments multiply them */
    CHUNK_BYTES = 64 << 20, MAX_CHUNK = 128
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

/* The rows of a block, estimates by `less` and half_square, that are candidates of a query. */
static void pick(const struct sweep *s, struct exact_candidates *c, size_t query, size_t block, const float *less)
{
    const struct exact *e = s->e;
    const float *half_square = e->half_square ? e->half_square + block * EXACT_BLOCK : NULL;
    double q_length = s->q_length[query], bound = exact_bound_of(&e->bound, q_length, e->length[block]);
    float limit = exact_bound_up((double)c->threshold + bound);
    uint32_t passed[EXACT_BLOCK + 16];
    size_t n = sieve(passed, half_square, less, block_rows(e, block), limit);
    for (size_t i = 0; i < n; i++) {
        size_t j = passed[i];
        float estimate = (half_square ? half_square[j] : 0) - less[j];
        if (c->n == c->cap) {
            exact_candidates_prune(c, e, s->q + query * s->stride, q_length);
            limit = exact_bound_up((double)c->threshold + bound);
        }
        if (estimate <= limit)
            c->held[c->n++] = (struct neighbour){estimate + (float)bound, (uint32_t)(block * EXACT_BLOCK + j)};
    }
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
        for (size_t i = first; i < first + m; i++)
            pick(s, &s->candidates[i * s->n_segments + segment], i, block, products + (i - first) * n);
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
    s->q_length[i] = sqrt((double)exact_square(s->e, s->q + i * s->stride));
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
    size_t chunk = num_max_size(1, num_min_size(MAX_CHUNK, CHUNK_BYTES / num_max_size(block_bytes, 1)));
    struct sweep s = {.e = e, .q = q, .n_queries = n_queries, .stride = stride, .k = k, .out = out,
                      .tile = n_queries < SMALL_QUERIES ? SMALL_TILE : TILE};
    s.n_tiles = (n_queries + s.tile - 1) / s.tile;
    size_t segments_max = SEGMENTS_BYTES / (n_queries * exact_candidates_place(k) * sizeof *s.places);
    s.n_segments = num_max_size(1, num_min_size(chunk, num_min_size(TASKS_A_THREAD * workers / s.n_tiles, segments_max)));
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
