/* ball_answers - a stream of queries through a ball tree, to a stream of neighbours: what knn-exact writes, by a tree. */
#ifndef BALL_ANSWERS_H
#define BALL_ANSWERS_H

#include "fmt/neighbours.h"
#include "fmt/vectors.h"
#include "tree/ball.h"

#include <stdbool.h>

struct ball_answers_options {
    size_t k;                        /* neighbours of each query; 0: all within the radius */
    float radius;                    /* in the metric's units; l2: squared */
    enum metric metric;
    size_t leaf;
    int n_threads;
    void (*progress)(uint64_t n);    /* may be NULL: told the number of queries that are answered */
};

/* The header of the answers, programs aside.  ERR_USAGE where the base holds fewer than k vectors. */
MUST_CHECK int ball_answers_header(struct header *h, const struct vector_set *base, const struct vector_reader *queries,
                                   const struct ball_answers_options *o, struct err *err);

/* Answer all queries from a base in the order of ids (tree/idorder.h), in batches of bounded memory; w was opened with
 * ball_answers_header's header, the end record is the caller's.  The rows are knn-exact's: ef 0, ndc the size of the base.
 * A distance beyond f32 is ERR_DATA. */
MUST_CHECK int ball_answers_write(struct stream_writer *w, const struct vector_set *base, struct vector_reader *queries,
                                  const struct ball_answers_options *o, struct err *err);

#endif
