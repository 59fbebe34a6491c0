/* idcheck - does an id come twice in a collection that is passed on row by row?
 *
 * Ids are kept as fingerprints of 128 bits with their places, 24 bytes each, in 64 parts by the first 6 bits: of each part up
 * to 2^14 in memory, those before them in a nameless file (sys/spill.h); each is sorted by itself at the end.  So memory is
 * 24 MiB, and 3/4 byte a row at the end.  That two ids have one fingerprint happens in 10^9 rows with probability 10^-21. */
#ifndef IDCHECK_H
#define IDCHECK_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct idcheck;

/* part_ids: ids of a part that are held in memory; 0: the 2^14 above (tests ask for fewer). */
MUST_CHECK int idcheck_open(struct idcheck **c, size_t part_ids, struct err *err);
void idcheck_close(struct idcheck *c);      /* accepts NULL */

/* An id (n bytes) and its place; name is copied when it is another one than the last. */
MUST_CHECK int idcheck_add(struct idcheck *c, const char *id, size_t n, const char *name, uint64_t line, struct err *err);

/* After the last row, once: ERR_DATA naming the first place where an id comes again, and the place where it came first.
 * Cost: O(n log n) in all. */
MUST_CHECK int idcheck_end(struct idcheck *c, struct err *err);

#endif
