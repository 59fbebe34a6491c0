/* sieve - which of many estimates are small enough to look at: the inner loop of a search by matrix products. */
#ifndef SIEVE_H
#define SIEVE_H

#include <stddef.h>
#include <stdint.h>

/* out = the j < n, rising, with fl(base[j] - less[j]) <= limit; base NULL stands for zeros.  out has place for n + 16: places
 * beyond the count that is returned may be written too.  The same result with every instruction set. */
size_t sieve(uint32_t *out, const float *base, const float *less, size_t n, float limit);

#endif
