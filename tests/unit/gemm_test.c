#include "vec/gemm.h"

#include "base/rng.h"
#include "check.h"
#include "sys/par.h"
#include "vec/half.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { GAP = 5 };   /* between rows, where there is one; filled with values that must not matter */

struct problem {
    enum gemm_type type;
    size_t m, n, k, lda, ldb, ldc;
    void *a, *b, *c;
    size_t a_bytes, b_bytes;    /* of an element */
};

static const char *const type_names[] = {"f32", "bf16", "i8"};

static void *get(size_t n, size_t size)
{
    void *p = malloc(n * size + 1);
    if (!p)
        exit(4);
    return p;
}

static void problem_make(struct problem *p, enum gemm_type type, size_t m, size_t n, size_t k, bool gaps, uint64_t seed)
{
    size_t gap = gaps ? GAP : 0;
    *p = (struct problem){.type = type, .m = m, .n = n, .k = k, .lda = k + gap, .ldb = k + 2 * gap, .ldc = n + 3 * gap,
                          .a_bytes = type == GEMM_F32 ? 4 : type == GEMM_BF16 ? 2 : 1, .b_bytes = type == GEMM_I8 ? 1 : 4};
    p->a = get(m * p->lda, p->a_bytes);
    p->b = get(n * p->ldb, p->b_bytes);
    p->c = get(m * p->ldc, 4);
    for (size_t i = 0; i < m * p->lda; i++) {
        uint64_t r = rng_u64(seed, RNG_TEST, i);
        if (type == GEMM_I8)
            ((uint8_t *)p->a)[i] = r % 3 ? (uint8_t)(r >> 8) : 255;
        else if (type == GEMM_BF16)
            ((uint16_t *)p->a)[i] = half_to_bf16((float)rng_normal(seed, RNG_TEST, i));
        else
            ((float *)p->a)[i] = (float)rng_normal(seed, RNG_TEST, i);
    }
    for (size_t i = 0; i < n * p->ldb; i++) {
        uint64_t r = rng_u64(seed + 1, RNG_TEST, i);
        if (type == GEMM_I8)
            ((int8_t *)p->b)[i] = (int8_t)(r % 3 ? (int)(r >> 8 & 255) - 128 : -128);   /* pairs that overflow 16 bits */
        else
            ((float *)p->b)[i] = (float)rng_normal(seed + 1, RNG_TEST, i);
    }
    memset(p->c, 0x55, m * p->ldc * 4);
}

static void problem_done(struct problem *p)
{
    free(p->a);
    free(p->b);
    free(p->c);
}

static double a_at(const struct problem *p, size_t i, size_t j)
{
    size_t at = i * p->lda + j;
    return p->type == GEMM_I8 ? ((uint8_t *)p->a)[at] : p->type == GEMM_BF16 ? (double)half_from_bf16(((uint16_t *)p->a)[at])
                              : (double)((float *)p->a)[at];
}

static double b_at(const struct problem *p, size_t i, size_t j)
{
    size_t at = i * p->ldb + j;
    float x = p->type == GEMM_I8 ? 0 : ((float *)p->b)[at];
    return p->type == GEMM_I8 ? ((int8_t *)p->b)[at] : p->type == GEMM_BF16 ? (double)half_from_bf16(half_to_bf16(x)) : (double)x;
}

/* Against three plain loops in double.  The bound for floats is that of any order of k f32 additions. */
static void problem_check(const struct problem *p)
{
    size_t wrong = 0;
    for (size_t i = 0; i < p->m; i++) {
        for (size_t j = 0; j < p->n; j++) {
            double sum = 0, magnitude = 0;
            for (size_t l = 0; l < p->k; l++) {
                sum += a_at(p, i, l) * b_at(p, j, l);
                magnitude += fabs(a_at(p, i, l) * b_at(p, j, l));
            }
            size_t at = i * p->ldc + j;
            double got = p->type == GEMM_I8 ? ((int32_t *)p->c)[at] : (double)((float *)p->c)[at];
            double bound = p->type == GEMM_I8 ? 0 : ((double)p->k + 1) * 0x1p-24 * magnitude;
            wrong += !(fabs(got - sum) <= bound);
        }
        for (size_t j = p->n; j < p->ldc; j++)   /* between the rows nothing is written */
            wrong += ((int32_t *)p->c)[i * p->ldc + j] != 0x55555555;
    }
    if (wrong)
        fprintf(stderr, "%s m %zu n %zu k %zu lda %zu: %zu wrong\n", type_names[p->type], p->m, p->n, p->k, p->lda, wrong);
    CHECK_EQ(wrong, 0);
}

static void check_shapes(enum gemm_type type)
{
    static const size_t shapes[][3] = {{1, 1, 1}, {1, 64, 384}, {7, 13, 5}, {64, 64, 64}, {33, 100, 17}, {5, 3, 700},
                                       {2, 129, 1030}, {100, 1, 31}, {16, 16, 512}, {3, 17, 513}, {65, 70, 100}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int gaps = 0; gaps < 2; gaps++) {
            struct problem p;
            struct gemm_weights *w;
            struct err err = {0};
            problem_make(&p, type, shapes[s][0], shapes[s][1], shapes[s][2], gaps, 10 * s);
            CHECK_OK(gemm_pack(&w, type, p.n, p.k, p.b, p.ldb, &err), &err);
            for (int again = 0; again < 2; again++)
                CHECK_OK(gemm_run(w, p.m, p.a, p.lda, p.c, p.ldc, &err), &err);
            problem_check(&p);
            gemm_weights_free(w);
            problem_done(&p);
        }
}

static void test_f32(void) { check_shapes(GEMM_F32); }
static void test_bf16(void) { check_shapes(GEMM_BF16); }
static void test_i8(void) { check_shapes(GEMM_I8); }

static void test_empty(void)
{
    float a[4] = {1, 2, 3, 4}, c[4] = {9, 9, 9, 9};
    struct gemm_weights *w;
    struct err err = {0};
    CHECK_OK(gemm_pack(&w, GEMM_F32, 2, 0, a, 0, &err), &err);
    CHECK_OK(gemm_run(w, 2, a, 0, c, 2, &err), &err);
    CHECK(c[0] == 0 && c[1] == 0 && c[2] == 0 && c[3] == 0);
    gemm_weights_free(w);
    CHECK_OK(gemm_pack(&w, GEMM_F32, 0, 2, a, 2, &err), &err);
    CHECK_OK(gemm_run(w, 2, a, 2, c, 0, &err), &err);
    gemm_weights_free(w);
    CHECK_OK(gemm_pack(&w, GEMM_F32, 2, 2, a, 2, &err), &err);
    CHECK_OK(gemm_run(w, 0, a, 2, c, 2, &err), &err);
    gemm_weights_free(w);
    gemm_weights_free(NULL);
}

/* ---- several threads, one set of weights, tiles of changing height ---- */

enum { ROWS = 400, N = 90, K = 130, N_TILES = 60 };

struct tiles {
    const struct gemm_weights *w;
    const float *a;
    float *c;    /* (N_TILES, ROWS, N) */
};

/* Tile i: rows [0, 1 + 6 i). */
static int run_tile(void *ctx, size_t i, int worker, struct err *err)
{
    struct tiles *t = ctx;
    (void)worker;
    return gemm_run(t->w, 1 + 6 * i, t->a, K, t->c + i * ROWS * N, N, err);
}

static void test_threads(void)
{
    struct problem p;
    struct gemm_weights *w, *other;
    struct err err = {0};
    problem_make(&p, GEMM_F32, ROWS, N, K, false, 5);
    float *c1 = get(N_TILES * ROWS * N, 4), *c8 = get(N_TILES * ROWS * N, 4);
    CHECK_OK(gemm_pack(&w, GEMM_F32, N, K, p.b, p.ldb, &err), &err);
    CHECK_OK(gemm_pack(&other, GEMM_F32, N, K, p.b, p.ldb, &err), &err);
    struct tiles t1 = {w, p.a, c1}, t8 = {other, p.a, c8};
    CHECK_OK(par_for(1, N_TILES, run_tile, &t1, &err), &err);
    CHECK_OK(par_for(8, N_TILES, run_tile, &t8, &err), &err);
    for (size_t i = 0; i < N_TILES; i++) {
        CHECK_EQ(memcmp(c1 + i * ROWS * N, c8 + i * ROWS * N, (1 + 6 * i) * N * sizeof(float)), 0);
        memcpy(p.c, c1 + i * ROWS * N, (1 + 6 * i) * N * sizeof(float));
        p.m = 1 + 6 * i;
        if (i % 20 == 3)
            problem_check(&p);
    }
    gemm_weights_free(w);
    gemm_weights_free(other);
    free(c1);
    free(c8);
    problem_done(&p);
}

int main(void)
{
    CHECK_RUN(test_f32);
    CHECK_RUN(test_bf16);
    CHECK_RUN(test_i8);
    CHECK_RUN(test_empty);
    CHECK_RUN(test_threads);
    return check_status();
}
