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

/* The two least by their definition, with many that are equal. */
static void test_two(void)
{
    float product[MAX], half[MAX];
    for (size_t n = 0; n < MAX; n++)
        for (size_t way = 0; way < 4; way++) {
            float first = INFINITY, second = INFINITY;
            size_t at = 0;
            for (size_t j = 0; j < n; j++) {
                uint64_t draw = n * 1000 + j;
                product[j] = way == 0 ? 1 : way == 1 ? (float)rng_below(7, RNG_TEST, draw, 5) :
                                                       (float)rng_normal(7, RNG_TEST, draw);
                half[j] = way == 3 ? (float)rng_uniform(8, RNG_TEST, draw) : 2;
            }
            for (size_t j = n; j-- > 0;)
                if (half[j] - product[j] <= first) {
                    first = half[j] - product[j];
                    at = j;
                }
            for (size_t j = 0; j < n; j++)
                if (j != at && half[j] - product[j] < second)
                    second = half[j] - product[j];
            for (int isa = CPU_SCALAR; isa <= CPU_NEON; isa++) {
                const struct cheapest *v = cheapest_variant((enum cpu_isa)isa);
                if (v) {
                    struct cheapest_two found = v->two(product, half, n);
                    CHECK(found.first <= first && found.first >= first && found.second <= second && found.second >= second);
                    CHECK_EQ(found.at, at);
                }
            }
        }
}

/* A step of Dijkstra's algorithm: what a plain loop makes of it, checked by its definition, and the same by every set. */
static void test_dijkstra(void)
{
    static int64_t price[MAX], open[2][MAX], from[2][MAX];
    static int32_t head[MAX];
    const int64_t far = INT64_MAX / 4;
    const struct cheapest *plain = cheapest_variant(CPU_SCALAR);
    for (size_t n = 0; n < MAX; n++)
        for (int isa = CPU_SCALAR; isa <= CPU_NEON; isa++) {
            const struct cheapest *v = cheapest_variant((enum cpu_isa)isa);
            for (size_t j = 0; v && j < n; j++) {
                uint64_t draw = rng_below(6, RNG_TEST, n * 1000 + j, 60);
                head[j] = draw % 5 == 0 ? INT32_MAX : (int32_t)draw;
                price[j] = (int64_t)draw * 7 % 50 - 25;
                open[0][j] = open[1][j] = draw % 7 == 0 ? far : draw % 7 == 1 ? -1 : (int64_t)draw * 11 % 60;
                from[0][j] = from[1][j] = -1;
            }
            if (!v)
                continue;
            CHECK_EQ(v->least(open[0], n, far), plain->least(open[1], n, far));
            v->relax(head, price, n, 10, 77, open[0], from[0]);
            plain->relax(head, price, n, 10, 77, open[1], from[1]);
            CHECK(memcmp(open[0], open[1], n * sizeof open[0][0]) == 0);
            CHECK(memcmp(from[0], from[1], n * sizeof from[0][0]) == 0);
            size_t at = v->least(open[0], n, far);
            CHECK_EQ(at, plain->least(open[1], n, far));
            for (size_t j = 0; j < n; j++) {
                CHECK(open[0][j] < 0 || at == n || open[0][j] > open[0][at] || (open[0][j] == open[0][at] && j >= at));
                CHECK(from[0][j] == -1 || (head[j] != INT32_MAX && open[0][j] == 10 + head[j] + price[j]));
            }
            CHECK_EQ(v->least(open[0], n, 0), n);
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
    CHECK_RUN(test_two);
    CHECK_RUN(test_dijkstra);
    return check_status();
}
