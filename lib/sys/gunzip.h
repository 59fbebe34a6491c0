/* gunzip - unpack gzip, several members too, from a source of bytes that is called for more (used by input only). */
#ifndef GUNZIP_H
#define GUNZIP_H

#include "base/err.h"

#include <stddef.h>

struct gunzip;

/* Some of the next bytes: *got == 0 only at the end. */
typedef int gunzip_source(void *ctx, void *dst, size_t n, size_t *got, struct err *err);

enum { GUNZIP_BUFFER = 128 << 10 };

/* The n <= GUNZIP_BUFFER bytes at head (copied) come before those of the source.  name is for messages and must outlive it. */
MUST_CHECK int gunzip_new(struct gunzip **z, const void *head, size_t n, gunzip_source *source, void *ctx, const char *name,
                          struct err *err);

/* Some of the next unpacked bytes, *got == 0 only at the end.  A damaged member is ERR_DATA, one cut off ERR_TRUNCATED;
 * after the last member only zero bytes (the padding of tapes) are accepted. */
MUST_CHECK int gunzip_read(struct gunzip *z, void *dst, size_t n, size_t *got, struct err *err);

void gunzip_free(struct gunzip *z);

#endif
