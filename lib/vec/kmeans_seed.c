/* Greedy k-means++.  Of all points and trials few pairs are nearer than the point's nearest centre, so what a trial would gain is
 * summed over those alone, and of the others nothing is kept.  Tried: matrix products that rule out what is not nearer, by
 * oneDNN, which took half as long again, as it has to be done for so few trials at once. */
#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "sys/par.h"
#include "vec/kernel.h"
#include "vec/kmeans.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { BLOCK = 1024, MAX_TRIALS = 16 };      /* 2 + floor(ln k) for k < 2^20 */

struct seeding {
    const struct kmeans_points *p;
    const struct kernel *kernel;
    uint64_t seed, draw;             /* the next number */
    size_t n_trials, n_blocks;
    size_t trial[MAX_TRIALS], taken; /* points that might be the next centre, or is */
    float *closest;                  /* (n) squared distance from the nearest centre */
    uint16_t *nearer;                /* (n) which trials are nearer than that */
    double *gain;                    /* (n_blocks, MAX_TRIALS) by how much closest would fall */
    double *block_sum;               /* (n_blocks) of closest */
};

static const float *point(const struct seeding *s, size_t i) { return s->p->x + i * s->p->stride; }

static size_t block_end(const struct seeding *s, size_t block) { return num_min_size((block + 1) * BLOCK, s->p->n); }

static void sum_block(struct seeding *s, size_t block)
{
    double sum = 0;
    for (size_t i = block * BLOCK; i < block_end(s, block); i++)
        sum += (double)s->closest[i];
    s->block_sum[block] = sum;
}

/* Distances from the first centre. */
static int first_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct seeding *s = ctx;
    (void)worker, (void)err;
    for (size_t i = block * BLOCK; i < block_end(s, block); i++)
        s->closest[i] = s->kernel->l2(point(s, i), point(s, s->taken), s->p->dim);
    sum_block(s, block);
    return 0;
}

static int try_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct seeding *s = ctx;
    double *gain = s->gain + block * MAX_TRIALS;
    const float *rows[MAX_TRIALS];
    float dist[MAX_TRIALS];
    (void)worker, (void)err;
    memset(gain, 0, MAX_TRIALS * sizeof *gain);
    for (size_t t = 0; t < MAX_TRIALS; t++)
        rows[t] = point(s, s->trial[t < s->n_trials ? t : 0]);
    for (size_t i = block * BLOCK; i < block_end(s, block); i++) {
        const float closest = s->closest[i];
        unsigned nearer = 0;
        for (size_t t = 0; t < s->n_trials; t += 4)
            s->kernel->l2x4(point(s, i), rows + t, s->p->dim, dist + t);
        for (size_t t = 0; t < s->n_trials; t++)
            nearer |= (unsigned)(dist[t] < closest) << t;
        for (unsigned left = nearer; left; left &= left - 1) {
            unsigned t = (unsigned)__builtin_ctz(left);
            gain[t] += (double)closest - (double)dist[t];
        }
        s->nearer[i] = (uint16_t)nearer;
    }
    return 0;
}

static int take_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct seeding *s = ctx;
    bool changed = false;
    (void)worker, (void)err;
    for (size_t i = block * BLOCK; i < block_end(s, block); i++)
        if (s->nearer[i] >> s->taken & 1) {
            s->closest[i] = s->kernel->l2(point(s, i), point(s, s->trial[s->taken]), s->p->dim);
            changed = true;
        }
    if (changed)
        sum_block(s, block);
    return 0;
}

static double total(const struct seeding *s)
{
    double sum = 0;
    for (size_t block = 0; block < s->n_blocks; block++)
        sum += s->block_sum[block];
    return sum;
}

/* A point drawn by its squared distance from the centres; by nothing where all are centres. */
static size_t draw_point(struct seeding *s, double sum)
{
    size_t n = s->p->n;
    uint64_t draw = s->draw++;
    if (!(sum > 0))
        return (size_t)rng_below(s->seed, RNG_CENTRES, draw, n);
    double left = rng_uniform(s->seed, RNG_CENTRES, draw) * sum;
    size_t block = 0;
    while (block + 1 < s->n_blocks && left >= s->block_sum[block])
        left -= s->block_sum[block++];
    size_t last = SIZE_MAX;
    for (size_t i = block * BLOCK; i < n; i++) {
        if (!(s->closest[i] > 0))
            continue;
        last = i;
        if (left < (double)s->closest[i])
            break;
        left -= (double)s->closest[i];
    }
    return last != SIZE_MAX ? last : n - 1;
}

/* The best of several trials. */
static int next(struct seeding *s, struct err *err)
{
    int rc = 0;
    const struct kmeans_points *p = s->p;
    double sum = total(s), most = -1;
    for (size_t t = 0; t < s->n_trials; t++)
        s->trial[t] = draw_point(s, sum);
    TRY(par_for(p->n_threads, s->n_blocks, try_block, s, err));
    for (size_t t = 0; t < s->n_trials; t++) {
        double gain = 0;
        for (size_t block = 0; block < s->n_blocks; block++)
            gain += s->gain[block * MAX_TRIALS + t];
        if (gain > most) {
            most = gain;
            s->taken = t;
        }
    }
    TRY(par_for(p->n_threads, s->n_blocks, take_block, s, err));
out:
    return rc;
}

int kmeans_seed(const struct kmeans_points *p, size_t k, uint64_t seed, uint64_t run, float *centres, struct err *err)
{
    int rc = 0;
    size_t row = p->stride * sizeof(float);
    struct seeding s = {.p = p, .kernel = kernel_best(), .seed = seed, .draw = run << 32,
                        .n_trials = num_min_size(MAX_TRIALS, 2 + (size_t)log((double)k)),
                        .n_blocks = (p->n + BLOCK - 1) / BLOCK};
    TRY_NEW(s.closest, MEM_ARRAY(float, p->n, err));
    TRY_NEW(s.nearer, MEM_ARRAY(uint16_t, p->n, err));
    TRY_NEW(s.gain, MEM_ARRAY(double, s.n_blocks * MAX_TRIALS, err));
    TRY_NEW(s.block_sum, MEM_ARRAY(double, s.n_blocks, err));
    s.taken = draw_point(&s, 0);
    TRY(par_for(p->n_threads, s.n_blocks, first_block, &s, err));
    memcpy(centres, point(&s, s.taken), row);
    for (size_t j = 1; j < k; j++) {
        TRY(next(&s, err));
        memcpy(centres + j * p->stride, point(&s, s.trial[s.taken]), row);
    }
out:
    mem_free(s.closest);
    mem_free(s.nearer);
    mem_free(s.gain);
    mem_free(s.block_sum);
    return rc;
}
