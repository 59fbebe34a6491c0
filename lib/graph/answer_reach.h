/* answer_reach - answers at the least ef that reaches each of some targets, and a table of what was reached. */
#ifndef ANSWER_REACH_H
#define ANSWER_REACH_H

#include "graph/answer.h"
#include "graph/least_ef.h"

struct answer_reach_options {
    struct least_ef_target targets[LEAST_EF_MAX_TARGETS];
    size_t n_targets;              /* >= 1 */
    const char *truth;             /* path */
    size_t max_ef;                 /* the widest that is tried */
};

/* Parse n targets; ERR_USAGE for one that is none, or more than LEAST_EF_MAX_TARGETS. */
MUST_CHECK int answer_reach_parse(struct answer_reach_options *o, const char *const *texts, size_t n, struct err *err);

struct answer_reach_result {       /* of one target */
    struct least_ef_try best;
    bool reached;
    uint64_t wall_ns;              /* of the searches at best.ef that the answers are from */
};

struct answer_reach {
    struct answer_reach_result results[LEAST_EF_MAX_TARGETS];   /* as the targets */
    size_t n_queries;
    bool has_missed;               /* a target was not reached */
};

/* Read all queries into memory, find the ef of each target (for one that is out of reach, that of the best recall seen) and
 * answer at those, which are set in o->efs; w as in answer_queries.  ERR_DATA without queries, and where the truth is not of
 * these queries. */
MUST_CHECK int answer_reach(struct answer_reach *a, struct stream_writer *w, const struct graph_file *index,
                            struct vector_reader *queries, struct answer_options *o, const struct answer_reach_options *reach,
                            struct err *err);

/* A line of names, then one for each target: target, ef, recall, ndc, ndc_code, hops (means), and with o->search.time qps and
 * threads, with tabs between. */
MUST_CHECK int answer_reach_report(const struct answer_reach *a, const struct answer_options *o,
                                   const struct answer_reach_options *reach, struct output *out, struct err *err);

#endif
