#include "graph/search.h"
#include "base/mem.h"
#include "base/num.h"
#include "sys/clock.h"
#include "sys/par.h"

#include <math.h>
#include <stdlib.h>

struct tie {                       /* a node among others at the same distance */
    uint64_t id;
    uint32_t node;
};

enum { IN_FLIGHT = 2, CHUNK = 32 };

struct search_worker {
    struct beam beam[IN_FLIGHT];   /* one alone with a filter, or the option single */
    struct tie *ties;              /* (max_ef) */
    struct sieve sieve;            /* with a filter */
    struct neighbour *heap;        /* (k) */
    struct trace trace[IN_FLIGHT]; /* of each beam, with the option trace */
};

struct job {                       /* one search_run */
    struct search *s;
    const float *x;
    size_t stride, n;
    size_t chunk;                  /* queries that one worker takes at a time */
    size_t asked_ef, ef;           /* ef: no more than there are nodes */
    bool scan;                     /* with a filter: do not walk */
    size_t rerank;                 /* candidates whose exact distance is computed */
    struct search_results *r;
};

/* Searches of a thread that go in turns: 2 to 17 % more of them with codes, 2 to 9 % without; no more with 4, less with 8. */
static int n_beams(const struct search *s)
{
    return s->o.allow || s->o.single ? 1 : IN_FLIGHT;
}

int search_init(struct search *s, const struct graph *g, const struct search_options *o, size_t max_ef, struct err *err)
{
    int rc = 0;
    const struct codes *codes = g->codes.type == CODES_NONE ? NULL : &g->codes;
    *s = (struct search){.g = g, .o = *o, .k = num_max_size(1, num_min_size(o->k, o->allow ? o->allow->n : g->n))};
    max_ef = num_max_size(1, num_min_size(max_ef, g->n));
    size_t width = o->allow ? sieve_width(o->allow, g->n, max_ef) : max_ef;
    if (s->o.rerank <= 0)
        s->o.rerank = g->codes.type == CODES_SQ8 ? 1.5 : 2;
    TRY_NEW(s->workers, MEM_ZARRAY(struct search_worker, (size_t)o->n_threads, err));
    for (int i = 0; i < o->n_threads; i++) {
        struct search_worker *w = &s->workers[i];
        for (int j = 0; j < n_beams(s); j++) {
            TRY(beam_init(&w->beam[j], g, codes, width, err));
            if (o->trace)
                TRY(trace_init(&w->trace[j], g->n, err));
        }
        TRY_NEW(w->ties, MEM_ARRAY(struct tie, max_ef, err));
        if (!o->allow)
            continue;
        TRY(sieve_init(&w->sieve, o->allow, max_ef, err));
        TRY_NEW(w->heap, MEM_ARRAY(struct neighbour, s->k, err));
    }
out:
    return rc;
}

void search_done(struct search *s)
{
    for (int i = 0; s->workers && i < s->o.n_threads; i++) {
        for (int j = 0; j < IN_FLIGHT; j++) {
            beam_done(&s->workers[i].beam[j]);
            trace_done(&s->workers[i].trace[j]);
        }
        mem_free(s->workers[i].ties);
        sieve_done(&s->workers[i].sieve);
        mem_free(s->workers[i].heap);
    }
    mem_free(s->workers);
    *s = (struct search){0};
}

int search_results_init(struct search_results *r, const struct search *s, size_t cap, struct err *err)
{
    int rc = 0;
    TRY_NEW(r->found, MEM_ARRAY(struct search_found, cap, err));
    TRY_NEW(r->nodes, mem_alloc(cap, s->k * sizeof *r->nodes, err));
    TRY_NEW(r->dist, mem_alloc(cap, s->k * sizeof *r->dist, err));
out:
    return rc;
}

void search_results_done(struct search_results *r)
{
    mem_free(r->found);
    mem_free(r->nodes);
    mem_free(r->dist);
    *r = (struct search_results){0};
}

static int tie_compare(const void *a, const void *b)
{
    const struct tie *x = a, *y = b;
    return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : (x->node > y->node) - (x->node < y->node);
}

/* The k first of the pool by (dist, external id).  The pool is in order of (dist, node), so only runs of equal distance move:
 * equal in their bits, because a damaged index may have vectors that are no numbers, which equal nothing. */
static uint32_t take_nearest(const struct search *s, const struct search_worker *w, const struct beam *b, uint32_t *nodes,
                             float *dist)
{
    size_t n = 0;
    for (size_t i = 0, end; i < b->n && n < s->k; i = end) {
        const uint64_t *pool = b->pool;
        for (end = i; end < b->n && pool[end] >> 32 == pool[i] >> 32; end++) {
            uint32_t node = beam_at(b, end).id;
            w->ties[end - i] = (struct tie){s->g->ids[node], node};
        }
        if (end - i > 1)
            qsort(w->ties, end - i, sizeof *w->ties, tie_compare);
        for (size_t t = 0; t < end - i && n < s->k; t++, n++) {
            nodes[n] = w->ties[t].node;
            dist[n] = beam_dist(pool[i]);
        }
    }
    return (uint32_t)n;
}

/* With a filter: by a walk, or by a scan where that is cheaper or the walk has led nowhere. */
static int find_allowed(struct job *job, struct search_worker *w, const float *q, struct search_found *f, uint32_t *nodes,
                        float *dist, struct err *err)
{
    struct search *s = job->s;
    struct beam *b = &w->beam[0];
    bool scan = job->scan;
    int rc = scan ? 0 : sieve_search(&w->sieve, b, s->g, q, job->ef, &scan, err);
    if (rc)
        return rc;
    if (!scan) {
        beam_rerank(b, s->g, job->rerank);
        f->n = take_nearest(s, w, b, nodes, dist);
    } else {
        f->n = (uint32_t)allow_scan(s->o.allow, s->g, &b->distance, q, s->k, w->heap, nodes, dist);
        f->ndc = (uint32_t)s->o.allow->n;
    }
    if (!job->scan) {
        f->ndc += b->ndc;
        f->ndc_code = b->ndc_code;
        f->hops = b->hops;
    }
    return 0;
}

static void trace_next(const struct job *job, struct search_worker *w, int j)
{
    if (job->s->o.trace)
        trace_begin(&w->trace[j], &w->beam[j], job->s->k, job->asked_ef);
}

/* What a search without a filter left in its pool is query i's. */
static void finish(struct job *job, struct search_worker *w, struct beam *b, size_t i, struct search_found *f)
{
    struct search *s = job->s;
    if (s->o.trace) {
        struct trace *t = &w->trace[b - w->beam];
        trace_end(t, b);
        f->trace = t->f;
    }
    beam_rerank(b, s->g, job->rerank);
    f->n = take_nearest(s, w, b, job->r->nodes + i * s->k, job->r->dist + i * s->k);
    f->ndc = b->ndc;
    f->ndc_code = b->ndc_code;
    f->hops = b->hops;
}

static int search_one(struct job *job, struct search_worker *w, size_t i, struct search_found *f, struct err *err)
{
    struct search *s = job->s;
    const float *q = job->x + i * job->stride;
    if (s->o.allow)
        return find_allowed(job, w, q, f, job->r->nodes + i * s->k, job->r->dist + i * s->k, err);
    trace_next(job, w, 0);
    int rc = beam_search(&w->beam[0], s->g, q, job->ef, err);
    if (rc == 0)
        finish(job, w, &w->beam[0], i, f);
    return rc;
}

/* Queries from .. to - 1, one after the other. */
static int search_alone(struct job *job, struct search_worker *w, size_t from, size_t to, struct err *err)
{
    int rc = 0;
    for (size_t i = from; i < to; i++) {
        struct search_found *f = &job->r->found[i];
        uint64_t start = job->s->o.time ? clock_ns() : 0;
        *f = (struct search_found){0};
        TRY(search_one(job, w, i, f, err));
        f->time_ns = job->s->o.time ? clock_ns() - start : 0;
    }
out:
    return rc;
}

/* The same, IN_FLIGHT of them at a time, a step of each in turn: what one has asked memory for comes while another computes. */
static int search_in_turns(struct job *job, struct search_worker *w, size_t from, size_t to, struct err *err)
{
    struct search *s = job->s;
    size_t query[IN_FLIGHT], next = from, ended = from;
    uint64_t start[IN_FLIGHT];
    int state[IN_FLIGHT] = {0};    /* 1: its beam is searching */
    for (int j = 0; ended < to; j = (j + 1) % IN_FLIGHT) {
        struct beam *b = &w->beam[j];
        if (state[j] == 0 && next == to)
            continue;
        if (state[j] == 0) {
            query[j] = next++;
            start[j] = s->o.time ? clock_ns() : 0;
            trace_next(job, w, j);
            state[j] = beam_begin(b, s->g, job->x + query[j] * job->stride, job->ef);
        } else if ((state[j] = beam_step(b, s->g, err)) < 0) {
            return state[j];
        }
        if (state[j])
            continue;
        struct search_found *f = &job->r->found[query[j]];
        *f = (struct search_found){0};
        finish(job, w, b, query[j], f);
        f->time_ns = s->o.time ? clock_ns() - start[j] : 0;
        ended++;
    }
    return 0;
}

static int search_chunk(void *ctx, size_t i, int worker, struct err *err)
{
    struct job *job = ctx;
    size_t from = i * job->chunk, to = num_min_size(from + job->chunk, job->n);
    return (n_beams(job->s) == 1 ? search_alone : search_in_turns)(job, &job->s->workers[worker], from, to, err);
}

int search_run(struct search *s, const float *x, size_t stride, size_t n, size_t ef, struct search_results *r,
               uint64_t *wall_ns, struct err *err)
{
    struct job job = {.s = s, .x = x, .stride = stride, .n = n, .asked_ef = ef, .r = r};
    uint64_t start = clock_ns();
    job.ef = num_max_size(1, num_min_size(ef, s->g->n));
    job.scan = s->o.allow && sieve_prefers_scan(s->o.allow, s->g->n, job.ef);
    job.rerank = job.ef == s->g->n ? s->g->n : num_min_size(job.ef, (size_t)ceil((double)s->k * s->o.rerank));
    job.chunk = num_min_size(CHUNK, num_max_size(1, n / ((size_t)s->o.n_threads * 8)));
    int rc = par_for(s->o.n_threads, (n + job.chunk - 1) / job.chunk, search_chunk, &job, err);
    if (wall_ns)
        *wall_ns += clock_ns() - start;
    return rc;
}
