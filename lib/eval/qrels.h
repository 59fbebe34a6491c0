/* qrels - relevance judgements: which document has which grade for which query.
 *
 * Read are TREC's four columns (query, iteration, document, grade; blanks between) and the three of BEIR (query, document,
 * grade; tabs between; a first line whose grade is no number is a heading).  Empty lines and lines starting with # are left out,
 * .gz is unpacked.  A judgement that comes twice is counted; one that contradicts an earlier one is an error. */
#ifndef QRELS_H
#define QRELS_H

#include "base/map.h"
#include "fmt/stream.h"

struct qrels_query {
    uint32_t n_relevant;        /* grade >= the level of qrels_read */
    uint32_t n_ideal;
    size_t ideal;               /* its positive grades, best first, at qrels.ideal + ideal */
};

struct qrels {
    struct map queries;         /* name -> number */
    struct map grades;          /* number (u32) and document -> grade (as u32) */
    struct qrels_query *at;     /* (queries.n) */
    int32_t *ideal;
    uint64_t n_judgements, n_repeated;
    struct buf scratch;
};

/* level >= 1: the grade from which on a document is relevant. */
MUST_CHECK int qrels_read(struct qrels *q, struct input *in, int32_t level, struct err *err);

/* The grade of a document for query number `query`, MEASURE_UNJUDGED where there is none.  Not for several threads. */
MUST_CHECK int qrels_grade(struct qrels *q, uint32_t query, struct text document, int32_t *grade, struct err *err);

void qrels_done(struct qrels *q);

#endif
