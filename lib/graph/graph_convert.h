/* graph_convert - an index of hnswlib or NGFix into ours, and ours into theirs, as a converter sees it: what the input is, what
 * comes out, and the work (graph/hnswlib_file.h, graph/ngfix_file.h). */
#ifndef GRAPH_CONVERT_H
#define GRAPH_CONVERT_H

#include "graph/hnswlib_file.h"

enum graph_convert_form { GRAPH_CONVERT_NONE, GRAPH_CONVERT_HNSW, GRAPH_CONVERT_HNSWLIB, GRAPH_CONVERT_NGFIX };

struct graph_convert {
    const char *from, *to;         /* names of formats, NULL: found out; may be names of anything */
    const char *target;            /* the output's path, whose extension counts where `to` is NULL; or NULL */
    int metric;                    /* enum metric, or -1 */
    const char *program, *version, *command;    /* for provenance; program NULL: none is written */
};

/* A line for each form, as vecfile_help has them; ends with NULL. */
extern const char *const graph_convert_help[];

/* Is this the name of a form of index?  format may be NULL. */
bool graph_convert_named(const char *format);

/* Is the input an index?  By `from`, else by what comes next in it (nothing is taken).  ERR_USAGE where `to` asks for an index
 * and the input is none, or for what an index does not become. */
MUST_CHECK int graph_convert_sniff(const struct graph_convert *c, struct input *in, enum graph_convert_form *form,
                                   struct err *err);

/* Convert an input of this form: a foreign one into ours, ours into that of `to`, else of the target's extension, else
 * hnswlib's.  in and out stay the caller's.  A metric must be given for foreign files, and for ours may not differ
 * (ERR_USAGE). */
MUST_CHECK int graph_convert_run(const struct graph_convert *c, enum graph_convert_form form, struct input *in,
                                 struct output *out, struct hnswlib_file_counts *counts, struct err *err);

#endif
