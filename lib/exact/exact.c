#include "exact/exact.h"

#include "base/mem.h"
#include "exact/exact_base.h"
#include "exact/exact_candidates.h"
#include "sys/par.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    CENTRE_ROWS = 4096,       /* rows that the centre is found from: any point is right, one among the data is good */
    SWEEP_QUERIES = 32,       /* fewer than that do not pay for packing the base */
    SWEEP_DIM = 16384         /* a block of wider rows would be large, and their products are not what takes the time */
};

/* ---- the order of ids ---- */

struct id_of_row {
    uint64_t id;
    uint32_t row;
};

static int compare_ids(const void *p, const void *q)
{
    const struct id_of_row *a = p, *b = q;
    return a->id != b->id ? (a->id < b->id ? -1 : 1) : (a->row > b->row) - (a->row < b->row);
}

static int rank_rows(struct exact *e, const uint64_t *ids, struct err *err)
{
    int rc = 0;
    struct id_of_row *order = NULL;
    size_t in_order = 1;
    while (ids && in_order < e->n && ids[in_order - 1] <= ids[in_order])
        in_order++;
    if (!ids || in_order >= e->n)
        return 0;
    TRY_NEW(order, MEM_ARRAY(struct id_of_row, e->n, err));
    TRY_NEW(e->rank, MEM_ARRAY(uint32_t, e->n, err));
    TRY_NEW(e->row_of, MEM_ARRAY(uint32_t, e->n, err));
    for (size_t i = 0; i < e->n; i++)
        order[i] = (struct id_of_row){ids[i], (uint32_t)i};
    qsort(order, e->n, sizeof *order, compare_ids);
    for (size_t i = 0; i < e->n; i++) {
        e->row_of[i] = order[i].row;
        e->rank[order[i].row] = (uint32_t)i;
    }
out:
    mem_free(order);
    return rc;
}

void exact_finish(const struct exact *e, struct topk *t)
{
    size_t n = topk_sort(t);
    for (size_t i = 0; e->row_of && i < n; i++)
        t->heap[i].id = e->row_of[t->heap[i].id];
}

/* ---- centre and lengths ---- */

/* Are these rows integers in 0..255 or -128..127?  *middle: about that they are signed bytes without an error. */
static bool are_bytes(const struct exact *e, size_t n, float *middle)
{
    float least = 0, greatest = 0;
    for (size_t i = 0; i < n; i++) {
        const float *x = e->x + e->n / n * i * e->stride;
        for (size_t j = 0; j < e->dim; j++) {
            if (!(fabsf(x[j]) < 256) || x[j] != (float)(int)x[j])
                return false;
            least = fminf(least, x[j]);
            greatest = fmaxf(greatest, x[j]);
        }
    }
    *middle = least < 0 ? 0 : 128;
    return least < 0 ? least >= -128 && greatest <= 127 : greatest <= 255;
}

/* The middle of bytes, or the mean. */
static int find_centre(struct exact *e, struct err *err)
{
    int rc = 0;
    double *sum = NULL;
    float middle;
    size_t n = e->n < CENTRE_ROWS ? e->n : CENTRE_ROWS;
    bool bytes = are_bytes(e, n, &middle);
    TRY_NEW(sum, MEM_ZARRAY(double, e->dim, err));
    TRY_NEW(e->centre, MEM_ZARRAY(float, e->dim, err));
    for (size_t i = 0; !bytes && i < n; i++) {
        const float *x = e->x + e->n / n * i * e->stride;
        for (size_t j = 0; j < e->dim; j++)
            sum[j] += (double)x[j];
    }
    for (size_t j = 0; n > 0 && j < e->dim; j++)
        e->centre[j] = bytes ? middle : (float)(sum[j] / (double)n);
out:
    mem_free(sum);
    return rc;
}

void exact_shift(const struct exact *e, float *restrict out, const float *restrict x)
{
    enum { RUN = 16 };   /* a loop of this length becomes vector code */
    const float *restrict centre = e->centre;
    size_t j = 0;
    if (!centre)
        memcpy(out, x, e->dim * sizeof *out);
    for (; centre && j + RUN <= e->dim; j += RUN)
        for (size_t i = 0; i < RUN; i++)
            out[j + i] = x[j + i] - centre[j + i];
    for (; centre && j < e->dim; j++)
        out[j] = x[j] - centre[j];
}

float exact_square(const struct exact *e, const float *x)
{
    const struct kernel *kernel = e->distance.kernel;
    return e->centre ? kernel->l2(x, e->centre, e->dim) : kernel->dot(x, x, e->dim);
}

static double greatest_query(const struct exact *e, const float *q, size_t n_queries, size_t stride)
{
    double greatest = 0;
    for (size_t i = 0; i < n_queries; i++)
        greatest = fmax(greatest, (double)exact_square(e, q + i * stride));
    return sqrt(greatest);
}

static int measure_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct exact *e = ctx;
    (void)worker, (void)err;
    size_t end = (block + 1) * EXACT_BLOCK;
    float greatest = 0;
    for (size_t i = block * EXACT_BLOCK; i < e->n && i < end; i++) {
        float square = exact_square(e, e->x + i * e->stride);
        greatest = fmaxf(greatest, square);
        if (e->half_square)
            e->half_square[i] = square / 2;
    }
    e->extents[block].length = sqrt((double)greatest);
    return 0;
}

static int measure(struct exact *e, int n_threads, struct err *err)
{
    int rc = 0;
    if (e->distance.metric == METRIC_L2 && !e->centre) {
        TRY(find_centre(e, err));
        TRY_NEW(e->half_square, MEM_ARRAY(float, e->n, err));
    }
    TRY_NEW(e->extents, MEM_ZARRAY(struct exact_extent, exact_n_blocks(e), err));
    TRY(par_for(n_threads, exact_n_blocks(e), measure_block, e, err));
    for (size_t i = 0; i < exact_n_blocks(e); i++)
        e->greatest.length = fmax(e->greatest.length, e->extents[i].length);
out:
    return rc;
}

int exact_new(struct exact **out, const float *x, size_t n, size_t dim, size_t stride, const uint64_t *ids,
              enum metric metric, struct err *err)
{
    int rc = 0;
    struct exact *e = *out = MEM_NEW(struct exact, err);
    if (!e)
        return ERR_NOMEM;
    *e = (struct exact){.x = x, .n = n, .dim = dim, .stride = stride, .distance = distance_make(metric, dim),
                        .bound = exact_bound_make(metric, dim)};
    if (n > UINT32_MAX)
        rc = err_set(err, ERR_LIMIT, "%zu base vectors: more than 2^32 - 1 are not supported", n);
    else
        rc = rank_rows(e, ids, err);
    if (rc != 0) {
        exact_free(e);
        *out = NULL;
    }
    return rc;
}

void exact_free(struct exact *e)
{
    if (!e)
        return;
    mem_free(e->rank);
    mem_free(e->row_of);
    mem_free(e->centre);
    mem_free(e->half_square);
    mem_free(e->extents);
    mem_free(e);
}

void exact_use(struct exact *e, enum tile_type pass)
{
    e->pass = pass;
    e->greatest.error = 0;
    for (size_t i = 0; e->extents && i < exact_n_blocks(e); i++)
        e->extents[i].error = 0;
}

size_t exact_query_bytes(const struct exact *e, size_t k)
{
    return e->dim * sizeof(float) + sizeof(struct exact_candidates)
        + exact_candidates_place(k, e->pass) * sizeof(struct neighbour);
}

int exact_search(struct exact *e, const float *q, size_t n_queries, size_t stride, size_t k, int n_threads,
                 struct neighbour *out, struct err *err)
{
    int rc = 0;
    bool sweep = n_queries >= SWEEP_QUERIES && k <= e->n / 4 && e->dim <= SWEEP_DIM;
    if (sweep && !e->extents)
        TRY(measure(e, n_threads, err));
    if (sweep && exact_bound_holds(greatest_query(e, q, n_queries, stride), e->greatest.length))
        TRY(exact_sweep(e, q, n_queries, stride, k, n_threads, out, err));
    else
        TRY(exact_scan(e, q, n_queries, stride, k, n_threads, out, err));
out:
    return rc;
}
