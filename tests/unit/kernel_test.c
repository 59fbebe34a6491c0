/* Every variant equals the definition of kernel.h bit for bit.  The last line printed is a digest of results, which
 * tests/tools/check-neon compares between instruction sets. */
#include "vec/kernel.h"

#include "base/rng.h"
#include "check.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { MAX_DIM = 1100, PAD = 16, PAGE = 1 << 16 };   /* a multiple of every page size in use */

static uint64_t digest = 14695981039346656037u;

/* Bits of x; all NaN alike, since which one comes out is not defined. */
static uint32_t bits_of(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return isnan(x) ? 0x7fc00000 : u;
}

static void digest_add(float x)
{
    digest = (digest ^ bits_of(x)) * 1099511628211u;
}

/* The definition, lane by lane. */
static float tree(const float *s, int n)
{
    float half[8];
    if (n == 1)
        return s[0];
    for (int j = 0; j < n / 2; j++)
        half[j] = s[j] + s[j + n / 2];
    return tree(half, n / 2);
}

static float reference(const float *a, const float *b, size_t dim, bool l2)
{
    float s[16];
    for (size_t lane = 0; lane < 16; lane++) {
        s[lane] = 0;
        for (size_t i = lane; i < dim; i += 16) {
            float d = a[i] - b[i];
            s[lane] = l2 ? fmaf(d, d, s[lane]) : fmaf(a[i], b[i], s[lane]);
        }
    }
    return tree(s, 16);
}

static float random_float(uint64_t i)
{
    return (float)rng_normal(7, RNG_TEST, i);
}

/* Mostly numbers of any size and sign, with zeros of both signs, subnormals, infinities and NaN among them. */
static float special_float(uint64_t i)
{
    static const float specials[] = {0.0f, -0.0f, 0x1p-149f, -0x1p-149f, 0x1p-126f, 0x1.fffffep127f, -0x1.fffffep127f,
                                     INFINITY, -INFINITY, NAN};
    uint64_t r = rng_u64(8, RNG_TEST, i);
    if (r % 64 < 10)
        return specials[r % 64];
    float x = ldexpf((float)(r >> 40) - 0x1p23f, (int)(r >> 8 & 127) - 100);
    return r % 64 < 20 ? x * 0x1p-60f : x;
}

static void check_one(const struct kernel *k, const float *a, const float *const x[4], size_t dim)
{
    float dot[4], l2[4];
    k->dot4(a, x, dim, dot);
    k->l2x4(a, x, dim, l2);
    for (int r = 0; r < 4; r++) {
        uint32_t want_dot = bits_of(reference(a, x[r], dim, false)), want_l2 = bits_of(reference(a, x[r], dim, true));
        CHECK_EQ(bits_of(dot[r]), want_dot);
        CHECK_EQ(bits_of(l2[r]), want_l2);
        if (r == 0) {
            CHECK_EQ(bits_of(k->dot(a, x[0], dim)), want_dot);
            CHECK_EQ(bits_of(k->l2(a, x[0], dim)), want_l2);
        }
    }
}

static void check_variants(const float *a, const float *const x[4], size_t dim)
{
    for (int isa = CPU_SCALAR; isa <= CPU_NEON; isa++) {
        const struct kernel *k = kernel_variant((enum cpu_isa)isa);
        if (k)
            check_one(k, a, x, dim);
    }
    const struct kernel *best = kernel_best();
    digest_add(best->dot(a, x[0], dim));
    digest_add(best->l2(a, x[0], dim));
}

static float *filled(size_t n, float (*value)(uint64_t), uint64_t seed)
{
    float *x = malloc(n * sizeof *x);
    if (!x)
        exit(4);
    for (size_t i = 0; i < n; i++)
        x[i] = value(seed * 1000003 + i);
    return x;
}

static void test_every_dim(void)
{
    float *a = filled(MAX_DIM, random_float, 1), *b = filled(4 * MAX_DIM, random_float, 2);
    for (size_t dim = 0; dim <= MAX_DIM; dim++) {
        const float *const x[4] = {b, b + dim, b + 2 * dim, b + 3 * dim};
        check_variants(a, x, dim);
    }
    free(a);
    free(b);
}

static void test_every_alignment(void)
{
    float *a = filled(300, random_float, 3), *b = filled(1300, random_float, 4);
    for (size_t dim = 90; dim <= 107; dim++)
        for (size_t i = 0; i < PAD; i++) {
            const float *const x[4] = {b + i, b + 301 + i, b + 603 + 2 * i, b + 900 + 3 * i};
            check_variants(a + (i * 7) % PAD, x, dim);
        }
    free(a);
    free(b);
}

static void test_special_values(void)
{
    for (uint64_t seed = 0; seed < 40; seed++) {
        float *a = filled(64, special_float, 10 + 2 * seed), *b = filled(4 * 64, special_float, 11 + 2 * seed);
        for (size_t dim = 0; dim <= 64; dim += 1 + dim % 3) {
            const float *const x[4] = {b, b + 64, b + 128, b + 192};
            check_variants(a, x, dim);
        }
        free(a);
        free(b);
    }
}

/* A sum of products that underflow to -0 stays -0 in lanes that the tail does not touch. */
static void test_negative_zero(void)
{
    float a[40], b[160];
    for (int i = 0; i < 40; i++)
        a[i] = -0x1p-100f;
    for (int i = 0; i < 160; i++)
        b[i] = 0x1p-100f;
    for (size_t dim = 16; dim <= 40; dim++) {
        const float *const x[4] = {b, b + 40, b + 80, b + 120};
        check_variants(a, x, dim);
        CHECK(signbit(kernel_best()->dot(a, b, dim)));
    }
}

/* Nothing is read beyond a vector: it ends where its page ends, and the next page cannot be read. */
static void test_page_edge(void)
{
    char *map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != MAP_FAILED);
    CHECK_EQ(mprotect(map + PAGE, PAGE, PROT_NONE), 0);
    CHECK_EQ(mprotect(map + 3 * PAGE, PAGE, PROT_NONE), 0);
    float *a_end = (float *)(void *)(map + PAGE), *b_end = (float *)(void *)(map + 3 * PAGE);
    for (int i = 1; i <= MAX_DIM; i++) {
        a_end[-i] = random_float((uint64_t)i);
        b_end[-i] = random_float((uint64_t)(i + MAX_DIM));
    }
    for (size_t dim = 0; dim <= 100; dim++) {
        const float *const x[4] = {b_end - dim, b_end - dim, b_end - dim, b_end - dim};
        check_variants(a_end - dim, x, dim);
        CHECK_EQ(kernel_first_not_finite(a_end - dim, dim), dim);
    }
    munmap(map, 4 * PAGE);
}

static void test_distance(void)
{
    enum { DIM = 37, STRIDE = 48, N = 11 };
    float *base = filled(N * STRIDE, random_float, 5), *q = filled(DIM, random_float, 6), out[N];
    const unsigned ids[N] = {10, 0, 3, 3, 7, 9, 1, 2, 4, 8, 6};
    for (int metric = METRIC_L2; metric <= METRIC_COSINE; metric++) {
        struct distance d = distance_make((enum metric)metric, DIM);
        distance_gather(&d, q, base, STRIDE, ids, N, out);
        for (int i = 0; i < N; i++) {
            const float *x = base + ids[i] * STRIDE;
            float dot = reference(q, x, DIM, false);
            float want = metric == METRIC_L2 ? reference(q, x, DIM, true) : metric == METRIC_IP ? -dot : 1 - dot;
            CHECK_EQ(bits_of(out[i]), bits_of(want));
            CHECK_EQ(bits_of(distance_one(&d, q, x)), bits_of(want));
        }
    }
    free(base);
    free(q);
}

static void test_distance_at_the_limits(void)
{
    struct distance ip = distance_make(METRIC_IP, 2), l2 = distance_make(METRIC_L2, 2);
    const float big[2] = {0x1p100f, 0x1p100f}, mixed[2] = {0x1p100f, -0x1p100f}, zero[2] = {0, 0};
    CHECK(distance_one(&ip, big, big) == -INFINITY);
    CHECK(distance_one(&ip, big, mixed) == INFINITY);   /* inf - inf is no number, and orders last */
    CHECK(distance_one(&l2, big, mixed) == INFINITY);
    CHECK(!signbit(distance_one(&ip, zero, big)));
}

static void test_normalise(void)
{
    static const float scales[] = {1, 0x1p-140f, 0x1p-126f, 0x1p-70f, 0x1p-20f, 0x1p60f, 0x1p90f, 0x1p120f};
    for (size_t dim = 1; dim <= 200; dim += 13)
        for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
            float *x = filled(dim, random_float, 20 + dim), *scaled = filled(dim, random_float, 20 + dim);
            double square = 0, squares = 0;
            for (size_t i = 0; i < dim; i++) {
                scaled[i] *= scales[s];
                x[i] = scaled[i];
                square += (double)x[i] * x[i];
            }
            CHECK(kernel_normalise(scaled, dim));
            for (size_t i = 0; i < dim; i++) {
                CHECK(fabs(scaled[i] - x[i] / sqrt(square)) <= 1e-6 * fabs(x[i] / sqrt(square)) + 1e-44);
                squares += (double)scaled[i] * scaled[i];
                digest_add(scaled[i]);
            }
            CHECK(fabs(squares - 1) < 1e-6);
            free(x);
            free(scaled);
        }
    float zero[5] = {0, -0.0f, 0, 0, 0}, three_four[2] = {3, 4};
    CHECK(!kernel_normalise(zero, 5));
    CHECK(!kernel_normalise(zero, 0));
    CHECK(kernel_normalise(three_four, 2));
    CHECK(three_four[0] == 3.0f / 5.0f && three_four[1] == 4.0f / 5.0f);
}

static void test_first_not_finite(void)
{
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    float x[200];
    for (size_t n = 0; n <= 200; n += 1 + n / 20) {
        for (size_t i = 0; i < 200; i++)
            x[i] = i % 2 ? 0x1.fffffep127f : -0x1p-149f;
        CHECK_EQ(kernel_first_not_finite(x, n), n);
        for (size_t i = 0; i < n; i++) {
            float old = x[i];
            x[i] = bad[i % 3];
            CHECK_EQ(kernel_first_not_finite(x, n), i);
            x[i] = old;
        }
    }
}

static void test_metric_names(void)
{
    for (int metric = METRIC_L2; metric <= METRIC_COSINE; metric++)
        CHECK_EQ(metric_parse(metric_name((enum metric)metric)), metric);
    CHECK_EQ(metric_parse("l3"), -1);
    CHECK_EQ(metric_parse(""), -1);
}

int main(void)
{
    CHECK_RUN(test_every_dim);
    CHECK_RUN(test_every_alignment);
    CHECK_RUN(test_special_values);
    CHECK_RUN(test_negative_zero);
    CHECK_RUN(test_page_edge);
    CHECK_RUN(test_distance);
    CHECK_RUN(test_distance_at_the_limits);
    CHECK_RUN(test_normalise);
    CHECK_RUN(test_first_not_finite);
    CHECK_RUN(test_metric_names);
    printf("# digest %016llx\n", (unsigned long long)digest);
    return check_status();
}
