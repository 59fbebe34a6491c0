#include "graph/answer.h"
#include "base/mem.h"
#include "base/num.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { CHUNK_BYTES = 16 << 20, MAX_CHUNK = 8192 };

struct answers {
    const struct graph_file *index;
    const struct graph *g;
    const struct answer_options *o;
    struct search search;
    struct search_results results[EFS_MAX];   /* of a chunk, one for each ef */
    uint64_t wall_ns[EFS_MAX];
    struct neighbours_writer w;
    uint64_t *nn;                  /* (k) of the row being written */
    struct text *nnkeys;           /* (k) */
};

int answer_check(const struct graph_file *index, struct vector_reader *queries, bool force, struct err *err)
{
    const struct graph *g = graph_file_graph(index);
    const struct header *h = vector_reader_header(queries);
    const char *name = input_name(vector_reader_input(queries)), *metric = header_meta(h, "metric");
    if (vector_reader_dim(queries) != g->dim)
        return err_set(err, ERR_DATA, "%s has dimension %zu, %s has %zu", name, vector_reader_dim(queries),
                       graph_file_name(index), g->dim);
    if (g->metric == METRIC_COSINE)
        vector_reader_normalise(queries);
    if (force)
        return 0;
    if (metric && metric_parse(metric) != (int)g->metric)
        return err_set(err, ERR_DATA, "%s has metric %s, %s has %s: --force searches all the same", name, metric,
                       graph_file_name(index), metric_name(g->metric));
    return vectors_compatible(graph_file_header(index), graph_file_name(index), h, name, err);
}

static struct neighbours_options neighbours_options(const struct graph *g, bool has_key, const struct answer_options *o)
{
    return (struct neighbours_options){.has_key = has_key, .has_nnkey = g->key_starts != NULL,
                                       .has_code = g->codes.type != CODES_NONE, .has_time = o->search.time,
                                       .metric = g->metric, .k = o->search.k};
}

int answer_header(struct header *h, const struct graph_file *index, const struct vector_reader *queries,
                  const struct answer_options *o, struct err *err)
{
    const char *space = header_meta(graph_file_header(index), "space");
    struct neighbours_options n = neighbours_options(graph_file_graph(index), vector_reader_has_keys(queries), o);
    int rc = 0;
    TRY(neighbours_header(h, &n, err));
    if (o->search.trace)
        TRY(trace_add_columns(h, err));
    if (space)
        TRY(header_set_meta(h, "space", space, err));
out:
    return rc;
}

static int write_one(struct answers *a, const struct vector_batch *batch, size_t i, size_t e, struct err *err)
{
    const struct search_results *r = &a->results[e];
    const struct search_found *f = &r->found[i];
    struct cell more[TRACE_COLUMNS];
    struct neighbours_row row = {.id = batch->ids[i], .ef = a->o->efs.at[e], .n = f->n, .nn = a->nn, .nnkeys = a->nnkeys,
                                 .dist = r->dist + i * a->search.k, .ndc = f->ndc, .ndc_code = f->ndc_code,
                                 .hops = f->hops, .time_ns = f->time_ns, .more = more,
                                 .n_more = a->o->search.trace ? TRACE_COLUMNS : 0};
    trace_cells(&f->trace, more);
    if (batch->keys)
        row.key = batch->keys[i];
    for (size_t j = 0; j < f->n; j++) {
        uint32_t node = r->nodes[i * a->search.k + j];
        if (!isfinite(row.dist[j]))
            return err_set(err, ERR_DATA, "query %" PRIu64 ": its distance to vector %" PRIu64 " lies beyond 32-bit floats",
                           row.id, a->g->ids[node]);
        a->nn[j] = a->g->ids[node];
        if (!a->w.options.has_nnkey)
            continue;
        a->nnkeys[j] = graph_key(a->g, node);
        if (!a->nnkeys[j].p)
            return err_set(err, ERR_DATA, "damaged index: the key of node %u lies outside of the keys", node);
    }
    return neighbours_write(&a->w, &row, err);
}

/* How many queries are held at a time. */
static size_t chunk_of(const struct answers *a)
{
    size_t answer_bytes = a->search.k * (sizeof(uint32_t) + sizeof(float)) + sizeof(struct search_found);
    size_t row_bytes = num_round_up(a->g->dim, 16) * sizeof(float) + a->o->efs.n * answer_bytes;
    return num_max_size((size_t)a->o->search.n_threads, num_min_size(CHUNK_BYTES / row_bytes, MAX_CHUNK));
}

static int answers_init(struct answers *a, struct stream_writer *stream, bool has_key, size_t *chunk, struct err *err)
{
    int rc = 0;
    a->w = (struct neighbours_writer){.stream = stream, .options = neighbours_options(a->g, has_key, a->o)};
    TRY(search_init(&a->search, a->g, &a->o->search, a->o->efs.at[a->o->efs.n - 1], err));
    *chunk = chunk_of(a);
    for (size_t e = 0; e < a->o->efs.n; e++)
        TRY(search_results_init(&a->results[e], &a->search, *chunk, err));
    TRY_NEW(a->nn, MEM_ARRAY(uint64_t, a->search.k, err));
    TRY_NEW(a->nnkeys, MEM_ARRAY(struct text, a->search.k, err));
out:
    return rc;
}

static void answers_done(struct answers *a)
{
    for (size_t e = 0; e < a->o->efs.n; e++)
        search_results_done(&a->results[e]);
    search_done(&a->search);
    mem_free(a->nn);
    mem_free(a->nnkeys);
}

static int answer_batch(struct answers *a, const struct vector_batch *batch, struct err *err)
{
    int rc = 0;
    for (size_t e = 0; e < a->o->efs.n; e++)
        if ((rc = search_run(&a->search, batch->x, batch->stride, batch->n, a->o->efs.at[e], &a->results[e], &a->wall_ns[e],
                             err)) != 0)
            return err_prefix(err, "%s: ", graph_file_name(a->index));
    for (size_t i = 0; i < batch->n; i++)
        for (size_t e = 0; e < a->o->efs.n; e++)
            TRY(write_one(a, batch, i, e, err));
    if (a->o->progress)
        a->o->progress(a->o->n_before + batch->first_row + batch->n);
out:
    return rc;
}

static int put_stat(struct stream_writer *w, const char *what, size_t ef, uint64_t value, struct err *err)
{
    char key[40], text[24];
    snprintf(key, sizeof key, "%s.%zu", what, ef);
    snprintf(text, sizeof text, "%" PRIu64, value);
    return stream_writer_stat(w, key, text, err);
}

static int put_stats(struct answers *a, struct err *err)
{
    int rc = 0;
    for (size_t e = 0; a->o->search.time && e < a->o->efs.n; e++) {
        TRY(put_stat(a->w.stream, "wall_ns", a->o->efs.at[e], a->wall_ns[e], err));
        TRY(put_stat(a->w.stream, "threads", a->o->efs.at[e], (uint64_t)a->o->search.n_threads, err));
    }
out:
    return rc;
}

int answer_queries(struct stream_writer *stream, const struct graph_file *index, struct vector_reader *queries,
                   const struct answer_options *o, struct err *err)
{
    int rc = 0;
    size_t chunk;
    struct vector_batch batch = {0};
    struct answers a = {.index = index, .g = graph_file_graph(index), .o = o};
    TRY(answers_init(&a, stream, vector_reader_has_keys(queries), &chunk, err));
    for (;;) {
        TRY(vector_reader_next(queries, chunk, &batch, err));
        if (batch.n == 0)
            break;
        TRY(answer_batch(&a, &batch, err));
    }
    TRY(put_stats(&a, err));
out:
    answers_done(&a);
    vector_batch_done(&batch);
    return rc;
}

int answer_set(struct stream_writer *stream, const struct graph_file *index, const struct vector_set *queries,
               const struct answer_options *o, uint64_t *wall_ns, struct err *err)
{
    int rc = 0;
    size_t chunk;
    struct answers a = {.index = index, .g = graph_file_graph(index), .o = o};
    TRY(answers_init(&a, stream, queries->keys != NULL, &chunk, err));
    for (size_t at = 0; at < queries->n; at += chunk) {
        struct vector_batch batch = {.first_row = at, .n = num_min_size(queries->n - at, chunk), .dim = queries->dim,
                                     .stride = queries->stride, .x = queries->x + at * queries->stride, .ids = queries->ids + at,
                                     .keys = queries->keys ? queries->keys + at : NULL};
        TRY(answer_batch(&a, &batch, err));
    }
    TRY(put_stats(&a, err));
    for (size_t e = 0; wall_ns && e < o->efs.n; e++)
        wall_ns[e] = a.wall_ns[e];
out:
    answers_done(&a);
    return rc;
}
