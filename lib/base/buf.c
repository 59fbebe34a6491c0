#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int buf_put(struct buf *b, const void *bytes, size_t n, struct err *err)
{
    size_t want;
    if (!num_add_size(b->n, n, &want) || want == SIZE_MAX)
        return err_set(err, ERR_NOMEM, "out of memory: a text of more than %zu bytes", b->n);
    int rc = mem_reserve(&b->p, &b->cap, want + 1, 1, err);
    if (rc)
        return rc;
    if (n)
        memcpy(b->p + b->n, bytes, n);
    b->n = want;
    b->p[want] = '\0';
    return 0;
}

int buf_puts(struct buf *b, const char *text, struct err *err)
{
    return buf_put(b, text, strlen(text), err);
}

int buf_putc(struct buf *b, char c, struct err *err)
{
    return buf_put(b, &c, 1, err);
}

int buf_printf(struct buf *b, struct err *err, const char *fmt, ...)
{
    char small[256];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n < 0)
        return err_set(err, ERR_INTERNAL, "a text that cannot be formatted: %s", fmt);
    if ((size_t)n < sizeof small)
        return buf_put(b, small, (size_t)n, err);
    int rc = mem_reserve(&b->p, &b->cap, b->n + (size_t)n + 1, 1, err);
    if (rc)
        return rc;
    va_start(ap, fmt);
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
    return 0;
}

void buf_done(struct buf *b)
{
    mem_free(b->p);
    *b = (struct buf){0};
}
