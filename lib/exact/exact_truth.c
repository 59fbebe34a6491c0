#include "exact/exact_truth.h"

#include "base/mem.h"
#include "base/num.h"
#include "exact/exact.h"
#include "sys/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum {
    BATCH_BYTES = 64 << 20,
    MIN_BATCH = 64,           /* so that exact_search can use matrix products; given up where it would take too much */
    MIN_BATCH_BYTES = 512 << 20,
    MAX_BATCH = 16384         /* beyond, packing the base once a batch costs next to nothing already */
};

int exact_truth_check(struct vector_reader *base, struct vector_reader *queries, int requested, bool force,
                      enum metric *metric, struct err *err)
{
    const struct header *b = vector_reader_header(base), *q = vector_reader_header(queries);
    const char *base_name = input_name(vector_reader_input(base)), *name = input_name(vector_reader_input(queries));
    const char *metric_of_queries = header_meta(q, "metric");
    int rc = vectors_metric(b, requested, metric, err);
    if (rc != 0)
        return err_prefix(err, "%s: ", base_name);
    if (vector_reader_dim(base) != vector_reader_dim(queries))
        return err_set(err, ERR_DATA, "%s has dimension %zu, %s has %zu", name, vector_reader_dim(queries), base_name,
                       vector_reader_dim(base));
    if (!force && requested < 0 && metric_of_queries && metric_parse(metric_of_queries) != (int)*metric)
        return err_set(err, ERR_DATA, "%s has metric %s, %s has %s: --metric decides", name, metric_of_queries, base_name,
                       metric_name(*metric));
    if (*metric == METRIC_COSINE) {
        vector_reader_normalise(base);
        vector_reader_normalise(queries);
    }
    return force ? 0 : vectors_compatible(b, base_name, q, name, err);
}

static struct neighbours_options output_options(const struct vector_set *base, const struct vector_reader *queries,
                                                const struct exact_truth_options *o)
{
    return (struct neighbours_options){.has_key = vector_reader_has_keys(queries), .has_nnkey = base->keys != NULL,
                                       .metric = o->metric, .k = o->k};
}

int exact_truth_header(struct header *h, const struct vector_set *base, const struct vector_reader *queries,
                       const struct exact_truth_options *o, struct err *err)
{
    const struct neighbours_options options = output_options(base, queries, o);
    const char *space = header_meta(&base->header, "space");
    if (o->k > base->n)
        return err_set(err, ERR_USAGE, "-k %zu: the base holds %zu vectors", o->k, base->n);
    int rc = neighbours_header(h, &options, err);
    return rc || !space ? rc : header_set_meta(h, "space", space, err);
}

struct row_space {
    uint64_t *nn;             /* (k) */
    float *dist;              /* (k) */
    struct text *nnkeys;      /* (k) */
};

static int write_row(struct neighbours_writer *w, const struct vector_set *base, const struct vector_batch *b, size_t i,
                     const struct neighbour *found, struct row_space *to, struct err *err)
{
    size_t k = w->options.k;
    struct neighbours_row row = {.id = b->ids[i], .ef = 0, .n = k, .nn = to->nn, .dist = to->dist, .nnkeys = to->nnkeys,
                                 .ndc = (uint32_t)base->n};
    if (b->keys)
        row.key = b->keys[i];
    for (size_t j = 0; j < k; j++) {
        to->nn[j] = base->ids[found[j].id];
        to->dist[j] = found[j].dist;
        if (base->keys)
            to->nnkeys[j] = base->keys[found[j].id];
        if (!isfinite(found[j].dist))
            return err_set(err, ERR_DATA, "query %" PRIu64 " and base vector %" PRIu64 ": their distance is beyond 32-bit floats",
                           row.id, to->nn[j]);
    }
    return neighbours_write(w, &row, err);
}

static int put_stats(struct stream_writer *w, uint64_t wall_ns, int n_threads, struct err *err)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, wall_ns);
    int rc = stream_writer_stat(w, "wall_ns.0", text, err);
    snprintf(text, sizeof text, "%d", n_threads);
    return rc ? rc : stream_writer_stat(w, "threads.0", text, err);
}

int exact_truth_write(struct stream_writer *stream, const struct vector_set *base, struct vector_reader *queries,
                      const struct exact_truth_options *o, struct err *err)
{
    int rc = 0;
    uint64_t wall_ns = 0;
    struct exact *exact = NULL;
    struct vector_batch b = {0};
    struct neighbour *found = NULL;
    struct row_space row = {0};
    struct neighbours_writer w = {.stream = stream, .options = output_options(base, queries, o)};
    uint64_t start = clock_ns();
    TRY(exact_new(&exact, base->x, base->n, base->dim, base->stride, base->ids, o->metric, err));
    exact_use(exact, o->pass);
    wall_ns += clock_ns() - start;
    size_t query_bytes = base->stride * sizeof(float) + o->k * sizeof *found + exact_query_bytes(exact, o->k);
    size_t least = num_max_size(1, num_min_size(MIN_BATCH, MIN_BATCH_BYTES / query_bytes));
    size_t batch = num_max_size(least, num_min_size(MAX_BATCH, BATCH_BYTES / query_bytes));
    TRY_NEW(found, mem_alloc(batch, o->k * sizeof *found, err));
    TRY_NEW(row.nn, MEM_ARRAY(uint64_t, o->k, err));
    TRY_NEW(row.dist, MEM_ARRAY(float, o->k, err));
    TRY_NEW(row.nnkeys, MEM_ARRAY(struct text, o->k, err));
    for (;;) {
        TRY(vector_reader_next(queries, batch, &b, err));
        if (b.n == 0)
            break;
        start = clock_ns();
        TRY(exact_search(exact, b.x, b.n, b.stride, o->k, o->n_threads, found, err));
        wall_ns += clock_ns() - start;
        for (size_t i = 0; i < b.n; i++)
            TRY(write_row(&w, base, &b, i, found + i * o->k, &row, err));
        if (o->progress)
            o->progress(b.first_row + b.n);
    }
    if (o->time)
        TRY(put_stats(stream, wall_ns, o->n_threads, err));
out:
    vector_batch_done(&b);
    mem_free(row.nn);
    mem_free(row.dist);
    mem_free(row.nnkeys);
    mem_free(found);
    exact_free(exact);
    return rc;
}
