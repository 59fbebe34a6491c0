#include "vec/kmeans.h"

#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/kernel.h"
#include "vec/prefetch.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 1024, WIDTH = 16 /* a line */, AHEAD = 2 /* points */ };

struct pass {
    const struct kmeans_points *p;
    size_t k;
    float *centres;
    const uint32_t *label;
    float *dist;
    double *sums;                    /* (blocks) or (blocks, dim) or (k): of a pass */
    double *mean;
    double **scratch;                /* (worker) (stride) */
    const uint32_t *order;           /* (n) points by label */
    const size_t *first;             /* (k + 1) */
};

static size_t n_blocks(const struct kmeans_points *p) { return (p->n + BLOCK - 1) / BLOCK; }
static size_t block_end(const struct kmeans_points *p, size_t block) { return num_min_size((block + 1) * BLOCK, p->n); }

static double sum_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* ---- spread ---- */

static int add_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct pass *s = ctx;
    const struct kmeans_points *p = s->p;
    double *sum = s->sums + block * p->dim;
    (void)worker, (void)err;
    for (size_t i = block * BLOCK; i < block_end(p, block); i++)
        for (size_t j = 0; j < p->dim; j++)
            sum[j] += (double)p->x[i * p->stride + j];
    return 0;
}

/* Sum of squared distances from the mean, and the greatest of them behind. */
static int spread_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct pass *s = ctx;
    const struct kmeans_points *p = s->p;
    (void)worker, (void)err;
    for (size_t i = block * BLOCK; i < block_end(p, block); i++) {
        double square = 0;
        for (size_t j = 0; j < p->dim; j++) {
            double d = (double)p->x[i * p->stride + j] - s->mean[j];
            square += d * d;
        }
        s->sums[2 * block] += square;
        s->sums[2 * block + 1] = fmax(s->sums[2 * block + 1], square);
    }
    return 0;
}

int kmeans_spread(const struct kmeans_points *p, double *mean, double *variance, double *radius, struct err *err)
{
    int rc = 0;
    struct pass s = {.p = p, .mean = mean};
    double total = 0, greatest = 0;
    TRY_NEW(s.sums, MEM_ZARRAY(double, n_blocks(p) * num_max_size(2, p->dim), err));
    TRY(par_for(p->n_threads, n_blocks(p), add_block, &s, err));
    memset(mean, 0, p->dim * sizeof *mean);
    for (size_t block = 0; block < n_blocks(p); block++)
        for (size_t j = 0; j < p->dim; j++)
            mean[j] += s.sums[block * p->dim + j];
    for (size_t j = 0; j < p->dim; j++)
        mean[j] /= (double)p->n;
    memset(s.sums, 0, 2 * n_blocks(p) * sizeof *s.sums);
    TRY(par_for(p->n_threads, n_blocks(p), spread_block, &s, err));
    for (size_t block = 0; block < n_blocks(p); block++) {
        total += s.sums[2 * block];
        greatest = fmax(greatest, s.sums[2 * block + 1]);
    }
    *variance = total / (double)p->n / (double)p->dim;
    *radius = sqrt(greatest);
out:
    mem_free(s.sums);
    return rc;
}

/* ---- inertia ---- */

static int inertia_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct pass *s = ctx;
    const struct kmeans_points *p = s->p;
    struct distance d = distance_make(METRIC_L2, p->dim);
    (void)worker, (void)err;
    for (size_t i = block * BLOCK; i < block_end(p, block); i++) {
        float dist = distance_one(&d, p->x + i * p->stride, s->centres + s->label[i] * p->stride);
        s->sums[block] += (double)dist;
        if (s->dist)
            s->dist[i] = dist;
    }
    return 0;
}

int kmeans_inertia(const struct kmeans_points *p, const float *centres, const uint32_t *label, float *dist, double *sum,
                   struct err *err)
{
    int rc = 0;
    struct pass s = {.p = p, .centres = (float *)(uintptr_t)centres, .label = label, .dist = dist};
    TRY_NEW(s.sums, MEM_ZARRAY(double, n_blocks(p), err));
    TRY(par_for(p->n_threads, n_blocks(p), inertia_block, &s, err));
    if (sum)
        *sum = sum_of(s.sums, n_blocks(p));
out:
    mem_free(s.sums);
    return rc;
}

/* ---- means ---- */

static int mean_of_cluster(void *ctx, size_t j, int worker, struct err *err)
{
    struct pass *s = ctx;
    const struct kmeans_points *p = s->p;
    double *sum = s->scratch[worker], shift = 0;
    size_t size = s->first[j + 1] - s->first[j];
    (void)err;
    if (size == 0)
        return 0;
    memset(sum, 0, p->stride * sizeof *sum);
    for (size_t m = s->first[j]; m < s->first[j + 1]; m++) {
        const float *x = p->x + s->order[m] * p->stride;
        if (m + AHEAD < s->first[j + 1])
            prefetch_lines(p->x + s->order[m + AHEAD] * p->stride, p->stride / WIDTH);
        for (size_t t = 0; t < p->stride; t += WIDTH)
            for (size_t u = 0; u < WIDTH; u++)      /* a number of times that the compiler knows: by vectors */
                sum[t + u] += (double)x[t + u];
    }
    for (size_t t = 0; t < p->dim; t++) {
        float mean = (float)(sum[t] / (double)size);
        double moved = (double)mean - (double)s->centres[j * p->stride + t];
        shift += moved * moved;
        s->centres[j * p->stride + t] = mean;
    }
    s->sums[j] = shift;
    return 0;
}

/* Move the centre of no point to the farthest that no other one went to. */
static void place_centre(struct pass *s, size_t j)
{
    const struct kmeans_points *p = s->p;
    size_t at = 0;
    double shift = 0;
    for (size_t i = 1; i < p->n; i++)
        at = s->dist[i] > s->dist[at] ? i : at;
    for (size_t t = 0; t < p->dim; t++) {
        double moved = (double)p->x[at * p->stride + t] - (double)s->centres[j * p->stride + t];
        shift += moved * moved;
        s->centres[j * p->stride + t] = p->x[at * p->stride + t];
    }
    s->sums[j] = shift;
    s->dist[at] = -1;
}

/* Points by label: order (n), first (k + 1). */
static void sort_points(const struct kmeans_points *p, size_t k, const uint32_t *label, uint32_t *order, size_t *first)
{
    memset(first, 0, (k + 2) * sizeof *first);
    for (size_t i = 0; i < p->n; i++)
        first[label[i] + 2]++;
    for (size_t j = 2; j <= k + 1; j++)
        first[j] += first[j - 1];
    for (size_t i = 0; i < p->n; i++)
        order[first[label[i] + 1]++] = (uint32_t)i;
}

int kmeans_means(const struct kmeans_points *p, size_t k, const uint32_t *label, float *centres, uint32_t *size, double *shift,
                 struct err *err)
{
    int rc = 0;
    uint32_t *order = NULL;
    size_t *first = NULL, n_empty = 0;
    struct pass s = {.p = p, .k = k, .centres = centres};
    TRY_NEW(order, MEM_ARRAY(uint32_t, p->n, err));
    TRY_NEW(first, MEM_ARRAY(size_t, k + 2, err));
    TRY_NEW(s.sums, MEM_ZARRAY(double, k, err));
    TRY_NEW(s.scratch, MEM_ZARRAY(double *, (size_t)p->n_threads, err));
    for (int i = 0; i < p->n_threads; i++)
        TRY_NEW(s.scratch[i], MEM_ARRAY(double, p->stride, err));
    sort_points(p, k, label, order, first);
    s.order = order;
    s.first = first;
    for (size_t j = 0; j < k; j++) {
        size[j] = (uint32_t)(first[j + 1] - first[j]);
        n_empty += size[j] == 0;
    }
    if (n_empty > 0) {
        TRY_NEW(s.dist, MEM_ARRAY(float, p->n, err));
        TRY(kmeans_inertia(p, centres, label, s.dist, NULL, err));
    }
    TRY(par_for(p->n_threads, k, mean_of_cluster, &s, err));
    for (size_t j = 0; n_empty > 0 && j < k; j++)
        if (size[j] == 0)
            place_centre(&s, j);
    *shift = sum_of(s.sums, k);
out:
    for (int i = 0; s.scratch && i < p->n_threads; i++)
        mem_free(s.scratch[i]);
    mem_free(s.scratch);
    mem_free(s.sums);
    mem_free(s.dist);
    mem_free(first);
    mem_free(order);
    return rc;
}
