/* map - byte strings to numbers: open addressing, keys copied into one pool.  Serves document keys, and ids as their 8 bytes.
 * Zero-initialise to start ({0}); map_done frees.  Up to 2^32 - 2 entries; amortised O(1) per operation. */
#ifndef MAP_H
#define MAP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
    struct map_entry *entries;   /* in order of insertion */
    uint32_t *slots;             /* entry number + 1, 0 = free; power-of-two many */
    char *pool;                  /* the keys' bytes, end to end */
    size_t n, cap, n_slots, pool_n, pool_cap;
};

struct map_entry {
    uint64_t hash;
    uint64_t value;
    size_t key;                  /* offset in pool */
    uint32_t key_bytes;
};

/* Insert key -> value unless the key is there.  *found (may be NULL) tells which; *slot points to the value in the map,
 * valid until the next insertion. */
MUST_CHECK int map_add(struct map *m, const void *key, size_t n, uint64_t value, bool *found, uint64_t **slot, struct err *err);

/* The value of a key, or NULL.  Safe from several threads while nobody inserts. */
const uint64_t *map_get(const struct map *m, const void *key, size_t n);

/* The key of entry i (0 <= i < m->n, order of insertion); *n its length. */
const char *map_key(const struct map *m, size_t i, size_t *n);

void map_done(struct map *m);

#endif
