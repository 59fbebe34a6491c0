/* Every instruction set finds what a plain loop finds, at every length and where sums come near the ends of int32. */
#include "vec/cheapest.h"

#include "base/rng.h"
#include "check.h"

#include <math.h>

enum { MAX = 300 };
static int32_t a[MAX + 1], b[MAX + 1], bound[MAX];

static void check_length(const struct cheapest *v, size_t n, size_t shift)
{
    const struct cheapest *plain = cheapest_variant(CPU_SCALAR);
    int32_t least[2][CHEAPEST_LANES];
    uint32_t at[2][MAX];
    v->lanes(a + shift, b + shift, n, least[0]);
    plain->lanes(a + shift, b + shift, n, least[1]);
    CHECK(memcmp(least[0], least[1], sizeof least[0]) == 0);
    for (size_t j = 0; j < n; j++)
        CHECK(least[0][j % CHEAPEST_LANES] <= a[shift + j] + b[shift + j]);
    const int32_t most[] = {INT32_MAX, INT32_MIN, 0, n ? a[shift + n / 2] + b[shift + n / 2] : 1};
    for (size_t m = 0; m < 4; m++) {
        size_t found = v->within(a + shift, b + shift, n, most[m], at[0]);
        CHECK_EQ(found, plain->within(a + shift, b + shift, n, most[m], at[1]));
        CHECK(memcmp(at[0], at[1], found * sizeof at[0][0]) == 0);
        CHECK(m > 0 || found == n);
    }
    for (size_t j = 0; j < n; j += 7) {
        size_t found = v->below(a + shift, a[shift + j], bound, n, at[0]);
        CHECK_EQ(found, plain->below(a + shift, a[shift + j], bound, n, at[1]));
        CHECK(memcmp(at[0], at[1], found * sizeof at[0][0]) == 0);
    }
}

/* Products that are numbers, and such that are none. */
static void test_scaled(void)
{
    static const float bases[] = {3, -3, -INFINITY, 1e38f}, odd[] = {NAN, INFINITY, -INFINITY, 1e30f};
    float product[MAX], half[MAX];
    int32_t out[2][MAX];
    const struct cheapest *plain = cheapest_variant(CPU_SCALAR);
    for (size_t n = 0; n < MAX; n++)
        for (size_t way = 0; way < 8; way++) {
            const struct cheapest_scale s = {.scale = 1 << 20, .most = 1 << 28, .root = way % 2};
            for (size_t j = 0; j < n; j++) {
                product[j] = j % 11 == 7 && way > 3 ? odd[j % 4] : (float)rng_normal(4, RNG_TEST, n * 1000 + j);
                half[j] = (float)rng_uniform(5, RNG_TEST, n * 1000 + j);
            }
            plain->scaled(product, half, n, &s, bases[way / 2], out[0]);
            for (size_t j = 0; j < n; j++) {
                double v = (double)bases[way / 2] + 2 * ((double)half[j] - (double)product[j]);
                v = v > 0 ? (s.root ? sqrt(v) : v) * (double)s.scale : 0;
                v = v < (double)s.most ? v : (double)s.most;
                CHECK(fabs(v - out[0][j]) < 200);
            }
            for (int isa = CPU_AVX2; isa <= CPU_NEON; isa++) {
                const struct cheapest *v = cheapest_variant((enum cpu_isa)isa);
                if (v) {
                    v->scaled(product, half, n, &s, bases[way / 2], out[1]);
                    CHECK(memcmp(out[0], out[1], n * sizeof out[0][0]) == 0);
                }
            }
        }
}

static void test_variants(void)
{
    for (int isa = CPU_SCALAR; isa <= CPU_NEON; isa++) {
        const struct cheapest *v = cheapest_variant((enum cpu_isa)isa);
        for (size_t n = 0; v && n < MAX; n++) {
            for (size_t j = 0; j <= MAX; j++) {
                a[j] = (int32_t)rng_below(1, RNG_TEST, n * 1000 + j, 1 << 28);
                b[j] = (int32_t)rng_below(2, RNG_TEST, n * 1000 + j, 1u << 31) - (1 << 30);
                if (j < MAX)
                    bound[j] = n % 3 == 0 ? INT32_MAX : (int32_t)rng_below(3, RNG_TEST, n * 1000 + j, 1 << 28) - (1 << 27);
            }
            check_length(v, n, n % 2);
        }
    }
}

int main(void)
{
    CHECK(cheapest_best() != NULL);
    CHECK_RUN(test_variants);
    CHECK_RUN(test_scaled);
    return check_status();
}
