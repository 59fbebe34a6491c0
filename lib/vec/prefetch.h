/* prefetch - ask for cache lines before they are needed.
 *
 * gcc 12 drops all but the first __builtin_prefetch of a loop over lines, so the instruction is written out where it can
 * be, and the loop unrolled; tests/hnsw-query.bats counts what the compiler kept. */
#ifndef PREFETCH_H
#define PREFETCH_H

#include <stddef.h>

#if defined(__x86_64__)
#define PREFETCH(p) __asm__ volatile("prefetcht0 %0" : : "m"(*(const char *)(p)))
#else
#define PREFETCH(p) __builtin_prefetch(p)
#endif

enum { PREFETCH_LINE = 64 };   /* bytes */

static inline void prefetch_lines(const void *x, size_t lines)
{
    const char *p = x;
    for (; lines >= 8; lines -= 8, p += 8 * PREFETCH_LINE) {
        PREFETCH(p);
        PREFETCH(p + PREFETCH_LINE);
        PREFETCH(p + 2 * PREFETCH_LINE);
        PREFETCH(p + 3 * PREFETCH_LINE);
        PREFETCH(p + 4 * PREFETCH_LINE);
        PREFETCH(p + 5 * PREFETCH_LINE);
        PREFETCH(p + 6 * PREFETCH_LINE);
        PREFETCH(p + 7 * PREFETCH_LINE);
    }
    switch (lines) {
    case 7: PREFETCH(p + 6 * PREFETCH_LINE); /* fall through */
    case 6: PREFETCH(p + 5 * PREFETCH_LINE); /* fall through */
    case 5: PREFETCH(p + 4 * PREFETCH_LINE); /* fall through */
    case 4: PREFETCH(p + 3 * PREFETCH_LINE); /* fall through */
    case 3: PREFETCH(p + 2 * PREFETCH_LINE); /* fall through */
    case 2: PREFETCH(p + PREFETCH_LINE);     /* fall through */
    case 1: PREFETCH(p);
    }
}

#endif
