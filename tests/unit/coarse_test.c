/* What coarse bytes rule out is farther away than the kernel's distance, on easy and on hostile vectors; every instruction set
 * finds the same; and it rules out most. */
#include "vec/coarse.h"

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "vec/kernel.h"

#include <math.h>
#include <stdbool.h>

enum { N = 75, QUERIES = 21 };

enum kind { NORMAL, FAR, TINY, ONE_DIMENSION, EQUAL, NEARLY_EQUAL, HUGE_AND_SMALL, KINDS };

static float element(enum kind kind, size_t i, size_t j)
{
    double normal = rng_normal(1, RNG_TEST, i * 10000 + j);
    switch (kind) {
    case FAR: return (float)(1e6 + normal);
    case TINY: return (float)(normal * 0x1p-110);
    case ONE_DIMENSION: return (float)(j == 0 ? 1e5 * normal : normal);
    case EQUAL: return (float)(j + 1);
    case NEARLY_EQUAL: return nextafterf((float)(j + 1), (float)(i % 3));
    case HUGE_AND_SMALL: return (float)(normal * (i % 2 ? 0x1p40 : 1));
    default: return (float)normal;
    }
}

/* Radii about the k-th nearest query of each row, exact ones, zero and beyond all. */
static float radius_of(const struct coarse *s, const float *x, size_t stride, size_t i, size_t way)
{
    if (way == 2)
        return 0;
    if (way == 3)
        return INFINITY;
    return kernel_best()->l2(x + i * stride, x + (i * 7 + way) % N * stride, s->dim);
}

static void check_radii(const struct coarse *s, const float *x, size_t stride, const struct coarse_queries *q, size_t way)
{
    float dist[N], radius[96] = {0};
    for (size_t i = 0; i < N; i++) {
        dist[i] = radius_of(s, x, stride, i, way);
        radius[i] = coarse_radius(s, i, dist[i]);
    }
    for (size_t panel = 0; panel < coarse_panels(s); panel++)
        for (size_t first = 0; first < QUERIES; first += COARSE_AT_ONCE) {
            uint32_t mask[COARSE_AT_ONCE], other[COARSE_AT_ONCE];
            const float *own = radius + panel * COARSE_LANES;
            coarse_pass(s, panel, own, q, first, mask);
            for (size_t t = 0; t < COARSE_AT_ONCE && first + t < QUERIES; t++)
                for (size_t lane = 0; lane < COARSE_LANES; lane++) {
                    size_t i = panel * COARSE_LANES + lane;
                    bool within = mask[t] >> lane & 1;
                    if (i >= N)
                        CHECK(!within);
                    else if (kernel_best()->l2(x + i * stride, x + (first + t) * stride, s->dim) <= dist[i])
                        CHECK(within);
                }
            for (int isa = CPU_SCALAR; isa <= CPU_NEON; isa++) {
                coarse_fn *fn = coarse_variant((enum cpu_isa)isa);
                if (!fn)
                    continue;
                fn(s, panel, own, q, first, other);
                for (size_t t = 0; t < COARSE_AT_ONCE; t++)
                    for (size_t lane = 0; lane < COARSE_LANES && panel * COARSE_LANES + lane < N; lane++)
                        CHECK_EQ(other[t] >> lane & 1, mask[t] >> lane & 1);
            }
        }
}

static void check_kind(enum kind kind, size_t dim)
{
    struct err err;
    struct coarse s;
    struct coarse_queries q;
    const size_t stride = (dim + 15) / 16 * 16;
    float *x = MEM_SLAB(float, N * stride, &err);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < dim; j++)
            x[i * stride + j] = element(kind, i, j);
    CHECK_OK(coarse_make(&s, x, N, dim, stride, 2, &err), &err);
    CHECK_OK(coarse_queries_make(&s, &q, QUERIES, &err), &err);
    for (size_t i = 0; i < QUERIES; i++)
        coarse_queries_set(&s, &q, i, x + i * stride);
    for (size_t way = 0; way < 4; way++)
        check_radii(&s, x, stride, &q, way);
    coarse_queries_free(&q);
    coarse_free(&s);
    mem_free(x);
}

static void test_rigour(void)
{
    static const size_t dims[] = {1, 2, 3, 4, 5, 16, 17, 31, 128, 784, COARSE_MAX_DIM};
    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++)
        for (int kind = 0; kind < KINDS; kind++)
            check_kind((enum kind)kind, dims[d]);
}

/* Rows round two far points: with a radius of their own group the other one is out, whole. */
static void test_power(void)
{
    enum { DIM = 40, STRIDE = 48, LANES = 2 * COARSE_LANES };
    struct err err;
    struct coarse s;
    struct coarse_queries q;
    uint32_t mask[COARSE_AT_ONCE];
    float *x = MEM_SLAB(float, LANES * STRIDE, &err), radius[LANES];
    for (size_t i = 0; i < LANES; i++)
        for (size_t j = 0; j < DIM; j++)
            x[i * STRIDE + j] = (float)(rng_normal(3, RNG_TEST, i * DIM + j) + (i % 2 ? 20 : -20));
    CHECK_OK(coarse_make(&s, x, LANES, DIM, STRIDE, 1, &err), &err);
    CHECK_OK(coarse_queries_make(&s, &q, 2, &err), &err);
    for (size_t i = 0; i < 2; i++)
        coarse_queries_set(&s, &q, i, x + i * STRIDE);
    for (size_t i = 0; i < LANES; i++)
        radius[i] = coarse_radius(&s, i, 4 * DIM);
    for (size_t panel = 0; panel < 2; panel++) {
        coarse_pass(&s, panel, radius + panel * COARSE_LANES, &q, 0, mask);
        CHECK_EQ(mask[0] & 0xaaaaaaaa, 0);
        CHECK_EQ(mask[1] & 0x55555555, 0);
    }
    coarse_queries_free(&q);
    coarse_free(&s);
    mem_free(x);
}

int main(void)
{
    CHECK_RUN(test_rigour);
    CHECK_RUN(test_power);
    return check_status();
}
