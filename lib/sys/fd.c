#define _GNU_SOURCE   /* F_SETPIPE_SZ */
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

int fd_open(const char *path, int flags, mode_t mode)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
    while (fd < 0 && errno == EINTR);
    if (fd < 0 || fd > 2)
        return fd;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    int saved = errno;
    close(fd);
    errno = saved;
    return high;
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
