#include "sys/spill.h"

#include "base/mem.h"
#include "sys/fd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SPILL_COPY = 1 << 20 };

struct spill {
    int fd;
    char path[32];
};

int spill_open(struct spill **out, struct err *err)
{
    const char *folder = getenv("TMPDIR");
    struct spill *s = MEM_NEW(struct spill, err);
    *out = NULL;
    if (!s)
        return ERR_NOMEM;
    if (!folder || !*folder)
        folder = "/tmp";
    s->fd = fd_nameless(folder);
    if (s->fd < 0) {
        int rc = err_sys(err, "%s: cannot make a temporary file (TMPDIR says where)", folder);
        spill_close(s);
        return rc;
    }
    snprintf(s->path, sizeof s->path, "/dev/fd/%d", s->fd);
    *out = s;
    return 0;
}

int spill_write(struct spill *s, const void *p, size_t n, struct err *err)
{
    return fd_write_all(s->fd, p, n) == 0 ? 0 : err_sys(err, "cannot write to a temporary file (TMPDIR says where)");
}

int spill_copy(struct spill *s, struct output *out, struct err *err)
{
    char *bytes;
    off_t at = 0;
    int rc = 0;
    TRY_NEW(bytes, MEM_ARRAY(char, SPILL_COPY, err));
    for (;;) {
        ssize_t got = pread(s->fd, bytes, SPILL_COPY, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            rc = err_sys(err, "cannot read a temporary file back");
            goto out;
        }
        if (got == 0)
            break;
        TRY(output_write(out, bytes, (size_t)got, err));
        at += got;
    }
out:
    mem_free(bytes);
    return rc;
}

const char *spill_path(struct spill *s)
{
    (void)lseek(s->fd, 0, SEEK_SET);     /* opening /dev/fd/N gives a new position on Linux; elsewhere it may share this one */
    return s->path;
}

void spill_close(struct spill *s)
{
    if (!s)
        return;
    if (s->fd >= 0)
        close(s->fd);
    mem_free(s);
}
