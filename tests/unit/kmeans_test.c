/* First centres are the same with coarse bytes and without, and labels are those of the nearest. */
#include "vec/kmeans.h"

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "vec/nearest.h"

enum { N = 2100, DIM = 20, STRIDE = 32, MAX_K = 60 };

/* A crowd round each of some points; every fifth vector is its neighbour's twin. */
static float *vectors(size_t crowds, struct err *err)
{
    float *x = MEM_SLAB(float, N * STRIDE, err);
    for (size_t i = 0; x && i < N; i++)
        for (size_t j = 0; j < DIM; j++) {
            size_t twin = i % 5 ? i : i / 10 * 10;
            x[i * STRIDE + j] = (float)(rng_normal(1, RNG_TEST, twin * DIM + j) +
                                        8 * rng_normal(2, RNG_TEST, twin % crowds * DIM + j));
        }
    return x;
}

static void check(size_t crowds, size_t k, int n_threads)
{
    struct err err;
    struct coarse coarse;
    float *x = vectors(crowds, &err), *centres = MEM_SLAB(float, 2 * MAX_K * STRIDE, &err), *again = centres + MAX_K * STRIDE;
    uint32_t *label = MEM_ARRAY(uint32_t, 2 * N, &err), *nearest = label + N;
    struct kmeans_points p = {.x = x, .n = N, .dim = DIM, .stride = STRIDE, .n_threads = 1};
    CHECK_OK(kmeans_seed(&p, k, 7, 3, again, label, &err), &err);
    CHECK_OK(coarse_make(&coarse, x, N, DIM, STRIDE, n_threads, &err), &err);
    p.coarse = &coarse;
    p.n_threads = n_threads;
    CHECK_OK(kmeans_seed(&p, k, 7, 3, centres, label, &err), &err);
    CHECK(memcmp(centres, again, k * STRIDE * sizeof *centres) == 0);
    CHECK_OK(nearest_find(x, N, DIM, STRIDE, centres, k, nearest, 1, &err), &err);
    CHECK(memcmp(label, nearest, N * sizeof *label) == 0);
    coarse_free(&coarse);
    mem_free(x);
    mem_free(centres);
    mem_free(label);
}

static void test_seed(void)
{
    check(1, MAX_K, 2);
    check(12, MAX_K, 3);
    check(40, 7, 1);
    check(3, 1, 2);
}

int main(void)
{
    CHECK_RUN(test_seed);
    return check_status();
}
