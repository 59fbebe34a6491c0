/* ngfix_file - index files of NGFix: read into a graph of ours, and ours written as NGFix's, so that both can repair the same.
 *
 * Layout: fmt/ngfixhead.h; upstream's loader trusts it, here every size, count and number is held to the file before it is used.
 * A graph that was read has one layer; ids are the elements' numbers; extra edges keep their kind and hardness, ranks counted
 * from 1 (those of hardness 0, which upstream's partial rebuild leaves, become EDGE_LINK).  Departures:
 *   - deleted elements, with all edges to them, are left out; where the entry point was one, the first element is the entry;
 *   - an edge that comes twice is left out once, the base graph's staying (upstream has no check);
 *   - rows are put in order, nearest first;
 *   - nodes that the entry does not reach are joined by graph/reach.h: our format promises that each is reached.
 * A flag that is neither 0 nor 1 (upstream does not set them at first), vectors that are no finite numbers, and edges to itself
 * or to what is not there are errors. */
#ifndef NGFIX_FILE_H
#define NGFIX_FILE_H

#include "graph/hnswlib_file.h"

struct ngfix_file {
    struct graph graph;            /* seed and ef_construction 0: the file does not know them; the arrays are this struct's */
    float *vectors;
    uint64_t *ids;
    uint16_t *edges;
    struct hnswlib_file_counts counts;
};

/* Read all of an input, which stays the caller's; the metric is the caller's to know, cosine as in hnswlib_file_read. */
MUST_CHECK int ngfix_file_read(struct ngfix_file *f, struct input *in, enum metric metric, struct err *err);
void ngfix_file_done(struct ngfix_file *f);

/* Write a verified graph.  Elements stand in the order of their ids, which must be 0 to n - 1; upper layers, keys, metas and
 * provenance have no place there.  ERR_LIMIT for other ids, and where a row is too long. */
MUST_CHECK int ngfix_file_write(struct output *out, const struct graph *g, struct err *err);

#endif
