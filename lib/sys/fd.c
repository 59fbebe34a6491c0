#define _GNU_SOURCE   /* F_SETPIPE_SZ, O_TMPFILE */
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* fd, or where that is 0, 1 or 2 a copy above. */
static int raise_fd(int fd)
{
    if (fd < 0 || fd > 2)
        return fd;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    int saved = errno;
    close(fd);
    errno = saved;
    return high;
}

int fd_open(const char *path, int flags, mode_t mode)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
    while (fd < 0 && errno == EINTR);
    return raise_fd(fd);
}

int fd_nameless(const char *folder)
{
    int fd = fd_open(folder, O_TMPFILE | O_RDWR, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
        return fd;
    char name[PATH_MAX];   /* a file system without O_TMPFILE */
    if (snprintf(name, sizeof name, "%s/vecpipe-XXXXXX", folder) >= (int)sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    return raise_fd(fd);
}

/* After a failed call: should it be made again?  Waits where the descriptor is not ready. */
static int again(int fd, short events)
{
    if (errno == EINTR)
        return 1;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return 0;
    struct pollfd p = { .fd = fd, .events = events };
    return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

ssize_t fd_read(int fd, void *dst, size_t n)
{
    ssize_t got;
    do
        got = read(fd, dst, n);
    while (got < 0 && again(fd, POLLIN));
    return got;
}

int fd_write_all(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && !again(fd, POLLOUT))
            return -1;
        if (put == 0) {   /* no device of ours does this; looping on it would hang */
            errno = EIO;
            return -1;
        }
        if (put > 0) {
            at += put;
            n -= (size_t)put;
        }
    }
    return 0;
}

void fd_widen_pipe(int fd)
{
    (void)fcntl(fd, F_SETPIPE_SZ, 1 << 20);   /* EBADF where it is no pipe, EPERM beyond the user's share: both fine */
}
