/* Codes: integers stay what they are, and the error that is told is never below the true one. */
#include "exact/exact_code.h"

#include "base/rng.h"
#include "check.h"
#include "vec/half.h"

#include <math.h>
#include <stdbool.h>

enum { N = 3, DIM = 45, PADDED = 48 };

static void check_rows(const float *x, double *ratio)
{
    float scale = exact_code_scale(x, N, PADDED), scratch[PADDED];
    for (size_t i = 0; i < N; i++) {
        int8_t code[PADDED];
        int32_t sum, total = 0;
        double error = exact_code_make(code, &sum, x + i * PADDED, PADDED, scale, scratch), square = 0;
        for (size_t j = 0; j < PADDED; j++) {
            double off = (double)x[i * PADDED + j] - (double)scale * code[j];
            square += off * off;
            total += code[j];
        }
        CHECK_EQ(sum, total);
        CHECK(error >= sqrt(square));
        *ratio = square > 0 ? error / sqrt(square) : error;
    }
}

static void test_integers(void)
{
    float x[N * PADDED] = {0};
    double error;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < DIM; j++)
            x[i * PADDED + j] = (float)rng_below(1, RNG_TEST, i * DIM + j, 256) - 128;
    CHECK(exact_code_scale(x, N, PADDED) == 1);
    check_rows(x, &error);
    CHECK(error < 1e-18);
    x[5] = 128;
    CHECK(exact_code_scale(x, N, PADDED) > 1);
    check_rows(x, &error);
    x[5] = 0.5f;
    CHECK(exact_code_scale(x, N, PADDED) != 1);
    check_rows(x, &error);
}

static void test_floats(void)
{
    const float factors[] = {1, 1e-3f, 1e17f, 1e-30f, 1e-36f, 1e-44f, 0};
    for (size_t f = 0; f < sizeof factors / sizeof *factors; f++) {
        float x[N * PADDED] = {0};
        double ratio;
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < DIM; j++)
                x[i * PADDED + j] = (float)rng_normal(1, RNG_TEST, i * DIM + j) * factors[f];
        check_rows(x, &ratio);
        if (f < 3)
            CHECK(ratio < 1.01);   /* and not far above it */
    }
}

static void test_bf16(void)
{
    for (uint64_t f = 0; f < 5; f++) {
        float x[PADDED] = {0}, scratch[PADDED];
        uint16_t code[PADDED];
        double square = 0;
        for (size_t j = 0; j < DIM; j++)
            x[j] = ldexpf((float)rng_normal(1, RNG_TEST, f * DIM + j), (int)f * 40 - 100);
        double error = exact_code_bf16(code, x, PADDED, scratch);
        bool same = true;
        for (size_t j = 0; j < PADDED; j++) {
            same = same && code[j] == half_to_bf16(x[j]);
            square += ((double)x[j] - (double)half_from_bf16(code[j])) * ((double)x[j] - (double)half_from_bf16(code[j]));
        }
        CHECK(same);
        CHECK(error >= sqrt(square));
        CHECK(f < 2 || error < 1.01 * sqrt(square));
    }
}

int main(void)
{
    CHECK_RUN(test_integers);
    CHECK_RUN(test_floats);
    CHECK_RUN(test_bf16);
    return check_status();
}
