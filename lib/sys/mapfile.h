/* mapfile - a whole file as memory, read only.
 *
 * MAPFILE_MMAP maps a plain regular file (instant, 4 KB pages); MAPFILE_COPY reads it into anonymous memory that asks for
 * 2 MB pages.  Pipes, stdin ("-") and gzip are always read.  A file that shrinks under a mapping raises SIGBUS in any
 * program: our own writers replace by rename and never shrink in place. */
#ifndef MAPFILE_H
#define MAPFILE_H

#include "base/err.h"
#include "sys/input.h"

#include <stddef.h>

enum mapfile_load { MAPFILE_MMAP, MAPFILE_COPY };

struct mapfile {
    const unsigned char *p;   /* 64-byte aligned at least */
    size_t n;
    int mapped;
};

MUST_CHECK int mapfile_open(struct mapfile *m, const char *path, enum mapfile_load load, struct err *err);
/* The same of what an open input still has, always read; the input stays the caller's. */
MUST_CHECK int mapfile_read(struct mapfile *m, struct input *in, struct err *err);
void mapfile_close(struct mapfile *m);

#endif
