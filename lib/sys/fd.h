/* fd - system calls on descriptors with their rough edges taken off, for input, output and mapfile.
 *
 * EINTR is retried; EAGAIN (a non-blocking pipe that was inherited) waits.  On failure they return -1 with errno set. */
#ifndef FD_H
#define FD_H

#include <stddef.h>
#include <sys/types.h>

/* open(2), close-on-exec, never as descriptor 0, 1 or 2: a program started with one of them closed must not take its own
 * file for stdin or stdout. */
int fd_open(const char *path, int flags, mode_t mode);

/* A new file in folder that has no name and is gone when closed; open to read and write.  No signal can leave it behind. */
int fd_nameless(const char *folder);

/* One read: what is there, 0 at the end.  */
ssize_t fd_read(int fd, void *dst, size_t n);

/* All of n, by as many writes as it takes. */
int fd_write_all(int fd, const void *p, size_t n);

/* A pipe gets a buffer of 1 MiB where the system allows it; anything else is left alone. */
void fd_widen_pipe(int fd);

#endif
