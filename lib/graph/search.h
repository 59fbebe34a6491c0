/* search - many queries searched in parallel, at one ef after the other; streams are answer's.
 *
 * A query's neighbours are in the published order (dist, external id): the k first of what the search holds, and where the cut
 * goes through equal distances, the smallest ids of those it found. */
#ifndef SEARCH_H
#define SEARCH_H

#include "graph/beam.h"
#include "graph/sieve.h"
#include "graph/trace.h"

struct search_options {
    size_t k;                      /* >= 1; where fewer nodes exist or are allowed, that many are found */
    double rerank;                 /* with codes: rerank * k (or ef, if that is less; all where ef >= n) of the nearest get their
                                    * exact distance; >= 1, or 0: 1.5 with SQ8, 2 with SQ4 */
    int n_threads;                 /* as par_threads gives it */
    bool time;                     /* take the time of each query, from its start to its end */
    bool single;                   /* a thread searches for one query at a time, in the least time for each, as it does with a
                                    * filter or a trace; else for two in turns, in the least time for all */
    const struct allow *allow;     /* only these are found; NULL: all.  Where ef is not less than their number, exactly */
    bool trace;                    /* keep the features of each search; not with a filter */
};

struct search_found {              /* of one query at one ef */
    uint32_t n;                    /* neighbours */
    uint32_t ndc, ndc_code, hops;  /* of a scan for a filter: no hops, a distance for each that is allowed */
    uint64_t time_ns;
    struct trace_features trace;   /* with the option trace */
};

struct search_results {            /* of up to `cap` queries at one ef */
    struct search_found *found;    /* (cap) */
    uint32_t *nodes;               /* (cap, k) nodes, nearest first */
    float *dist;                   /* (cap, k) */
};

struct search {
    const struct graph *g;
    struct search_options o;
    size_t k;                      /* no more than there are nodes to find, and 1 at least */
    struct search_worker *workers; /* (n_threads) */
};

/* Scratch for searches of g, borrowed, with ef up to max_ef: O(n / 8 + ef) bytes a thread; with a filter ef
 * counts sieve_width. */
MUST_CHECK int search_init(struct search *s, const struct graph *g, const struct search_options *o, size_t max_ef,
                           struct err *err);
void search_done(struct search *s);

MUST_CHECK int search_results_init(struct search_results *r, const struct search *s, size_t cap, struct err *err);
void search_results_done(struct search_results *r);

/* Search n queries, row i at x + i*stride, all with this ef (>= k; more than max_ef only where that is n or more).  *wall_ns,
 * which may be NULL, grows by the time it took.  ERR_DATA where the index is damaged;
 * after an error only search_done is left. */
MUST_CHECK int search_run(struct search *s, const float *x, size_t stride, size_t n, size_t ef, struct search_results *r,
                          uint64_t *wall_ns, struct err *err);

#endif
