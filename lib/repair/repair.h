/* repair - NGFix and RFix of a graph by the batch: deterministic, without locks.
 *
 * Source   NGFix (arXiv 2510.22316): for each training query its rounds (graph among its neighbours, Escape Hardness, edges for
 *          the defects), then RFix until the query is reached.
 * Departs  Queries come in batches.  For all of a batch the neighbours, hardness and edges are found in the graph as it was
 *          before the batch, a query's later rounds seeing the edges of its own earlier ones; then the edges are applied in the
 *          order of the queries.  RFix follows in the same way, round by round.  Upstream lets threads read rows that
 *          others write. */
#ifndef REPAIR_H
#define REPAIR_H

#include "graph/search.h"
#include "repair/extra.h"
#include "repair/group_eh.h"
#include "repair/lhp.h"
#include "repair/ngfix.h"
#include "repair/rfix.h"

struct repair_round {
    size_t nq, kh;                 /* 1 <= nq <= kh <= 2 nq */
};
enum { REPAIR_MAX_ROUNDS = 4, REPAIR_MAX_NQ = ESCAPE_MAX_S / 2, REPAIR_BATCH = 256 };

enum repair_variant {
    REPAIR_NGFIX,
    REPAIR_LHP,                /* edges are those of repair/lhp.h; RFix follows as ever */
    REPAIR_TWO_HOP             /* no query is looked at: repair/twohop.h */
};

struct repair_options {
    enum repair_variant variant;
    uint64_t two_hop_edges;        /* in all; 0: as many as there are */
    struct repair_round rounds[REPAIR_MAX_ROUNDS];      /* nq falling */
    size_t n_rounds;
    enum ngfix_order order;
    enum group_eh_kind groups;
    bool all_pairs;                /* compute the hardness of all pairs, not only of defects: the same edges */
    bool zero_based;               /* a pair is a defect where its hardness, ranks counted from 0, is more than kh (upstream) */
    size_t ef_truth;               /* of the search for neighbours; 0: they are given */
    size_t rfix_ef, rfix_edges, rfix_rounds;            /* rounds 0: no RFix */
    struct extra_options extra;
    int n_threads;                 /* as par_threads gives it */
    bool report;                   /* measure hardness before and after the batch, and what is reached after it */
    bool time;
};

struct repair_hardness {           /* of the pairs of the first round; with the option report */
    uint32_t defects;              /* with EH > kh */
    double eh;                     /* mean Escape Hardness, an unreachable pair counted as one more than the neighbours */
};

struct repair_query {              /* what became of a query */
    uint32_t n_near;               /* neighbours that were looked at */
    uint32_t n_ngfix, n_rfix;      /* edges that came in */
    uint32_t n_dropped;            /* edges that did not: no room, or there already */
    struct repair_hardness before, after;
    uint32_t pairs;                /* entries of the pair matrices that were computed for it, not counting unreachable ones */
    uint32_t groups, saved;        /* groups of the first round; entries that grouping saved, in all rounds */
    bool reached_before, reached;  /* by a search of width nq of the last round; with rfix_rounds */
    uint32_t ndc;                  /* of the search for neighbours */
    uint64_t search_ns, eh_ns, edges_ns;
};

struct repair {
    struct extra x;
    struct repair_options o;
    size_t max_near;               /* neighbours of a query that count: 2 nq of the first round, or n */
    struct search search;
    struct search_results found;
    struct repair_worker *workers; /* (n_threads) */
    struct extra_edge *edges;      /* (REPAIR_BATCH, max_edges) */
    size_t max_edges;
    uint32_t *n_edges;             /* (REPAIR_BATCH) */
    bool *open;                    /* (REPAIR_BATCH) not reached yet */
};

/* Prepare to repair a copy of g's layer 0; g is verified (graph_check), and stays. */
MUST_CHECK int repair_init(struct repair *r, const struct graph *g, const struct repair_options *o, struct err *err);
void repair_done(struct repair *r);

/* The neighbours of a batch's queries: row i is of query i, its first n_near[i] are nodes, nearest first. */
struct repair_near {
    const uint32_t *nodes;         /* (n, max_near) */
    const uint32_t *n_near;        /* (n) */
};

/* Repair by n <= REPAIR_BATCH queries, row i at q + i*stride; near NULL: search for their neighbours.  out (n). */
MUST_CHECK int repair_batch(struct repair *r, const float *q, size_t stride, size_t n, const struct repair_near *near,
                            struct repair_query *out, struct err *err);

#endif
