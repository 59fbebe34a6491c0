#include "vec/cheapest.h"

#include "vec/cheapest_variants.h"

#include <math.h>

static void lanes(const int32_t *a, const int32_t *b, size_t n, int32_t least[CHEAPEST_LANES])
{
    for (size_t lane = 0; lane < CHEAPEST_LANES; lane++)
        least[lane] = INT32_MAX;
    for (size_t j = 0; j < n; j++)
        if (a[j] + b[j] < least[j % CHEAPEST_LANES])
            least[j % CHEAPEST_LANES] = a[j] + b[j];
}

static size_t within(const int32_t *a, const int32_t *b, size_t n, int32_t most, uint32_t *at)
{
    size_t found = 0;
    for (size_t j = 0; j < n; j++)
        if (a[j] + b[j] <= most)
            at[found++] = (uint32_t)j;
    return found;
}

static size_t below(const int32_t *a, int32_t own, const int32_t *bound, size_t n, uint32_t *at)
{
    size_t found = 0;
    for (size_t j = 0; j < n; j++)
        if (a[j] - own < bound[j])
            at[found++] = (uint32_t)j;
    return found;
}

static void relax(const int32_t *head, const int64_t *price, size_t n, int64_t base, int64_t u, int64_t *open, int64_t *from)
{
    for (size_t j = 0; j < n; j++) {
        int64_t d = base + head[j] + price[j];
        if (d < open[j] && head[j] != INT32_MAX) {
            open[j] = d;
            from[j] = u;
        }
    }
}

static size_t least(const int64_t *open, size_t n, int64_t none)
{
    size_t at = n;
    for (size_t j = 0; j < n; j++)
        if (open[j] >= 0 && open[j] < none) {
            none = open[j];
            at = j;
        }
    return at;
}

static void scaled(const float *product, const float *half, size_t n, const struct cheapest_scale *s, float base, int32_t *out)
{
    for (size_t j = 0; j < n; j++) {
        float v = base + 2 * (half[j] - product[j]);
        v = v > 0 ? v : 0;
        v = (s->root ? sqrtf(v) : v) * s->scale;
        out[j] = (int32_t)(v < s->most ? v : s->most);
    }
}

static struct cheapest_two two(const float *product, const float *half, size_t n)
{
    struct cheapest_two found = {INFINITY, INFINITY, 0};
    for (size_t j = 0; j < n; j++)
        cheapest_two_add(&found, half[j] - product[j], j);
    return found;
}

static const struct cheapest cheapest_scalar = {lanes, within, below, relax, least, scaled, two};

const struct cheapest *cheapest_variant(enum cpu_isa isa)
{
#if defined __x86_64__
    if (isa == CPU_AVX2)
        return cpu_has(CPU_AVX2) ? &cheapest_avx2 : NULL;
#endif
    return isa == CPU_SCALAR ? &cheapest_scalar : NULL;
}

const struct cheapest *cheapest_best(void)
{
    bool avx2 = cpu_isa() == CPU_AVX2 || cpu_isa() == CPU_AVX512;
    const struct cheapest *c = avx2 ? cheapest_variant(CPU_AVX2) : NULL;
    return c ? c : &cheapest_scalar;
}
