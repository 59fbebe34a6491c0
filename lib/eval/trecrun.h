/* trecrun - a TREC run: lines of query, Q0, document, rank, score, tag, with blanks between.
 *
 * Read as trec_eval reads: the rank column is not looked at, a query's documents are ordered by score (as double), best first.
 * Lines of a query need not stand together, so the run is held in memory: its text and 32 bytes a line.  Empty lines and lines
 * starting with # are left out. */
#ifndef TRECRUN_H
#define TRECRUN_H

#include "base/map.h"
#include "fmt/stream.h"

enum trecrun_ties {
    TRECRUN_TIES_DOCID,      /* equal scores: document ids in descending order of bytes, as trec_eval */
    TRECRUN_TIES_INPUT       /* in the order of the input */
};

struct trecrun_line {
    size_t document;             /* offset in pool */
    uint32_t document_bytes, query;
    double score;
};

struct trecrun {
    struct map queries;          /* name -> number, in order of first appearance */
    struct buf pool;
    struct trecrun_line *lines;  /* by query, best first */
    size_t n_lines;
    size_t *starts;              /* (queries.n + 1) first line of each query */
    size_t longest;              /* most lines of a query */
    size_t n_comments;           /* lines left out that start with # */
};

MUST_CHECK int trecrun_read(struct trecrun *run, struct input *in, enum trecrun_ties ties, struct err *err);
void trecrun_done(struct trecrun *run);

#endif
