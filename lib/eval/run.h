/* run - what was found, query by query: a stream of neighbours or a TREC run, told apart by their first bytes.
 *
 * Both come out as rows of neighbours; a TREC run's have ef 0, the query and its documents as keys, and -score as distance (for
 * the order only, as ranks are where a stream has no distances).  Rows are put in the asked order of ties, and checked: no
 * neighbour comes twice in a row. */
#ifndef RUN_H
#define RUN_H

#include "eval/identity.h"
#include "fmt/neighbours.h"

enum run_ties {
    RUN_TIES_AUTO,           /* a stream as it is, by (dist, id); a TREC run by document id, descending */
    RUN_TIES_DOCID,          /* equal distances: by document (key, else decimal id), descending in bytes, as trec_eval */
    RUN_TIES_INPUT           /* as they come */
};

struct run_options {
    enum run_ties ties;
    bool drop_self;          /* leave out the neighbour that is the query itself, by key or id */
};

struct run_shape {
    struct identity_side queries, documents;
    bool has_dist;           /* distances of `metric`, comparable with others */
    bool has_trace, has_time;
    enum metric metric;
    uint64_t k;              /* neighbours asked for (0: not known), of a TREC run the most; one less by drop_self */
};

struct run;

/* Takes the input over, also after a failure. */
MUST_CHECK int run_open(struct run **r, struct input *in, struct run_options o, struct err *err);
void run_close(struct run *r);
const struct run_shape *run_shape(const struct run *r);
const char *run_name(const struct run *r);
const struct header *run_header(const struct run *r);      /* NULL of a TREC run */

/* *row is NULL at the end, else valid until the next call. */
MUST_CHECK int run_next(struct run *r, const struct neighbours_row **row, struct err *err);

/* Lines of a TREC run that were left out as comments, 0 of a stream. */
size_t run_n_comments(const struct run *r);

/* `@stat` of the stream's end as a number, 0 where it is not there. */
double run_stat(const struct run *r, const char *key, uint32_t ef);

/* The document of row's neighbour i, by key or id; buf as in identity_text. */
static inline struct text run_document(const struct neighbours_row *row, size_t i, bool by_key, char buf[IDENTITY_DECIMAL])
{
    return identity_text(by_key, by_key ? 0 : row->nn[i], by_key ? row->nnkeys[i] : (struct text){NULL, 0}, buf);
}

#endif
