/* assign make N K KIND SEED FILE - write a problem: KIND crowds (squared distances in 32 dimensions, of crowds of very different
 * sizes, sizes N / K +- 1), ties (costs 0 to 3) or any (costs of all magnitudes, bounds of all kinds).
 * assign solve FILE [THREADS] - the optimum by quant/balance.h.  Prints: cost TAB CPU seconds from no prices TAB CPU seconds from
 * the prices of costs that were up to a hundredth off. */
#include "problem.h"

#include "base/rng.h"
#include "quant/balance.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { DIM = 32 };

static void make(const char *path, int32_t n, int32_t k, const char *kind, uint64_t seed)
{
    struct problem p = {n, k, problem_room((size_t)k), problem_room((size_t)k), problem_room((size_t)n * (size_t)k)};
    float *x = malloc((size_t)(n + k) * DIM * sizeof *x);
    if (!x)
        exit(4);
    for (size_t i = 0; i < (size_t)(n + k); i++)
        for (size_t t = 0; t < DIM; t++) {
            uint64_t crowd = (uint64_t)(24 * pow(rng_uniform(seed, RNG_TEST, i), 3));
            x[i * DIM + t] = (float)(2 * rng_normal(seed + 1, RNG_TEST, crowd * DIM + t) +
                                     rng_normal(seed + 2, RNG_TEST, i * DIM + t));
        }
    for (size_t e = 0; e < (size_t)n * (size_t)k; e++) {
        float sum = 0;
        const float *a = x + e / (size_t)k * DIM, *b = x + ((size_t)n + e % (size_t)k) * DIM;
        for (size_t t = 0; t < DIM; t++)
            sum += (a[t] - b[t]) * (a[t] - b[t]);
        uint64_t any = rng_below(seed, RNG_TEST, e, BALANCE_MAX_COST) >> rng_below(seed + 3, RNG_TEST, e / (size_t)k, 24);
        p.cost[e] = kind[0] == 't' ? (int32_t)rng_below(seed, RNG_TEST, e, 4) :
                    kind[0] == 'a' ? (int32_t)any : (int32_t)(sum * 65536);
    }
    for (int32_t j = 0; j < k; j++) {
        p.lower[j] = n / k > 1 ? n / k - 1 : 1;
        p.upper[j] = n / k + 1;
        if (kind[0] == 'a') {
            p.lower[j] = (int32_t)rng_below(seed, RNG_TEST, (uint64_t)j, (uint64_t)(n / k + 1));
            p.upper[j] = j % 3 == 0 ? n : n / k + 1;
        }
    }
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(&p.n, 4, 1, f) != 1 || fwrite(&p.k, 4, 1, f) != 1 || fwrite(p.lower, 4, (size_t)k, f) != (size_t)k ||
        fwrite(p.upper, 4, (size_t)k, f) != (size_t)k || fwrite(p.cost, 4, (size_t)n * (size_t)k, f) != (size_t)n * (size_t)k ||
        fclose(f) != 0)
        exit(4);
    free(x);
    problem_done(&p);
}

static double assign(const struct balance_costs *c, const struct problem *p, int64_t *price, uint32_t *label, int n_threads,
                     int64_t *cost)
{
    struct err err = {0};
    struct balance_report report;
    clock_t before = clock();
    if (balance_assign(c, (const uint32_t *)p->lower, (const uint32_t *)p->upper, price, label, n_threads, &report, &err) != 0) {
        fprintf(stderr, "assign: %s\n", err.msg);
        exit(err_status(err.code));
    }
    *cost = report.cost;
    return (double)(clock() - before) / CLOCKS_PER_SEC;
}

int main(int argc, char **argv)
{
    if (argc == 7 && strcmp(argv[1], "make") == 0) {
        make(argv[6], atoi(argv[2]), atoi(argv[3]), argv[4], (uint64_t)atoi(argv[5]));
        return 0;
    }
    if (argc < 3 || strcmp(argv[1], "solve") != 0)
        return 2;
    struct problem p = problem_read(argv[2]);
    size_t n = (size_t)p.n, k = (size_t)p.k;
    int n_threads = argc > 3 ? atoi(argv[3]) : 1;
    int64_t *price = calloc(k, sizeof *price), cost, other;
    uint32_t *label = calloc(n, sizeof *label);
    int32_t *changed = problem_room(n * k);
    const struct balance_costs c = {.n = n, .k = k, .held = p.cost}, d = {.n = n, .k = k, .held = changed};
    if (!price || !label)
        return 4;
    double cold = assign(&c, &p, price, label, n_threads, &cost);
    for (size_t e = 0; e < n * k; e++)
        changed[e] = (int32_t)(p.cost[e] * (1 - 0.01 * rng_uniform(9, RNG_TEST, e % k)));
    double warm = assign(&d, &p, price, label, n_threads, &other);
    printf("%lld\t%.6f\t%.6f\n", (long long)cost, cold, warm);
    free(price);
    free(label);
    free(changed);
    problem_done(&p);
    return 0;
}
