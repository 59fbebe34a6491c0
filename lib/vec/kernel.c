#include "vec/kernel.h"

#include "vec/kernel_variants.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

const struct kernel *kernel_variant(enum cpu_isa isa)
{
    if (!cpu_has(isa))
        return NULL;
    switch (isa) {
#if defined __x86_64__
    case CPU_AVX2:
        return &kernel_avx2;
    case CPU_AVX512:
        return &kernel_avx512;
#elif defined __aarch64__
    case CPU_NEON:
        return &kernel_neon;
#endif
    case CPU_SCALAR:
        return &kernel_scalar;
    default:
        return NULL;
    }
}

const struct kernel *kernel_best(void)
{
    return kernel_variant(cpu_isa());
}

struct distance distance_make(enum metric metric, size_t dim)
{
    return (struct distance){.metric = metric, .dim = dim, .kernel = kernel_best()};
}

/* From the kernel's value to the metric's.  A difference instead of a change of sign makes the distance of a zero product 0, not
 * -0.  An inner product whose lanes overflow to both sides is NaN, for which no order holds: it becomes the greatest distance. */
static float finish(enum metric metric, float x)
{
    if (metric == METRIC_L2)
        return x;
    float dist = (metric == METRIC_COSINE ? 1.0f : 0.0f) - x;
    return isnan(dist) ? INFINITY : dist;
}

float distance_one(const struct distance *d, const float *q, const float *x)
{
    return finish(d->metric, (d->metric == METRIC_L2 ? d->kernel->l2 : d->kernel->dot)(q, x, d->dim));
}

void distance_four(const struct distance *d, const float *q, const float *const x[4], float out[4])
{
    (d->metric == METRIC_L2 ? d->kernel->l2x4 : d->kernel->dot4)(q, x, d->dim, out);
    for (int r = 0; r < 4; r++)
        out[r] = finish(d->metric, out[r]);
}

void distance_gather(const struct distance *d, const float *q, const float *base, size_t stride,
                     const unsigned *ids, size_t n, float *out)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const float *x[4];
        for (int r = 0; r < 4; r++)
            x[r] = base + ids[i + (size_t)r] * stride;
        distance_four(d, q, x, out + i);
    }
    for (; i < n; i++)
        out[i] = distance_one(d, q, base + ids[i] * stride);
}

/* Below this squared length, squares of elements that matter have lost bits to underflow. */
static const float SAFE_SQUARE = 0x1p-90f;

bool kernel_normalise(float *x, size_t dim)
{
    const struct kernel *kernel = kernel_best();
    float square = kernel->dot(x, x, dim);
    if (!(square >= SAFE_SQUARE && square < INFINITY)) {
        float greatest = 0;
        int exponent;
        for (size_t i = 0; i < dim; i++)
            greatest = fmaxf(greatest, fabsf(x[i]));
        if (greatest == 0)
            return false;
        (void)frexpf(greatest, &exponent);
        for (size_t i = 0; i < dim; i++)
            x[i] = ldexpf(x[i], -exponent);
        square = kernel->dot(x, x, dim);
    }
    float length = sqrtf(square);
    for (size_t i = 0; i < dim; i++)
        x[i] /= length;
    return true;
}

size_t kernel_first_not_finite(const float *x, size_t n)
{
    enum { RUN = 64 };   /* of this length the inner loop is unrolled into vector compares, without an exit in between */
    size_t i = 0;
    for (; i + RUN <= n; i += RUN) {
        int32_t bits[RUN], bad = 0;
        memcpy(bits, x + i, sizeof bits);
        for (int j = 0; j < RUN; j++)
            bad |= (bits[j] & 0x7fffffff) >= 0x7f800000;
        if (bad)
            break;
    }
    for (; i < n; i++)
        if (!isfinite(x[i]))
            return i;
    return n;
}
