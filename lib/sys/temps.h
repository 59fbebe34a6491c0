/* temps - unpublished temporaries (used by output): they are made, published by rename, or removed, also when the process
 * ends by a signal, by exit, or by a crash in a library. */
#ifndef TEMPS_H
#define TEMPS_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

enum { TEMPS_MAX = 64 };   /* at once, in a process */

/* Make a new file .NAME.XXXXXX beside target, or with fd NULL a folder.  The umask is taken off mode.  Messages name target.
 * *slot stands for it until it is published or discarded. */
MUST_CHECK int temps_create(const char *target, mode_t mode, int *slot, int *fd, struct err *err);

const char *temps_path(int slot);

/* Rename it to target and make the folder's new entry durable.  Without replace an existing target is an error.  *published
 * tells whether the rename was done, and slot free: after that only the folder's fsync can fail. */
MUST_CHECK int temps_publish(int slot, const char *target, bool replace, bool *published, struct err *err);

/* Remove it. */
void temps_discard(int slot);

/* Remove a file, or a folder with all in it (8 levels). */
void temps_remove(const char *path);

/* Discard all, in a signal handler too. */
void temps_discard_all(void);

/* What output_catch_signals does. */
void temps_catch_signals(void);

#endif
