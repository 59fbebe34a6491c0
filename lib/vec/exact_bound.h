/* exact_bound - how far an estimate by matrix product can lie from the published distance.
 *
 * For base row x and query q, in f32 with unit roundoff u = 2^-24 and g(m) = m u / (1 - m u):
 *     l2      x' = fl(x - c), q' = fl(q - c) about any centre c;  estimate fl(|x'|^2 / 2 - <q', x'>)
 *     ip      x' = x, q' = q;                                     estimate fl(-<q', x'>)
 *     cosine  the same as ip
 * A pass may take v^ in the place of a vector v', such as its nearest vector of scaled bytes; x' = x^ + dx, q' = q^ + dq.
 * Published distances order as their image: l2 (dist - |q'|^2) / 2, ip dist, cosine dist - 1.  |estimate - image| is at most
 *     replaced   |q'||dx| + |dq||x^|          <q', x'> - <q^, x^> = <q', dx> + <dq, x^>; nothing where x^ = x', q^ = q'
 *     product    g(dim + 4) |q^||x^|          any order of dim multiplications and additions, fused or not, and two scales
 *     reference  g(dim/16 + 8) of l2's half squared distance, which is at most (|q'| + |x'|)^2 / 2, and as much for
 *                (|x'|^2 + |q'|^2) / 2; g(dim/16 + 8) |q||x| for ip, and 2u (1 + |q||x|) more for cosine
 *     centring   u (1 + u) (|q'| + |x'|)^2    both vectors move by one rounding
 *     the rest   5u (|q'| + |x'|)^2, or 5u |q||x|: the estimate's difference, and sums of estimate and bound
 *     underflow  (4 dim + 64) 2^-126          also where subnormal numbers were flushed to zero
 * Lengths are roots of the reference kernel's squares: what they lack is part of a factor of safety, 1 + 2^-10.
 * With s = |q'| + |x'|, so that |q'||x'| <= s^2 / 4.  Higham, Accuracy and Stability of Numerical Algorithms, §3.1. */
#ifndef EXACT_BOUND_H
#define EXACT_BOUND_H

#include "vec/metric.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

struct exact_bound {
    enum metric metric;
    double relative, cosine, absolute;
};

/* Of a vector, or the greatest of several: |v'|, and |v' - v^|, 0 where nothing is replaced. */
struct exact_extent {
    double length, error;
};

struct exact_bound exact_bound_make(enum metric metric, size_t dim);

/* For a query and rows of at most these extents. */
double exact_bound_of(const struct exact_bound *b, struct exact_extent q, struct exact_extent x);

/* Can nothing overflow on the way?  Otherwise no bound holds. */
bool exact_bound_holds(double q_length, double x_length);

/* A float >= x, and next to it: at most 3 units in the last place above. */
static inline float exact_bound_up(double x)
{
    return (float)(x + fabs(x) * 0x1p-23 + 0x1p-149);
}

#endif
