#include "quant/residual.h"

#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/nearest.h"

#include <string.h>

enum { BLOCK = 1024 };

void residual_done(struct residual *q)
{
    for (size_t l = 0; l < q->n_levels; l++)
        mem_free(q->level[l].centres);
    *q = (struct residual){0};
}

/* Of a point: labels, lists, members and ties of the ascent, lists of the flow, k-means++, its coarse bytes; of pairs of
 * clusters: queues. */
uint64_t residual_bytes(size_t n, size_t dim, size_t k, bool bounded)
{
    uint64_t each = 80 + (dim <= COARSE_MAX_DIM ? dim : 0), pairs = 0;
    if (bounded) {
        each += 128;
        pairs = (uint64_t)k * k * 48;
    }
    return n * each + pairs;
}

void residual_take(const struct residual *q, size_t from, size_t to, const struct codeset *s, size_t row, float *x, bool add)
{
    for (size_t l = from; l < to; l++) {
        const float *c = q->level[l].centres + s->code[row * s->n_levels + l] * q->stride;
        for (size_t t = 0; t < q->dim; t++)
            x[t] = add ? x[t] + c[t] : x[t] - c[t];
    }
}

struct subtraction {
    const struct residual *q;
    const struct codeset *s;
    size_t level;
    float *x;
};

static int subtract_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct subtraction *a = ctx;
    (void)worker, (void)err;
    for (size_t i = block * BLOCK; i < num_min_size((block + 1) * BLOCK, a->s->n); i++)
        residual_take(a->q, a->level, a->level + 1, a->s, i, a->x + i * a->q->stride, false);
    return 0;
}

int residual_mse(const struct kmeans_points *p, double *mse, struct err *err)
{
    int rc = 0;
    float *zero = NULL;
    uint32_t *label = NULL;
    TRY_NEW(zero, MEM_SLAB(float, p->stride, err));
    TRY_NEW(label, MEM_ZARRAY(uint32_t, p->n, err));
    TRY(kmeans_inertia(p, zero, label, NULL, mse, err));
    *mse /= (double)p->n * (double)p->dim;
out:
    mem_free(zero);
    mem_free(label);
    return rc;
}

/* The options of level l. */
static struct level_options level_options(const struct residual *q, size_t l, size_t n, const struct residual_options *o)
{
    struct level_options lo = o->level;
    size_t k = q->clusters[l];
    lo.k = k;
    lo.number = (uint32_t)l;
    lo.least = o->least_given ? o->least : n / k > 2 ? (uint32_t)(n / k - 1) : 1;
    lo.most = o->most_given ? o->most : (uint32_t)(n / k + 1);
    return lo;
}

static int train_level(struct residual *q, size_t l, const struct kmeans_points *p, const struct residual_options *o,
                       uint32_t *label, struct codeset *s, struct err *err)
{
    int rc = 0;
    struct residual_level *level = &q->level[l];
    const struct level_options lo = level_options(q, l, p->n, o);
    size_t k = lo.k;
    TRY_NEW(level->centres, MEM_SLAB(float, k * q->stride, err));
    TRY(residual_mse(p, &level->mse_before, err));
    TRY(level_fit(p, &lo, level->centres, label, &level->fit, err));
    for (size_t i = 0; i < p->n; i++)
        s->code[i * s->n_levels + l] = (uint16_t)label[i];
    level->inertia_nearest = level->fit.inertia;
    if (lo.bounded) {
        TRY(nearest_find(p->x, p->n, p->dim, p->stride, level->centres, k, label, p->n_threads, err));
        TRY(kmeans_inertia(p, level->centres, label, NULL, &level->inertia_nearest, err));
    }
    level->mse_after = level->fit.inertia / ((double)p->n * (double)p->dim);
out:
    return rc;
}

int residual_train(struct residual *q, float *x, size_t n, const struct residual_options *o, struct codeset *s, struct err *err)
{
    int rc = 0;
    uint32_t *label = NULL;
    const struct kmeans_points p = {.x = x, .n = n, .dim = q->dim, .stride = q->stride, .n_threads = o->level.n_threads};
    for (size_t l = 0; l < q->n_levels; l++) {      /* before an hour goes into the levels before the one that cannot be */
        const struct level_options lo = level_options(q, l, n, o);
        if (level_check(n, &lo, err) != 0)
            return err_prefix(err, "level %zu: ", l + 1);
    }
    TRY_NEW(label, MEM_ARRAY(uint32_t, n, err));
    for (size_t l = 0; l < q->n_levels; l++) {
        struct subtraction a = {.q = q, .s = s, .level = l, .x = x};
        if (train_level(q, l, &p, o, label, s, err) != 0) {
            rc = err_prefix(err, "level %zu: ", l + 1);
            goto out;
        }
        TRY(par_for(p.n_threads, (n + BLOCK - 1) / BLOCK, subtract_block, &a, err));
    }
out:
    mem_free(label);
    return rc;
}
