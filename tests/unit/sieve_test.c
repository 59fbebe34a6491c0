#include "vec/sieve.h"

#include "base/rng.h"
#include "check.h"

#include <math.h>
#include <stdbool.h>

enum { MAX_N = 600 };

static void check(const float *base, const float *less, size_t n, float limit)
{
    uint32_t out[MAX_N + 16];
    size_t found = sieve(out, base, less, n, limit), at = 0;
    bool same = true;
    for (size_t j = 0; j < n; j++) {
        float value = (base ? base[j] : 0) - less[j];
        if (value <= limit)
            same = at < found && out[at++] == j && same;
    }
    CHECK(same);
    CHECK_EQ(found, at);
}

static void test_sieve(void)
{
    float base[MAX_N], less[MAX_N];
    for (size_t n = 0; n <= MAX_N; n = n < 70 ? n + 1 : n * 2 - 31) {
        for (uint64_t j = 0; j < n; j++) {
            base[j] = (float)rng_normal(1, RNG_TEST, j);
            less[j] = (float)rng_below(2, RNG_TEST, j + n, 9);
        }
        if (n > 3)
            less[n / 2] = NAN, less[n / 3] = -INFINITY;   /* neither passes a limit */
        const float limits[] = {-INFINITY, -100, -8, -7.5f, -4, 0, 1, 100, INFINITY};
        for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
            check(base, less, n, limits[l]);
            check(NULL, less, n, limits[l]);
            check(NULL, less + n / 4, n - n / 4, limits[l]);
        }
    }
}

int main(void)
{
    CHECK_RUN(test_sieve);
    return check_status();
}
