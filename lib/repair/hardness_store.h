/* hardness_store - queries with their cells, waiting in a temporary file (sys/spill.h) until it is known which of them are hard.
 * A record is the id, the length of the key, the vector, the cells, the neighbours, the key.  Native byte order: it never leaves
 * the process. */
#ifndef HARDNESS_STORE_H
#define HARDNESS_STORE_H

#include "base/buf.h"
#include "fmt/stream.h"
#include "sys/spill.h"

struct hardness_row {
    uint64_t id;
    struct text key;               /* p NULL without keys */
    float *vec;                    /* (dim) */
    float *cells;                  /* (n_cells) */
    uint32_t *nodes;               /* (k) neighbours */
};

struct hardness_store {
    size_t dim, n_cells, k;
    bool has_key;
    struct spill *spill;
    struct input *in;              /* reading back */
    struct buf record;
    struct hardness_row row;
    char *key;
    size_t cap_key;
};

MUST_CHECK int hardness_store_open(struct hardness_store *s, size_t dim, size_t n_cells, size_t k, bool has_key, struct err *err);
void hardness_store_close(struct hardness_store *s);
MUST_CHECK int hardness_store_put(struct hardness_store *s, const struct hardness_row *row, struct err *err);

/* Read from the first row on, as often as wanted; nothing is put in afterwards. */
MUST_CHECK int hardness_store_rewind(struct hardness_store *s, struct err *err);
/* The next of the rows that were put in, whose number the caller knows; valid until the next call. */
MUST_CHECK int hardness_store_next(struct hardness_store *s, const struct hardness_row **row, struct err *err);

#endif
