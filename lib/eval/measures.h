/* measures - what eval-recall can measure, one self-describing entry a measure.
 *
 * A measure says which side input it needs, whether its name takes a cut (`@k`), what its value for one query is and how the
 * values of many become one.  Nothing else knows a measure by name.
 *
 * Those against qrels are trec_eval's (Buckley, Voorhees): hit = success, R = recall, mrr = recip_rank, ndcg with linear gain
 * over log2(rank + 1).  Recall against ground truth: notes at the table in measures.c. */
#ifndef MEASURES_H
#define MEASURES_H

#include "base/buf.h"
#include "base/err.h"
#include "vec/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum measure_side {
    MEASURE_TRUTH, MEASURE_QRELS, MEASURE_ANSWERS, MEASURE_N_SIDES,   /* against a side input */
    MEASURE_TRACE = MEASURE_N_SIDES, MEASURE_TIME, MEASURE_WALL       /* of the run: its rows, their times, its end record */
};
enum measure_cut { MEASURE_NO_CUT, MEASURE_MAY_CUT, MEASURE_MUST_CUT };

enum { MEASURE_NAME = 48 };
#define MEASURE_UNJUDGED INT32_MIN   /* the grade of a document that the qrels do not name */
#define MEASURE_NO_RANK  UINT32_MAX

/* One query at one ef.  Ranks are 0-based; lists are nearest first.  Only the parts of a measure's side are filled in. */
struct measure_query {
    size_t n;                     /* neighbours in the run */
    const float *dist;            /* (n) */

    enum metric metric;           /* MEASURE_TRUTH */
    size_t n_true;
    const float *true_dist;       /* (n_true) or NULL */
    const uint32_t *true_rank;    /* (n) place of the run's neighbour in the truth, MEASURE_NO_RANK: not in it */

    const int32_t *grade;         /* (n) MEASURE_QRELS */
    int32_t level;                /* >= 1: a document is relevant from this grade on */
    size_t n_relevant, n_nonrelevant;   /* judged, of grade >= level and of 0 .. level - 1 */
    const int32_t *ideal;         /* (n_ideal) all positive grades of the query, best first */
    size_t n_ideal;

    uint32_t first_answer;        /* MEASURE_ANSWERS: rank of the first passage with an answer, MEASURE_NO_RANK: none */

    uint32_t ndc, hops;           /* MEASURE_TRACE */
    uint64_t time_ns;             /* MEASURE_TIME */
};

/* What is known of all queries of one ef together; 0: not known. */
struct measure_total {
    double n_queries, wall_ns, threads;
};

struct measure {
    const char *name, *help;
    const char *trec, *trec_cut;                                /* trec_eval's names, without and with a cut; NULL: ours */
    enum measure_side side;
    enum measure_cut cut;
    double (*value)(const struct measure_query *q, size_t k);   /* k: SIZE_MAX without a cut */
    double percentile;                                          /* by nearest rank; 0: the mean */
    double (*total)(const struct measure_total *t);             /* instead of value: NAN where not known */
    int decimals;                                               /* in a table */
    bool needs_dist;                                            /* distances on both sides, of one metric */
};

extern const struct measure measures[];   /* ends with name NULL */

/* A measure that was asked for: "recall@10". */
struct measure_spec {
    const struct measure *measure;
    size_t k;                     /* SIZE_MAX: no cut */
    char name[MEASURE_NAME];
    bool usual;                   /* nobody asked for it by name */
    bool hidden;                  /* usual, but not known of any ef: not shown */
};

struct measure_list {
    struct measure_spec *at;
    size_t n, cap;
};

/* Append what a list such as "recall@10,hit@1,10,map" names; a bare number repeats the measure before it with another cut.
 * Each is taken once.  ERR_USAGE naming the part that is wrong. */
MUST_CHECK int measure_list_parse(struct measure_list *list, const char *text, struct err *err);

/* Append a measure by name and cut, unless it is there. */
MUST_CHECK int measure_list_add(struct measure_list *list, const struct measure *m, size_t k, struct err *err);

/* Append the usual measures of a side, cuts no larger than k. */
MUST_CHECK int measure_list_defaults(struct measure_list *list, enum measure_side side, size_t k, struct err *err);

/* Where in the list, or -1. */
int measure_list_find(const struct measure_list *list, const char *name);
void measure_list_done(struct measure_list *list);

/* Has each query a value of its own (percentiles and totals have not)? */
static inline bool measure_is_per_query(const struct measure *m) { return m->value && m->percentile == 0; }

const struct measure *measure_find(const char *name);   /* without cut; NULL */
const char *measure_side_name(enum measure_side side);  /* "truth", "qrels", "answers" */

/* The p-th percentile of x (n), n > 0, by nearest rank: the ceil(p/100 * n)-th smallest.  Reorders x. */
double measure_percentile(double *x, size_t n, double p);

#endif
