#include "vec/mahalanobis.h"

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "vec/gauss.h"

#include <math.h>

/* Four points of the plane: mean (1, 2), covariance (n - 1) of diag(2, 6) * 4 / 3. */
static void test_by_hand(void)
{
    static const float x[] = {1 + 2, 2, 1 - 2, 2, 1, 2 + 4, 1, 2 - 4};
    struct err err = {0};
    struct mahalanobis *m = NULL;
    double scratch[2];
    CHECK_OK(mahalanobis_fit(&m, x, 4, 2, 1, &err), &err);
    CHECK(mahalanobis_of(m, (float[]){1, 2}, scratch) == 0);
    CHECK(fabs(mahalanobis_of(m, (float[]){3, 2}, scratch) - 2 / sqrt(8.0 / 3)) < 1e-12);
    CHECK(fabs(mahalanobis_of(m, (float[]){3, 6}, scratch) - sqrt(4 / (8.0 / 3) + 16 / (32.0 / 3))) < 1e-12);
    mahalanobis_free(m);
}

/* y = A x + c with A lower triangular has the distances of x: no linear map changes them; odd sizes; any number of threads. */
static void test_linear_map(void)
{
    enum { N = 3001, DIM = 13 };
    static float x[N * DIM], y[N * DIM];
    struct err err = {0};
    struct mahalanobis *mx = NULL, *my = NULL, *threads = NULL;
    double scratch[DIM], worst = 0, squares = 0;
    for (size_t i = 0; i < N; i++) {
        gauss_fill(1, RNG_TEST, i, x + i * DIM, DIM);
        for (size_t k = 0; k < DIM; k++) {
            double sum = 5.0 + (double)k;
            for (size_t j = 0; j <= k; j++)
                sum += (double)x[i * DIM + j] * (j == k ? 2.0 + (double)k : 0.5 - (double)((j + k) % 3));
            y[i * DIM + k] = (float)sum;
        }
    }
    CHECK_OK(mahalanobis_fit(&mx, x, N, DIM, 1, &err), &err);
    CHECK_OK(mahalanobis_fit(&my, y, N, DIM, 1, &err), &err);
    CHECK_OK(mahalanobis_fit(&threads, y, N, DIM, 4, &err), &err);
    for (size_t i = 0; i < N; i++) {
        double a = mahalanobis_of(mx, x + i * DIM, scratch), b = mahalanobis_of(my, y + i * DIM, scratch);
        worst = fmax(worst, fabs(a / b - 1));
        squares += b * b;
        CHECK(mahalanobis_of(threads, y + i * DIM, scratch) == b);
    }
    CHECK(worst < 1e-5);
    CHECK(fabs(squares / (N - 1) / DIM - 1) < 1e-5);     /* of the sample itself: exactly dim on average */
    mahalanobis_free(mx);
    mahalanobis_free(my);
    mahalanobis_free(threads);
}

static void test_singular(void)
{
    enum { N = 100, DIM = 3 };
    static float x[N * DIM];
    struct err err = {0};
    struct mahalanobis *m = NULL;
    for (size_t i = 0; i < N; i++) {
        gauss_fill(1, RNG_TEST, i, x + i * DIM, 2);
        x[i * DIM + 2] = x[i * DIM] + x[i * DIM + 1];
    }
    CHECK_EQ(mahalanobis_fit(&m, x, N, DIM, 1, &err), ERR_DATA);
    CHECK(m == NULL && strstr(err.msg, "dimension 2 "));
}

int main(void)
{
    CHECK_RUN(test_by_hand);
    CHECK_RUN(test_linear_map);
    CHECK_RUN(test_singular);
    return check_status();
}
