#include "graph/answer.h"
#include "base/mem.h"
#include "base/num.h"
#include "graph/beam.h"
#include "sys/clock.h"
#include "sys/par.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 16 << 20, MAX_CHUNK = 8192 };

struct tie {                       /* a node among others at the same distance */
    uint64_t id;
    uint32_t node;
};

struct worker {
    struct beam beam;
    struct tie *ties;              /* (ef) */
};

struct trace {                     /* of one query */
    uint32_t n, ndc, ndc_code, hops;
    uint64_t time_ns;
};

struct answers {
    const struct graph *g;
    const struct answer_options *o;
    size_t ef, k;                  /* no more than there are nodes */
    size_t rerank;                 /* candidates whose exact distance is computed */
    struct vector_batch batch;
    struct worker *workers;        /* (n_threads) */
    struct trace *traces;          /* (chunk) */
    uint32_t *nodes;               /* (chunk, k) */
    float *dist;                   /* (chunk, k) */
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

int answer_header(struct header *h, const struct graph_file *index, const struct vector_reader *queries,
                  const struct answer_options *o, struct err *err)
{
    const struct graph *g = graph_file_graph(index);
    const char *space = header_meta(graph_file_header(index), "space");
    struct neighbours_options n = {.has_key = vector_reader_has_keys(queries), .has_nnkey = g->key_starts != NULL,
                                   .has_code = g->codes.type != CODES_NONE, .has_time = o->time, .metric = g->metric,
                                   .k = o->k};
    int rc = neighbours_header(h, &n, err);
    return rc || !space ? rc : header_set_meta(h, "space", space, err);
}

static int tie_compare(const void *a, const void *b)
{
    const struct tie *x = a, *y = b;
    return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : (x->node > y->node) - (x->node < y->node);
}

/* The k first of the pool by (dist, external id).  The pool is in order of (dist, node), so only runs of equal distance move:
 * equal in their bits, because a damaged index may have vectors that are no numbers, which equal nothing. */
static uint32_t take_nearest(const struct answers *a, struct worker *w, uint32_t *nodes, float *dist)
{
    size_t n = 0;
    for (size_t i = 0, end; i < w->beam.n && n < a->k; i = end) {
        const uint64_t *pool = w->beam.pool;
        for (end = i; end < w->beam.n && pool[end] >> 32 == pool[i] >> 32; end++) {
            uint32_t node = beam_at(&w->beam, end).id;
            w->ties[end - i] = (struct tie){a->g->ids[node], node};
        }
        if (end - i > 1)
            qsort(w->ties, end - i, sizeof *w->ties, tie_compare);
        for (size_t t = 0; t < end - i && n < a->k; t++, n++) {
            nodes[n] = w->ties[t].node;
            dist[n] = beam_dist(pool[i]);
        }
    }
    return (uint32_t)n;
}

static int search_one(void *ctx, size_t i, int worker, struct err *err)
{
    struct answers *a = ctx;
    struct worker *w = &a->workers[worker];
    uint64_t start = a->o->time ? clock_ns() : 0;
    int rc = beam_search(&w->beam, a->g, a->batch.x + i * a->batch.stride, a->ef, err);
    if (rc)
        return rc;
    beam_rerank(&w->beam, a->g, a->rerank);
    a->traces[i] = (struct trace){.n = take_nearest(a, w, a->nodes + i * a->k, a->dist + i * a->k), .ndc = w->beam.ndc,
                                  .ndc_code = w->beam.ndc_code, .hops = w->beam.hops,
                                  .time_ns = a->o->time ? clock_ns() - start : 0};
    return 0;
}

static int write_one(struct answers *a, struct neighbours_writer *w, size_t i, struct err *err)
{
    const struct trace *t = &a->traces[i];
    struct neighbours_row row = {.id = a->batch.ids[i], .ef = (uint32_t)a->o->ef, .n = t->n, .nn = a->nn, .nnkeys = a->nnkeys,
                                 .dist = a->dist + i * a->k, .ndc = t->ndc, .ndc_code = t->ndc_code,
                                 .hops = t->hops, .time_ns = t->time_ns};
    if (a->batch.keys)
        row.key = a->batch.keys[i];
    for (size_t j = 0; j < t->n; j++) {
        uint32_t node = a->nodes[i * a->k + j];
        if (!isfinite(row.dist[j]))
            return err_set(err, ERR_DATA, "query %" PRIu64 ": its distance to vector %" PRIu64 " lies beyond 32-bit floats",
                           row.id, a->g->ids[node]);
        a->nn[j] = a->g->ids[node];
        if (!w->options.has_nnkey)
            continue;
        a->nnkeys[j] = graph_key(a->g, node);
        if (!a->nnkeys[j].p)
            return err_set(err, ERR_DATA, "damaged index: the key of node %u lies outside of the keys", node);
    }
    return neighbours_write(w, &row, err);
}

static int answers_init(struct answers *a, size_t chunk, struct err *err)
{
    int rc = 0;
    size_t n_threads = (size_t)a->o->n_threads;
    const struct codes *codes = a->g->codes.type == CODES_NONE ? NULL : &a->g->codes;
    TRY_NEW(a->traces, MEM_ARRAY(struct trace, chunk, err));
    TRY_NEW(a->nodes, mem_alloc(chunk, a->k * sizeof *a->nodes, err));
    TRY_NEW(a->dist, mem_alloc(chunk, a->k * sizeof *a->dist, err));
    TRY_NEW(a->nn, MEM_ARRAY(uint64_t, a->k, err));
    TRY_NEW(a->nnkeys, MEM_ARRAY(struct text, a->k, err));
    TRY_NEW(a->workers, MEM_ZARRAY(struct worker, n_threads, err));
    for (size_t i = 0; i < n_threads; i++) {
        TRY(beam_init(&a->workers[i].beam, a->g, codes, a->ef, err));
        TRY_NEW(a->workers[i].ties, MEM_ARRAY(struct tie, a->ef, err));
    }
out:
    return rc;
}

static void answers_done(struct answers *a)
{
    for (int i = 0; a->workers && i < a->o->n_threads; i++) {
        beam_done(&a->workers[i].beam);
        mem_free(a->workers[i].ties);
    }
    mem_free(a->workers);
    mem_free(a->traces);
    mem_free(a->nodes);
    mem_free(a->dist);
    mem_free(a->nn);
    mem_free(a->nnkeys);
    vector_batch_done(&a->batch);
}

static int put_stat(struct stream_writer *w, const char *what, size_t ef, uint64_t value, struct err *err)
{
    char key[40], text[24];
    snprintf(key, sizeof key, "%s.%zu", what, ef);
    snprintf(text, sizeof text, "%" PRIu64, value);
    return stream_writer_stat(w, key, text, err);
}

int answer_queries(struct stream_writer *stream, const struct graph_file *index, struct vector_reader *queries,
                   const struct answer_options *o, struct err *err)
{
    int rc = 0;
    const struct graph *g = graph_file_graph(index);
    struct answers a = {.g = g, .o = o, .ef = num_max_size(1, num_min_size(o->ef, g->n)),
                        .k = num_max_size(1, num_min_size(o->k, g->n))};
    struct neighbours_writer w = {.stream = stream, .options = {.has_key = vector_reader_has_keys(queries), .k = o->k,
                                  .has_nnkey = g->key_starts != NULL, .has_code = g->codes.type != CODES_NONE,
                                  .has_time = o->time, .metric = g->metric}};
    size_t row_bytes = num_round_up(g->dim, 16) * sizeof(float) + a.k * (sizeof *a.nodes + sizeof *a.dist);
    size_t chunk = num_max_size((size_t)o->n_threads, num_min_size(CHUNK_BYTES / row_bytes, MAX_CHUNK));
    uint64_t wall_ns = 0;
    double rerank = o->rerank > 0 ? o->rerank : g->codes.type == CODES_SQ8 ? 1.5 : 2;
    a.rerank = a.ef == g->n ? g->n : num_min_size(a.ef, (size_t)ceil((double)a.k * rerank));
    TRY(answers_init(&a, chunk, err));
    for (;;) {
        TRY(vector_reader_next(queries, chunk, &a.batch, err));
        if (a.batch.n == 0)
            break;
        uint64_t start = clock_ns();
        if ((rc = par_for(o->n_threads, a.batch.n, search_one, &a, err)) != 0) {
            err_prefix(err, "%s: ", graph_file_name(index));
            goto out;
        }
        wall_ns += clock_ns() - start;
        for (size_t i = 0; i < a.batch.n; i++)
            TRY(write_one(&a, &w, i, err));
        if (o->progress)
            o->progress(a.batch.first_row + a.batch.n);
    }
    if (o->time) {
        TRY(put_stat(stream, "wall_ns", o->ef, wall_ns, err));
        TRY(put_stat(stream, "threads", o->ef, (uint64_t)o->n_threads, err));
    }
out:
    answers_done(&a);
    return rc;
}
