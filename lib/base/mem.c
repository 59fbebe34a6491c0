#include "base/mem.h"
#include "base/num.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

static void *fail(size_t n, size_t size, struct err *err)
{
    err_set(err, ERR_NOMEM, "out of memory: %zu items of %zu bytes", n, size);
    return NULL;
}

void *mem_alloc(size_t n, size_t size, struct err *err)
{
    size_t bytes;
    void *p = num_mul_size(n, size, &bytes) ? malloc(bytes ? bytes : 1) : NULL;
    return p ? p : fail(n, size, err);
}

void *mem_zalloc(size_t n, size_t size, struct err *err)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    return p ? p : fail(n, size, err);
}

void *mem_resize(void *p, size_t n, size_t size, struct err *err)
{
    size_t bytes;
    void *q = num_mul_size(n, size, &bytes) ? realloc(p, bytes ? bytes : 1) : NULL;
    return q ? q : fail(n, size, err);
}

void *mem_slab(size_t n, size_t size, struct err *err)
{
    size_t bytes;
    if (!num_mul_size(n, size, &bytes) || bytes > SIZE_MAX - HUGE_PAGE)
        return fail(n, size, err);
    size_t align = bytes >= HUGE_PAGE ? HUGE_PAGE : MEM_ALIGN;
    bytes = num_round_up(bytes ? bytes : 1, MEM_ALIGN);
    void *p;
    if (posix_memalign(&p, align, bytes) != 0)
        return fail(n, size, err);
    if (align == HUGE_PAGE)
        madvise(p, bytes, MADV_HUGEPAGE);   /* a hint: refusal changes speed only */
    memset(p, 0, bytes);
    return p;
}

char *mem_strdup(const char *s, struct err *err)
{
    size_t n = strlen(s) + 1;
    char *copy = mem_alloc(n, 1, err);
    if (copy)
        memcpy(copy, s, n);
    return copy;
}

void mem_free(void *p)
{
    free(p);
}

int mem_reserve(void *items_ptr, size_t *cap, size_t want, size_t size, struct err *err)
{
    void **items = items_ptr;
    if (want <= *cap)
        return 0;
    size_t grown = *cap < SIZE_MAX / 2 ? *cap * 2 : want;
    if (grown < want)
        grown = want;
    if (grown < 16)
        grown = 16;
    void *p = mem_resize(*items, grown, size, err);
    if (!p)
        return ERR_NOMEM;
    *items = p;
    *cap = grown;
    return 0;
}
