/* qrels - relevance judgements: which document has which grade for which query.
 *
 * Read are TREC's four columns (query, iteration, document, grade; blanks between) and the three of BEIR (query, document,
 * grade; tabs between; a first line whose grade is no number is a heading).  Empty lines and lines starting with # are left out,
 * .gz is unpacked.  A judgement that comes twice is counted; one that contradicts another is an error. */
#ifndef QRELS_H
#define QRELS_H

#include "eval/pairs.h"

struct qrels_query {
    size_t n_relevant;          /* of grade >= the level of qrels_read */
    size_t n_nonrelevant;       /* of grade 0 .. level - 1; a negative one says that it was looked at by nobody */
    size_t ideal, n_ideal;      /* its positive grades, best first, at qrels.ideal + ideal */
};

struct qrels {
    struct map queries;         /* name -> number */
    struct qrels_query *at;     /* (queries.n) */
    struct pairs grades;
    int32_t *ideal;
    size_t n_repeated, n_comments;
};

/* level >= 1: the grade from which on a document is relevant. */
MUST_CHECK int qrels_read(struct qrels *q, struct input *in, int32_t level, struct err *err);

/* The grade of a document for query number `query`, MEASURE_UNJUDGED where there is none. */
int32_t qrels_grade(const struct qrels *q, uint32_t query, struct text document);

/* Call fn for each judgement of `level` and more; what it returns other than 0 ends that and is returned. */
MUST_CHECK int qrels_each(const struct qrels *q, int32_t level,
                          int (*fn)(void *ctx, struct text query, struct text document, struct err *err), void *ctx,
                          struct err *err);

/* The same of a file, "-" for stdin, which is read for it.  Errors: those of qrels_read, and fn's. */
MUST_CHECK int qrels_each_of(const char *path, int32_t level,
                             int (*fn)(void *ctx, struct text query, struct text document, struct err *err), void *ctx,
                             struct err *err);

void qrels_done(struct qrels *q);

#endif
