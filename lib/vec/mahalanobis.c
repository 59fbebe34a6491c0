#include "vec/mahalanobis.h"
#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"

#include <math.h>
#include <string.h>

typedef double f64x2 __attribute__((vector_size(16)));
typedef float f32x2 __attribute__((vector_size(8)));

enum { TILE = 4 };       /* rows of the covariance that share what is read of the sample */

struct mahalanobis {
    size_t dim;
    double *mean;        /* (dim) */
    double *root;        /* (dim, dim) lower triangle L of S = L L^T */
};

struct fit {
    struct mahalanobis *m;
    const float *x;
    float *t;            /* (dim, stride) x - mean, transposed, zeros behind the n */
    size_t n, stride;
};

static f64x2 pair(const float *p)
{
    f32x2 x;
    memcpy(&x, p, sizeof x);
    return __builtin_convertvector(x, f64x2);
}

/* Rows i .. i+3 of the covariance, up to the diagonal: the sum over the sample is in two lanes, then one. */
static int fill_rows(void *ctx, size_t tile, int worker, struct err *err)
{
    (void)worker, (void)err;
    const struct fit *f = ctx;
    size_t dim = f->m->dim, first = tile * TILE, n_rows = num_min_size(TILE, dim - first);
    for (size_t j = 0; j < first + n_rows; j++) {
        const float *a[TILE], *b = f->t + j * f->stride;
        f64x2 sum[TILE] = {{0}};
        for (size_t r = 0; r < TILE; r++)
            a[r] = f->t + (first + num_min_size(r, n_rows - 1)) * f->stride;
        for (size_t s = 0; s < f->stride; s += 2) {
            f64x2 y = pair(b + s);
            for (size_t r = 0; r < TILE; r++)
                sum[r] += pair(a[r] + s) * y;
        }
        for (size_t r = 0; r < n_rows; r++)
            f->m->root[(first + r) * dim + j] = (sum[r][0] + sum[r][1]) / (double)(f->n - 1);
    }
    return 0;
}

static void centre(const struct fit *f)
{
    size_t dim = f->m->dim;
    for (size_t s = 0; s < f->n; s++)
        for (size_t i = 0; i < dim; i++)
            f->m->mean[i] += (double)f->x[s * dim + i];
    for (size_t i = 0; i < dim; i++)
        f->m->mean[i] /= (double)f->n;
    for (size_t s = 0; s < f->n; s++)
        for (size_t i = 0; i < dim; i++)
            f->t[i * f->stride + s] = (float)((double)f->x[s * dim + i] - f->m->mean[i]);
}

/* Cholesky in place, row by row. */
static int factor(double *a, size_t dim, struct err *err)
{
    for (size_t i = 0; i < dim; i++) {
        double variance = a[i * dim + i];
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i * dim + j];
            for (size_t k = 0; k < j; k++)
                sum -= a[i * dim + k] * a[j * dim + k];
            if (j < i)
                a[i * dim + j] = sum / a[j * dim + j];
            else if (sum > 1e-9 * variance)
                a[i * dim + i] = sqrt(sum);
            else
                return err_set(err, ERR_DATA, "dimension %zu follows from those before it: there is no Mahalanobis distance", i);
        }
    }
    return 0;
}

int mahalanobis_fit(struct mahalanobis **out, const float *x, size_t n, size_t dim, int n_threads, struct err *err)
{
    int rc = 0;
    struct mahalanobis *m = NULL;
    struct fit f = {.x = x, .n = n, .stride = num_round_up(n, 2)};
    *out = NULL;
    TRY_NEW(m, MEM_NEW(struct mahalanobis, err));
    m->dim = dim;
    TRY_NEW(m->mean, MEM_ZARRAY(double, dim, err));
    TRY_NEW(m->root, MEM_SLAB(double, dim * dim, err));
    TRY_NEW(f.t, MEM_SLAB(float, dim * f.stride, err));
    f.m = m;
    centre(&f);
    TRY(par_for(n_threads, (dim + TILE - 1) / TILE, fill_rows, &f, err));
    TRY(factor(m->root, dim, err));
    *out = m;
    m = NULL;
out:
    mem_free(f.t);
    mahalanobis_free(m);
    return rc;
}

void mahalanobis_free(struct mahalanobis *m)
{
    if (!m)
        return;
    mem_free(m->mean);
    mem_free(m->root);
    mem_free(m);
}

/* |y| with L y = x - m. */
double mahalanobis_of(const struct mahalanobis *m, const float *x, double *y)
{
    double square = 0;
    for (size_t i = 0; i < m->dim; i++) {
        double sum = (double)x[i] - m->mean[i];
        for (size_t j = 0; j < i; j++)
            sum -= m->root[i * m->dim + j] * y[j];
        y[i] = sum / m->root[i * m->dim + i];
        square += y[i] * y[i];
    }
    return sqrt(square);
}
