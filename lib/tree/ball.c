#include "tree/ball.h"

#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "tree/ball_inside.h"

#include <math.h>
#include <stdbool.h>

/* Below this squares may underflow, and no relative bound holds. */
static const double tiny = 0x1p-60;

/* ---- bounds ---- */

double ball_length(const struct ball *b, const float *x)
{
    return sqrt((double)b->distance.kernel->dot(x, x, b->dim)) * (1 + b->slack) + tiny;
}

/* l2: |q - x| >= |a - c| - |q - a| - |x - c|.  ip: <q, x> = <a, c> + <q - a, c> + <q, x - c>. */
double ball_lower(const struct ball *b, const struct ball_around *a, size_t node)
{
    const struct kernel *kernel = b->distance.kernel;
    const float *c = b->centres + node * b->stride;
    double r = b->radii[node], c_length = b->centre_lengths[node];
    if (b->distance.metric == METRIC_L2) {
        double square = (double)kernel->l2(a->centre, c, b->dim);
        double away = sqrt(square) * (1 - b->slack) - (a->radius + r) * (1 + b->slack) - tiny;
        return isfinite(square) && away > 0 ? away * away * (1 - b->slack) : -INFINITY;
    }
    double product = (double)kernel->dot(a->centre, c, b->dim), from = b->distance.metric == METRIC_COSINE ? 1 : 0;
    double most = product + a->radius * c_length + a->length * r;
    double lower = from - most - 4 * b->slack * (1 + (a->length + a->radius) * (c_length + r)) - tiny;
    return isfinite(lower) ? lower : -INFINITY;
}

float ball_apart(const struct ball *b, const struct ball_around *a, size_t node)
{
    return distance_one(&b->distance, a->centre, b->centres + node * b->stride);
}

double ball_measure(const struct ball *b, const float *x, size_t stride, const uint32_t *rows, size_t n, double *sum,
                    float *centre)
{
    float farthest = 0;
    for (size_t j = 0; j < b->dim; j++)
        sum[j] = 0;
    for (size_t i = 0; i < n; i++) {
        const float *row = x + rows[i] * stride;
        for (size_t j = 0; j < b->dim; j++)
            sum[j] += (double)row[j];
    }
    for (size_t j = 0; j < b->dim; j++)
        centre[j] = (float)(sum[j] / (double)n);
    for (size_t i = 0; i < n; i++)
        farthest = fmaxf(farthest, b->distance.kernel->l2(x + rows[i] * stride, centre, b->dim));
    return sqrt((double)farthest) * (1 + b->slack) + tiny;
}

/* ---- what the tiles compare ---- */

void ball_shift(const struct ball *b, float *restrict out, const float *restrict x)
{
    for (size_t j = 0; j < b->dim; j++)
        out[j] = x[j] - b->middle[j];
}

struct maker {
    struct ball *b;
    double *sums;    /* (workers, dim) */
    float *rows;     /* (workers, TILE_MAX_ROWS, stride) */
};

static int measure_node(void *ctx, size_t i, int worker, struct err *err)
{
    struct maker *m = ctx;
    struct ball *b = m->b;
    const struct ball_node *node = &b->split.nodes[i];
    float *centre = b->centres + i * b->stride;
    (void)err;
    b->radii[i] = ball_measure(b, b->x, b->stride, b->split.order + node->from, node->to - node->from,
                               m->sums + (size_t)worker * b->dim, centre);
    b->centre_lengths[i] = ball_length(b, centre);
    return 0;
}

static int pack_panel(void *ctx, size_t panel, int worker, struct err *err)
{
    struct maker *m = ctx;
    struct ball *b = m->b;
    (void)err;
    bool l2 = b->distance.metric == METRIC_L2;
    size_t width = b->kernel->rows, first = panel * width, n = num_min_size(width, b->n - first);
    float *rows = m->rows + (size_t)worker * TILE_MAX_ROWS * b->stride;
    for (size_t i = 0; i < width; i++)
        b->base[first + i] = NAN;
    for (size_t i = 0; i < n; i++) {
        const float *x = b->x + b->split.order[first + i] * b->stride;
        ball_shift(b, rows + i * b->stride, x);
        b->base[first + i] = l2 ? b->distance.kernel->l2(x, b->middle, b->dim) / 2 : 0;
    }
    tile_pack(b->packed + first * b->dim, width, rows, n, b->dim, b->stride);
    return 0;
}

/* Of leaves alone. */
static int measure_lengths(void *ctx, size_t i, int worker, struct err *err)
{
    struct ball *b = ((struct maker *)ctx)->b;
    const struct ball_node *node = &b->split.nodes[i];
    (void)worker, (void)err;
    float greatest = 0;
    for (size_t at = node->from; !node->child && at < node->to; at++) {
        const float *x = b->x + b->split.order[at] * b->stride;
        greatest = fmaxf(greatest, b->distance.metric == METRIC_L2 ? 2 * b->base[at] : b->distance.kernel->dot(x, x, b->dim));
    }
    b->lengths[i] = sqrt((double)greatest);
    return 0;
}

static int make(struct ball *b, size_t leaf, int n_threads, struct err *err)
{
    int rc = 0;
    struct maker m = {.b = b};
    size_t workers = (size_t)n_threads, panels = (b->n + b->kernel->rows - 1) / b->kernel->rows;
    TRY(ball_split_make(&b->split, b->x, b->n, b->dim, b->stride, leaf, TILE_MAX_ROWS, n_threads, err));
    size_t n_nodes = b->split.n_nodes;
    TRY_NEW(m.sums, MEM_ARRAY(double, workers * b->dim, err));
    TRY_NEW(m.rows, MEM_ARRAY(float, workers * TILE_MAX_ROWS * b->stride, err));
    TRY_NEW(b->centres, MEM_SLAB(float, n_nodes * b->stride, err));
    TRY_NEW(b->radii, MEM_ARRAY(double, n_nodes, err));
    TRY_NEW(b->centre_lengths, MEM_ARRAY(double, n_nodes, err));
    TRY_NEW(b->lengths, MEM_ARRAY(double, n_nodes, err));
    TRY_NEW(b->middle, MEM_ZARRAY(float, b->stride, err));
    TRY_NEW(b->packed, MEM_SLAB(float, panels * b->kernel->rows * b->dim, err));
    TRY_NEW(b->base, MEM_ARRAY(float, panels * b->kernel->rows, err));
    TRY(par_for(n_threads, n_nodes, measure_node, &m, err));
    for (size_t j = 0; n_nodes > 0 && b->distance.metric == METRIC_L2 && j < b->dim; j++)
        b->middle[j] = b->centres[j];
    TRY(par_for(n_threads, panels, pack_panel, &m, err));
    TRY(par_for(n_threads, n_nodes, measure_lengths, &m, err));
    for (size_t i = 0; i < n_nodes; i++)
        b->greatest = fmax(b->greatest, b->lengths[i]);
out:
    mem_free(m.sums);
    mem_free(m.rows);
    return rc;
}

int ball_new(struct ball **out, const float *x, size_t n, size_t dim, size_t stride, enum metric metric, size_t leaf,
             int n_threads, struct err *err)
{
    struct ball *b = *out = MEM_NEW(struct ball, err);
    if (!b)
        return ERR_NOMEM;
    *b = (struct ball){.x = x, .n = n, .dim = dim, .stride = stride, .distance = distance_make(metric, dim),
                       .bound = exact_bound_make(metric, dim), .kernel = tile_kernel_best(TILE_F32),
                       .slack = (double)(dim / 16 + 16) * 0x1p-23};
    int rc = n > UINT32_MAX ? err_set(err, ERR_LIMIT, "%zu vectors: more than 2^32 - 1 are not supported", n)
                            : make(b, leaf, n_threads, err);
    if (rc != 0) {
        ball_free(b);
        *out = NULL;
    }
    return rc;
}

void ball_free(struct ball *b)
{
    if (!b)
        return;
    ball_split_done(&b->split);
    mem_free(b->centres);
    mem_free(b->radii);
    mem_free(b->centre_lengths);
    mem_free(b->lengths);
    mem_free(b->middle);
    mem_free(b->packed);
    mem_free(b->base);
    mem_free(b);
}
