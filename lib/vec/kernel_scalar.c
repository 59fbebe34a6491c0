/* The definition of kernel.h, as plainly as it can be said; the other variants equal it bit for bit. */
#include "vec/kernel_variants.h"

#include <math.h>

static float lanes_sum(float s[16])
{
    for (size_t width = 8; width > 0; width /= 2)
        for (size_t j = 0; j < width; j++)
            s[j] += s[j + width];
    return s[0];
}

static float kernel_scalar_dot(const float *a, const float *b, size_t dim)
{
    float s[16] = {0};
    for (size_t i = 0; i < dim; i++)
        s[i % 16] = fmaf(a[i], b[i], s[i % 16]);
    return lanes_sum(s);
}

static float kernel_scalar_l2(const float *a, const float *b, size_t dim)
{
    float s[16] = {0};
    for (size_t i = 0; i < dim; i++) {
        float d = a[i] - b[i];
        s[i % 16] = fmaf(d, d, s[i % 16]);
    }
    return lanes_sum(s);
}

static void kernel_scalar_dot4(const float *q, const float *const x[4], size_t dim, float out[4])
{
    for (int r = 0; r < 4; r++)
        out[r] = kernel_scalar_dot(q, x[r], dim);
}

static void kernel_scalar_l2x4(const float *q, const float *const x[4], size_t dim, float out[4])
{
    for (int r = 0; r < 4; r++)
        out[r] = kernel_scalar_l2(q, x[r], dim);
}

const struct kernel kernel_scalar = {"scalar", kernel_scalar_dot, kernel_scalar_l2, kernel_scalar_dot4, kernel_scalar_l2x4};
