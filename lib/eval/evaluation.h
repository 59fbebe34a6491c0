/* evaluation - a run measured against its side inputs: values of each query at each ef, and their averages.
 *
 * Queries are joined by identity, never by position.  A query that a side input has and the run has not counts as 0 in that
 * side's measures (unless only queries of both are averaged over) and is counted as missing; one that only the run has is
 * counted as unjudged.  A (query, ef) that comes twice is an error.
 * A second run may be measured beside the first, against the same side inputs, which are read once (comparison.h).
 * Memory: the side inputs, and one double a measure, query and ef. */
#ifndef EVALUATION_H
#define EVALUATION_H

#include "eval/answers.h"
#include "eval/measures.h"
#include "eval/qrels.h"
#include "eval/run.h"
#include "eval/truth.h"

enum evaluation_average {
    EVALUATION_RELEVANT,        /* over all queries of the side that have something to find (the default) */
    EVALUATION_ALL,             /* over all queries of the side (trec_eval -c) */
    EVALUATION_BOTH             /* over those of both the side and the run (trec_eval without -c) */
};

struct evaluation_options {
    const char *run;
    const char *against;                /* a second run to measure beside it; NULL: none */
    const char *sides[MEASURE_N_SIDES]; /* paths; NULL: not given */
    const char *passages;               /* with sides[MEASURE_ANSWERS] */
    const char *columns;                /* of the passages: "id,title,text"; NULL: the plain form */
    const char *measures;               /* NULL: the usual ones of the sides that are given */
    const struct measure_list *also;    /* measured too */
    struct run_options run_options;
    enum evaluation_average average;
    enum answermatch_rule match;
    bool title;
    int32_t level;                      /* of relevance, >= 1 */
};

enum { EVALUATION_MAX_RUNS = 2 };        /* 0: run, 1: against */
enum { EVALUATION_NO_QUERY = UINT32_MAX };

struct evaluation_row {
    size_t name;                        /* offset in names */
    uint32_t name_bytes, group;
    uint32_t query[MEASURE_N_SIDES];    /* number in each side, EVALUATION_NO_QUERY: not averaged over there */
};

/* All rows of one run at one ef. */
struct evaluation_group {
    uint32_t run, ef;
    size_t first, n;                    /* its rows: order[first ...] */
    size_t n_judged[MEASURE_N_SIDES];   /* queries averaged over */
    size_t n_missing[MEASURE_N_SIDES];  /* those of them that the run has not */
    size_t n_unjudged[MEASURE_N_SIDES]; /* rows that are not averaged over */
    struct measure_total total;
    const double *means;                /* (measures.n); NAN: not known */
};

struct evaluation_doubts {              /* of one run */
    uint64_t n_tied_cuts;               /* rows where a cut of a qrels measure falls between equal distances */
    uint64_t n_other_dist;              /* neighbours at another distance than the truth says */
    uint64_t n_known[MEASURE_N_SIDES];  /* neighbours that the truth, the qrels name; 0 of many: other documents? */
    size_t n_comments;                  /* lines, where it is a TREC run */
    uint64_t n_short;                   /* rows with fewer neighbours than the largest cut */
};

struct evaluation {
    struct measure_list measures;
    bool has[MEASURE_N_SIDES];
    struct evaluation_group *groups;    /* by run, then ef, ascending */
    size_t n_groups, cap_groups;
    struct evaluation_row *rows;        /* as in the runs, one behind the other */
    double *values;                     /* (n_rows, measures.n); NAN: does not apply */
    size_t *order;                      /* (n_rows) rows by group, then by the query's name */
    double *means;                      /* (n_groups, measures.n) */
    size_t n_rows, cap_rows, cap_values;
    struct buf names;

    struct truth truth;
    struct qrels qrels;
    struct answers answers;

    /* worth a warning */
    struct evaluation_doubts doubts[EVALUATION_MAX_RUNS];
    bool recall_by_id;                  /* recall was asked for, there are no distances to compare */
    bool has_keys;                      /* the run names its queries by key */
    uint64_t n_absent;                  /* passages that were found but are not in the collection */
    size_t largest_cut;
};

MUST_CHECK int evaluation_run(struct evaluation *e, const struct evaluation_options *o, struct err *err);
void evaluation_done(struct evaluation *e);

/* The path of run 0 or 1. */
static inline const char *evaluation_run_path(const struct evaluation_options *o, uint32_t run)
{
    return run ? o->against : o->run;
}

/* The queries of a side by name; is number q of them averaged over by EVALUATION_RELEVANT? */
const struct map *evaluation_queries(const struct evaluation *e, enum measure_side side);
bool evaluation_has_target(const struct evaluation *e, enum measure_side side, uint32_t q);

#endif
