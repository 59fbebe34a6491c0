/* answer_inputs - what a program that answers queries by an index reads: the index, the queries, and the names of what may be
 * found. */
#ifndef ANSWER_INPUTS_H
#define ANSWER_INPUTS_H

#include "fmt/vectors.h"
#include "graph/allow.h"
#include "graph/graph_file.h"

struct answer_inputs_options {
    const char *index;             /* path, "-" for the standard input */
    enum mapfile_load load;
    const char *allow;             /* path, or NULL: all may be found */
    const char *const *queries;    /* (n_queries) paths; none: the standard input */
    size_t n_queries;
    bool force;                    /* take queries that do not belong to the index; their dimension must fit */
};

struct answer_inputs {
    struct graph_file *index;
    struct vector_reader *queries; /* at their first row; normalising where the metric asks for it */
    struct allow allow;            /* with o->allow */
};

/* Open all and see that they belong together (answer_check).  Errors: those of graph_file_open, allow_open,
 * vector_reader_open_all and answer_check.  Close it in any case; zeroed before. */
MUST_CHECK int answer_inputs_open(struct answer_inputs *in, const struct answer_inputs_options *o, struct err *err);
void answer_inputs_close(struct answer_inputs *in);

#endif
