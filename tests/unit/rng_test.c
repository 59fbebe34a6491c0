#include "base/rng.h"

#include "check.h"

#include <math.h>
#include <stdlib.h>

/* The known answers for philox4x32-10 that Random123 publishes: zeros, ones, digits of pi. */
static void test_known_answers(void)
{
    static const struct { uint32_t counter[4], key[2], answer[4]; } cases[] = {
        { { 0 }, { 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { ~0u, ~0u, ~0u, ~0u }, { ~0u, ~0u }, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t x[4];
        memcpy(x, cases[i].counter, sizeof x);
        rng_philox(x, cases[i].key[0], cases[i].key[1]);
        CHECK(memcmp(x, cases[i].answer, sizeof x) == 0);
    }
}

/* From a second implementation, in Python, that gives all three published answers. */
static void test_seed_stream_counter(void)
{
    CHECK_EQ(rng_u64(0, 0, 0), 0xe169c58d6627e8d5u);
    CHECK_EQ(rng_u64(1, 4, 0), 0x70ae55c5bb315460u);
    CHECK_EQ(rng_u64(1, 4, 1), 0x41eefac7e7d94e07u);
    CHECK_EQ(rng_u64(42, 100, (uint64_t)1 << 32), 0x0c0b0ae72f46d9a7u);
    CHECK_EQ(rng_u64(UINT64_MAX, UINT32_MAX, UINT64_MAX), 0xe4c1e0f1eec03824u);
    CHECK_EQ(rng_u64(0x299f31d0a4093822u, 0x13198a2e, 0x85a308d3243f6a88u), 0xa08a4cabae120e9du);
    CHECK(fabs(rng_normal(1, 3, 0) - 0.7245374241184911) < 1e-15);
    CHECK(fabs(rng_normal(7, 3, 12345) - 0.2087430786312006) < 1e-15);
}

static void test_uniform(void)
{
    enum { N = 200000, BINS = 16 };
    int bins[BINS] = { 0 }, outside = 0;
    double sum = 0;
    for (uint64_t i = 0; i < N; i++) {
        double u = rng_uniform(1, RNG_TEST, i);
        outside += !(u >= 0 && u < 1);
        sum += u;
        bins[(int)(u * BINS)]++;
    }
    CHECK_EQ(outside, 0);
    CHECK(fabs(sum / N - 0.5) < 5 * sqrt(1.0 / 12 / N));
    for (int b = 0; b < BINS; b++)
        CHECK(abs(bins[b] - N / BINS) < 5 * sqrt((double)N / BINS));
}

static void test_below(void)
{
    int seen[7] = { 0 }, wrong = 0;
    for (uint64_t i = 0; i < 7000; i++) {
        uint64_t x = rng_below(1, RNG_TEST, i, 7);
        wrong += x >= 7;
        seen[x % 7]++;
        wrong += rng_below(1, RNG_TEST, i, 1) != 0;
        wrong += rng_below(1, RNG_TEST, i, UINT64_MAX) == UINT64_MAX;
    }
    CHECK_EQ(wrong, 0);
    for (int k = 0; k < 7; k++)
        CHECK(abs(seen[k] - 1000) < 150);
}

static void test_normal(void)
{
    enum { N = 100000 };
    double sum = 0, squares = 0;
    int odd = 0, beyond2 = 0;
    for (uint64_t i = 0; i < N; i++) {
        double x = rng_normal(1, RNG_TEST, i);
        odd += !isfinite(x);
        sum += x;
        squares += x * x;
        beyond2 += fabs(x) > 1.959963985;
    }
    CHECK_EQ(odd, 0);
    CHECK(fabs(sum / N) < 5 / sqrt(N));
    CHECK(fabs(squares / N - 1) < 5 * sqrt(2.0 / N));
    CHECK(fabs(beyond2 / (double)N - 0.05) < 5 * sqrt(0.05 * 0.95 / N));
}

/* Neighbouring seeds, streams and counters must look unrelated: about half of the bits differ. */
static void test_avalanche(void)
{
    int flips = 0, n = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t x = rng_u64(i, 1, i);
        uint64_t near[3] = { rng_u64(i + 1, 1, i), rng_u64(i, 2, i), rng_u64(i, 1, i + 1) };
        for (int k = 0; k < 3; k++, n++)
            flips += __builtin_popcountll(x ^ near[k]);
    }
    CHECK(fabs(flips / (64.0 * n) - 0.5) < 0.01);
}

/* Any cut of the run gives the same words; the first block is the counter with 1 in its fourth word. */
static void test_words(void)
{
    uint32_t all[43], some[43], x[4] = { 9, 1, RNG_TEST, 1 };
    rng_words(5, RNG_TEST, 9 | (uint64_t)1 << 32, 0, all, 43);
    rng_philox(x, 5, 0);
    CHECK(memcmp(all, x, sizeof x) == 0);
    for (size_t first = 0; first < 43; first += 4)
        for (size_t n = 0; first + n <= 43; n++) {
            memset(some, 0, sizeof some);
            rng_words(5, RNG_TEST, 9 | (uint64_t)1 << 32, first, some, n);
            CHECK(memcmp(some, all + first, n * sizeof *all) == 0);
        }
}

int main(void)
{
    CHECK_RUN(test_known_answers);
    CHECK_RUN(test_seed_stream_counter);
    CHECK_RUN(test_uniform);
    CHECK_RUN(test_below);
    CHECK_RUN(test_normal);
    CHECK_RUN(test_avalanche);
    CHECK_RUN(test_words);
    return check_status();
}
