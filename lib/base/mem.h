/* mem - the only place that calls malloc (make lint holds the rest of lib/ and bin/ to it).
 *
 * Every allocation reports its failure through struct err, and every product of sizes is checked.  mem_free accepts NULL. */
#ifndef MEM_H
#define MEM_H

#include "base/err.h"

#include <stddef.h>

enum { MEM_ALIGN = 64 };   /* a cache line, and one AVX-512 register */

/* n * size bytes, uninitialised or zeroed; never NULL without err set, also where n * size is 0. */
MUST_CHECK void *mem_alloc(size_t n, size_t size, struct err *err);
MUST_CHECK void *mem_zalloc(size_t n, size_t size, struct err *err);

/* Resize p (may be NULL) to n * size bytes.  On failure p is untouched and still the caller's. */
MUST_CHECK void *mem_resize(void *p, size_t n, size_t size, struct err *err);

/* n * size bytes on a MEM_ALIGN boundary, zeroed; large slabs ask for 2 MB pages (madvise).  Free with mem_free. */
MUST_CHECK void *mem_slab(size_t n, size_t size, struct err *err);

/* A copy of a string. */
MUST_CHECK char *mem_strdup(const char *s, struct err *err);

void mem_free(void *p);

#define MEM_NEW(type, err)        ((type *)mem_zalloc(1, sizeof(type), err))
#define MEM_ARRAY(type, n, err)   ((type *)mem_alloc((n), sizeof(type), err))
#define MEM_ZARRAY(type, n, err)  ((type *)mem_zalloc((n), sizeof(type), err))
#define MEM_SLAB(type, n, err)    ((type *)mem_slab((n), sizeof(type), err))

/* Make room for `want` items in a growing array: *items of capacity *cap, doubled.  0 or ERR_NOMEM. */
MUST_CHECK int mem_reserve(void *items_ptr, size_t *cap, size_t want, size_t size, struct err *err);

#endif
