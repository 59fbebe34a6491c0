/* vecselect - which rows of a table to keep: a range, of it a sample, of that a shard.  Order is kept.
 *
 * The choice depends on row numbers, the seed and the number of rows alone, never on how the rows arrive. */
#ifndef VECSELECT_H
#define VECSELECT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vecselect_options {
    uint64_t from, to;            /* rows from .. to-1; to = UINT64_MAX: to the end */
    uint64_t sample;              /* so many of them; 0: all */
    uint64_t seed;
    uint64_t shard, n_shards;     /* the shard'th of n_shards runs of equal length (up to one row); n_shards 0: all */
};

struct vecselect {
    struct vecselect_options options;
    uint64_t total;               /* rows of the table, UINT64_MAX: not known */
    uint64_t last_hash, last_row; /* sample: rows up to this (hash, row) are in */
    uint64_t first, end;          /* shard: which of the rows that are left by range and sample */
    uint64_t rank;                /* such rows seen so far */
    uint64_t row;                 /* the next one to ask for */
};

/* "A:B", "A:" or ":B"; "i/n". */
MUST_CHECK bool vecselect_parse_rows(const char *text, struct vecselect_options *o);
MUST_CHECK bool vecselect_parse_shard(const char *text, struct vecselect_options *o);
/* Both, of the options --rows and --shard, each NULL where it was not given; ERR_USAGE says what is expected. */
MUST_CHECK int vecselect_parse(const char *rows, const char *shard, struct vecselect_options *o, struct err *err);

/* A sample or a shard can only be chosen when the number of rows is known. */
bool vecselect_needs_total(const struct vecselect_options *o);

/* The sample has the rows with the smallest rng_u64(seed, RNG_SAMPLE, row): O(total) time, 16 bytes for each row of the sample.
 * ERR_DATA where the table is shorter than the range or the sample ask for. */
MUST_CHECK int vecselect_init(struct vecselect *s, const struct vecselect_options *o, uint64_t total, struct err *err);

/* How many rows will be kept; UINT64_MAX where that is not known. */
uint64_t vecselect_count(const struct vecselect *s);

/* Of the next n rows the first how many are kept (*keep) or left out alike?  At least 1; they count as passed. */
size_t vecselect_next(struct vecselect *s, size_t n, bool *keep);

/* Will no further row be kept? */
bool vecselect_done(const struct vecselect *s);

#endif
