#include "vec/synth.h"

#include "base/mem.h"
#include "check.h"

#include <math.h>

static const struct synth_options usual = {.seed = 3, .dim = 48, .clusters = 7, .latent_dim = 5, .spread = 0.25, .noise = 0.125,
                                           .mix = 3, .gap = 0.75};

static float *rows_of(const struct synth_options *o, enum synth_role role, uint64_t first, size_t n)
{
    struct err err = {0};
    struct synth *s = NULL;
    CHECK_OK(synth_new(&s, o, &err), &err);
    float *x = MEM_ZARRAY(float, n * o->dim, NULL), *scratch = MEM_ARRAY(float, synth_scratch(s), NULL);
    synth_rows(s, role, first, n, x, scratch);
    mem_free(scratch);
    synth_free(s);
    return x;
}

/* Row i is the same whatever is made with it; roles, seeds and rows differ. */
static void test_row_alone(void)
{
    for (int set = SYNTH_CLUSTERS; set <= SYNTH_LATENT; set++)
        for (int role = SYNTH_BASE; role <= (set == SYNTH_SPHERE ? SYNTH_QUERIES : SYNTH_OOD_QUERIES); role++) {
            struct synth_options o = usual, other = usual;
            o.set = other.set = (enum synth_set)set;
            other.seed++;
            float *all = rows_of(&o, (enum synth_role)role, 0, 20), *one = rows_of(&o, (enum synth_role)role, 17, 1);
            float *seeded = rows_of(&other, (enum synth_role)role, 17, 1);
            float *sibling = rows_of(&o, (enum synth_role)((role + 1) % (set == SYNTH_SPHERE ? 2 : 3)), 17, 1);
            CHECK(memcmp(all + 17 * o.dim, one, o.dim * sizeof *one) == 0);
            CHECK(memcmp(all + 16 * o.dim, one, o.dim * sizeof *one) != 0);
            CHECK(memcmp(seeded, one, o.dim * sizeof *one) != 0);
            CHECK(memcmp(sibling, one, o.dim * sizeof *one) != 0);
            mem_free(all);
            mem_free(one);
            mem_free(seeded);
            mem_free(sibling);
        }
}

static double square(const float *a, const float *b, size_t dim)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum;
}

/* Two rows are of one cluster (2 dim spread^2) or of two (2 dim (1 + spread^2)), with nothing between; all clusters occur. */
static void test_clusters(void)
{
    enum { N = 700 };
    struct synth_options o = usual;
    float *x = rows_of(&o, SYNTH_BASE, 0, N), *q = rows_of(&o, SYNTH_QUERIES, 0, N);
    double near = 2 * 48 * 0.0625, sum = 0;
    size_t same = 0, between = 0, met = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            double d = square(x + i * o.dim, q + j * o.dim, o.dim);
            between += d > 4 * near && d < 6 * near;
            if (d < 5 * near) {
                same++;
                sum += d;
            }
        }
    for (size_t i = 0; i < N; i++)
        met += square(x, x + i * o.dim, o.dim) < 5 * near;
    CHECK_EQ(between, 0);
    CHECK(fabs((double)same / N / N - 1.0 / 7) < 0.01);
    CHECK(met > 60 && met < 140);
    CHECK(fabs(sum / (double)same / near - 1) < 0.01);
    mem_free(x);
    mem_free(q);
}

static void test_sphere(void)
{
    enum { N = 4000 };
    struct synth_options o = usual;
    o.set = SYNTH_SPHERE;
    float *x = rows_of(&o, SYNTH_BASE, 0, N), zero[48] = {0};
    double worst = 0, mean[48] = {0}, greatest = 0;
    for (size_t i = 0; i < N; i++) {
        worst = fmax(worst, fabs(square(x + i * o.dim, zero, o.dim) - 1));
        for (size_t k = 0; k < o.dim; k++)
            mean[k] += (double)x[i * o.dim + k] / N;
    }
    for (size_t k = 0; k < o.dim; k++)
        greatest = fmax(greatest, fabs(mean[k]));
    CHECK(worst < 1e-6);
    CHECK(greatest < 5 / sqrt(48.0 * N));
    mem_free(x);
}

/* Without noise: variance 1, and with z on a circle two rows have the inner product dim exp(-2 |dz|^2), whose mean over all
 * angles is dim e^-4 I_0(4). */
static void test_latent(void)
{
    enum { N = 400, DIM = 2000 };
    struct synth_options o = usual;
    o.set = SYNTH_LATENT;
    o.dim = DIM;
    o.latent_dim = 1;
    o.noise = 0;
    static float zero[DIM];
    float *x = rows_of(&o, SYNTH_BASE, 0, N);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < N; i++) {
        squares += square(x + i * o.dim, zero, o.dim) / N;
        for (size_t j = 0; j < i; j++)
            sum += (square(x + i * o.dim, zero, o.dim) + square(x + j * o.dim, zero, o.dim)
                    - square(x + i * o.dim, x + j * o.dim, o.dim)) / 2 / DIM;
    }
    CHECK(fabs(squares / DIM - 1) < 0.05);
    CHECK(fabs(sum / (N * (N - 1) / 2) - 0.2070) < 0.02);
    mem_free(x);
}

/* What all queries share has the length gap sqrt(v/2) sqrt(dim), about; so has what each has beyond it and the sum of
 * `mix`, whose variance is v. */
static void test_ood(void)
{
    enum { N = 2000, DIM = 512 };
    struct synth_options o = usual;
    o.dim = DIM;
    o.clusters = 5000;
    double v = 1 + o.spread * o.spread, step = o.gap * o.gap * v / 2, mean[DIM] = {0}, shared = 0, own = 0;
    float *q = rows_of(&o, SYNTH_OOD_QUERIES, 0, N), *x = rows_of(&o, SYNTH_BASE, 0, N);
    for (size_t k = 0; k < DIM; k++)
        for (size_t i = 0; i < N; i++)
            mean[k] += (double)q[i * DIM + k] / N;
    for (size_t k = 0; k < DIM; k++) {
        shared += mean[k] * mean[k] / DIM;
        for (size_t i = 0; i < N; i++)
            own += ((double)q[i * DIM + k] - mean[k]) * ((double)q[i * DIM + k] - mean[k]) / N / DIM;
    }
    CHECK(fabs(shared / step - 1) < 0.25);
    CHECK(fabs(own / (step + v) - 1) < 0.05);
    mem_free(q);
    mem_free(x);
}

static void test_refused(void)
{
    struct err err = {0};
    struct synth *s = NULL;
    struct synth_options o = usual;
    CHECK_EQ(synth_check(SYNTH_SPHERE, SYNTH_OOD_QUERIES, &err), ERR_USAGE);
    CHECK_EQ(synth_check(SYNTH_SPHERE, SYNTH_QUERIES, &err), 0);
    o.clusters = 1 << 20;
    o.dim = 257;
    err = (struct err){0};
    CHECK_EQ(synth_new(&s, &o, &err), ERR_USAGE);
    CHECK(s == NULL && strstr(err.msg, "1 GiB"));
    o = usual;
    o.set = SYNTH_LATENT;
    o.latent_dim = 1 << 20;
    o.dim = 256;
    err = (struct err){0};
    CHECK_EQ(synth_new(&s, &o, &err), ERR_USAGE);
}

int main(void)
{
    CHECK_RUN(test_row_alone);
    CHECK_RUN(test_clusters);
    CHECK_RUN(test_sphere);
    CHECK_RUN(test_latent);
    CHECK_RUN(test_ood);
    CHECK_RUN(test_refused);
    return check_status();
}
