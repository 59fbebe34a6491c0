/* textid - ids for the rows of text forms, whose own names are words: a key in decimal is its own id, so that what was written
 * from ids comes back as those ids. */
#ifndef TEXTID_H
#define TEXTID_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ids of a file's rows in order: the keys' own where the first key is a number, else first_id, first_id + 1, ... */
struct textid {
    uint64_t next;
    bool decided, numeric;
};

/* number_rows: count, whatever the keys are. */
struct textid textid_make(uint64_t first_id, bool number_rows);

/* ERR_DATA for a word in a file that began with numbers; the message does not name the file. */
MUST_CHECK int textid_next(struct textid *t, const char *key, size_t n, uint64_t *id, struct err *err);

/* The id of a name that stands for a row of another set: its number, else a hash of 63 bits with the top bit set, which needs
 * no memory of names and is the same in every shard. */
uint64_t textid_of(const char *key, size_t n);

#endif
