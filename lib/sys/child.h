/* child - a program run to its end, together with us: signals that would end us end it first, and it does not outlive us. */
#ifndef CHILD_H
#define CHILD_H

#include "base/err.h"

#include <stdbool.h>

struct child {
    const char *const *argv;     /* found in PATH, NULL-terminated */
    int fd_in, fd_out, fd_err;   /* its 0, 1, 2; -1: ours */
    int fd_extra;                /* its 3, -1: none */
    int fd_drop;                 /* one of ours that it must not have, -1: none */
    bool own_group;              /* give it a process group, which is signalled as a whole */
    void (*tick)(void *ctx);     /* called about once a second meanwhile; may be NULL */
    void *ctx;
};

/* *status: the exit status, or 128 + signal.  *caught: the signal (INT, TERM, HUP) that we got meanwhile, 0 if none; it was
 * passed on as SIGTERM (a second one as SIGKILL), and the child has ended.  Stops (SIGTSTP) are passed on too.
 * Errors: ERR_IO, ERR_NOMEM where it cannot be started. */
MUST_CHECK int child_run(const struct child *c, int *status, int *caught, struct err *err);

#endif
