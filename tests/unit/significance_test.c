#include "check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "eval/significance.h"

#include <math.h>

static struct err err;

static struct significance test(const double *d, size_t n, uint64_t seed)
{
    struct significance s = {0};
    CHECK_OK(significance_test(d, n, seed, &s, &err), &err);
    return s;
}

static int near(double a, double b) { return fabs(a - b) < 1e-12; }

static void test_by_hand(void)
{
    CHECK(near(test((const double[]){1, 2, 3}, 3, 1).p, 2 / 8.0));
    CHECK(near(test((const double[]){-1, -2, -3}, 3, 1).p, 2 / 8.0));
    CHECK(near(test((const double[]){1, -2, 3}, 3, 1).p, 6 / 8.0));       /* |2| or more: all but -1 -2 +3 and its negative */
    CHECK(near(test((const double[]){5}, 1, 1).p, 1));
    CHECK(near(test((const double[]){0, 1, 0, 1, 0}, 5, 1).p, 2 / 4.0));  /* what does not differ does not count */
    CHECK(near(test((const double[]){0, 0}, 2, 1).p, 1));
    CHECK(test((const double[]){0, 0}, 2, 1).exact);
    CHECK(near(test((const double[]){1e-300, 2e-300, 3e-300}, 3, 1).p, 2 / 8.0));
    CHECK(near(test((const double[]){1e9, 2e9, 3e9}, 3, 1).p, 2 / 8.0));
}

/* 1/3 + 1/3 - 2/3 is 0 in any order of summing, and 2/3 as far from 0 as 1/3 + 1/3. */
static void test_thirds_tie(void)
{
    const double d[] = {1.0 / 3, 1.0 / 3, -(1 - 1.0 / 3)};
    CHECK(near(test(d, 3, 1).p, 1));
    const double e[] = {1 - 1.0 / 3, 1.0 / 3, -1.0 / 3, 1.0 / 3, -1.0 / 3};
    /* sum 2/3; in thirds: 2 and four of 1; |sum| >= 2 in all but those where the four make -2 or 2 against it: 8 of 32 */
    CHECK(near(test(e, 5, 1).p, 24 / 32.0));
}

/* Equal differences: the binomial distribution.  Twenty are tried exactly, more are sampled. */
static void test_binomial(void)
{
    double d[40];
    for (int i = 0; i < 40; i++)
        d[i] = i % 4 == 0 ? -0.1 : 0.1;
    struct significance s = test(d, 20, 1);     /* 15 of 20 */
    CHECK(s.exact);
    CHECK(near(s.p, 2 * 21700 / 1048576.0));
    s = test(d, 40, 1);                         /* 30 of 40 */
    CHECK(!s.exact);
    CHECK(fabs(s.p - 0.0022215) < 5 * sqrt(0.0022 / SIGNIFICANCE_SAMPLE));
    CHECK(s.p == test(d, 40, 1).p);
    CHECK(s.p != test(d, 40, 2).p);
    for (int i = 0; i < 40; i++)
        d[i] = 1;
    CHECK(near(test(d, 40, 1).p, 1.0 / (SIGNIFICANCE_SAMPLE + 1)));
}

/* More than one word of signs: the mean of many is about normal. */
static void test_many(void)
{
    enum { N = 1001 };
    static double d[N];
    double sum = 0, squares = 0;
    for (size_t i = 0; i < N; i++) {
        d[i] = rng_normal(3, RNG_TEST, i) + 0.05;
        sum += d[i];
        squares += d[i] * d[i];
    }
    CHECK(fabs(test(d, N, 1).p - erfc(fabs(sum) / sqrt(2 * squares))) < 0.01);
}

int main(void)
{
    CHECK_RUN(test_by_hand);
    CHECK_RUN(test_thirds_tie);
    CHECK_RUN(test_binomial);
    CHECK_RUN(test_many);
    return check_status();
}
