#include "base/num.h"

#include "base/rng.h"
#include "check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static bool u64(const char *text, uint64_t *x) { return num_parse_u64(text, strlen(text), 0, UINT64_MAX, x); }
static bool i64(const char *text, int64_t *x) { return num_parse_i64(text, strlen(text), INT64_MIN, INT64_MAX, x); }
static bool f64(const char *text, double *x) { return num_parse_f64(text, strlen(text), x); }
static bool bytes(const char *text, uint64_t *x) { return num_parse_bytes(text, strlen(text), x); }

static void test_sizes(void)
{
    size_t x = 5;
    CHECK(num_mul_size(SIZE_MAX / 2, 2, &x) && x == SIZE_MAX - 1);
    CHECK(num_mul_size(SIZE_MAX, 0, &x) && x == 0);
    CHECK(num_add_size(SIZE_MAX - 1, 1, &x) && x == SIZE_MAX);
    x = 5;
    CHECK(!num_mul_size(SIZE_MAX / 2 + 1, 2, &x) && x == 5);
    CHECK(!num_mul_size((size_t)1 << 32, (size_t)1 << 32, &x) && x == 5);
    CHECK(!num_add_size(SIZE_MAX, 1, &x) && x == 5);
    CHECK_EQ(num_round_up(0, 64), 0);
    CHECK_EQ(num_round_up(1, 64), 64);
    CHECK_EQ(num_round_up(64, 64), 64);
    CHECK_EQ(num_round_up(65, 64), 128);
    CHECK_EQ(num_min_size(3, 4), 3);
    CHECK_EQ(num_max_size(3, 4), 4);
}

static void test_unsigned(void)
{
    uint64_t x = 7;
    CHECK(u64("0", &x) && x == 0);
    CHECK(u64("18446744073709551615", &x) && x == UINT64_MAX);
    CHECK(u64("007", &x) && x == 7);
    static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "1x", "0x10", "1e3", "1.0", "18446744073709551616",
                                       "99999999999999999999999", "\xd9\xa1" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!u64(bad[i], &x) && x == 7);
    CHECK(!num_parse_u64("1\0", 2, 0, 9, &x));   /* an embedded NUL */
    CHECK(num_parse_u64("129", 2, 0, 99, &x) && x == 12);   /* n bytes, not the string */
    CHECK(num_parse_u64("5", 1, 5, 5, &x) && !num_parse_u64("4", 1, 5, 5, &x) && !num_parse_u64("6", 1, 5, 5, &x));
}

static void test_signed(void)
{
    int64_t x = 7;
    CHECK(i64("-9223372036854775808", &x) && x == INT64_MIN);
    CHECK(i64("9223372036854775807", &x) && x == INT64_MAX);
    CHECK(i64("-0", &x) && x == 0);
    x = 7;
    static const char *const bad[] = { "", "-", "--1", "+1", "- 1", "9223372036854775808", "-9223372036854775809" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!i64(bad[i], &x) && x == 7);
    CHECK(num_parse_i64("-3", 2, -3, 3, &x) && !num_parse_i64("-4", 2, -3, 3, &x));
}

static void test_sizes_as_text(void)
{
    static const struct { uint64_t bytes; const char *text; } sizes[] = {
        {0, "0 bytes"}, {1, "1 byte"}, {1023, "1023 bytes"}, {1024, "1.0 KiB"}, {102400, "100.0 KiB"}, {1048570, "1.0 MiB"},
        {(uint64_t)3 << 29, "1.5 GiB"}, {UINT64_MAX, "16.0 EiB"}
    };
    char buf[NUM_SIZE_TEXT];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        CHECK_STR(num_format_bytes(buf, sizes[i].bytes), sizes[i].text);
}

static void test_floats(void)
{
    double x = 7;
    CHECK(f64("1.5", &x) && x == 1.5);
    CHECK(f64("-2e-3", &x) && x == -2e-3);
    CHECK(f64("1e308", &x) && x == 1e308);
    CHECK(f64("4.9e-324", &x) && x > 0);
    x = 7;
    static const char *const bad[] = {
        "", "nan", "inf", "-inf", "0x1p3", "1e309", "1,5", " 1", "1 ", "1e", "e5", ".", "-", "1.2.3", "1d3"
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!f64(bad[i], &x) && x == 7);
    CHECK(!num_parse_f64("1\0002", 3, &x));
}

/* The short way for short decimals gives what strtod gives. */
static void test_floats_are_the_nearest(void)
{
    static const char *const edges[] = {
        "0", "-0", "-0.0", "0.1", ".5", "5.", "9007199254740991", "9007199254740992", "9007199254740993",
        "0.0000000000000000000001", "0.00000000000000000000001", "900719925474099.1", "9007199254740992.5",
        "00000000000000000000001.5", "-.25"
    };
    double x = 7;
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        CHECK(f64(edges[i], &x) && x == strtod(edges[i], NULL) && signbit(x) == signbit(strtod(edges[i], NULL)));
    for (uint64_t i = 0; i < 100000; i++) {
        char text[64];
        uint64_t r = rng_u64(3, RNG_TEST, 2 * i), s = rng_u64(3, RNG_TEST, 2 * i + 1);
        int behind = (int)(s % 24);
        snprintf(text, sizeof text, "%s%llu.%0*llu", s & 64 ? "-" : "", (unsigned long long)(r >> 40 >> (s >> 8) % 24), behind,
                 (unsigned long long)(r % 1000003));
        CHECK(f64(text, &x) && x == strtod(text, NULL));
    }
}

static void test_byte_sizes(void)
{
    uint64_t x = 7;
    CHECK(bytes("512", &x) && x == 512);
    CHECK(bytes("1K", &x) && x == 1024);
    CHECK(bytes("3M", &x) && x == 3u << 20);
    CHECK(bytes("4G", &x) && x == (uint64_t)4 << 30);
    CHECK(bytes("16777215T", &x) && x == (uint64_t)16777215 << 40);
    x = 7;
    static const char *const bad[] = { "", "K", "1k", "1KB", "1.5G", "-1M", "16777216T", "1 K" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!bytes(bad[i], &x) && x == 7);
}

static void test_format_reads_back(void)
{
    char text[NUM_TEXT];
    static const struct { float x; const char *text; } cases[] = {
        { 0.1f, "0.1" }, { 1.0f, "1" }, { -2.5f, "-2.5" }, { 16777216.0f, "16777216" }, { 1e10f, "1e+10" }, { -0.0f, "-0" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_EQ(num_format_f32(text, cases[i].x), strlen(cases[i].text));
        CHECK_STR(text, cases[i].text);
    }
    int wrong = 0;
    for (uint64_t i = 0; i < 20000; i++) {   /* random bit patterns: denormals and extremes too */
        uint64_t bits = rng_u64(1, RNG_TEST, i);
        uint32_t bits32 = (uint32_t)bits;
        double d;
        float f;
        memcpy(&d, &bits, sizeof d);
        memcpy(&f, &bits32, sizeof f);
        if (isfinite(f))
            wrong += num_format_f32(text, f) != strlen(text) || strlen(text) >= NUM_TEXT || strtof(text, NULL) != f;
        if (isfinite(d))
            wrong += num_format_f64(text, d) != strlen(text) || strlen(text) >= NUM_TEXT || strtod(text, NULL) != d;
    }
    CHECK_EQ(wrong, 0);
    CHECK(num_format_f64(text, -DBL_MAX) < NUM_TEXT && strtod(text, NULL) == -DBL_MAX);
    CHECK(num_format_f64(text, DBL_TRUE_MIN) < NUM_TEXT && strtod(text, NULL) == DBL_TRUE_MIN);
}

/* The quick ways of num_format_f32 and num_parse_f32 give what printf and strtof give, over all usual sizes and lengths. */
static void test_quick_ways_are_exact(void)
{
    char text[NUM_TEXT], slow[NUM_TEXT];
    int wrong = 0;
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t bits = rng_u64(2, RNG_TEST, i);
        float f = (float)((double)(int32_t)bits * pow(10, -(double)(bits >> 60))), back = 0, nearest;
        f = i % 2 ? f : (float)((int32_t)(bits % 2000001) - 1000000) / (float)(1 << (bits >> 60));       /* many ties */
        for (int digits = 6, done = 0; digits <= 9 && !done; digits++) {
            snprintf(slow, sizeof slow, "%.*g", digits, (double)f);
            done = strtof(slow, NULL) == f;
        }
        wrong += num_format_f32(text, f) != strlen(slow) || strcmp(text, slow) != 0;
        wrong += !num_parse_f32(text, strlen(text), &back) || back != f;
        int n = snprintf(text, sizeof text, "%.*f", (int)(bits >> 60), (double)(bits & 0xFFFFFFFF) / 65536);
        nearest = strtof(text, NULL);
        wrong += !num_parse_f32(text, (size_t)n, &back) || back != nearest;
    }
    CHECK_EQ(wrong, 0);
}

int main(void)
{
    CHECK_RUN(test_sizes);
    CHECK_RUN(test_unsigned);
    CHECK_RUN(test_signed);
    CHECK_RUN(test_floats);
    CHECK_RUN(test_floats_are_the_nearest);
    CHECK_RUN(test_byte_sizes);
    CHECK_RUN(test_sizes_as_text);
    CHECK_RUN(test_format_reads_back);
    CHECK_RUN(test_quick_ways_are_exact);
    return check_status();
}
