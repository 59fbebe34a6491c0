/* temps - names of unpublished temporaries, so that a signal handler can remove them (used by output; temps_remove by others
 * too). */
#ifndef TEMPS_H
#define TEMPS_H

#include "base/err.h"

#include <limits.h>
#include <sys/types.h>

enum { TEMPS_MAX = 64 };   /* at once, in a process */

/* Make a new file .NAME.XXXXXX beside target, or with fd NULL a folder; register it and copy its name to path.  The umask is
 * taken off mode.  Messages name target.  *slot is for temps_forget. */
MUST_CHECK int temps_create(const char *target, mode_t mode, char path[PATH_MAX], int *slot, int *fd, struct err *err);

/* After the rename: make the new entry of target's folder durable. */
MUST_CHECK int temps_sync_parent(const char *target, struct err *err);

/* It was published or removed. */
void temps_forget(int slot);

/* Remove a file, or a folder and all in it. */
void temps_remove(const char *path);

/* What output_catch_signals does. */
void temps_catch_signals(void);

#endif
