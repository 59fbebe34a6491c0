#include "base/num.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool num_parse_u64(const char *text, size_t n, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t x = 0;
    if (n == 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(x, (uint64_t)10, &x) || __builtin_add_overflow(x, (uint64_t)digit, &x))
            return false;
    }
    if (x < min || x > max)
        return false;
    *out = x;
    return true;
}

bool num_parse_i64(const char *text, size_t n, int64_t min, int64_t max, int64_t *out)
{
    bool negative = n > 0 && text[0] == '-';
    uint64_t magnitude;
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    if (!num_parse_u64(text + negative, n - negative, 0, limit, &magnitude))
        return false;
    int64_t x = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    if (x < min || x > max)
        return false;
    *out = x;
    return true;
}

enum { NUM_LONGEST = 128 };

/* A C string of the characters that a finite decimal may have. */
static bool copy_decimal(char buf[NUM_LONGEST], const char *text, size_t n)
{
    if (n == 0 || n >= NUM_LONGEST)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!strchr("0123456789+-.eE", text[i]) || text[i] == '\0')
            return false;
    memcpy(buf, text, n);
    buf[n] = '\0';
    return true;
}

static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Digits with a point, at most 2^53 without it and 22 of them behind it: both numbers are exact doubles, so that their quotient
 * is the nearest double (Clinger, PLDI 1990), as strtod's at a fifth of its time. */
static bool parse_short_decimal(const char *text, size_t n, double *out)
{
    bool negative = n > 0 && text[0] == '-', point = false;
    size_t digits = 0, behind = 0;
    uint64_t x = 0;
    for (size_t i = negative; i < n; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (text[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (digit > 9 || x > ((uint64_t)1 << 53) / 10 - 1)
            return false;
        x = x * 10 + digit;
        digits++;
        behind += point;
    }
    if (digits == 0 || behind > 22)
        return false;
    *out = (double)x / powers[behind];
    if (negative)
        *out = -*out;
    return true;
}

/* No program calls setlocale, so the point is a point to strtod and strtof. */
bool num_parse_f64(const char *text, size_t n, double *out)
{
    char buf[NUM_LONGEST], *end;
    if (parse_short_decimal(text, n, out))
        return true;
    if (!copy_decimal(buf, text, n))
        return false;
    double x = strtod(buf, &end);
    if (end != buf + n || !isfinite(x))
        return false;
    *out = x;
    return true;
}

/* Round the double that is nearest to some number to the float that is nearest to that number.  False where it cannot be told: a
 * double in the middle of two floats may come from either side of it. */
static bool round_once(double d, float *out)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    *out = (float)d;
    return d == 0 || (fabs(d) > 1e-30 && fabs(d) < 1e30 && (bits & 0x1FFFFFFF) != 0x10000000);
}

bool num_parse_f32(const char *text, size_t n, float *out)
{
    char buf[NUM_LONGEST], *end;
    double d;
    if (parse_short_decimal(text, n, &d) && round_once(d, out))
        return true;
    if (!copy_decimal(buf, text, n))
        return false;
    float x = strtof(buf, &end);
    if (end != buf + n || !isfinite(x))
        return false;
    *out = x;
    return true;
}

bool num_parse_bytes(const char *text, size_t n, uint64_t *out)
{
    uint64_t unit = 1, x;
    if (n > 0) {
        const char *suffixes = "KMGT", *at = text[n - 1] ? strchr(suffixes, text[n - 1]) : NULL;
        if (at) {
            unit = (uint64_t)1 << (10 * (at - suffixes + 1));
            n--;
        }
    }
    if (!num_parse_u64(text, n, 0, UINT64_MAX, &x) || __builtin_mul_overflow(x, unit, &x))
        return false;
    *out = x;
    return true;
}

const char *num_format_bytes(char buf[NUM_SIZE_TEXT], uint64_t bytes)
{
    static const char units[] = "KMGTPE";
    double x = (double)bytes / 1024;
    int i = 0;
    if (bytes < 1024) {
        snprintf(buf, NUM_SIZE_TEXT, "%d byte%s", (int)bytes, bytes == 1 ? "" : "s");
        return buf;
    }
    for (; x >= 1023.95; i++)      /* what would be printed as 1024.0 */
        x /= 1024;
    snprintf(buf, NUM_SIZE_TEXT, "%.1f %ciB", x, units[i]);
    return buf;
}

/* m / 10^places without an exponent and without zeros at the end. */
static size_t put_decimal(char *buf, bool negative, uint64_t m, int places)
{
    char reversed[NUM_TEXT];
    size_t n = 0, at = 0;
    for (; places > 0 && m % 10 == 0; places--)
        m /= 10;
    for (int i = 0; m > 0 || i <= places; i++) {
        if (i == places && i > 0)
            reversed[n++] = '.';
        reversed[n++] = (char)('0' + m % 10);
        m /= 10;
    }
    if (negative)
        buf[at++] = '-';
    while (n > 0)
        buf[at++] = reversed[--n];
    buf[at] = '\0';
    return at;
}

/* What "%.*g" with 6 to 9 digits makes of most numbers, at a tenth of its time; 0 where rounding is too close to tell. */
static size_t format_short_f32(char *buf, float x)
{
    double a = fabs((double)x);
    int before = 1;                   /* digits before the point, less the zeros behind it */
    if (!(a >= 1e-4 && a < 999999))
        return 0;
    while (before < 6 && a >= powers[before])
        before++;
    while (a < 1 && before > -3 && a * powers[1 - before] < 1)
        before--;
    for (int digits = 6; digits <= 9; digits++) {
        double scaled = a * powers[digits - before], whole = floor(scaled), rest = scaled - whole;
        if (fabs(rest - 0.5) < 1e-4)
            return 0;
        uint64_t m = (uint64_t)whole + (rest > 0.5);
        float back;
        if (!round_once((double)m / powers[digits - before], &back))
            return 0;
        if (back == (float)a)
            return put_decimal(buf, x < 0, m, digits - before);
    }
    return 0;
}

size_t num_format_f32(char buf[NUM_TEXT], float x)
{
    int n = (int)format_short_f32(buf, x);
    if (n > 0)
        return (size_t)n;
    for (int digits = 6; digits <= 9; digits++) {
        n = snprintf(buf, NUM_TEXT, "%.*g", digits, (double)x);
        if (strtof(buf, NULL) == x || isnan(x))
            break;
    }
    return (size_t)n;
}

size_t num_format_f64(char buf[NUM_TEXT], double x)
{
    int n = 0;
    for (int digits = 6; digits <= 17; digits++) {
        n = snprintf(buf, NUM_TEXT, "%.*g", digits, x);
        if (strtod(buf, NULL) == x || isnan(x))
            break;
    }
    return (size_t)n;
}
