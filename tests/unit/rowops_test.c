/* rowops: every variant equals the scalar one bit for bit, and the functions are as near to the true ones as rowops.h says.  The
 * last line printed is a digest of results, which tests/tools/check-neon compares between instruction sets. */
#include "nn/rowops.h"

#include "base/rng.h"
#include "check.h"
#include "vec/half.h"

#include <math.h>
#include <stdlib.h>

enum { MAX = 100, K = 37, STRIDE = 41 };

struct results {
    float activated[3][MAX], added[MAX], normed[MAX], exponents[MAX], total, scaled[MAX], sums[MAX];
    uint16_t narrow[MAX];
    uint8_t bytes[MAX];
    struct rowops_bytes steps;
};

static float number(uint64_t i)
{
    return (float)rng_normal(3, RNG_TEST, i) * (i % 7 ? 1 : 20);
}

static void fill(float *x, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        x[i] = number(seed * 1000 + i);
}

static uint64_t digest = 14695981039346656037u;

static void run(const struct rowops *ops, size_t n, struct results *r)
{
    float x[MAX], y[MAX], bias[MAX], weight[MAX];
    int32_t sums[MAX];
    struct rowops_norm norm = {.weight = weight, .bias = bias, .epsilon = 1e-5f};
    memset(r, 0, sizeof *r);
    fill(x, n, 1);
    fill(y, n, 2);
    fill(bias, n, 3);
    fill(weight, n, 4);
    for (int a = 0; a < 3; a++) {
        memcpy(r->activated[a], x, n * sizeof *x);
        ops->activate(r->activated[a], bias, n, (enum rowops_activation)a);
    }
    memcpy(r->added, x, n * sizeof *x);
    ops->add(r->added, bias, n);
    memcpy(r->normed, x, n * sizeof *x);
    ops->add_norm(r->normed, y, bias, &norm, n);
    memcpy(r->exponents, x, n * sizeof *x);
    r->total = ops->exponents(r->exponents, n);
    ops->scale(r->scaled, x, 0.3f, n);
    ops->narrow(r->narrow, x, n);
    r->steps = ops->to_bytes(r->bytes, x, n);
    for (size_t i = 0; i < n; i++)
        sums[i] = (int32_t)(rng_u64(5, RNG_TEST, i) % 20000000) - 10000000;
    memcpy(r->sums, sums, n * sizeof *sums);
    ops->from_sums(r->sums, r->steps, weight, y, n);
}

static void test_variants_equal(void)
{
    static struct results want, got;
    for (size_t n = 1; n <= MAX; n++) {
        run(rowops_variant(CPU_SCALAR), n, &want);
        for (size_t i = 0; i < sizeof want; i++)
            digest = (digest ^ ((unsigned char *)&want)[i]) * 1099511628211u;
        for (int isa = CPU_AVX2; isa <= CPU_NEON; isa++) {
            const struct rowops *ops = rowops_variant((enum cpu_isa)isa);
            if (!ops)
                continue;
            run(ops, n, &got);
            CHECK(memcmp(&want, &got, sizeof got) == 0);
        }
    }
}

/* Against double, and equal in all variants. */
static void test_product(void)
{
    static float a[ROWOPS_MAX_ROWS * STRIDE], panel[K * ROWOPS_MAX_WIDTH], c[ROWOPS_MAX_ROWS * STRIDE];
    fill(a, ROWOPS_MAX_ROWS * STRIDE, 6);
    for (int isa = CPU_SCALAR; isa <= CPU_NEON; isa++) {
        const struct rowops *ops = rowops_variant((enum cpu_isa)isa);
        if (!ops)
            continue;
        CHECK(ops->rows <= ROWOPS_MAX_ROWS && ops->width <= ROWOPS_MAX_WIDTH);
        for (size_t i = 0; i < K; i++)
            fill(panel + i * ops->width, ops->width, 7 + i);
        ops->product(a, STRIDE, panel, K, c, STRIDE);
        for (size_t i = 0; i < ops->rows; i++)
            for (size_t j = 0; j < ops->width; j++) {
                float sum = 0;
                for (size_t l = 0; l < K; l++)
                    sum = fmaf(a[i * STRIDE + l], number((7 + l) * 1000 + j), sum);
                CHECK(sum == c[i * STRIDE + j]);
            }
    }
}

static void test_product_bf16(void)
{
    static uint32_t a[ROWOPS_MAX_ROWS * STRIDE], panel[K * ROWOPS_MAX_WIDTH];
    static float c[ROWOPS_MAX_ROWS * STRIDE];
    const struct rowops *ops = rowops_variant(CPU_AVX512);
    if (!ops || !ops->product_bf16)
        return;
    uint16_t *left = (uint16_t *)(void *)a, *right = (uint16_t *)(void *)panel;
    for (size_t i = 0; i < 2 * sizeof a / sizeof *a; i++)
        left[i] = half_to_bf16(number(i));
    for (size_t i = 0; i < 2 * sizeof panel / sizeof *panel; i++)
        right[i] = half_to_bf16(number(i + 77777));
    ops->product_bf16(a, STRIDE, panel, K, c, STRIDE);
    for (size_t i = 0; i < ops->rows; i++)
        for (size_t j = 0; j < ops->width; j++) {
            double sum = 0, size = 0;
            for (size_t l = 0; l < 2 * K; l++) {
                double x = half_from_bf16(left[2 * i * STRIDE + l]);
                double term = x * half_from_bf16(right[2 * (l / 2 * ops->width + j) + l % 2]);
                sum += term;
                size += fabs(term);
            }
            CHECK(fabs(sum - c[i * STRIDE + j]) <= 2 * K * 0x1p-23 * size);
        }
}

static double gelu(double x)
{
    return x * 0.5 * erfc(-x / sqrt(2));
}

static double gelu_tanh(double x)
{
    return x / (1 + exp(-2 * sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}

static void test_errors(void)
{
    static const float zero[16];
    const struct rowops *ops = rowops_best();
    double worst_exp = 0, worst_gelu = 0, worst_tanh = 0;
    for (int i = 0; i < 2000000; i += 16) {
        float x[16], e[17], g[16], t[16];
        for (int j = 0; j < 16; j++) {
            x[j] = (float)(i + j) / 1000000 - 1;                             /* -1 to 1 */
            e[j] = x[j] * 43 - 44;                                           /* -87 to -1 */
            g[j] = t[j] = x[j] * 20;
        }
        e[16] = 0;                                                           /* the greatest */
        double want[16];
        for (int j = 0; j < 16; j++)
            want[j] = exp(e[j]);
        (void)ops->exponents(e, 17);
        ops->activate(g, zero, 16, ROWOPS_GELU);
        ops->activate(t, zero, 16, ROWOPS_GELU_TANH);
        for (int j = 0; j < 16; j++) {
            double v = x[j] * 20.0f;
            worst_exp = fmax(worst_exp, fabs(e[j] / want[j] - 1));
            worst_gelu = fmax(worst_gelu, fabs(g[j] - gelu(v)) / fmax(1, fabs(v)));
            worst_tanh = fmax(worst_tanh, fabs(t[j] - gelu_tanh(v)) / fmax(1, fabs(v)));
        }
    }
    printf("# greatest errors: exp %.3g, gelu %.3g, by tanh %.3g\n", worst_exp, worst_gelu, worst_tanh);
    CHECK(worst_exp <= 1e-7);
    CHECK(worst_gelu <= 2.5e-7);
    CHECK(worst_tanh <= 2e-7);
}

int main(void)
{
    CHECK_RUN(test_variants_equal);
    CHECK_RUN(test_product);
    CHECK_RUN(test_product_bf16);
    CHECK_RUN(test_errors);
    int status = check_status();
    printf("# digest %016llx\n", (unsigned long long)digest);
    return status;
}
