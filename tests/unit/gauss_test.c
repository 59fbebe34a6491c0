/* Against the definition in double by libm; moments and tails.  The last line is a digest for check-neon. */
#include "vec/gauss.h"

#include "base/rng.h"
#include "check.h"

#include <math.h>
#include <stdbool.h>

static uint64_t digest = 14695981039346656037u;

static void digest_add(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t u;
        memcpy(&u, x + i, sizeof u);
        digest = (digest ^ u) * 1099511628211u;
    }
}

static double greatest_error(const uint32_t words[8])
{
    float x[8];
    double worst = 0;
    gauss_eight(words, x);
    digest_add(x, 8);
    for (int i = 0; i < 4; i++) {
        double u = ((float)(words[i] >> 1) + 0.5f) * 0x1p-31, r = sqrt(-2 * log(u)), turn = (double)words[4 + i] * 0x1p-32;
        worst = fmax(worst, fabs(x[i] - r * cos(turn * 6.283185307179586)));
        worst = fmax(worst, fabs(x[4 + i] - r * sin(turn * 6.283185307179586)));
    }
    return worst;
}

static void test_definition(void)
{
    double worst = 0;
    for (uint64_t i = 0; i < 100000; i++) {
        uint32_t words[8];
        rng_words(1, RNG_TEST, i, 0, words, 8);
        worst = fmax(worst, greatest_error(words));
    }
    CHECK(worst < 2e-6);
    /* ends of both ranges, and where the logarithm's exponent and the quadrant change */
    static const uint32_t edges[] = {0, 1, 2, 3, 0x5a827999, 0x7fffffff, 0x80000000, 0xb504f332, 0xb504f334, 0xfffffffe,
                                     0xffffffff, 0x1fffffff, 0x20000000, 0x3fffffff, 0x40000000, 0xbfffffff, 0xc0000000};
    const size_t n = sizeof edges / sizeof edges[0];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const uint32_t words[8] = {edges[i], edges[j], edges[i], edges[j], edges[j], edges[i], edges[i], edges[j]};
            CHECK(greatest_error(words) < 2e-6);
        }
}

static void test_moments(void)
{
    enum { ROWS = 2000, DIM = 1001, N = ROWS * DIM };
    static float x[DIM];
    double sum[5] = {0}, lagged = 0;
    int beyond[2] = {0};
    for (uint64_t row = 0; row < ROWS; row++) {
        gauss_fill(7, RNG_TEST, row, x, DIM);
        digest_add(x, DIM);
        for (size_t i = 0; i < DIM; i++) {
            double y = x[i], power = 1;
            for (int k = 1; k <= 4; k++)
                sum[k] += power *= y;
            beyond[0] += fabs(y) > 1.959963985;
            beyond[1] += fabs(y) > 3.290526731;
            lagged += y * (double)x[(i + 4) % DIM];     /* the other number of the same radius */
        }
    }
    CHECK(fabs(sum[1] / N) < 5 / sqrt(N));
    CHECK(fabs(sum[2] / N - 1) < 5 * sqrt(2.0 / N));
    CHECK(fabs(sum[3] / N) < 5 * sqrt(15.0 / N));
    CHECK(fabs(sum[4] / N - 3) < 5 * sqrt(96.0 / N));
    CHECK(fabs(lagged / N) < 5 / sqrt(N));
    CHECK(fabs(beyond[0] / (double)N - 0.05) < 5 * sqrt(0.05 / N));
    CHECK(fabs(beyond[1] / (double)N - 0.001) < 5 * sqrt(0.001 / N));
}

/* Fewer numbers are the beginning of more, and seeds, streams and items differ. */
static void test_lengths(void)
{
    enum { N = 2100 };
    static float all[N], some[N];
    gauss_fill(1, RNG_TEST, 5, all, N);
    for (size_t n = 0; n < N; n += n < 40 ? 1 : 229) {
        memset(some, 0, sizeof some);
        gauss_fill(1, RNG_TEST, 5, some, n);
        CHECK(memcmp(all, some, n * sizeof *all) == 0 && some[n] == 0);
    }
    gauss_fill(2, RNG_TEST, 5, some, N);
    CHECK(memcmp(all, some, 8 * sizeof *all) != 0);
    gauss_fill(1, RNG_TEST + 1, 5, some, N);
    CHECK(memcmp(all, some, 8 * sizeof *all) != 0);
    gauss_fill(1, RNG_TEST, 6, some, N);
    CHECK(memcmp(all, some, 8 * sizeof *all) != 0);
}

int main(void)
{
    CHECK_RUN(test_definition);
    CHECK_RUN(test_moments);
    CHECK_RUN(test_lengths);
    printf("# digest %016llx\n", (unsigned long long)digest);
    return check_status();
}
