/* plan_graph - the steps of a plan as a graph: no circles, and which are wanted. */
#ifndef PLAN_GRAPH_H
#define PLAN_GRAPH_H

#include "pipe/plan.h"

/* ERR_DATA where steps need each other in a circle, naming it. */
MUST_CHECK int plan_graph_check(const struct plan *plan, struct err *err);

/* Mark the named steps (none: all) and all that they need.  ERR_USAGE for a name that is no step's. */
MUST_CHECK int plan_graph_want(struct plan *plan, const char *const *names, size_t n, struct err *err);

#endif
