/* split - items into train, dev and test, of exact sizes: by the rank of rng_u64(seed, RNG_SPLIT, item). */
#ifndef SPLIT_H
#define SPLIT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum split { SPLIT_TRAIN, SPLIT_DEV, SPLIT_TEST, SPLIT_N };

extern const char *const split_names[];      /* "train", "dev", "test" */

/* of (n) is set to enum split values.  ERR_USAGE where n < n_dev + n_test. */
MUST_CHECK int split_assign(uint64_t seed, size_t n, size_t n_dev, size_t n_test, uint8_t *of, struct err *err);

#endif
