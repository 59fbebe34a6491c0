/* Every kernel that runs here, against loops: on small integers, whose sums are exact in any order. */
#include "vec/tile.h"

#include "base/rng.h"
#include "check.h"
#include "vec/half.h"

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

/* The vectors as the type has them: (n, words) of 32 bits. */
static void encode(void *out, enum tile_type type, const float *x, size_t n, size_t dim, int offset)
{
    size_t words = tile_words(type, dim);
    memset(out, 0, n * words * 4);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < dim; j++) {
            uint8_t byte = (uint8_t)((int)x[i * dim + j] + offset);
            uint16_t bf16 = half_to_bf16(x[i * dim + j]);
            if (type == TILE_F32)
                memcpy((char *)out + (i * words + j) * 4, &x[i * dim + j], 4);
            else if (type == TILE_BF16)
                memcpy((char *)out + i * words * 4 + j * 2, &bf16, 2);
            else
                memcpy((char *)out + i * words * 4 + j, &byte, 1);
        }
}

static void check_kernel(const struct tile_kernel *kernel, const struct made *m, size_t dim)
{
    size_t rows = kernel->rows, queries = kernel->queries, words = tile_words(kernel->type, dim), expected = 0;
    char *plain = malloc((TILE_MAX_QUERIES * words + 1) * 4), *x = malloc((rows * words + 1) * 4);
    char *q = aligned_alloc(64, TILE_MAX_QUERIES * 4 * (words + 1));
    int32_t start[TILE_MAX_ROWS] = {0};
    float q_scale[TILE_MAX_QUERIES];
    struct tile_hits hits;
    if (!plain || !x || !q)
        exit(4);
    encode(plain, kernel->type, m->x, rows, dim, 0);
    tile_pack(x, rows, plain, rows, words, words);
    encode(plain, kernel->type, m->q, queries, dim, 128);
    tile_pack(q, queries, plain, queries, words, words);
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < dim; j++)
            start[r] -= 128 * (int)m->x[r * dim + j];
    for (size_t c = 0; c < queries; c++)
        q_scale[c] = kernel->type == TILE_I8 ? (float)(1 + c % 3) / 4 : 1;
    const struct tile tile = {.x = x, .q = q, .words = words, .base = m->base, .limit = m->limit, .start = start,
                              .q_scale = q_scale, .x_scale = 2};
    float x_scale = kernel->type == TILE_I8 ? tile.x_scale : 1;
    size_t n = kernel->run(&tile, &hits);
    bool same = true;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < queries; c++) {
            float product = 0;
            for (size_t j = 0; j < dim; j++)
                product += m->x[r * dim + j] * m->q[c * dim + j];
            float estimate = m->base[r] - x_scale * q_scale[c] * product;
            if (!(estimate <= m->limit[c]))
                continue;
            size_t i = first_where(&hits, n, r * TILE_MAX_QUERIES + c);
            same = same && i < n && hits.estimate[i] == estimate;
            expected++;
        }
    CHECK(same);
    CHECK_EQ(n, expected);
    free(plain);
    free(x);
    free(q);
}

static void check_variant(enum cpu_isa isa, enum tile_type type)
{
    struct made m;
    const struct tile_kernel *kernel = tile_kernel_variant(isa, type);
    if (!kernel)
        return;
    CHECK_EQ(kernel->type, type);
    CHECK(kernel->rows <= TILE_MAX_ROWS && TILE_MAX_ROWS % kernel->rows == 0 && kernel->queries <= TILE_MAX_QUERIES);
    for (size_t dim = 0; dim <= MAX_DIM; dim = dim < 5 ? dim + 1 : dim * 2 - 3)
        for (uint64_t seed = 0; seed < 8; seed++) {
            make(&m, dim, seed);
            check_kernel(kernel, &m, dim);
        }
}

static void test_kernels(void)
{
    CHECK(tile_kernel_best(TILE_F32) == tile_kernel_variant(cpu_isa(), TILE_F32));
    for (int isa = CPU_SCALAR; isa <= CPU_NEON; isa++)
        for (int type = TILE_F32; type <= TILE_I8; type++)
            check_variant((enum cpu_isa)isa, (enum tile_type)type);
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
