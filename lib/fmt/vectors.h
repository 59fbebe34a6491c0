/* vectors - streams of kind `vectors`, or of `features` that have kept their vectors, as the search programs want them: f32 rows,
 * ids, keys, and what is known of the space.
 *
 * Every dtype is widened to f32 exactly; rows with NaN or infinity are refused with their row number; for METRIC_COSINE rows
 * are normalised by the reference kernel when read, a zero vector is an error. */
#ifndef VECTORS_H
#define VECTORS_H

#include "fmt/stream.h"
#include "vec/metric.h"

/* The metric to use: `requested` (enum metric or -1), else the stream's @meta metric, else ip where @meta normalised is 1, else
 * ERR_USAGE saying to give --metric. */
MUST_CHECK int vectors_metric(const struct header *h, int requested, enum metric *metric, struct err *err);

/* Are these two sets comparable?  Differing dim, space or normalised is ERR_DATA, naming both (space and normalised only where
 * both say); see DESIGN §4. */
MUST_CHECK int vectors_compatible(const struct header *a, const char *a_name, const struct header *b, const char *b_name,
                                  struct err *err);

/* ---- streaming: one batch after the other ---- */

struct vector_batch {
    uint64_t first_row;
    size_t n, dim, stride;        /* row r at x + r*stride; stride >= dim, a multiple of 16, the padding 0 */
    float *x;                     /* 64-byte aligned */
    const uint64_t *ids;          /* (n) */
    const struct text *keys;      /* (n) or NULL */
    struct vector_batch_memory *memory;
};

struct vector_reader;

MUST_CHECK int vector_reader_open(struct vector_reader **r, const char *path, struct err *err);
MUST_CHECK int vector_reader_open_input(struct vector_reader **r, struct input *in, struct err *err);      /* takes it over */
/* n files as if by `cat`, "-" for n = 0; each must fit the first (header_same).  The paths must outlive the reader; messages name
 * the file at hand, vector_reader_header is the first one's. */
MUST_CHECK int vector_reader_open_all(struct vector_reader **r, const char *const *paths, size_t n, struct err *err);
/* Normalise what is read, as METRIC_COSINE asks. */
void vector_reader_normalise(struct vector_reader *r);
void vector_reader_close(struct vector_reader *r);
const struct header *vector_reader_header(const struct vector_reader *r);
struct input *vector_reader_input(const struct vector_reader *r);
size_t vector_reader_dim(const struct vector_reader *r);
bool vector_reader_has_keys(const struct vector_reader *r);

/* Up to `want` rows into a batch of its own memory (zero-initialise b; reuse it or vector_batch_done it); b->n == 0 at the end.
 * Batches are cut by `want`, not by the stream's blocks. */
MUST_CHECK int vector_reader_next(struct vector_reader *r, size_t want, struct vector_batch *b, struct err *err);
void vector_batch_done(struct vector_batch *b);

/* ---- all at once ---- */

struct vector_set {
    size_t n, dim, stride;        /* as vector_batch */
    float *x;
    uint64_t *ids;                /* (n) */
    struct text *keys;            /* (n) or NULL; bytes in key_pool */
    char *key_pool;
    struct header header;
};

/* Read all rows of the reader (to its end).  max_memory: bytes, 0 = no limit; ERR_NOMEM with an estimate where the set is
 * known or found to need more.  Duplicate identities (keys if present, else ids) are ERR_DATA. */
MUST_CHECK int vector_set_read(struct vector_set *s, struct vector_reader *r, uint64_t max_memory, struct err *err);
void vector_set_done(struct vector_set *s);

/* Row i becomes what was row order[i], in place; order (n) is a permutation.  Takes a row of memory, and the keys' once more. */
MUST_CHECK int vector_set_permute(struct vector_set *s, const uint32_t *order, struct err *err);

#endif
