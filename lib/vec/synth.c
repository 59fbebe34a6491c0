#include "vec/synth.h"
#include "base/mem.h"
#include "base/rng.h"
#include "vec/gauss.h"
#include "vec/kernel.h"

#include <math.h>
#include <string.h>

const char *const synth_sets[] = {"clusters", "sphere", "latent", NULL};
const char *const synth_roles[] = {"base", "queries", "ood-queries", NULL};

typedef float f32x4 __attribute__((vector_size(16)));
typedef uint32_t u32x4 __attribute__((vector_size(16)));

enum { MOST_FLOATS = 1 << 28 };

static const double TURN = 0x1.921fb54442d18p2;                          /* 2 pi */
static const float TURN_F = 0x1.921fb6p2f, SQRT2_F = 0x1.6a09e6p0f;
static const double LATENT_LENGTH = 0.5;     /* two at a right angle correlate by e^-4 */

struct synth {
    struct synth_options o;
    float *table;        /* clusters: centres (clusters, dim); latent: W transposed (latent_dim + 1, dim), then b (dim) */
    float *shared;       /* u (dim) */
    float step;          /* gap sqrt(v/2) */
};

int synth_check(enum synth_set set, enum synth_role role, struct err *err)
{
    if (set == SYNTH_SPHERE && role == SYNTH_OOD_QUERIES)
        return err_set(err, ERR_USAGE, "a uniform sphere looks the same from everywhere: no query is out of its distribution "
                       "(expected the set clusters or latent)");
    return 0;
}

/* x += a y.  Two roundings an element (-ffp-contract=off); gcc -O2 makes vectors of loops of fixed length alone. */
static void add(float *restrict x, float a, const float *restrict y, size_t n)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (size_t j = 0; j < 16; j++)
            x[i + j] += a * y[i + j];
    for (; i < n; i++)
        x[i] += a * y[i];
}

static void scale(float *x, float a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= a;
}

/* W in turns instead of radians, so that whole turns can be taken away exactly; b by 24 random bits. */
static void latent_init(struct synth *s)
{
    size_t dim = s->o.dim, n = s->o.latent_dim + 1;
    uint32_t word;
    scale(s->table, (float)(1.0 / (TURN * LATENT_LENGTH)), n * dim);
    for (size_t i = 0; i < dim; i++) {
        rng_words(s->o.seed, RNG_SYNTH_LATENT, UINT64_MAX - i, 0, &word, 1);
        s->table[n * dim + i] = (float)(word >> 8) * 0x1p-24f;
    }
}

/* sqrt(2) cos(2 pi t) of four: cos(2 pi r) = sin(2 pi (1/4 - |r|)) with r in [-1/2, 1/2], and six terms of the sine's series
 * reach 1e-7 up to pi/2.  |t| < 2^21: adding and taking away 1.5 * 2^23 rounds to whole turns. */
static f32x4 cosine(f32x4 t)
{
    f32x4 r = t - ((t + 0x1.8p23f) - 0x1.8p23f);
    f32x4 x = (0.25f - (f32x4)((u32x4)r & 0x7fffffff)) * TURN_F, y = x * x;
    f32x4 p = 1.0f / 362880 + y * (-1.0f / 39916800);
    return SQRT2_F * x * (1.0f + y * (-1.0f / 6 + y * (1.0f / 120 + y * (-1.0f / 5040 + y * p))));
}

static void cosines(float *x, size_t n)
{
    f32x4 t = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        memcpy(&t, x + i, sizeof t);
        t = cosine(t);
        memcpy(x + i, &t, sizeof t);
    }
    memcpy(&t, x + i, (n - i) * sizeof *x);
    t = cosine(t);
    memcpy(x + i, &t, (n - i) * sizeof *x);
}

int synth_new(struct synth **out, const struct synth_options *o, struct err *err)
{
    int rc = 0;
    struct synth *s = NULL;
    size_t n = o->set == SYNTH_CLUSTERS ? o->clusters : o->set == SYNTH_LATENT ? o->latent_dim : 0;
    size_t rows = n + (o->set == SYNTH_LATENT ? 2 : 0);      /* W's and b */
    *out = NULL;
    if (rows > MOST_FLOATS / o->dim)
        return err_set(err, ERR_USAGE, "%zu %s of dimension %zu: at most %zu fit into 1 GiB", n,
                       o->set == SYNTH_CLUSTERS ? "clusters" : "latent dimensions", o->dim, MOST_FLOATS / o->dim);
    TRY_NEW(s, MEM_NEW(struct synth, err));
    s->o = *o;
    double noise = o->set == SYNTH_CLUSTERS ? o->spread : o->noise;
    s->step = (float)(o->gap * sqrt((1.0 + noise * noise) / 2.0));
    TRY_NEW(s->table, MEM_SLAB(float, rows * o->dim, err));
    TRY_NEW(s->shared, MEM_SLAB(float, o->dim, err));
    gauss_fill(o->seed, RNG_SYNTH_GAP, UINT64_MAX, s->shared, o->dim);
    for (size_t i = 0; i < n + (o->set == SYNTH_LATENT ? 1 : 0); i++)
        gauss_fill(o->seed, RNG_SYNTH, i, s->table + i * o->dim, o->dim);
    if (o->set == SYNTH_LATENT)
        latent_init(s);
    *out = s;
    s = NULL;
out:
    synth_free(s);
    return rc;
}

void synth_free(struct synth *s)
{
    if (!s)
        return;
    mem_free(s->table);
    mem_free(s->shared);
    mem_free(s);
}

/* All numbers can be zero, once in 2^25 rows of dimension 1. */
static void normalise(float *x, size_t dim)
{
    if (!kernel_normalise(x, dim))
        x[0] = 1;
}

/* One vector of the base's distribution.  scratch: dim + latent_dim + 1 floats. */
static void draw(const struct synth *s, uint32_t stream, uint64_t item, float *x, float *scratch)
{
    const struct synth_options *o = &s->o;
    size_t dim = o->dim;
    float *t = scratch, *z = scratch + dim;
    gauss_fill(o->seed, stream, item, x, dim);
    if (o->set == SYNTH_SPHERE) {
        normalise(x, dim);
    } else if (o->set == SYNTH_CLUSTERS) {
        uint64_t c = rng_below(o->seed, stream, item, o->clusters);
        scale(x, (float)o->spread, dim);
        add(x, 1.0f, s->table + c * dim, dim);
    } else {
        gauss_fill(o->seed, stream + RNG_SYNTH_LATENT - RNG_SYNTH_ROW, item, z, o->latent_dim + 1);
        normalise(z, o->latent_dim + 1);
        memcpy(t, s->table + (o->latent_dim + 1) * dim, dim * sizeof *t);
        for (size_t j = 0; j <= o->latent_dim; j++)
            add(t, z[j], s->table + j * dim, dim);
        cosines(t, dim);
        scale(x, (float)o->noise, dim);
        add(x, 1.0f, t, dim);
    }
}

size_t synth_scratch(const struct synth *s)
{
    return 2 * s->o.dim + s->o.latent_dim + 1;
}

void synth_rows(const struct synth *s, enum synth_role role, uint64_t first, size_t n, float *x, float *scratch)
{
    const struct synth_options *o = &s->o;
    size_t dim = o->dim;
    float *y = scratch, *rest = scratch + dim;
    uint32_t stream = RNG_SYNTH_ROW + (uint32_t)role;
    for (uint64_t i = first; i < first + n; i++, x += dim) {
        if (role != SYNTH_OOD_QUERIES) {
            draw(s, stream, i, x, rest);
            continue;
        }
        gauss_fill(o->seed, RNG_SYNTH_GAP, i, x, dim);
        add(x, 1.0f, s->shared, dim);
        scale(x, s->step, dim);
        for (size_t j = 0; j < o->mix; j++) {
            draw(s, stream, i * o->mix + j, y, rest);
            add(x, (float)(1.0 / sqrt((double)o->mix)), y, dim);
        }
    }
}
