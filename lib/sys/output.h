/* output - bytes out, all or nothing.
 *
 * A named regular file is written as a temporary beside its target and published by output_commit: flush, fsync, rename, fsync
 * of the folder.  Without commit (failure, signal) the temporary is removed and the target untouched.  A failed fsync is never
 * retried.  A symbolic link is followed: its target is replaced.  Pipes, devices and stdout are written in place.
 * The new file has the old one's mode, or 0666 less the umask. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output;

/* path NULL or "-": stdout.  binary: refuse to write to a terminal. */
MUST_CHECK int output_open(struct output **out, const char *path, bool binary, struct err *err);

/* May outputs of these names be written side by side?  ERR_USAGE where both are stdout or the same file, as names go; devices may
 * be. */
MUST_CHECK int output_apart(const char *a, const char *b, struct err *err);

/* For tests: collect in memory; output_memory gives what was written, valid until output_free. */
MUST_CHECK int output_open_memory(struct output **out, struct err *err);
const void *output_memory(const struct output *out, size_t *n);

MUST_CHECK int output_write(struct output *out, const void *p, size_t n, struct err *err);
MUST_CHECK int output_printf(struct output *out, struct err *err, const char *fmt, ...) PRINTF(3, 4);
MUST_CHECK int output_flush(struct output *out, struct err *err);

/* Can bytes that were written be replaced?  In regular files, unless opened for appending (>>), and in memory. */
bool output_can_patch(const struct output *out);

/* Replace n bytes from offset on; they must have been written already. */
MUST_CHECK int output_patch(struct output *out, uint64_t offset, const void *p, size_t n, struct err *err);

uint64_t output_offset(const struct output *out);       /* bytes written so far */
const char *output_name(const struct output *out);      /* "stdout" or the path */

/* Publish.  After it, or after a failure of it, only output_free is allowed. */
MUST_CHECK int output_commit(struct output *out, struct err *err);

/* Close; what was not committed is removed.  Accepts NULL. */
void output_free(struct output *out);

/* A whole folder, all or nothing: output_dir_path names a temporary folder beside the target to write plain files into;
 * commit fsyncs them and renames the folder.  An existing target is refused at open. */
struct output_dir;
MUST_CHECK int output_dir_open(struct output_dir **dir, const char *path, struct err *err);
const char *output_dir_path(const struct output_dir *dir);
MUST_CHECK int output_dir_commit(struct output_dir *dir, struct err *err);
void output_dir_free(struct output_dir *dir);

/* From now on a fatal signal (SIGINT, SIGTERM, SIGHUP, SIGPIPE, even a crash in a library) and exit(3) remove every unpublished
 * temporary, files and folders, before the process ends as it would; beyond a file-size limit writing fails instead of a signal.
 * SIGPIPE ends the process even where a parent ignored it.  Called once by cli_start. */
void output_catch_signals(void);

/* Remove them now, in a signal handler or before _exit(2). */
void output_discard_all(void);

#endif
