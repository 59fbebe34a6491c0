#include "exact/exact_truth.h"

#include "base/mem.h"
#include "base/num.h"
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

static struct neighbours_options output_options(bool has_key, const struct exact_truth_base *base,
                                                const struct exact_truth_options *o)
{
    return (struct neighbours_options){.has_key = has_key, .has_nnkey = base->has_keys, .metric = o->metric, .k = o->k};
}

int exact_truth_header(struct header *h, const struct exact_truth_base *base, const struct vector_reader *queries,
                       const struct exact_truth_options *o, struct err *err)
{
    const struct neighbours_options options = output_options(vector_reader_has_keys(queries), base, o);
    const char *space = header_meta(base->header, "space");
    if (o->k > base->n)
        return err_set(err, ERR_USAGE, "-k %zu: the base holds %" PRIu64 " vectors", o->k, base->n);
    int rc = neighbours_header(h, &options, err);
    return rc || !space ? rc : header_set_meta(h, "space", space, err);
}

int exact_truth_rows_init(struct exact_truth_rows *r, struct stream_writer *w, bool has_key, const struct exact_truth_base *base,
                          const struct exact_truth_options *o, struct err *err)
{
    int rc = 0;
    *r = (struct exact_truth_rows){.writer = {.stream = w, .options = output_options(has_key, base, o)}, .n_base = base->n};
    TRY_NEW(r->nn, MEM_ARRAY(uint64_t, o->k, err));
    TRY_NEW(r->dist, MEM_ARRAY(float, o->k, err));
    TRY_NEW(r->nnkeys, MEM_ARRAY(struct text, o->k, err));
out:
    return rc;
}

void exact_truth_rows_done(struct exact_truth_rows *r)
{
    mem_free(r->nn);
    mem_free(r->dist);
    mem_free(r->nnkeys);
}

void exact_truth_rows_put(struct exact_truth_rows *r, size_t i, uint64_t id, float dist, struct text key)
{
    r->nn[i] = id;
    r->dist[i] = dist;
    r->nnkeys[i] = key;
}

int exact_truth_rows_write(struct exact_truth_rows *r, uint64_t id, const struct text *key, struct err *err)
{
    struct neighbours_row row = {.id = id, .ef = 0, .n = r->writer.options.k, .nn = r->nn, .dist = r->dist, .nnkeys = r->nnkeys,
                                 .ndc = (uint32_t)r->n_base};
    if (key)
        row.key = *key;
    for (size_t j = 0; j < row.n; j++)
        if (!isfinite(r->dist[j]))
            return err_set(err, ERR_DATA, "query %" PRIu64 " and base vector %" PRIu64 ": their distance is beyond 32-bit floats",
                           id, r->nn[j]);
    return neighbours_write(&r->writer, &row, err);
}

int exact_truth_stats(struct stream_writer *w, uint64_t wall_ns, int n_threads, struct err *err)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, wall_ns);
    int rc = stream_writer_stat(w, "wall_ns.0", text, err);
    snprintf(text, sizeof text, "%d", n_threads);
    return rc ? rc : stream_writer_stat(w, "threads.0", text, err);
}

size_t exact_truth_batch(const struct exact *e, size_t stride, size_t k)
{
    size_t query_bytes = stride * sizeof(float) + k * sizeof(struct neighbour) + exact_query_bytes(e, k);
    size_t least = num_max_size(1, num_min_size(MIN_BATCH, MIN_BATCH_BYTES / query_bytes));
    return num_max_size(least, num_min_size(MAX_BATCH, BATCH_BYTES / query_bytes));
}

int exact_truth_write(struct stream_writer *stream, const struct vector_set *base, struct vector_reader *queries,
                      const struct exact_truth_options *o, struct err *err)
{
    int rc = 0;
    uint64_t wall_ns = 0;
    struct exact *exact = NULL;
    struct vector_batch b = {0};
    struct neighbour *found = NULL;
    struct exact_truth_rows rows;
    const struct text no_key = {0};
    const struct exact_truth_base of = {.header = &base->header, .n = base->n, .has_keys = base->keys != NULL};
    uint64_t start = clock_ns();
    TRY(exact_truth_rows_init(&rows, stream, vector_reader_has_keys(queries), &of, o, err));
    TRY(exact_new(&exact, base->x, base->n, base->dim, base->stride, base->ids, o->metric, err));
    exact_use(exact, o->pass);
    wall_ns += clock_ns() - start;
    size_t batch = exact_truth_batch(exact, base->stride, o->k);
    TRY_NEW(found, mem_alloc(batch, o->k * sizeof *found, err));
    for (;;) {
        TRY(vector_reader_next(queries, batch, &b, err));
        if (b.n == 0)
            break;
        start = clock_ns();
        TRY(exact_search(exact, b.x, b.n, b.stride, o->k, o->n_threads, found, err));
        wall_ns += clock_ns() - start;
        for (size_t i = 0; i < b.n; i++) {
            for (size_t j = 0; j < o->k; j++) {
                const struct neighbour *f = &found[i * o->k + j];
                exact_truth_rows_put(&rows, j, base->ids[f->id], f->dist, base->keys ? base->keys[f->id] : no_key);
            }
            TRY(exact_truth_rows_write(&rows, b.ids[i], b.keys ? &b.keys[i] : NULL, err));
        }
        if (o->progress)
            o->progress(b.first_row + b.n);
    }
    if (o->time)
        TRY(exact_truth_stats(stream, wall_ns, o->n_threads, err));
out:
    vector_batch_done(&b);
    exact_truth_rows_done(&rows);
    mem_free(found);
    exact_free(exact);
    return rc;
}
