/* hnswlib_file - index files of hnswlib: read into a graph of ours, and ours written as hnswlib's.
 *
 * Layout: fmt/hnswlibhead.h; read from hnswlib 0.8, whose loader trusts it.  Here every size, count and number is held to the
 * file before it is used.  Departures of the graph from the file's:
 *   - elements marked as deleted, with all edges to them, are left out (a graph of ours has no such mark); where the entry point
 *     was one, the first element of the highest layer that is left takes its place;
 *   - a link that comes twice in a row is left out once (hnswlib's parallel building may leave such);
 *   - rows are put in order, nearest first;
 *   - nodes that the entry does not reach in layer 0 are joined by graph/reach.h: our format promises that each is reached.
 * An element without a vector of finite numbers, an edge to itself or to what is not there, and a label twice are errors. */
#ifndef HNSWLIB_FILE_H
#define HNSWLIB_FILE_H

#include "graph/graph.h"
#include "sys/input.h"
#include "sys/output.h"

struct hnswlib_file_counts {
    uint64_t n_deleted;            /* elements left out */
    uint64_t n_twice;              /* links left out because the row had them already */
    uint64_t n_joined;             /* nodes that were not reached: as many edges were added */
};

struct hnswlib_file {
    struct graph graph;            /* seed 0: the file does not know it; ids are the labels; the arrays are this struct's */
    float *vectors;
    uint64_t *ids;
    struct hnswlib_file_counts counts;
};

/* Read all of an input, which stays the caller's.  The metric is the caller's to know; of METRIC_COSINE the vectors must have
 * length 1 (ERR_DATA), as hnswlib's Python binding leaves them, and are taken as they are.  Values are f32.
 * Cost: the file in memory and the graph beside it; a distance for each edge; graph_check. */
MUST_CHECK int hnswlib_file_read(struct hnswlib_file *f, struct input *in, enum metric metric, struct err *err);
void hnswlib_file_done(struct hnswlib_file *f);

/* Write a verified graph.  Labels are its ids; keys, metas and provenance have no place there.  ERR_LIMIT where M is 1: hnswlib
 * takes M >= 2.  out stays the caller's. */
MUST_CHECK int hnswlib_file_write(struct output *out, const struct graph *g, struct err *err);

#endif
