/* graph_stat - an index in numbers: its parameters, layers, degrees, what can be reached; after graph_check has counted them. */
#ifndef GRAPH_STAT_H
#define GRAPH_STAT_H

#include "graph/graph_file.h"

/* As lines `PART MEASURE VALUE` parted by TABs, or as one JSON object.  The histogram counts the nodes of each degree in layer 0,
 * out-degree and in-degree.  A violation that graph_check finds is the error. */
MUST_CHECK int graph_stat_print(const struct graph_file *f, struct output *out, bool json, struct err *err);

#endif
