/* ball_inside - what a ball tree is made of, for the files of ball alone. */
#ifndef BALL_INSIDE_H
#define BALL_INSIDE_H

#include "tree/ball.h"
#include "tree/ball_split.h"
#include "vec/exact_bound.h"
#include "vec/kernel.h"
#include "vec/tile.h"

struct ball {
    const float *x;
    size_t n, dim, stride;
    struct distance distance;
    struct exact_bound bound;
    const struct tile_kernel *kernel;
    struct ball_split split;
    float *centres;         /* (n_nodes, stride) */
    double *radii;          /* (n_nodes) no row of a node is farther from its centre */
    double *centre_lengths; /* (n_nodes) of the centres, rounded up */
    double *lengths;        /* (n_nodes) of leaves: the greatest |x'|, as exact_bound wants it */
    double greatest;        /* of all */
    float *middle;          /* (stride) what x' is taken about: the mean for l2, else 0 */
    float *packed;          /* panels of kernel->rows rows x', in the order */
    float *base;            /* (whole panels) as struct tile has it */
    double slack;           /* relative error of a reference distance, generously */
};

/* A ball of queries, or one query, radius 0. */
struct ball_around {
    const float *centre;
    double radius, length;    /* length: the greatest of its queries, rounded up */
};

/* No row of the node has a published distance below this to any query of the ball; -INFINITY where nothing is known. */
double ball_lower(const struct ball *b, const struct ball_around *a, size_t node);

/* To order nodes by: how far the centres are apart, smaller is nearer. */
float ball_apart(const struct ball *b, const struct ball_around *a, size_t node);

/* centre (stride): the mean of n rows of x, those of `rows`; returns a radius about it that holds them all.
 * sum: (dim) scratch. */
double ball_measure(const struct ball *b, const float *x, size_t stride, const uint32_t *rows, size_t n, double *sum,
                    float *centre);

/* |x|, and at least that. */
double ball_length(const struct ball *b, const float *x);

/* out (dim) = x' */
void ball_shift(const struct ball *b, float *restrict out, const float *restrict x);

#endif
