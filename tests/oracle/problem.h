/* problem - an assignment of n points to k clusters with bounds, as a file that assign.c writes and both solvers read: n and k as
 * int32, k lower and k upper bounds, n * k costs, all int32 as the machine has them. */
#ifndef PROBLEM_H
#define PROBLEM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct problem {
    int32_t n, k, *lower, *upper, *cost;
};

static inline void problem_get(FILE *f, int32_t *to, size_t n)
{
    if (fread(to, sizeof *to, n, f) != n) {
        fprintf(stderr, "problem: cut off\n");
        exit(3);
    }
}

static inline int32_t *problem_room(size_t n)
{
    int32_t *p = (int32_t *)malloc(n * sizeof *p);
    if (!p)
        exit(4);
    return p;
}

static inline struct problem problem_read(const char *path)
{
    struct problem p;
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(4);
    }
    problem_get(f, &p.n, 1);
    problem_get(f, &p.k, 1);
    p.lower = problem_room((size_t)p.k);
    p.upper = problem_room((size_t)p.k);
    p.cost = problem_room((size_t)p.n * (size_t)p.k);
    problem_get(f, p.lower, (size_t)p.k);
    problem_get(f, p.upper, (size_t)p.k);
    problem_get(f, p.cost, (size_t)p.n * (size_t)p.k);
    fclose(f);
    return p;
}

static inline void problem_done(struct problem *p)
{
    free(p->lower);
    free(p->upper);
    free(p->cost);
}

#endif
