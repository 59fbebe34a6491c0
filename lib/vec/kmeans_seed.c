/* Greedy k-means++. */
#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "sys/par.h"
#include "vec/kernel.h"
#include "vec/kmeans.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 1024, MAX_TRIALS = 16 };      /* 2 + floor(ln k) for k < 2^20 */

struct seeding {
    const struct kmeans_points *p;
    uint64_t seed, draw;             /* the next number */
    size_t n_trials, n_blocks;
    size_t trial[MAX_TRIALS];        /* points that might be the next centre */
    float *closest;                  /* (n) squared distance from the nearest centre */
    float *with;                     /* (n, n_trials) the same if the trial became one */
    double *sums;                    /* (n_blocks, MAX_TRIALS) of `with` */
    double *block_sum;               /* (n_blocks) of `closest` */
};

static int try_block(void *ctx, size_t block, int worker, struct err *err)
{
    struct seeding *s = ctx;
    const struct kmeans_points *p = s->p;
    const struct distance d = distance_make(METRIC_L2, p->dim);
    double *sum = s->sums + block * MAX_TRIALS;
    (void)worker, (void)err;
    memset(sum, 0, MAX_TRIALS * sizeof *sum);
    for (size_t i = block * BLOCK; i < num_min_size((block + 1) * BLOCK, p->n); i++)
        for (size_t t = 0; t < s->n_trials; t += 4) {
            size_t n = num_min_size(4, s->n_trials - t);
            const float *rows[4];
            float dist[4];
            for (size_t r = 0; r < 4; r++)
                rows[r] = p->x + s->trial[t + (r < n ? r : 0)] * p->stride;
            distance_four(&d, p->x + i * p->stride, rows, dist);
            for (size_t r = 0; r < n; r++) {
                float with = dist[r] < s->closest[i] ? dist[r] : s->closest[i];
                s->with[i * s->n_trials + t + r] = with;
                sum[t + r] += (double)with;
            }
        }
    return 0;
}

/* Take a trial for a centre; returns the sum of what is closest now. */
static double take(struct seeding *s, size_t t)
{
    double total = 0;
    for (size_t i = 0; i < s->p->n; i++)
        s->closest[i] = s->with[i * s->n_trials + t];
    for (size_t block = 0; block < s->n_blocks; block++) {
        s->block_sum[block] = s->sums[block * MAX_TRIALS + t];
        total += s->block_sum[block];
    }
    return total;
}

/* A point drawn by its squared distance from the centres; by nothing where all are centres. */
static size_t draw_point(struct seeding *s, double total)
{
    size_t n = s->p->n;
    uint64_t draw = s->draw++;
    if (!(total > 0))
        return (size_t)rng_below(s->seed, RNG_CENTRES, draw, n);
    double left = rng_uniform(s->seed, RNG_CENTRES, draw) * total;
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

int kmeans_seed(const struct kmeans_points *p, size_t k, uint64_t seed, uint64_t run, float *centres, struct err *err)
{
    int rc = 0;
    size_t n_trials = num_min_size(MAX_TRIALS, 2 + (size_t)log((double)k)), row = p->stride * sizeof(float);
    struct seeding s = {.p = p, .seed = seed, .draw = run << 32, .n_blocks = (p->n + BLOCK - 1) / BLOCK};
    double total = 0;
    TRY_NEW(s.closest, MEM_ARRAY(float, p->n, err));
    TRY_NEW(s.with, MEM_ARRAY(float, p->n * n_trials, err));
    TRY_NEW(s.sums, MEM_ARRAY(double, s.n_blocks * MAX_TRIALS, err));
    TRY_NEW(s.block_sum, MEM_ARRAY(double, s.n_blocks, err));
    for (size_t i = 0; i < p->n; i++)
        s.closest[i] = INFINITY;
    for (size_t j = 0; j < k; j++) {
        size_t best = 0;
        double least = INFINITY;
        s.n_trials = j == 0 ? 1 : n_trials;
        for (size_t t = 0; t < s.n_trials; t++)
            s.trial[t] = draw_point(&s, total);
        TRY(par_for(p->n_threads, s.n_blocks, try_block, &s, err));
        for (size_t t = 0; t < s.n_trials; t++) {
            double sum = 0;
            for (size_t block = 0; block < s.n_blocks; block++)
                sum += s.sums[block * MAX_TRIALS + t];
            if (sum < least) {
                least = sum;
                best = t;
            }
        }
        memcpy(centres + j * p->stride, p->x + s.trial[best] * p->stride, row);
        total = take(&s, best);
    }
out:
    mem_free(s.closest);
    mem_free(s.with);
    mem_free(s.sums);
    mem_free(s.block_sum);
    return rc;
}
