/* mine - hard negatives for training: passages that a ranking puts high and that are no answer.
 *
 * Answers of a ranking are taken in, query by query; then the passages are read once and an example (text/example.h) is written
 * for each query with a positive: its positives, and of its passages, best first, the first n that are no positive and, where
 * answers are given, hold none (token rule of text/answermatch.h, in title + ' ' + text).  Memory: 4 bytes a passage found, and
 * the texts of all passages found or positive. */
#ifndef MINE_H
#define MINE_H

#include "eval/answers.h"
#include "eval/qrels.h"
#include "text/bm25_rank.h"
#include "text/tally.h"

struct mine_options {
    uint64_t n_negatives;           /* of a query, at most */
    const char *qrels;              /* grade 1 and more: positives */
    const char *answers;            /* or NULL */
};

struct mine;
MUST_CHECK int mine_new(struct mine **m, const struct mine_options *o, struct err *err);
void mine_free(struct mine *m);     /* accepts NULL */

/* A query and the passages found for it, best first: what bm25_rank_run calls with each answer.  mine: a struct mine. */
MUST_CHECK int mine_add(void *mine, const struct bm25_answer *answer, struct err *err);

/* Read the passages (a file of this form) and write the examples.  ERR_DATA for a passage found that is not among them; a
 * positive that is not is left out and counted, as are queries without any, and negatives that lack. */
MUST_CHECK int mine_write(struct mine *m, const char *passages, const struct rows_options *form, struct output *out,
                          struct tally *tally, struct err *err);

#endif
