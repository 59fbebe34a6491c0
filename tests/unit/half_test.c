/* Exhaustive over 16 bits; rounding against a search in the table of all values.  The last line is a digest for check-neon. */
#include "vec/half.h"

#include "base/rng.h"
#include "check.h"

#include <math.h>
#include <stdbool.h>

static uint64_t digest = 14695981039346656037u;

static uint32_t bits_of(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static void digest_add(uint32_t u)
{
    digest = (digest ^ u) * 1099511628211u;
}

/* The value of h by the definition of a format with so many bits of mantissa; for NaN, NAN. */
static double value_of(uint16_t h, int mantissa_bits)
{
    int exponent = (h & 0x7fff) >> mantissa_bits, top = (1 << (15 - mantissa_bits)) - 1, bias = top / 2;
    int mantissa = h & ((1 << mantissa_bits) - 1);
    double magnitude;
    if (exponent == top)
        magnitude = mantissa ? NAN : INFINITY;
    else if (exponent == 0)
        magnitude = ldexp(mantissa, 1 - bias - mantissa_bits);
    else
        magnitude = ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
    return h & 0x8000 ? -magnitude : magnitude;
}

/* Nearest to x by bisection among the magnitudes, ties to the even one; what would be the next finite value is infinity. */
static uint16_t nearest(float x, int mantissa_bits)
{
    uint16_t low = 0, infinity = (uint16_t)(((1 << (15 - mantissa_bits)) - 1) << mantissa_bits), high = infinity;
    double magnitude = fabs((double)x);
    while (high - low > 1) {
        uint16_t mid = (uint16_t)((low + high) / 2);
        if (value_of(mid, mantissa_bits) <= magnitude)
            low = mid;
        else
            high = mid;
    }
    double below = value_of(low, mantissa_bits);
    double step = below - value_of((uint16_t)(low - 1), mantissa_bits);
    double above = high == infinity ? below + step : value_of(high, mantissa_bits);
    bool up = magnitude - below > above - magnitude || (magnitude - below == above - magnitude && low % 2);
    return (uint16_t)((up ? high : low) | (signbit(x) ? 0x8000 : 0));
}

static void test_every_half(void)
{
    for (uint32_t i = 0; i < 65536; i++) {
        uint16_t h = (uint16_t)i;
        float f = half_from_f16(h), b = half_from_bf16(h);
        double want_f = value_of(h, 10), want_b = value_of(h, 7);
        CHECK(isnan(want_f) ? isnan(f) : f == want_f && !signbit(f) == !signbit(want_f));
        CHECK(isnan(want_b) ? isnan(b) : b == want_b && !signbit(b) == !signbit(want_b));
        uint16_t back_f = half_to_f16(f), back_b = half_to_bf16(b);   /* a NaN stays one, of its sign */
        CHECK(isnan(f) ? (back_f & 0x7fff) > 0x7c00 && !(back_f & 0x8000) == !(h & 0x8000) : back_f == h);
        CHECK(isnan(b) ? (back_b & 0x7fff) > 0x7f80 && !(back_b & 0x8000) == !(h & 0x8000) : back_b == h);
        digest_add(bits_of(f));
        digest_add(bits_of(b));
    }
}

static void check_rounding(float x)
{
    uint16_t f = half_to_f16(x), b = half_to_bf16(x);
    if (isnan(x)) {
        CHECK((f & 0x7fff) > 0x7c00 && (b & 0x7fff) > 0x7f80);
    } else if (isinf(x)) {
        CHECK_EQ(f, signbit(x) ? 0xfc00 : 0x7c00);
        CHECK_EQ(b, signbit(x) ? 0xff80 : 0x7f80);
    } else {
        CHECK_EQ(f, nearest(x, 10));
        CHECK_EQ(b, nearest(x, 7));
    }
    digest_add(f);
    digest_add(b);
}

static void test_rounding(void)
{
    for (uint32_t i = 0; i < 40000; i++) {     /* any bits at all */
        uint32_t u = (uint32_t)rng_u64(3, RNG_TEST, i);
        float x;
        memcpy(&x, &u, sizeof x);
        check_rounding(x);
    }
    for (uint32_t h = 1; h < 0x7c00; h++) {    /* each point where f16 turns from one value to the next, and beside it */
        float middle = (float)((value_of((uint16_t)h, 10) + value_of((uint16_t)(h - 1), 10)) / 2);
        check_rounding(middle);
        check_rounding(nextafterf(middle, 0));
        check_rounding(-nextafterf(middle, INFINITY));
    }
    static const float edges[] = {65504, 65519.996f, 65520, 65536, 0x1.fffffep127f, 0x1.fefffep127f, 0x1.ffp127f, 0x1p-149f,
                                  0x1p-25f, 0x1.000002p-25f, 0, -0.0f};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        check_rounding(edges[i]);
}

static void test_runs(void)
{
    static uint16_t in[65536];
    static float f[65536], b[65536];
    for (uint32_t i = 0; i < 65536; i++)
        in[i] = (uint16_t)i;
    for (size_t start = 0; start < 20; start++) {
        size_t n = start < 19 ? 3 * start : 65536 - start;
        half_widen_f16(f, in + start, n);
        half_widen_bf16(b, in + start, n);
        for (size_t i = 0; i < n; i++) {
            CHECK_EQ(bits_of(f[i]), bits_of(half_from_f16(in[start + i])));
            CHECK_EQ(bits_of(b[i]), bits_of(half_from_bf16(in[start + i])));
        }
    }
}

int main(void)
{
    CHECK_RUN(test_every_half);
    CHECK_RUN(test_rounding);
    CHECK_RUN(test_runs);
    printf("# digest %016llx\n", (unsigned long long)digest);
    return check_status();
}
