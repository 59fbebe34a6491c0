#include "vec/exact_bound.h"

static double g(size_t m)
{
    double mu = (double)m * 0x1p-24;
    return mu / (1 - mu);
}

/* The factor of safety covers lengths that are too short by a relative g(dim/16 + 8) / 2 < 2^-13 (for dim <= 2^16), lengths of x'
 * where x - c is meant, and double arithmetic. */
struct exact_bound exact_bound_make(enum metric metric, size_t dim)
{
    double product = g(dim + 4), reference = g(dim / 16 + 8), u = 0x1p-24, safety = 1 + 0x1p-10;
    return (struct exact_bound){
        .metric = metric,
        .relative = (metric == METRIC_L2 ? product / 4 + reference + 7 * u : product + reference + 5 * u) * safety,
        .cosine = metric == METRIC_COSINE ? 2 * u * safety : 0,
        .absolute = (double)(4 * dim + 64) * 0x1p-126,
    };
}

double exact_bound_of(const struct exact_bound *b, struct exact_extent q, struct exact_extent x)
{
    double q_length = q.length + q.error, x_length = x.length + x.error, s = q_length + x_length, product = q_length * x_length;
    double replaced = (q.length * x.error + q.error * x_length) * (1 + 0x1p-10);
    return replaced + b->relative * (b->metric == METRIC_L2 ? s * s : product) + b->cosine * (1 + product) + b->absolute;
}

bool exact_bound_holds(double q_length, double x_length)
{
    double s = q_length + x_length;
    return s * s < 0x1p120;
}
