/* Steps, for each chunk of base blocks (so that packed copies take little memory):
 *  1. pack the blocks as panels of tiles (vec/tile.h), l2 about the centre, as floats, bf16 or bytes
 *  2. for each group of queries, block and panel of rows: run the tiles, whose hits are within the query's limit, which is its
 *     threshold and the bound; they become its candidates
 * and after the last chunk:
 *  3. settle the candidates by the reference kernel.
 * Blocks are taken in an order that scatters them over the base: the first ones are a sample, and thresholds are near their end
 * after one block in a hundred, also where the base is sorted.
 * Where there are few groups for the threads, the blocks of a chunk are dealt to segments, each with candidates of its own. */
#include "base/mem.h"
#include "base/num.h"
#include "exact/exact_base.h"
#include "exact/exact_candidates.h"
#include "exact/exact_code.h"
#include "sys/par.h"
#include "vec/tile.h"

#include <float.h>
#include <math.h>

enum {
    GROUP_BYTES = 640 << 10,              /* of packed queries, which stay in L2 while the base passes; not 1 MB */
    TASKS_A_THREAD = 4,                   /* groups x segments, at least: how rows are dealt out cannot show in the result */
    SEGMENTS_BYTES = 64 << 20,            /* of candidates, where segments multiply them */
    CHUNK_BYTES = 16 << 20                 /* fresh pages cost more than barriers */
};

/* Of a worker, for packing. */
struct scratch {
    float *rows;                          /* (TILE_MAX_QUERIES, padded) x' */
    uint16_t *codes;                      /* (TILE_MAX_QUERIES, padded) bf16, or as many bytes in their place */
    float *errors;                        /* (padded) */
};

struct sweep {
    struct exact *e;
    const struct tile_kernel *kernel;
    const float *q;                       /* as given */
    size_t n_queries, stride, k, n_panels, n_groups, n_segments;
    size_t words;                         /* of a vector */
    uint32_t *panels;                     /* (n_panels, words, kernel->queries) q^ */
    float *q_scale;                       /* (n_panels * kernel->queries) of bytes */
    float *limits, *bounds;               /* (n_segments, n_panels * kernel->queries) for the block at hand */
    struct exact_extent *extents;         /* (n_queries) */
    struct exact_candidates *candidates;  /* (n_queries, n_segments) */
    struct neighbour *places;             /* (n_queries, n_segments, place) */
    size_t place;
    size_t step, first_block, n_blocks;   /* of the chunk: place i of the order is block i * step % of all */
    uint32_t *packed;                     /* (n_blocks, EXACT_BLOCK * words) panels x^ */
    float *base;                          /* (n_blocks, EXACT_BLOCK) |x'|^2 / 2 or 0 */
    float *x_scale;                       /* (n_blocks, EXACT_BLOCK) of bytes: the first row's of each panel */
    int32_t *start;                       /* (n_blocks, EXACT_BLOCK) as struct tile has it */
    struct scratch *scratch;              /* (worker) */
    struct neighbour *out;
};

/* A step that visits all of n blocks, each far from those before it: near the golden section of n, and prime to n. */
static size_t scattering_step(size_t n)
{
    for (size_t step = (size_t)((double)n * 0.618) + 1;; step++) {
        size_t a = n, b = step;
        while (b > 0) {
            size_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1)
            return step;
    }
}

static size_t block_at(const struct sweep *s, size_t place)
{
    return (size_t)((uint64_t)place * s->step % exact_n_blocks(s->e));
}

/* Pack rows of x as floats or bytes, about the centre where there is one; the scale and the sums of bytes. */
static void pack_f32(const struct sweep *s, uint32_t *panel, size_t width, const float *x, size_t n, size_t stride, int worker)
{
    size_t dim = s->e->dim, padded = exact_code_padded(dim);
    if (!s->e->centre) {
        tile_pack(panel, width, x, n, dim, stride);
        return;
    }
    for (size_t i = 0; i < n; i++)
        exact_shift(s->e, s->scratch[worker].rows + i * padded, x + i * stride);
    tile_pack(panel, width, s->scratch[worker].rows, n, dim, padded);
}

/* The scale for n rows of a worker's scratch together. */
static float scale_of(const struct sweep *s, const struct scratch *of, size_t n)
{
    return s->kernel->type == TILE_I8 ? exact_code_scale(of->rows, n, exact_code_padded(s->e->dim)) : 1;
}

/* Code row r of a worker's scratch, bytes with an offset.  Returns its error; *sum: that of its bytes. */
static double code_row(const struct sweep *s, const struct scratch *of, size_t r, float scale, int offset, int32_t *sum)
{
    size_t padded = exact_code_padded(s->e->dim);
    const float *row = of->rows + r * padded;
    *sum = 0;
    if (s->kernel->type == TILE_BF16)
        return exact_code_bf16(of->codes + r * padded, row, padded, of->errors);
    int8_t *code = (int8_t *)of->codes + r * padded;
    double error = exact_code_make(code, sum, row, padded, scale, of->errors);
    for (size_t j = 0; offset && j < padded; j++)
        code[j] = (int8_t)(code[j] + offset);
    return error;
}

/* Rows of a block: how far codes are from them goes into the block's extent. */
static void pack_rows(struct sweep *s, size_t i, size_t block, size_t row, size_t n, int worker)
{
    struct exact *e = s->e;
    const struct scratch *of = &s->scratch[worker];
    const float *x = e->x + (block * EXACT_BLOCK + row) * e->stride;
    size_t padded = exact_code_padded(e->dim), at = i * EXACT_BLOCK + row;
    uint32_t *panel = s->packed + at * s->words;
    if (s->kernel->type == TILE_F32) {
        pack_f32(s, panel, s->kernel->rows, x, n, e->stride, worker);
        return;
    }
    for (size_t r = 0; r < n; r++)
        exact_shift(e, of->rows + r * padded, x + r * e->stride);
    s->x_scale[at] = scale_of(s, of, n);
    for (size_t r = 0; r < n; r++) {
        int32_t sum;
        e->extents[block].error = fmax(e->extents[block].error, code_row(s, of, r, s->x_scale[at], 0, &sum));
        s->start[at + r] = -128 * sum;
    }
    tile_pack(panel, s->kernel->rows, of->codes, n, s->words, tile_words(s->kernel->type, padded));
}

static int pack_block(void *ctx, size_t i, int worker, struct err *err)
{
    struct sweep *s = ctx;
    const struct exact *e = s->e;
    (void)err;
    size_t block = block_at(s, s->first_block + i), first = block * EXACT_BLOCK, n = num_min_size(EXACT_BLOCK, e->n - first);
    float *base = s->base + i * EXACT_BLOCK;
    for (size_t row = 0; row < EXACT_BLOCK; row++)
        base[row] = row >= n ? NAN : e->half_square ? e->half_square[first + row] : 0;
    for (size_t row = 0; row < n; row += s->kernel->rows)
        pack_rows(s, i, block, row, num_min_size(s->kernel->rows, n - row), worker);
    return 0;
}

/* A panel of queries, from `first` on, each with a scale of its own. */
static void pack_queries(struct sweep *s, size_t first, size_t n, int worker)
{
    size_t padded = exact_code_padded(s->e->dim);
    const struct scratch *of = &s->scratch[worker];
    uint32_t *panel = s->panels + first * s->words;
    if (s->kernel->type == TILE_F32) {
        pack_f32(s, panel, s->kernel->queries, s->q + first * s->stride, n, s->stride, worker);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        int32_t sum;
        const struct scratch row = {.rows = of->rows + i * padded};
        exact_shift(s->e, row.rows, s->q + (first + i) * s->stride);
        s->q_scale[first + i] = scale_of(s, &row, 1);
        s->extents[first + i].error = code_row(s, of, i, s->q_scale[first + i], -128, &sum);
    }
    tile_pack(panel, s->kernel->queries, of->codes, n, s->words, tile_words(s->kernel->type, padded));
}

/* What an estimate must not pass for the query to keep the row. */
static float limit_of(const struct exact_candidates *c, float bound)
{
    return fminf(exact_bound_up((double)c->threshold + (double)bound), FLT_MAX);
}

/* Hits of a tile become candidates; its first query and row, and the limits and bounds of its queries. */
static void take(const struct sweep *s, size_t segment, size_t first_query, size_t first_row, float *limits, const float *bounds,
                 const struct tile_hits *hits, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t place = hits->at[i] % TILE_MAX_QUERIES, query = first_query + place;
        size_t row = first_row + hits->at[i] / TILE_MAX_QUERIES;
        struct exact_candidates *c = &s->candidates[query * s->n_segments + segment];
        if (c->n == c->mark) {
            exact_candidates_prune(c, s->e, s->q + query * s->stride, s->extents[query]);
            limits[place] = limit_of(c, bounds[place]);
        }
        if (hits->estimate[i] <= limits[place])
            c->held[c->n++] = (struct neighbour){hits->estimate[i] + bounds[place], (uint32_t)row};
    }
}

/* One group of queries against one block. */
static void sweep_block(const struct sweep *s, size_t segment, size_t first_panel, size_t last_panel, size_t i)
{
    const struct exact *e = s->e;
    size_t rows = s->kernel->rows, queries = s->kernel->queries;
    size_t block = block_at(s, s->first_block + i), first_row = block * EXACT_BLOCK;
    size_t n = num_min_size(EXACT_BLOCK, e->n - first_row), at = i * EXACT_BLOCK;
    float *limits = s->limits + segment * s->n_panels * queries, *bounds = s->bounds + segment * s->n_panels * queries;
    struct tile_hits hits;
    for (size_t query = first_panel * queries; query < last_panel * queries; query++) {
        bool there = query < s->n_queries;
        bounds[query] = there ? exact_bound_up(exact_bound_of(&e->bound, s->extents[query], e->extents[block])) : 0;
        limits[query] = there ? limit_of(&s->candidates[query * s->n_segments + segment], bounds[query]) : -INFINITY;
    }
    for (size_t row = 0; row < n; row += rows)
        for (size_t panel = first_panel; panel < last_panel; panel++) {
            size_t query = panel * queries;
            const struct tile tile = {.x = s->packed + (at + row) * s->words, .q = s->panels + query * s->words,
                                      .words = s->words, .base = s->base + at + row, .limit = limits + query,
                                      .start = s->start + at + row, .q_scale = s->q_scale + query,
                                      .x_scale = s->x_scale[at + row]};
            size_t n_hits = s->kernel->run(&tile, &hits);
            if (n_hits > 0)
                take(s, segment, query, first_row + row, limits + query, bounds + query, &hits, n_hits);
        }
}

/* One group of queries against one segment of the chunk. */
static int sweep_group(void *ctx, size_t item, int worker, struct err *err)
{
    struct sweep *s = ctx;
    (void)worker, (void)err;
    size_t segment = item % s->n_segments, group = item / s->n_segments;
    size_t first = s->n_panels * group / s->n_groups, last = s->n_panels * (group + 1) / s->n_groups;
    for (size_t i = segment; i < s->n_blocks; i += s->n_segments)
        sweep_block(s, segment, first, last, i);
    return 0;
}

static int settle_query(void *ctx, size_t i, int worker, struct err *err)
{
    struct sweep *s = ctx;
    struct topk t;
    (void)worker, (void)err;
    topk_init(&t, s->out + i * s->k, s->k);
    for (size_t segment = 0; segment < s->n_segments; segment++)
        exact_candidates_settle(&s->candidates[i * s->n_segments + segment], s->e, s->q + i * s->stride, s->extents[i], &t);
    exact_finish(s->e, &t);
    return 0;
}

static int prepare_panel(void *ctx, size_t panel, int worker, struct err *err)
{
    struct sweep *s = ctx;
    (void)err;
    size_t first = panel * s->kernel->queries, last = num_min_size(first + s->kernel->queries, s->n_queries);
    pack_queries(s, first, last - first, worker);
    for (size_t i = first; i < last; i++) {
        s->extents[i].length = sqrt((double)exact_square(s->e, s->q + i * s->stride));
        for (size_t segment = 0; segment < s->n_segments; segment++) {
            size_t at = i * s->n_segments + segment;
            exact_candidates_init(&s->candidates[at], s->places + at * s->place, s->k, s->place);
        }
    }
    return 0;
}

/* How queries and blocks are dealt out. */
static void deal(struct sweep *s, size_t chunk, size_t workers)
{
    size_t panel_bytes = s->kernel->queries * s->words * sizeof *s->panels;
    size_t at_once = num_max_size(1, GROUP_BYTES / num_max_size(panel_bytes, 1));
    size_t segments_max = SEGMENTS_BYTES / (s->n_queries * s->place * sizeof *s->places);
    s->n_panels = (s->n_queries + s->kernel->queries - 1) / s->kernel->queries;
    s->n_groups = num_max_size((s->n_panels + at_once - 1) / at_once, TASKS_A_THREAD * workers);
    s->n_groups = num_min_size(s->n_panels, (s->n_groups + workers - 1) / workers * workers);
    s->n_segments = num_min_size(chunk, num_min_size(TASKS_A_THREAD * workers / s->n_groups, segments_max));
    s->n_segments = num_max_size(1, s->n_segments);
}

int exact_sweep(struct exact *e, const float *q, size_t n_queries, size_t stride, size_t k, int n_threads,
                struct neighbour *out, struct err *err)
{
    int rc = 0;
    const struct tile_kernel *kernel = tile_kernel_best(e->pass);
    size_t workers = (size_t)n_threads, words = tile_words(kernel->type, e->dim), padded = exact_code_padded(e->dim);
    size_t block_bytes = EXACT_BLOCK * num_max_size(words, 1) * sizeof(uint32_t);
    size_t chunk = num_min_size(exact_n_blocks(e), num_max_size(1, CHUNK_BYTES / block_bytes));
    struct sweep s = {.e = e, .kernel = kernel, .words = words, .q = q, .n_queries = n_queries, .stride = stride, .k = k,
                      .place = exact_candidates_place(k, e->pass), .out = out, .step = scattering_step(exact_n_blocks(e))};
    deal(&s, chunk, workers);
    size_t queries = s.n_panels * kernel->queries;
    TRY_NEW(s.panels, MEM_SLAB(uint32_t, queries * words, err));
    TRY_NEW(s.q_scale, MEM_ZARRAY(float, queries, err));
    TRY_NEW(s.extents, MEM_ZARRAY(struct exact_extent, n_queries, err));
    TRY_NEW(s.limits, MEM_ARRAY(float, s.n_segments * queries, err));
    TRY_NEW(s.bounds, MEM_ARRAY(float, s.n_segments * queries, err));
    TRY_NEW(s.candidates, MEM_ARRAY(struct exact_candidates, n_queries * s.n_segments, err));
    TRY_NEW(s.places, MEM_ARRAY(struct neighbour, n_queries * s.n_segments * s.place, err));
    TRY_NEW(s.packed, MEM_SLAB(uint32_t, chunk * EXACT_BLOCK * words, err));
    TRY_NEW(s.base, MEM_ARRAY(float, chunk * EXACT_BLOCK, err));
    TRY_NEW(s.x_scale, MEM_ZARRAY(float, chunk * EXACT_BLOCK, err));
    TRY_NEW(s.start, MEM_ZARRAY(int32_t, chunk * EXACT_BLOCK, err));
    TRY_NEW(s.scratch, MEM_ZARRAY(struct scratch, workers, err));
    for (size_t i = 0; i < workers; i++) {
        TRY_NEW(s.scratch[i].rows, MEM_SLAB(float, TILE_MAX_QUERIES * padded, err));
        TRY_NEW(s.scratch[i].codes, MEM_SLAB(uint16_t, TILE_MAX_QUERIES * padded, err));
        TRY_NEW(s.scratch[i].errors, MEM_SLAB(float, padded, err));
    }
    TRY(par_for(n_threads, s.n_panels, prepare_panel, &s, err));
    for (size_t block = 0; block < exact_n_blocks(e); block += chunk) {
        s.first_block = block;
        s.n_blocks = num_min_size(chunk, exact_n_blocks(e) - block);
        TRY(par_for(n_threads, s.n_blocks, pack_block, &s, err));
        for (size_t i = 0; i < s.n_blocks; i++)
            e->greatest.error = fmax(e->greatest.error, e->extents[block_at(&s, block + i)].error);
        TRY(par_for(n_threads, s.n_groups * s.n_segments, sweep_group, &s, err));
    }
    TRY(par_for(n_threads, n_queries, settle_query, &s, err));
out:
    for (size_t i = 0; s.scratch && i < workers; i++) {
        mem_free(s.scratch[i].rows);
        mem_free(s.scratch[i].codes);
        mem_free(s.scratch[i].errors);
    }
    mem_free(s.scratch);
    mem_free(s.start);
    mem_free(s.x_scale);
    mem_free(s.base);
    mem_free(s.packed);
    mem_free(s.places);
    mem_free(s.candidates);
    mem_free(s.extents);
    mem_free(s.q_scale);
    mem_free(s.bounds);
    mem_free(s.limits);
    mem_free(s.panels);
    return rc;
}
