/* Codes: groups, statistics and suffixes counted by hand; encoding with a beam; the exact parting of equal tuples. */
#include "quant/codeset.h"

#include "base/rng.h"
#include "check.h"
#include "quant/resolve.h"
#include "quant/rqencode.h"
#include "vec/kernel.h"

#include <math.h>
#include <stdlib.h>

static struct err err;

static void test_parse(void)
{
    uint32_t clusters[CODESET_MAX_LEVELS];
    size_t n;
    CHECK_OK(codeset_parse_levels("4,65536,1", "-K", 0, clusters, &n, &err), &err);
    CHECK(n == 3 && clusters[0] == 4 && clusters[1] == 65536 && clusters[2] == 1);
    CHECK_OK(codeset_parse_levels("7", "-K", 4, clusters, &n, &err), &err);
    CHECK(n == 4 && clusters[3] == 7);
    static const char *const wrong[] = {"", "0", "4,", ",4", "65537", "4 ", "1,2,3"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct err e = {0};
        CHECK_EQ(codeset_parse_levels(wrong[i], "-K", 2, clusters, &n, &e), ERR_USAGE);
    }
}

static void test_statistics(void)
{
    static const uint32_t clusters[] = {3, 2};
    static const uint16_t code[8][2] = {{0, 1}, {2, 0}, {0, 1}, {0, 0}, {0, 1}, {2, 0}, {0, 0}, {2, 1}};
    static const uint16_t suffix[8] = {1, 1, 2, 1, 3, 2, 2, 0};
    struct codeset s;
    struct codeset_stats stats;
    struct codeset_level levels[2];
    CHECK_OK(codeset_init(&s, 8, 2, clusters, &err), &err);
    memcpy(s.code, code, sizeof code);
    CHECK_OK(codeset_count(&s, &stats, levels, &err), &err);
    CHECK(stats.distinct == 4 && stats.groups == 3 && stats.members == 7 && stats.largest == 3 && stats.rate == .5);
    CHECK(levels[0].used == 2 && levels[0].least == 0 && levels[0].most == 5);
    CHECK(levels[1].used == 2 && levels[1].least == 4 && levels[1].most == 4 && levels[1].entropy == 1);
    CHECK(fabs(stats.entropy - (3. / 8 * log2(8. / 3) + 2 * .25 * 2 + 3. / 8)) < 1e-12);
    CHECK(fabs(stats.expected - (8 - 6 * (1 - pow(5. / 6, 8)))) < 1e-12);
    CHECK_OK(codeset_suffix(&s, &err), &err);
    CHECK(memcmp(s.suffix, suffix, sizeof suffix) == 0);
    codeset_done(&s);
}

static void test_large_group(void)
{
    static const uint32_t clusters[] = {1};
    struct codeset s;
    struct err e = {0};
    CHECK_OK(codeset_init(&s, 65536, 1, clusters, &err), &err);
    CHECK_EQ(codeset_suffix(&s, &e), ERR_LIMIT);
    codeset_done(&s);
}

/* Codebooks and vectors of random numbers. */
static struct residual random_books(size_t n_levels, uint32_t k, size_t dim)
{
    struct residual q = {.n_levels = n_levels, .dim = dim, .stride = (dim + 15) / 16 * 16};
    for (size_t l = 0; l < n_levels; l++) {
        q.clusters[l] = k;
        q.level[l].centres = calloc(k * q.stride, sizeof(float));
        for (size_t e = 0; q.level[l].centres && e < k * dim; e++)
            q.level[l].centres[e / dim * q.stride + e % dim] = (float)rng_normal(l, RNG_TEST, e);
    }
    return q;
}

static float *random_vectors(size_t n, size_t dim, size_t stride)
{
    float *x = calloc(n * stride, sizeof *x);
    for (size_t e = 0; x && e < n * dim; e++)
        x[e / dim * stride + e % dim] = 2 * (float)rng_normal(77, RNG_TEST, e);
    return x;
}

static void books_done(struct residual *q)
{
    for (size_t l = 0; l < q->n_levels; l++)
        free(q->level[l].centres);
}

static double left_by(const struct residual *q, const float *x, const uint16_t *code)
{
    double sum = 0;
    for (size_t t = 0; t < q->dim; t++) {
        float v = x[t];
        for (size_t l = 0; l < q->n_levels; l++)
            v -= q->level[l].centres[code[l] * q->stride + t];
        sum += (double)v * (double)v;
    }
    return sum;
}

/* A beam as wide as there are prefixes finds the best tuple of all. */
static void test_beam(void)
{
    struct residual q = random_books(3, 5, 6);
    float *x = random_vectors(40, 6, q.stride);
    uint16_t narrow[40 * 3], wide[40 * 3], again[40 * 3];
    CHECK_OK(rqencode_rows(&q, x, 40, 1, 2, narrow, &err), &err);
    CHECK_OK(rqencode_rows(&q, x, 40, 25, 1, wide, &err), &err);
    CHECK_OK(rqencode_rows(&q, x, 40, 25, 3, again, &err), &err);
    CHECK(memcmp(wide, again, sizeof wide) == 0);
    size_t better = 0;
    for (size_t i = 0; i < 40; i++) {
        double least = INFINITY;
        for (uint16_t c = 0; c < 125; c++) {
            const uint16_t code[] = {c / 25, c / 5 % 5, c % 5};
            least = fmin(least, left_by(&q, x + i * q.stride, code));
        }
        CHECK(left_by(&q, x + i * q.stride, wide + 3 * i) <= least * (1 + 1e-5));
        better += left_by(&q, x + i * q.stride, wide + 3 * i) < left_by(&q, x + i * q.stride, narrow + 3 * i);
    }
    CHECK(better > 0);
    free(x);
    books_done(&q);
}

/* Five vectors, five last codes, one first code: all orders tried by hand. */
static double best_order(float dist[5][5], size_t i, unsigned taken)
{
    double best = i == 5 ? 0 : INFINITY;
    for (unsigned j = 0; i < 5 && j < 5; j++)
        if (!(taken & 1u << j))
            best = fmin(best, (double)dist[i][j] + best_order(dist, i + 1, taken | 1u << j));
    return best;
}

static void test_reassign(void)
{
    struct residual q = random_books(2, 5, 4);
    static const uint32_t clusters[] = {5, 5};
    float *x = random_vectors(6, 4, q.stride), *left = random_vectors(6, 4, q.stride), dist[5][5];
    struct distance d = distance_make(METRIC_L2, 4);
    struct codeset s;
    uint64_t changed;
    double sum = 0;
    CHECK_OK(codeset_init(&s, 6, 2, clusters, &err), &err);
    s.code[2 * 5] = 3;                                     /* the sixth has a family of its own */
    for (size_t i = 0; i < 6; i++)
        residual_take(&q, 0, 2, &s, i, left + i * q.stride, false);
    for (size_t i = 0; i < 5; i++) {
        float before[16] = {0};
        memcpy(before, left + i * q.stride, sizeof before);
        residual_take(&q, 1, 2, &s, i, before, true);
        for (size_t j = 0; j < 5; j++)
            dist[i][j] = distance_one(&d, before, q.level[1].centres + j * q.stride);
    }
    CHECK_OK(resolve_last(RESOLVE_REASSIGN, &q, left, &s, 1, &changed, &err), &err);
    CHECK_EQ(changed, 4);
    unsigned seen = 0;
    for (size_t i = 0; i < 5; i++) {
        seen |= 1u << s.code[2 * i + 1];
        sum += (double)dist[i][s.code[2 * i + 1]];
    }
    CHECK_EQ(seen, 31);
    CHECK(s.code[2 * 5] == 3 && s.code[2 * 5 + 1] == 0);
    CHECK(fabs(sum - best_order(dist, 0, 0)) < 1e-4);
    codeset_done(&s);
    free(x);
    free(left);
    books_done(&q);
}

int main(void)
{
    CHECK_RUN(test_parse);
    CHECK_RUN(test_statistics);
    CHECK_RUN(test_large_group);
    CHECK_RUN(test_beam);
    CHECK_RUN(test_reassign);
    return check_status();
}
