#include "tree/ball_answers.h"

#include "base/mem.h"
#include "base/num.h"

#include <inttypes.h>
#include <math.h>

enum { BATCH_BYTES = 64 << 20, MIN_BATCH = 64, MAX_BATCH = 16384 };

struct answers {
    const struct vector_set *base;
    const struct ball_answers_options *o;
    struct neighbours_writer writer;
    struct ball *ball;
    struct neighbour *found;     /* (batch, k) */
    struct ball_list *lists;     /* (batch) */
    uint64_t *nn;                /* of a row, as dist and nnkeys */
    float *dist;
    struct text *nnkeys;
    size_t cap_nn, cap_dist, cap_keys;
};

static struct neighbours_options output_options(bool has_key, const struct vector_set *base, const struct ball_answers_options *o)
{
    return (struct neighbours_options){.has_key = has_key, .has_nnkey = base->keys != NULL, .metric = o->metric, .k = o->k};
}

int ball_answers_header(struct header *h, const struct vector_set *base, const struct vector_reader *queries,
                        const struct ball_answers_options *o, struct err *err)
{
    const struct neighbours_options options = output_options(vector_reader_has_keys(queries), base, o);
    const char *space = header_meta(&base->header, "space");
    if (o->k > base->n)
        return err_set(err, ERR_USAGE, "-k %zu: the set holds %zu vectors", o->k, base->n);
    int rc = neighbours_header(h, &options, err);
    return rc || !space ? rc : header_set_meta(h, "space", space, err);
}

static int write_row(struct answers *a, uint64_t id, const struct text *key, const struct neighbour *found, size_t n,
                     struct err *err)
{
    int rc = 0;
    const struct vector_set *base = a->base;
    TRY(mem_reserve(&a->nn, &a->cap_nn, n, sizeof *a->nn, err));
    TRY(mem_reserve(&a->dist, &a->cap_dist, n, sizeof *a->dist, err));
    TRY(mem_reserve(&a->nnkeys, &a->cap_keys, n, sizeof *a->nnkeys, err));
    for (size_t i = 0; i < n; i++) {
        a->nn[i] = base->ids[found[i].id];
        a->dist[i] = found[i].dist;
        a->nnkeys[i] = base->keys ? base->keys[found[i].id] : (struct text){0};
        if (!isfinite(found[i].dist)) {
            rc = err_set(err, ERR_DATA, "query %" PRIu64 " and vector %" PRIu64 ": their distance is beyond 32-bit floats", id,
                         a->nn[i]);
            goto out;
        }
    }
    const struct neighbours_row row = {.id = id, .key = key ? *key : (struct text){0}, .n = n, .nn = a->nn, .dist = a->dist,
                                       .nnkeys = a->nnkeys, .ndc = (uint32_t)base->n};
    TRY(neighbours_write(&a->writer, &row, err));
out:
    return rc;
}

static int answer_batch(struct answers *a, const struct vector_batch *b, struct err *err)
{
    int rc = 0;
    const struct ball_answers_options *o = a->o;
    if (o->k > 0)
        TRY(ball_search(a->ball, b->x, b->n, b->stride, o->k, o->n_threads, a->found, err));
    else
        TRY(ball_radius(a->ball, b->x, b->n, b->stride, o->radius, o->n_threads, a->lists, err));
    for (size_t i = 0; i < b->n; i++) {
        const struct text *key = b->keys ? &b->keys[i] : NULL;
        if (o->k > 0)
            TRY(write_row(a, b->ids[i], key, a->found + i * o->k, o->k, err));
        else
            TRY(write_row(a, b->ids[i], key, a->lists[i].at, a->lists[i].n, err));
    }
out:
    for (size_t i = 0; o->k == 0 && i < b->n; i++) {
        mem_free(a->lists[i].at);
        a->lists[i] = (struct ball_list){0};
    }
    return rc;
}

int ball_answers_write(struct stream_writer *w, const struct vector_set *base, struct vector_reader *queries,
                       const struct ball_answers_options *o, struct err *err)
{
    int rc = 0;
    struct vector_batch b = {0};
    struct answers a = {.base = base, .o = o, .writer = {w, output_options(vector_reader_has_keys(queries), base, o)}};
    size_t row_bytes = base->stride * sizeof(float) + num_max_size(o->k, 64) * sizeof(struct neighbour);
    size_t batch = num_max_size(MIN_BATCH, num_min_size(MAX_BATCH, BATCH_BYTES / row_bytes));
    TRY(ball_new(&a.ball, base->x, base->n, base->dim, base->stride, o->metric, o->leaf, o->n_threads, err));
    TRY_NEW(a.found, mem_alloc(batch, o->k * sizeof *a.found, err));
    TRY_NEW(a.lists, MEM_ZARRAY(struct ball_list, batch, err));
    for (;;) {
        TRY(vector_reader_next(queries, batch, &b, err));
        if (b.n == 0)
            break;
        TRY(answer_batch(&a, &b, err));
        if (o->progress)
            o->progress(b.first_row + b.n);
    }
out:
    vector_batch_done(&b);
    ball_free(a.ball);
    mem_free(a.found);
    mem_free(a.lists);
    mem_free(a.nn);
    mem_free(a.dist);
    mem_free(a.nnkeys);
    return rc;
}
