/* random_lines MIB LINES - nanoseconds a cache line of a core that reads runs of LINES lines at random places of MIB MiB in 2 MB
 * pages, eight runs asked for ahead: what a search that waits for nothing but memory would take.  The best of ten passes. */
#include "vec/prefetch.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { AHEAD = 8, READS = 1 << 21 };

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    size_t bytes = (size_t)(argc > 1 ? atoi(argv[1]) : 256) << 20, lines = argc > 2 ? (size_t)atoi(argv[2]) : 1;
    size_t runs = READS / lines, huge = 2 << 20;
    char *p = mmap(NULL, bytes + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint32_t *at = malloc((runs + AHEAD) * sizeof *at);
    if (p == MAP_FAILED || !at || bytes < huge)
        return 4;
    p += (size_t)(-(uintptr_t)p % huge);
    madvise(p, bytes, MADV_HUGEPAGE);
    memset(p, 1, bytes);
    uint64_t state = 88172645463325252u, sum = 0;
    for (size_t i = 0; i < runs + AHEAD; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        at[i] = (uint32_t)(state % (bytes / PREFETCH_LINE - lines));
    }
    double best = 1e30;
    for (int pass = 0; pass < 10; pass++) {
        double start = now_ns();
        for (size_t i = 0; i < runs; i++) {
            prefetch_lines(p + (size_t)at[i + AHEAD] * PREFETCH_LINE, lines);
            const char *run = p + (size_t)at[i] * PREFETCH_LINE;
            for (size_t j = 0; j < lines; j++)
                sum += *(const volatile uint64_t *)(const void *)(run + j * PREFETCH_LINE);
        }
        double took = now_ns() - start;
        best = took < best ? took : best;
    }
    printf("%.2f\n", best / (double)(runs * lines));
    return sum == 0;
}
