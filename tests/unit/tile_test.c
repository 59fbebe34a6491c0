/* Every kernel that runs here, against loops: on small integers, whose sums are exact in any order. */
#include "vec/tile.h"

#include "base/rng.h"
#include "check.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MAX_DIM = 70 };

struct made {
    float x[TILE_MAX_ROWS * MAX_DIM], q[TILE_MAX_QUERIES * MAX_DIM], base[TILE_MAX_ROWS], limit[TILE_MAX_QUERIES];
};

static void make(struct made *m, size_t dim, uint64_t seed)
{
    for (size_t i = 0; i < TILE_MAX_ROWS * dim; i++)
        m->x[i] = (float)rng_below(seed, RNG_TEST, i, 7) - 3;
    for (size_t i = 0; i < TILE_MAX_QUERIES * dim; i++)
        m->q[i] = (float)rng_below(seed, RNG_TEST, 100000 + i, 7) - 3;
    for (size_t r = 0; r < TILE_MAX_ROWS; r++)
        m->base[r] = (float)rng_below(seed, RNG_TEST, 200000 + r, 9);
    for (size_t c = 0; c < TILE_MAX_QUERIES; c++)
        m->limit[c] = (float)rng_below(seed, RNG_TEST, 300000 + c, 40) - 20;
    m->base[seed % TILE_MAX_ROWS] = NAN;
    m->limit[seed % TILE_MAX_QUERIES] = -INFINITY;
    m->limit[(seed + 5) % TILE_MAX_QUERIES] = seed % 2 ? 1e30f : -1e30f;
}

static size_t first_where(const struct tile_hits *hits, size_t n, size_t at)
{
    for (size_t i = 0; i < n; i++)
        if (hits->at[i] == at)
            return i;
    return n;
}

static void check_kernel(const struct tile_kernel *kernel, const struct made *m, size_t dim)
{
    size_t rows = kernel->rows, queries = kernel->queries, expected = 0;
    float *x = malloc((rows * dim + 1) * sizeof *x), *q = aligned_alloc(64, (queries * dim + 16) / 16 * 64);
    if (!x || !q)
        exit(4);
    struct tile_hits hits;
    tile_pack(x, rows, m->x, rows, dim, dim);
    tile_pack(q, queries, m->q, queries, dim, dim);
    const struct tile tile = {.x = x, .q = q, .dim = dim, .base = m->base, .limit = m->limit};
    size_t n = kernel->run(&tile, &hits);
    bool same = true;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < queries; c++) {
            float product = 0;
            for (size_t j = 0; j < dim; j++)
                product += m->x[r * dim + j] * m->q[c * dim + j];
            float estimate = m->base[r] - product;
            if (!(estimate <= m->limit[c]))
                continue;
            size_t i = first_where(&hits, n, r * TILE_MAX_QUERIES + c);
            same = same && i < n && hits.estimate[i] == estimate;
            expected++;
        }
    CHECK(same);
    CHECK_EQ(n, expected);
    free(x);
    free(q);
}

static void test_kernels(void)
{
    struct made m;
    CHECK(tile_kernel_best() == tile_kernel_variant(cpu_isa()));
    for (int isa = CPU_SCALAR; isa <= CPU_NEON; isa++) {
        const struct tile_kernel *kernel = tile_kernel_variant((enum cpu_isa)isa);
        if (!kernel)
            continue;
        CHECK(kernel->rows <= TILE_MAX_ROWS && TILE_MAX_ROWS % kernel->rows == 0 && kernel->queries <= TILE_MAX_QUERIES);
        for (size_t dim = 0; dim <= MAX_DIM; dim = dim < 5 ? dim + 1 : dim * 2 - 3)
            for (uint64_t seed = 0; seed < 8; seed++) {
                make(&m, dim, seed);
                check_kernel(kernel, &m, dim);
            }
    }
}

static void test_pack(void)
{
    const float x[] = {1, 2, 3, -1, 4, 5, 6, -1};
    const float expected[] = {1, 4, 0, 2, 5, 0, 3, 6, 0};
    float panel[9];
    tile_pack(panel, 3, x, 2, 3, 4);
    CHECK(memcmp(panel, expected, sizeof panel) == 0);
}

int main(void)
{
    CHECK_RUN(test_kernels);
    CHECK_RUN(test_pack);
    return check_status();
}
