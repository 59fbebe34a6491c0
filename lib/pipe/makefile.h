/* makefile - a plan's steps in their order, for GNU make; the jobs of a matrix for GNU Parallel.
 *
 * Steps are phony targets: make only keeps their order and runs up to N of them at once.  Each job finds out by itself whether it
 * is current, by digests (pipe/job.h), so make's own rule of times is not used and could not be: a step that was run again but
 * wrote the same bytes must leave what follows alone. */
#ifndef MAKEFILE_H
#define MAKEFILE_H

#include "base/buf.h"
#include "pipe/plan.h"
#include "pipe/script.h"

MUST_CHECK int makefile_print(struct buf *b, const struct plan *plan, const struct script_options *o, struct err *err);

/* The jobs of a step with `for`, one script a line: what jobs/STEP.list holds. */
MUST_CHECK int makefile_print_jobs(struct buf *b, const struct plan *plan, const struct plan_step *step, struct err *err);

#endif
