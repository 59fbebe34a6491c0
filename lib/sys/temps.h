/* temps - names of unpublished temporaries, so that a signal handler can remove them (used by output only). */
#ifndef TEMPS_H
#define TEMPS_H

#include "base/err.h"

#include <limits.h>
#include <stdbool.h>

enum { TEMPS_MAX = 64 };   /* at once, in a process */

/* Make a new file or folder .NAME.XXXXXX beside target (its name is copied to path) and register it; target is also what
 * messages name.  The mode is that of any new file (0666 or 0777 less the umask).  *slot is for temps_forget; *fd may be NULL
 * for a folder. */
MUST_CHECK int temps_create(const char *target, bool folder, char path[PATH_MAX], int *slot, int *fd, struct err *err);

/* After the rename: make the new entry of target's folder durable. */
MUST_CHECK int temps_sync_parent(const char *target, struct err *err);

/* It was published or removed. */
void temps_forget(int slot);

/* Remove a file, or a folder and all in it. */
void temps_remove(const char *path);

/* What output_catch_signals does. */
void temps_catch_signals(void);

#endif
