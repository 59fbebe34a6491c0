/* buf - a growing run of bytes, always followed by a NUL that does not count, so that text in it is a C string.
 * Zero-initialise to start ({0}); buf_done frees. */
#ifndef BUF_H
#define BUF_H

#include "base/err.h"

#include <stddef.h>

struct buf {
    char *p;        /* NULL until something was put in */
    size_t n;       /* bytes in use */
    size_t cap;
};

MUST_CHECK int buf_put(struct buf *b, const void *bytes, size_t n, struct err *err);
MUST_CHECK int buf_puts(struct buf *b, const char *text, struct err *err);
MUST_CHECK int buf_putc(struct buf *b, char c, struct err *err);
MUST_CHECK int buf_printf(struct buf *b, struct err *err, const char *fmt, ...) PRINTF(3, 4);
static inline void buf_clear(struct buf *b) { b->n = 0; if (b->p) b->p[0] = '\0'; }
void buf_done(struct buf *b);

#endif
