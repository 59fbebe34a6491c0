/* viewcheck - does a table keep the rules of its kind (formats/vps.md §9)?  What the reader of the stream itself cannot see:
 *
 *     vectors     columns id and vec; every value finite; no identity (key, else id) twice
 *     neighbours  columns id and nn; lists of one length; distances finite and rising, equal ones by id; no neighbour twice
 *     others      column id, as every kind of the specification has it
 *
 * Kinds that the specification does not know are not judged.  Memory grows with the identities of vectors. */
#ifndef VIEWCHECK_H
#define VIEWCHECK_H

#include "base/map.h"
#include "fmt/stream.h"

struct viewcheck {
    const struct header *header;      /* the caller's */
    int kind;
    int id, key, vec, nn, dist, nnkey;
    struct map seen;
};

MUST_CHECK int viewcheck_init(struct viewcheck *c, const struct header *header, struct err *err);
void viewcheck_done(struct viewcheck *c);

/* ERR_DATA names row and rule. */
MUST_CHECK int viewcheck_add(struct viewcheck *c, const struct block *b, struct err *err);

#endif
