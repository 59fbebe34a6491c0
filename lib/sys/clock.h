/* clock - monotonic time in nanoseconds, for --time, progress and benchmarks only: nothing stored may depend on it otherwise. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

uint64_t clock_ns(void);

#endif
