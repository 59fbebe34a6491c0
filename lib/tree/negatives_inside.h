/* negatives_inside - what negatives are drawn from, for the files of negatives alone. */
#ifndef NEGATIVES_INSIDE_H
#define NEGATIVES_INSIDE_H

#include "base/map.h"
#include "tree/negatives.h"
#include "tree/twins.h"
#include "vec/kernel.h"

struct negatives_link {
    size_t document;          /* entry of `documents` */
    size_t next;              /* place + 1 of the query's next link; 0: none */
};

struct negatives {
    const struct negatives_options *o;
    const struct vector_set *sets[NEGATIVES_SETS];
    bool by_key;
    struct distance distance;
    struct ball *balls[NEGATIVES_SETS];
    struct twins twins[NEGATIVES_SETS];
    struct map keys[NEGATIVES_SETS];      /* key -> row, where the set has keys */
    struct map queries, documents;        /* of positives that are given; queries -> place + 1 of the first link */
    struct negatives_link *links;
    size_t n_links, cap_links;
};

/* The random numbers of draw i of a query. */
struct negatives_draw {
    double u;                 /* in [0, 1): which branch */
    size_t set;               /* which set, at random */
    uint32_t words[2];        /* which row */
};
struct negatives_draw negatives_draw_make(uint64_t seed, uint64_t id, size_t i);

/* A number in [0, n), n <= 2^32 - 1. */
uint32_t negatives_draw_below(const struct negatives_draw *d, size_t n);

/* Rows of a set, ascending. */
struct negatives_rows {
    uint32_t *at;
    size_t n, cap;
};

struct negatives_query {
    uint64_t id;
    struct text key;
    const float *x;
};

enum { NEGATIVES_NAME = 24 };

/* A key, or the id in decimal, which then stands in `decimal`. */
struct text negatives_name(bool by_key, uint64_t id, struct text key, char decimal[NEGATIVES_NAME]);

MUST_CHECK int negatives_rows_add(struct negatives_rows *r, uint32_t row, struct err *err);
bool negatives_rows_has(const struct negatives_rows *r, uint32_t row);

/* Empty `excluded` and put in what is no negative of the query, for each set; *nearest: the least distance of its positives in
 * the counter set, INFINITY where there is none. */
MUST_CHECK int negatives_exclude(const struct negatives *n, const struct negatives_query *q,
                                 struct negatives_rows excluded[NEGATIVES_SETS], float *nearest, struct err *err);

/* Tell the visitor of the query, and of its positives. */
MUST_CHECK int negatives_tell(const struct negatives *n, const struct negatives_query *q, struct err *err);

/* Write one row, and tell the visitor. */
MUST_CHECK int negatives_put(struct stream_writer *w, const struct negatives *n, const struct negatives_query *q, size_t set,
                             struct neighbour negative, enum negatives_branch branch, struct err *err);

/* Of negatives_write, with o->upstream. */
MUST_CHECK int negatives_write_upstream(struct stream_writer *w, struct negatives *n, struct vector_reader *queries,
                                        struct negatives_report *report, struct err *err);

#endif
