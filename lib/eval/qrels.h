/* qrels - relevance judgements: which document has which grade for which query.
 *
 * Read are TREC's four columns (query, iteration, document, grade; blanks between) and the three of BEIR (query, document,
 * grade; tabs between; a first line whose grade is no number is a heading).  Empty lines and lines starting with # are left out,
 * .gz is unpacked.  A judgement that comes twice is counted; one that contradicts another is an error.
 * Memory: the documents' names and 32 bytes a line.  A query's judgements lie side by side, by hash: looking up the documents of
 * a row touches a few lines of cache, where one table of all (query, document) missed it for each. */
#ifndef QRELS_H
#define QRELS_H

#include "base/map.h"
#include "fmt/stream.h"

struct qrels_query {
    size_t first, n;            /* its judgements at qrels.judgements + first */
    size_t n_relevant;          /* of grade >= the level of qrels_read */
    size_t ideal, n_ideal;      /* its positive grades, best first, at qrels.ideal + ideal */
};

struct qrels_judgement {
    size_t document;            /* offset in names */
    uint32_t document_bytes, query, hash;
    int32_t grade;
};

struct qrels {
    struct map queries;         /* name -> number */
    struct qrels_query *at;     /* (queries.n) */
    struct qrels_judgement *judgements;   /* by query, hash */
    size_t n_judgements, cap_judgements, n_repeated;
    int32_t *ideal;
    struct buf names;
};

/* level >= 1: the grade from which on a document is relevant. */
MUST_CHECK int qrels_read(struct qrels *q, struct input *in, int32_t level, struct err *err);

/* The grade of a document for query number `query`, MEASURE_UNJUDGED where there is none. */
int32_t qrels_grade(const struct qrels *q, uint32_t query, struct text document);

void qrels_done(struct qrels *q);

#endif
