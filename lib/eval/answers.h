/* answers - which of the passages that were found contain an answer to their query.
 *
 * Passages are not held: the run says first which passages it found for which query (answers_want), then the collection is read
 * once, in any order, and each passage that was found is prepared once and searched for the answers of every query that found
 * it.  Memory: 16 bytes a passage found, and the passages' keys. */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "base/map.h"
#include "fmt/stream.h"
#include "text/answermatch.h"
#include "text/rows.h"

struct answers_query {
    size_t first, n;            /* its answers: answers.at[first ...] */
};

struct answers_pair {           /* row `row` of the run, of query `query`, found `passage` at `rank` */
    uint32_t passage, query, row, rank;
};

struct answers {
    enum answermatch_rule rule;
    struct map queries;         /* identity -> number */
    struct answers_query *of;   /* (queries.n) */
    struct answers_place { size_t at, n; } *at;   /* prepared answers in pool */
    struct buf pool;
    size_t n_answers, n_empty;  /* empty: answers without a token or character, which never match */
    struct map wanted;          /* passage key -> number */
    struct answers_pair *pairs;
    size_t n_pairs, cap_of, cap_at, cap_pairs;
};

/* Read a file of answers: query id, then one answer a column, tabs between.  A query that comes twice is ERR_DATA. */
MUST_CHECK int answers_read(struct answers *a, enum answermatch_rule rule, struct input *in, struct err *err);

/* Has a prepared passage an answer to query number `query`? */
bool answers_match(const struct answers *a, uint32_t query, const struct buf *passage);

MUST_CHECK int answers_want(struct answers *a, struct text passage, struct answers_pair pair, struct err *err);

/* Read the collection to its end and lower first_answer[row] to the rank of the first passage with an answer.  title: match
 * title + ' ' + text.  *n_absent: passages found that the collection does not have. */
MUST_CHECK int answers_search(struct answers *a, struct rows *passages, bool title, uint32_t *first_answer, uint64_t *n_absent,
                              struct err *err);

void answers_done(struct answers *a);

#endif
