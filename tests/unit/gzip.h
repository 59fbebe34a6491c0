/* gzip - make gzip members for tests, and a child process that feeds a pipe. */
#ifndef GZIP_H
#define GZIP_H

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

/* Append a member that holds bytes[0..n) to out at *at; out must have room. */
static inline void gzip_member(unsigned char *out, size_t *at, size_t room, const void *bytes, size_t n)
{
    z_stream zs = { 0 };
    if (deflateInit2(&zs, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    zs.next_in = (unsigned char *)(size_t)bytes;
    zs.avail_in = (uInt)n;
    zs.next_out = out + *at;
    zs.avail_out = (uInt)(room - *at);
    if (deflate(&zs, Z_FINISH) != Z_STREAM_END)
        abort();
    *at += zs.total_out;
    deflateEnd(&zs);
}

/* A child that writes bytes in pieces into a pipe; returns the read end, *child is to be waited for. */
static inline int gzip_feed(const void *bytes, size_t n, size_t piece, pid_t *child)
{
    int ends[2];
    if (pipe(ends) != 0)
        abort();
    *child = fork();
    if (*child == 0) {
        close(ends[0]);
        for (size_t at = 0; at < n; at += piece)
            if (write(ends[1], (const char *)bytes + at, n - at < piece ? n - at : piece) < 0)
                _exit(1);
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

#endif
