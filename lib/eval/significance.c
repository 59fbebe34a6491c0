/* 1 keep the differences that are not 0 (the others change no sum), as whole numbers
 * 2 few: walk through all signs in Gray code, one sign a step; the first sign stays, as a sum and its negative count alike
 * 3 many: draw signs 64 at a time; a table for every four differences holds their sixteen sums */
#include "eval/significance.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

enum { UNIT_BITS = 36 };

/* Returns how many are not 0. */
static size_t scale(const double *d, size_t n, int64_t *x)
{
    double largest = 0;
    int bits = UNIT_BITS;
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(d[i]));
    while (bits > 0 && n >> (62 - bits))   /* no sum overflows */
        bits--;
    for (size_t i = 0; i < n; i++)
        if (d[i] != 0)
            x[m++] = llrint(ldexp(d[i] / largest, bits));
    return m;
}

/* least: the sum that was seen, less what rounding may have done to both. */
static double test_all(int64_t *x, size_t m, int64_t sum, int64_t least)
{
    uint64_t n = (uint64_t)1 << (m - 1), beyond = 0;
    for (uint64_t i = 1;; i++) {
        beyond += llabs(sum) >= least;
        if (i == n)
            return (double)beyond / (double)n;
        int flip = __builtin_ctzll(i) + 1;
        sum -= 2 * x[flip];
        x[flip] = -x[flip];
    }
}

static double test_sample(const int64_t *x, size_t m, int64_t least, uint64_t seed, int64_t (*table)[16])
{
    size_t n_tables = (m + 3) / 4, n_words = (m + 63) / 64, beyond = 0;
    for (size_t t = 0; t < n_tables; t++)
        for (unsigned signs = 0; signs < 16; signs++) {
            table[t][signs] = 0;
            for (size_t i = 0; i < 4 && 4 * t + i < m; i++)
                table[t][signs] += signs >> i & 1 ? -x[4 * t + i] : x[4 * t + i];
        }
    for (uint64_t s = 0; s < SIGNIFICANCE_SAMPLE; s++) {
        int64_t sum = 0;
        for (size_t w = 0; w < n_words; w++) {
            uint64_t signs = rng_u64(seed, RNG_SIGNS, s * n_words + w);
            size_t end = num_min_size(n_tables, 16 * (w + 1));
            for (size_t t = 16 * w; t < end; t++, signs >>= 4)
                sum += table[t][signs & 15];
        }
        beyond += llabs(sum) >= least;
    }
    return (double)(1 + beyond) / (1 + SIGNIFICANCE_SAMPLE);
}

int significance_test(const double *d, size_t n, uint64_t seed, struct significance *s, struct err *err)
{
    int64_t *x = NULL, (*table)[16] = NULL, sum = 0;
    int rc = 0;
    TRY_NEW(x, MEM_ARRAY(int64_t, n, err));
    size_t m = scale(d, n, x);
    for (size_t i = 0; i < m; i++)
        sum += x[i];
    int64_t least = llabs(sum) - (int64_t)m;   /* half a unit a difference, in either sum */
    *s = (struct significance){.p = 1, .exact = m <= SIGNIFICANCE_EXACT};
    if (m > 0 && s->exact) {
        s->p = test_all(x, m, sum, least);
    } else if (m > 0) {
        TRY_NEW(table, mem_alloc((m + 3) / 4, sizeof *table, err));
        s->p = test_sample(x, m, least, seed, table);
    }
out:
    mem_free(x);
    mem_free(table);
    return rc;
}
