/* As the source draws (BallTreeSearcher.search), with a row's number for its id; uniform numbers are ours.  Its faults are kept:
 * the query's own row is looked for at rank 0 alone, and the random branch draws of as many rows as there are queries, the
 * query and its positive among them. */
#include "base/mem.h"
#include "tree/negatives_inside.h"

#include <inttypes.h>

enum { NEAREST = 3 };

static int draw_one(struct stream_writer *w, const struct negatives *n, const struct negatives_query *q, size_t n_queries,
                    const struct neighbour *const found[NEGATIVES_SETS], struct negatives_report *report, struct err *err)
{
    const struct neighbour *hard[NEGATIVES_SETS];
    for (size_t set = 0; set < NEGATIVES_SETS; set++)
        hard[set] = &found[set][found[set][0].id == q->id];
    const struct negatives_draw draw = negatives_draw_make(n->o->seed, q->id, 0);
    if (draw.u > n->o->rate) {
        size_t set = hard[NEGATIVES_POINT]->dist > hard[NEGATIVES_COUNTER]->dist;
        report->n_hard++;
        return negatives_put(w, n, q, set, *hard[set], NEGATIVES_HARD, err);
    }
    size_t set = draw.set, row = negatives_draw_below(&draw, n_queries);
    const struct vector_set *s = n->sets[set];
    if (row >= s->n)
        return err_set(err, ERR_DATA, "query %" PRIu64 ": the source draws row %zu of a set of %zu",
                       q->id, row, s->n);
    const struct neighbour taken = {distance_one(&n->distance, q->x, s->x + row * s->stride), (uint32_t)row};
    report->n_random++;
    return negatives_put(w, n, q, set, taken, NEGATIVES_RANDOM, err);
}

int negatives_write_upstream(struct stream_writer *w, struct negatives *n, struct vector_reader *queries,
                             struct negatives_report *report, struct err *err)
{
    int rc = 0;
    struct vector_set q = {0};
    struct neighbour *found[NEGATIVES_SETS] = {NULL, NULL};
    TRY(vector_set_read(&q, queries, 0, err));
    for (size_t set = 0; set < NEGATIVES_SETS; set++) {
        if (n->sets[set]->n < NEAREST) {
            rc = err_set(err, ERR_DATA, "the source needs sets of 3 vectors and more, one has %zu", n->sets[set]->n);
            goto out;
        }
        TRY_NEW(found[set], MEM_ARRAY(struct neighbour, q.n * NEAREST, err));
        TRY(ball_search(n->balls[set], q.x, q.n, q.stride, NEAREST, n->o->n_threads, found[set], err));
    }
    for (size_t i = 0; i < q.n; i++) {
        const struct negatives_query query = {.id = q.ids[i], .key = q.keys ? q.keys[i] : (struct text){0},
                                              .x = q.x + i * q.stride};
        const struct neighbour *const near[] = {found[0] + i * NEAREST, found[1] + i * NEAREST};
        TRY(draw_one(w, n, &query, q.n, near, report, err));
        report->n_queries++;
    }
out:
    for (size_t set = 0; set < NEGATIVES_SETS; set++)
        mem_free(found[set]);
    vector_set_done(&q);
    return rc;
}
