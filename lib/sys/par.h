/* par - the only threads in the project: a loop over items, and an ordered three-step pipe.
 *
 * Work is split by item and never by thread, so results cannot depend on n_threads.  With one thread everything runs in the
 * caller, without a thread.  Where several items fail, the error of the lowest is reported (par_for) or the first in order
 * (par_pipe): the message does not depend on timing either. */
#ifndef PAR_H
#define PAR_H

#include "base/err.h"

#include <stddef.h>

enum { PAR_MAX_THREADS = 1024 };

/* Threads to use for a --threads value: 0 = every CPU that this process may run on. */
int par_threads(int requested);

/* Run fn(ctx, i, worker) for i in 0..n-1; worker in 0..n_threads-1 names the worker's own scratch. */
typedef int par_for_fn(void *ctx, size_t i, int worker, struct err *err);
MUST_CHECK int par_for(int n_threads, size_t n, par_for_fn *fn, void *ctx, struct err *err);

/* read -> work -> write over a stream of batches.  read and write run one at a time and in order; work runs in parallel.
 * At most 2 * n_threads batches are alive.  read sets *batch to NULL at the end.  drop frees a batch (after write, or on
 * failure); write must not free it. */
struct par_pipe_steps {
    int (*read)(void *ctx, void **batch, struct err *err);
    int (*work)(void *ctx, void *batch, int worker, struct err *err);
    int (*write)(void *ctx, void *batch, struct err *err);
    void (*drop)(void *ctx, void *batch);
};
MUST_CHECK int par_pipe(int n_threads, const struct par_pipe_steps *steps, void *ctx, struct err *err);

#endif
