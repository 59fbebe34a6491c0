/* trace - what a search goes through, as features for telling hard queries from easy ones.
 *
 * Source   the seed's stage 0 (one search, alpha 0.2) and n_inserts of Li et al. (SIGMOD 2020), learned early termination.
 * Time is counted in distances computed (ndc, upper layers and entry included, the rerank not): S is their number at the end.
 * D is the distance of the k-th nearest seen so far in layer 0, looked at once the start is known and after each node whose
 * neighbours were looked at.  With codes all distances are estimates.
 * Departures: D falls where it is smaller at all (not by 1e-6, which is a matter of scale); delta_improve divides by |d_early|,
 * because distances by ip are negative; d_best_cand looks at all nodes seen, also those that were never in the pool. */
#ifndef TRACE_H
#define TRACE_H

#include "fmt/header.h"
#include "fmt/stream.h"
#include "graph/beam.h"

struct trace_features {            /* of one search; all 0 where the index has no vectors */
    uint32_t t_last;               /* time when D fell last */
    uint32_t n_inserts;            /* nodes that came among the k nearest, those of a row looked at together */
    float r_visit;                 /* S / ef */
    float r_early;                 /* t_last / S */
    float d_first;                 /* distance of the nearest node that layer 0 starts from */
    float d_early;                 /* the first D known at time min(ceil(0.2 ef), 1000) or later */
    float d_final;                 /* D at the end */
    float d_best_cand;             /* of the nearest node that was seen and not looked around; d_final: there is none */
    float delta_improve;           /* (d_early - d_final) / (|d_early| + 1e-6) */
};

struct trace {
    struct beam_watch watch;       /* first: beam.watch points here */
    struct trace_features f;
    uint64_t *in;                  /* (n of the graph, + 1) entries, as the beam's, that came into its pool */
    size_t n_in;
    uint32_t *looked;              /* nodes looked around */
    size_t n_looked;
    uint64_t *expanded;            /* a bit for each of them, all 0 between searches */
    uint64_t worst, kth;           /* of the pool; UINT64_MAX: it is not full, it has no k-th */
    float nearest_out;             /* distance of what did not come into it; INFINITY: nothing */
    size_t k, ef;
    size_t early;                  /* the time of d_early */
    bool has_early;
};

/* Scratch for a graph of n nodes: 12 bytes a node. */
MUST_CHECK int trace_init(struct trace *t, size_t n, struct err *err);
void trace_done(struct trace *t);

/* Trace the next search of b, from its start to trace_end: k nearest (at least 1, at most the width of the search), ef as the row
 * says it.  After the end t->f is of this search, and b is not watched any more. */
void trace_begin(struct trace *t, struct beam *b, size_t k, size_t ef);
void trace_end(struct trace *t, struct beam *b);

enum { TRACE_COLUMNS = 9 };

/* The columns of a stream for them, and the cells of a row in that order; cells point into f. */
MUST_CHECK int trace_add_columns(struct header *h, struct err *err);
void trace_cells(const struct trace_features *f, struct cell cells[TRACE_COLUMNS]);

#endif
