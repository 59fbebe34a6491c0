/* Codes: every variant of the inner product gives the same integers, estimates stay within the bound that steps give, and blocks
 * that lie are refused.  The last line printed is a digest, which tests/tools/check-neon compares between instruction sets. */
#include "vec/codes.h"

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t digest = 14695981039346656037u;

static void digest_add(const void *p, size_t n)
{
    for (const unsigned char *c = p; n > 0; n--)
        digest = (digest ^ *c++) * 1099511628211u;
}

static float *normal(size_t n, uint64_t seed)
{
    struct err err;
    float *x = mem_slab(n, sizeof *x, &err);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)rng_normal(seed, RNG_TEST, i);
    return x;
}

static void test_variants_agree(void)
{
    enum { ROWS = 23 };
    static const enum cpu_isa isas[] = {CPU_SCALAR, CPU_AVX2, CPU_AVX512, CPU_NEON};
    struct err err;
    for (size_t bytes = 64; bytes <= 1024; bytes += 64) {
        uint8_t *rows = mem_slab(ROWS, bytes, &err);
        int8_t *q = mem_slab(2, bytes, &err);
        for (size_t i = 0; i < ROWS * bytes; i++)
            rows[i] = i < bytes ? 255 : (uint8_t)rng_u64(1, RNG_TEST, i);
        for (int way = 0; way < 3; way++) {
            for (size_t i = 0; i < 2 * bytes; i++)
                q[i] = (int8_t)(way == 0 ? 127 : way == 1 ? -128 : (int)(rng_u64(2, RNG_TEST, i) % 256) - 128);
            uint32_t which[ROWS];
            for (uint32_t i = 0; i < ROWS; i++)
                which[i] = i * 7 % ROWS;
            for (size_t n = 0; n <= ROWS; n++) {
                int32_t want8[ROWS], want4[ROWS];
                codedot_scalar.sq8(q, rows, bytes, which, n, want8);
                codedot_scalar.sq4(q, rows, bytes, which, n, want4);
                digest_add(want8, n * sizeof *want8);
                digest_add(want4, n * sizeof *want4);
                for (size_t v = 0; v < sizeof isas / sizeof *isas; v++) {
                    const struct codedot *dot = codedot_variant(isas[v]);
                    int32_t got8[ROWS + 1], got4[ROWS + 1];
                    if (!dot)
                        continue;
                    got8[n] = got4[n] = 12345;
                    dot->sq8(q, rows, bytes, which, n, got8);
                    dot->sq4(q, rows, bytes, which, n, got4);
                    CHECK(memcmp(got8, want8, n * sizeof *want8) == 0 && got8[n] == 12345);
                    CHECK(memcmp(got4, want4, n * sizeof *want4) == 0 && got4[n] == 12345);
                }
            }
        }
        mem_free(rows);
        mem_free(q);
    }
}

/* Folding a query too, at every length, with centres and without. */
static void test_folds_agree(void)
{
    enum { MOST = 130 };
    static const enum cpu_isa isas[] = {CPU_SCALAR, CPU_AVX2, CPU_AVX512, CPU_NEON};
    float *x = normal(3 * MOST, 17), *center = x + MOST, *step = x + 2 * MOST;
    for (size_t dim = 0; dim <= MOST; dim++)
        for (int way = 0; way < 2; way++) {
            int8_t want[MOST + 1], got[MOST + 1];
            codedot_scalar.fold(x + 1, way ? center : NULL, step, 25, dim ? dim - 1 : 0, want);
            digest_add(want, dim ? dim - 1 : 0);
            for (size_t i = 0; i + 1 < dim; i++) {
                float exact = (way ? x[i + 1] - center[i] : x[i + 1]) * step[i] * 25;
                CHECK(fabsf(exact) > 127 || fabsf(exact - (float)want[i]) <= 0.501f);
            }
            for (size_t v = 0; v < sizeof isas / sizeof *isas; v++) {
                const struct codedot *dot = codedot_variant(isas[v]);
                if (!dot)
                    continue;
                size_t n = dim ? dim - 1 : 0;
                got[n] = 77;
                dot->fold(x + 1, way ? center : NULL, step, 25, n, got);
                CHECK(memcmp(got, want, n) == 0 && got[n] == 77);
            }
        }
    mem_free(x);
}

/* What the roundings of x (half a step) and of the query (half a unit) can do to an estimate. */
static double bound(const struct codes *c, const struct codes_query *q, const float *x)
{
    double sum = 0, max = c->type == CODES_SQ8 ? 255 : 15, unit = c->metric == METRIC_L2 ? q->scale / 2 : q->scale;
    for (size_t d = 0; d < c->dim; d++) {
        double near = c->metric == METRIC_L2 ? x[d] - c->center[d] : x[d];
        sum += fabs(near) * c->step[d] / 2 + unit / 2 * max;
        if (c->metric == METRIC_L2)
            sum += c->step[d] * c->step[d] * max;   /* of the square of x~ against that of x */
    }
    return 2 * sum;
}

static void check_estimates(enum codes_type type, enum metric metric, size_t n, size_t dim, float *x, double share)
{
    struct err err = {0};
    struct codes c, again;
    struct codes_query q = {0};
    size_t far = 0;
    CHECK_OK(codes_make(&c, type, metric, x, n, dim, dim, 1, &err), &err);
    CHECK_OK(codes_make(&again, type, metric, x, n, dim, dim, 3, &err), &err);
    CHECK(c.block_bytes == again.block_bytes && memcmp(c.block, again.block, c.block_bytes) == 0);
    digest_add(c.block, c.block_bytes);
    struct distance d = distance_make(metric, dim);
    q.w = mem_slab(codes_query_bytes(&c), 1, &err);
    float *asked = normal(dim, 99);
    struct codes_folded folded = codes_query_make(&c, asked, &q);
    struct codes_query second = {.w = mem_slab(codes_query_bytes(&c), 1, &err)};
    codes_query_again(&c, asked, &folded, &second);
    CHECK(memcmp(q.w, second.w, codes_query_bytes(&c)) == 0);
    CHECK(q.scale == second.scale && q.base == second.base && q.shift == second.shift);
    mem_free(second.w);
    double worst = bound(&c, &q, asked);
    size_t bad;
    CHECK_OK(codes_check(&c, x, dim, &bad, &err), &err);
    CHECK_EQ(bad, n);
    for (uint32_t i = 0; i < n; i++) {
        float estimate;
        codes_estimates(&c, &q, &i, 1, &estimate);
        float exact = distance_one(&d, asked, x + i * dim);
        digest_add(&estimate, sizeof estimate);
        CHECK(fabs(estimate - exact) <= worst);
        far += fabs(estimate - exact) > share * fabs(exact) + share;
    }
    CHECK(far * 20 <= n);
    mem_free(q.w);
    mem_free(asked);
    codes_free(&c);
    codes_free(&again);
}

static void test_estimates(void)
{
    static const size_t dims[] = {1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129, 300};
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++)
        for (int metric = METRIC_L2; metric <= METRIC_IP; metric++) {
            float *x = normal(200 * dims[i], 5 + i);
            check_estimates(CODES_SQ8, (enum metric)metric, 200, dims[i], x, metric == METRIC_L2 ? 0.05 : 0.5);
            check_estimates(CODES_SQ4, (enum metric)metric, 200, dims[i], x, metric == METRIC_L2 ? 0.5 : 5);
            mem_free(x);
        }
}

/* Integers of a small range, as in images, lose nothing. */
static void test_integers_are_exact(void)
{
    enum { N = 300, DIM = 40 };
    struct err err = {0};
    struct codes c;
    float *x = normal(N * DIM, 3);
    for (size_t i = 0; i < N * DIM; i++)
        x[i] = i % DIM == 7 ? 1000 : floorf(30 * x[i]);
    CHECK_OK(codes_make(&c, CODES_SQ8, METRIC_L2, x, N, DIM, DIM, 1, &err), &err);
    for (size_t i = 0; i < N; i++)
        for (size_t d = 0; d < DIM; d++)
            CHECK(c.center[d] + c.step[d] * ((float)c.rows[i * c.row_bytes + d] - (float)c.zero[d]) == x[i * DIM + d]);
    codes_free(&c);
    mem_free(x);
}

/* One dimension a thousand times as wide as the others, one that never changes, one with a single outlier. */
static void test_uneven_dimensions(void)
{
    enum { N = 1000, DIM = 32 };
    struct err err = {0};
    struct codes c;
    float *x = normal(N * DIM, 4);
    for (size_t i = 0; i < N; i++) {
        x[i * DIM] *= 1000;
        x[i * DIM + 1] = -2.5f;
        x[i * DIM + 2] = i == 0 ? 1e6f : x[i * DIM + 2];
    }
    CHECK_OK(codes_make(&c, CODES_SQ8, METRIC_L2, x, N, DIM, DIM, 2, &err), &err);
    for (size_t i = 0; i < N; i++)
        for (size_t d = 0; d < DIM; d++) {
            float back = c.center[d] + c.step[d] * ((float)c.rows[i * c.row_bytes + d] - (float)c.zero[d]);
            CHECK(d == 2 || fabsf(back - x[i * DIM + d]) <= (d == 0 ? 20 : 0.05f));
        }
    codes_free(&c);
    mem_free(x);
}

static void test_damaged_blocks(void)
{
    enum { N = 20, DIM = 24 };
    struct err err = {0};
    struct codes c, view;
    float *x = normal(N * DIM, 6);
    CHECK_OK(codes_make(&c, CODES_SQ4, METRIC_L2, x, N, DIM, DIM, 1, &err), &err);
    unsigned char *copy = mem_slab(c.block_bytes, 1, &err);
    memcpy(copy, c.block, c.block_bytes);
    CHECK_OK(codes_view(&view, copy, c.block_bytes, METRIC_L2, N, DIM, &err), &err);
    CHECK(view.rows - copy == c.rows - c.block && view.norms[3] == c.norms[3]);
    for (size_t bytes = 0; bytes < c.block_bytes; bytes++)
        CHECK_EQ(codes_view(&view, copy, bytes, METRIC_L2, N, DIM, &err), ERR_DATA);
    CHECK_EQ(codes_view(&view, copy, c.block_bytes, METRIC_IP, N, DIM, &err), ERR_DATA);
    CHECK_EQ(codes_view(&view, copy, c.block_bytes, METRIC_L2, N + 1, DIM, &err), ERR_DATA);
    CHECK_EQ(codes_view(&view, copy, c.block_bytes, METRIC_L2, N, 200, &err), ERR_DATA);
    for (size_t bit = 0; bit < 8 * CODES_HEAD_BYTES; bit++) {
        copy[bit / 8] ^= (unsigned char)(1 << bit % 8);
        CHECK_EQ(codes_view(&view, copy, c.block_bytes, METRIC_L2, N, DIM, &err), ERR_DATA);
        copy[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    for (size_t at = CODES_HEAD_BYTES; at < c.block_bytes; at++) {   /* a wrong code is found, and no number does harm */
        copy[at] ^= 0x7f;
        CHECK_OK(codes_view(&view, copy, c.block_bytes, METRIC_L2, N, DIM, &err), &err);
        size_t bad = 0, norms = (size_t)((const unsigned char *)c.norms - c.block), rows = (size_t)(c.rows - c.block);
        bool matters = (at >= norms && at < norms + N * sizeof(float)) || at >= rows;
        CHECK(codes_check(&view, x, DIM, &bad, &err) != 0 || bad < N || !matters);
        copy[at] ^= 0x7f;
    }
    mem_free(copy);
    mem_free(x);
    codes_free(&c);
}

int main(void)
{
    CHECK_RUN(test_variants_agree);
    CHECK_RUN(test_folds_agree);
    CHECK_RUN(test_estimates);
    CHECK_RUN(test_integers_are_exact);
    CHECK_RUN(test_uneven_dimensions);
    CHECK_RUN(test_damaged_blocks);
    printf("# digest %016llx\n", (unsigned long long)digest);
    return check_status();
}
