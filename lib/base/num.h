/* num - numbers that cannot be wrong silently: checked arithmetic on sizes, strict parsing, shortest printing.
 *
 * Parsing takes the whole text or nothing: no leading blanks, no trailing rubbish, no overflow, no locale. */
#ifndef NUM_H
#define NUM_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *out = a * b, a + b.  False on overflow, *out then untouched. */
static inline bool num_mul_size(size_t a, size_t b, size_t *out)
{
    size_t r;
    if (__builtin_mul_overflow(a, b, &r))
        return false;
    *out = r;
    return true;
}

static inline bool num_add_size(size_t a, size_t b, size_t *out)
{
    size_t r;
    if (__builtin_add_overflow(a, b, &r))
        return false;
    *out = r;
    return true;
}

/* x rounded up to a multiple of the power of two `to`; x must be at most SIZE_MAX - to. */
static inline size_t num_round_up(size_t x, size_t to)
{
    return (x + to - 1) & ~(to - 1);
}

static inline size_t num_min_size(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t num_max_size(size_t a, size_t b) { return a > b ? a : b; }

/* Parse decimal text of n bytes.  False unless all of it is one number within [min, max]. */
MUST_CHECK bool num_parse_u64(const char *text, size_t n, uint64_t min, uint64_t max, uint64_t *out);
MUST_CHECK bool num_parse_i64(const char *text, size_t n, int64_t min, int64_t max, int64_t *out);

/* Decimal floating point, exponent allowed, finite only ("nan", "inf", hex are refused). */
MUST_CHECK bool num_parse_f64(const char *text, size_t n, double *out);
MUST_CHECK bool num_parse_f32(const char *text, size_t n, float *out);      /* rounded once: not by way of double */

/* A size in bytes with an optional suffix K, M, G, T (powers of 1024): "512M". */
MUST_CHECK bool num_parse_bytes(const char *text, size_t n, uint64_t *out);

/* A size in bytes as people read it: "100 bytes", "43.1 KiB", "2.0 GiB".  Returns buf. */
enum { NUM_SIZE_TEXT = 24 };
const char *num_format_bytes(char buf[NUM_SIZE_TEXT], uint64_t bytes);

/* The shortest decimal that reads back as the same float or double.  buf of NUM_TEXT bytes; returns its length. */
enum { NUM_TEXT = 40 };
size_t num_format_f32(char buf[NUM_TEXT], float x);
size_t num_format_f64(char buf[NUM_TEXT], double x);

#endif
