/* report - an evaluation as text: a table (tabs between, one heading), JSON (one flat object a line) or as trec_eval prints.
 *
 * Summary: one line an ef: ef, the measures, then for each side input the queries averaged over (judged), those of them that the
 * run has not (missing), and the run's that are not averaged over (unjudged); with several sides these names end in .truth,
 * .qrels, .answers.  Per query: one line a query and ef: query, ef, measures; missing queries come behind, by ef.
 * A value that is not known is nan in a table and null in JSON.
 *
 * Of two runs: one line for each pair of efs and measure, with the columns of struct comparison.
 *
 * trec_eval's form: lines of measure (its name there), query or "all", value; per query those of the queries come first, as with
 * its -q.  It has no place for ef: more than one is refused. */
#ifndef REPORT_H
#define REPORT_H

#include "eval/comparison.h"
#include "sys/output.h"

enum report_format { REPORT_TSV, REPORT_JSON, REPORT_TREC };

struct report_options {
    enum report_format format;
    enum evaluation_average average;
    bool per_query;
    bool aligned;               /* a table for eyes: columns padded with blanks */
};

MUST_CHECK int report_write(const struct evaluation *e, const struct report_options *o, struct output *out, struct err *err);

/* One comparison at least; not in trec_eval's form. */
MUST_CHECK int report_write_comparisons(const struct comparisons *c, const struct report_options *o, struct output *out,
                                        struct err *err);

/* Compare the two runs of e (comparisons_make, with its errors) and write that. */
MUST_CHECK int report_compare(const struct evaluation *e, const struct evaluation_options *eo, uint64_t seed,
                              const struct report_options *o, struct output *out, struct err *err);

#endif
