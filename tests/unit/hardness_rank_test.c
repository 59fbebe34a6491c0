/* Measures of a score against brute force: all choices among equals, all pairs. */
#include "repair/hardness_rank.h"

#include "base/rng.h"
#include "check.h"

#include <math.h>
#include <stdbool.h>

static struct err err;

enum { MAX_N = 12 };

/* The share of the m hardest that is found, over all sets of m that are no easier than the rest; and the AUC of the same. */
static void brute(const float *score, const float *recall, size_t n, size_t m, double *share, double *auc)
{
    uint32_t order[MAX_N];
    double n_sets = 0;
    CHECK_OK(hardness_order(score, n, order, &err), &err);
    *share = *auc = 0;
    for (unsigned set = 0; set < 1u << n; set++) {
        bool ok = (size_t)__builtin_popcount(set) == m;
        for (size_t i = 0; i < n && ok; i++)
            for (size_t j = 0; j < n; j++)
                ok = ok && !((set >> i & 1) && !(set >> j & 1) && recall[i] > recall[j]);
        if (!ok)
            continue;
        n_sets++;
        for (size_t i = 0; i < m; i++)
            *share += (double)(set >> order[i] & 1) / (double)m;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                if ((set >> i & 1) && !(set >> j & 1))
                    *auc += (score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0) / (double)(m * (n - m));
    }
    *share /= n_sets;
    *auc /= n_sets;
}

static void test_found(void)
{
    for (uint64_t round = 0; round < 60; round++) {
        size_t n = 2 + rng_below(1, RNG_TEST, 1000 + round, MAX_N - 1), m = 1 + rng_below(1, RNG_TEST, 2000 + round, n - 1);
        float score[MAX_N], recall[MAX_N];
        double share, auc;
        struct hardness_found f, best;
        for (size_t i = 0; i < n; i++) {
            score[i] = (float)rng_below(2, RNG_TEST, round * MAX_N + i, 6);
            recall[i] = (float)rng_below(3, RNG_TEST, round * MAX_N + i, 4) / 4;
        }
        brute(score, recall, n, m, &share, &auc);
        CHECK_OK(hardness_find(&f, score, recall, n, m, &err), &err);
        CHECK(fabs(f.share - share) < 1e-12);
        CHECK(fabs(f.auc - auc) < 1e-12);
        for (size_t i = 0; i < n; i++)
            score[i] = -recall[i];
        CHECK_OK(hardness_find(&best, score, recall, n, m, &err), &err);
        CHECK(fabs(best.share - best.most) < 1e-12 && best.most >= f.share - 1e-12);
    }
    struct hardness_found f;
    CHECK_OK(hardness_find(&f, (float[]){1, 2, 3}, (float[]){1, 0, 0.5f}, 3, 3, &err), &err);
    CHECK(f.share == 1 && isnan(f.auc));
    CHECK_OK(hardness_find(&f, (float[]){3, 2, 1, 0}, (float[]){0, 0.25f, 0.5f, 1}, 4, 2, &err), &err);
    CHECK(f.share == 1 && f.most == 1 && f.auc == 1);
}

static void test_correlation(void)
{
    double rho;
    const float x[] = {1, 2, 3, 4, 5}, up[] = {2, 4, 6, 8, 10}, down[] = {1, 0.5f, 0.25f, 0.1f, -7}, same[] = {3, 3, 3, 3, 3};
    CHECK(fabs(hardness_pearson(x, up, 5) - 1) < 1e-12 && hardness_pearson(x, down, 5) > -0.9);
    CHECK(isnan(hardness_pearson(x, same, 5)));
    CHECK_OK(hardness_spearman(x, down, 5, &rho, &err), &err);
    CHECK(rho == -1);
    /* ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5) */
    CHECK_OK(hardness_spearman((float[]){1, 7, 7, 9}, x, 4, &rho, &err), &err);
    CHECK(fabs(rho - 4.5 / sqrt(22.5)) < 1e-12);
}

static void test_share(void)
{
    uint32_t order[4];
    CHECK_EQ(hardness_share(0.1, 2000), 200);
    CHECK_EQ(hardness_share(0.3, 10), 3);
    CHECK_EQ(hardness_share(0.1, 11), 2);
    CHECK_EQ(hardness_share(1, 7), 7);
    CHECK_EQ(hardness_share(0.001, 1), 1);
    CHECK_OK(hardness_order((float[]){1, 3, 1, 3}, 4, order, &err), &err);
    CHECK(order[0] == 1 && order[1] == 3 && order[2] == 0 && order[3] == 2);
}

int main(void)
{
    CHECK_RUN(test_found);
    CHECK_RUN(test_correlation);
    CHECK_RUN(test_share);
    return check_status();
}
