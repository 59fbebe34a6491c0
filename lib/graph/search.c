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

struct search_worker {
    struct beam beam;
    struct tie *ties;              /* (max_ef) */
    struct sieve sieve;            /* with a filter */
    struct neighbour *heap;        /* (k) */
    struct trace trace;            /* with the option trace */
};

struct job {                       /* one search_run */
    struct search *s;
    const float *x;
    size_t stride;
    size_t asked_ef, ef;           /* ef: no more than there are nodes */
    bool scan;                     /* with a filter: do not walk */
    size_t rerank;                 /* candidates whose exact distance is computed */
    struct search_results *r;
};

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
        TRY(beam_init(&w->beam, g, codes, width, err));
        TRY_NEW(w->ties, MEM_ARRAY(struct tie, max_ef, err));
        if (o->trace)
            TRY(trace_init(&w->trace, g->n, s->k, err));
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
        beam_done(&s->workers[i].beam);
        mem_free(s->workers[i].ties);
        sieve_done(&s->workers[i].sieve);
        mem_free(s->workers[i].heap);
        trace_done(&s->workers[i].trace);
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
static uint32_t take_nearest(const struct search *s, struct search_worker *w, uint32_t *nodes, float *dist)
{
    size_t n = 0;
    for (size_t i = 0, end; i < w->beam.n && n < s->k; i = end) {
        const uint64_t *pool = w->beam.pool;
        for (end = i; end < w->beam.n && pool[end] >> 32 == pool[i] >> 32; end++) {
            uint32_t node = beam_at(&w->beam, end).id;
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
    bool scan = job->scan;
    int rc = scan ? 0 : sieve_search(&w->sieve, &w->beam, s->g, q, job->ef, &scan, err);
    if (rc)
        return rc;
    if (!scan) {
        beam_rerank(&w->beam, s->g, job->rerank);
        f->n = take_nearest(s, w, nodes, dist);
    } else {
        f->n = (uint32_t)allow_scan(s->o.allow, s->g, &w->beam.distance, q, s->k, w->heap, nodes, dist);
        f->ndc = (uint32_t)s->o.allow->n;
    }
    if (!job->scan) {
        f->ndc += w->beam.ndc;
        f->ndc_code = w->beam.ndc_code;
        f->hops = w->beam.hops;
    }
    return 0;
}

static int find(struct job *job, struct search_worker *w, const float *q, struct search_found *f, uint32_t *nodes, float *dist,
                struct err *err)
{
    struct search *s = job->s;
    int rc = s->o.trace ? trace_search(&w->trace, &w->beam, s->g, q, job->ef, s->k, job->asked_ef, err)
                        : beam_search(&w->beam, s->g, q, job->ef, err);
    if (rc)
        return rc;
    beam_rerank(&w->beam, s->g, job->rerank);
    *f = (struct search_found){.n = take_nearest(s, w, nodes, dist), .ndc = w->beam.ndc, .ndc_code = w->beam.ndc_code,
                               .hops = w->beam.hops, .trace = w->trace.f};
    return 0;
}

static int search_one(void *ctx, size_t i, int worker, struct err *err)
{
    struct job *job = ctx;
    struct search *s = job->s;
    struct search_found *f = &job->r->found[i];
    uint64_t start = s->o.time ? clock_ns() : 0;
    *f = (struct search_found){0};
    int rc = (s->o.allow ? find_allowed : find)(job, &s->workers[worker], job->x + i * job->stride, f, job->r->nodes + i * s->k,
                                                job->r->dist + i * s->k, err);
    f->time_ns = s->o.time ? clock_ns() - start : 0;
    return rc;
}

int search_run(struct search *s, const float *x, size_t stride, size_t n, size_t ef, struct search_results *r,
               uint64_t *wall_ns, struct err *err)
{
    struct job job = {.s = s, .x = x, .stride = stride, .asked_ef = ef, .ef = num_max_size(1, num_min_size(ef, s->g->n)), .r = r};
    uint64_t start = clock_ns();
    job.scan = s->o.allow && sieve_prefers_scan(s->o.allow, s->g->n, job.ef);
    job.rerank = job.ef == s->g->n ? s->g->n : num_min_size(job.ef, (size_t)ceil((double)s->k * s->o.rerank));
    int rc = par_for(s->o.n_threads, n, search_one, &job, err);
    if (wall_ns)
        *wall_ns += clock_ns() - start;
    return rc;
}
