/* jsonitems - the objects of one JSON array that is too large for memory, one by one; or of a sequence of objects without an
 * array (JSON lines).  Memory: the longest object. */
#ifndef JSONITEMS_H
#define JSONITEMS_H

#include "base/buf.h"
#include "sys/input.h"

#include <stdbool.h>
#include <stdint.h>

enum { JSONITEMS_MAX = 16 << 20, JSONITEMS_CHUNK = 64 << 10 };      /* bytes of an object; of a read */

struct jsonitems {                  /* zero-initialise but in; jsonitems_done frees */
    struct input *in;               /* the caller's */
    struct buf item;
    uint64_t line;                  /* where the item starts, 1-based */
    uint64_t at_line;               /* LFs before `at` */
    char *chunk;
    size_t at, n;
    uint64_t n_items;
    bool in_array, ended;
};

/* The text of the next object, from its { to its }, in it->item; *more false behind the last.  What is inside is not judged:
 * brackets pair up in number, that is all.  ERR_TRUNCATED: the input ends before the array does; ERR_DATA: it is no array of
 * objects; ERR_LIMIT; each with "file:line: ".  Cost: one pass over the bytes. */
MUST_CHECK int jsonitems_next(struct jsonitems *it, bool *more, struct err *err);
void jsonitems_done(struct jsonitems *it);

#endif
