/* Greedy k-means++.  Of all points and trials few pairs are nearer than the point's nearest centre: coarse bytes rule out most
 * others, and what a trial would gain is summed over the nearer ones alone. */
#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "sys/par.h"
#include "vec/kernel.h"
#include "vec/kmeans.h"
#include "vec/prefetch.h"
#include "vec/coarse.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    BLOCK = 1024,
    MAX_TRIALS = 16,                 /* 2 + floor(ln k) for k < 2^20 */
    LINE = PREFETCH_LINE / sizeof(float)
};

struct seeding {
    const struct kmeans_points *p;
    const struct kernel *kernel;
    uint64_t seed, draw;             /* the next number */
    size_t n_centres;
    size_t n_trials, n_blocks;
    size_t trial[MAX_TRIALS], taken; /* points that might be the next centre, or is */
    struct coarse_queries queries;   /* the trials */
    float *closest;                  /* (n) squared distance from the nearest centre */
    float *radius;                   /* (n in whole panels) the same as coarse_pass wants it */
    uint32_t *label;                 /* (n) that centre */
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

static void set_closest(struct seeding *s, size_t i, float dist, size_t label)
{
    s->closest[i] = dist;
    s->label[i] = (uint32_t)label;
    if (s->p->coarse)
        s->radius[i] = coarse_radius(s->p->coarse, i, dist);
}

/* Distances from the first centre. */
static int first_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct seeding *s = ctx;
    (void)worker, (void)err;
    for (size_t i = block * BLOCK; i < block_end(s, block); i++)
        set_closest(s, i, s->kernel->l2(point(s, i), point(s, s->taken), s->p->dim), 0);
    sum_block(s, block);
    return 0;
}

/* Which of a panel's points may be nearer to each trial than to their centres.  Those are fetched: little else of x is read. */
static void sift(const struct seeding *s, size_t panel, uint32_t within[MAX_TRIALS])
{
    unsigned any = 0;
    if (!s->p->coarse) {
        memset(within, 0xff, MAX_TRIALS * sizeof *within);
        return;
    }
    for (size_t t = 0; t < s->n_trials; t += COARSE_AT_ONCE)
        coarse_pass(s->p->coarse, panel, s->radius + panel * COARSE_LANES, &s->queries, t, within + t);
    for (size_t t = 0; t < s->n_trials; t++)
        any |= within[t];
    for (; any; any &= any - 1)
        prefetch_lines(point(s, panel * COARSE_LANES + (size_t)__builtin_ctz(any)), s->p->stride / LINE);
}

static void measure(struct seeding *s, size_t panel, const uint32_t within[MAX_TRIALS], double *gain)
{
    for (size_t t = 0; t < s->n_trials; t++)
        for (unsigned left = within[t]; left; left &= left - 1) {
            size_t i = panel * COARSE_LANES + (size_t)__builtin_ctz(left);
            if (i >= s->p->n)
                break;
            float dist = s->kernel->l2(point(s, i), point(s, s->trial[t]), s->p->dim);
            if (dist < s->closest[i]) {
                gain[t] += (double)s->closest[i] - (double)dist;
                s->nearer[i] = (uint16_t)(s->nearer[i] | 1U << t);
            }
        }
}

/* Each panel is measured when the next one has been sifted, and what it reads has come. */
static int try_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct seeding *s = ctx;
    const size_t first = block * BLOCK / COARSE_LANES;
    const size_t n = (block_end(s, block) - block * BLOCK + COARSE_LANES - 1) / COARSE_LANES;
    double *gain = s->gain + block * MAX_TRIALS;
    uint32_t within[2][MAX_TRIALS];
    (void)worker, (void)err;
    memset(gain, 0, MAX_TRIALS * sizeof *gain);
    memset(s->nearer + block * BLOCK, 0, (block_end(s, block) - block * BLOCK) * sizeof *s->nearer);
    for (size_t i = 0; i <= n; i++) {
        if (i < n)
            sift(s, first + i, within[i % 2]);
        if (i > 0)
            measure(s, first + i - 1, within[(i - 1) % 2], gain);
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
            set_closest(s, i, s->kernel->l2(point(s, i), point(s, s->trial[s->taken]), s->p->dim), s->n_centres);
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
    for (size_t t = 0; t < s->n_trials; t++) {
        s->trial[t] = draw_point(s, sum);
        if (p->coarse)
            coarse_queries_set(p->coarse, &s->queries, t, point(s, s->trial[t]));
    }
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

int kmeans_seed(const struct kmeans_points *p, size_t k, uint64_t seed, uint64_t run, float *centres, uint32_t *label,
                struct err *err)
{
    int rc = 0;
    size_t row = p->stride * sizeof(float);
    struct seeding s = {.p = p, .kernel = kernel_best(), .seed = seed, .draw = run << 32, .label = label,
                        .n_trials = num_min_size(MAX_TRIALS, 2 + (size_t)log((double)k)),
                        .n_blocks = (p->n + BLOCK - 1) / BLOCK};
    TRY_NEW(s.closest, MEM_ARRAY(float, p->n, err));
    if (p->coarse) {
        TRY_NEW(s.radius, MEM_ZARRAY(float, coarse_panels(p->coarse) * COARSE_LANES, err));
        TRY(coarse_queries_make(p->coarse, &s.queries, s.n_trials, err));
    }
    TRY_NEW(s.nearer, MEM_ARRAY(uint16_t, p->n, err));
    TRY_NEW(s.gain, MEM_ARRAY(double, s.n_blocks * MAX_TRIALS, err));
    TRY_NEW(s.block_sum, MEM_ARRAY(double, s.n_blocks, err));
    s.taken = draw_point(&s, 0);
    TRY(par_for(p->n_threads, s.n_blocks, first_block, &s, err));
    memcpy(centres, point(&s, s.taken), row);
    for (s.n_centres = 1; s.n_centres < k; s.n_centres++) {
        TRY(next(&s, err));
        memcpy(centres + s.n_centres * p->stride, point(&s, s.trial[s.taken]), row);
    }
out:
    coarse_queries_free(&s.queries);
    mem_free(s.closest);
    mem_free(s.radius);
    mem_free(s.nearer);
    mem_free(s.gain);
    mem_free(s.block_sum);
    return rc;
}
