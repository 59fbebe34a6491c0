/* zipfile - the entries of a ZIP archive in memory (PKWARE's APPNOTE 6.3), zip64 included: torch's checkpoints and wheels.
 *
 * The central directory is the truth, and everything in it is checked at open, before it is used: it lies inside the file, the
 * entries' local headers have the same names, their bytes lie before the directory and do not overlap (a bomb needs that), no
 * name comes twice.  Refused: archives in parts, encryption, methods other than stored and deflated, bytes before or behind. */
#ifndef ZIPFILE_H
#define ZIPFILE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { ZIPFILE_MAX_ENTRIES = 1 << 20, ZIPFILE_STORED = 0, ZIPFILE_DEFLATED = 8 };

struct zipfile_entry {
    const char *name;                /* n_name bytes in the archive, without a NUL among them */
    size_t n_name;
    int method;
    uint32_t crc;
    size_t size;                     /* unpacked */
    const unsigned char *data;       /* stored bytes */
    size_t stored;
};

struct zipfile {
    struct zipfile_entry *entries;   /* sorted by name */
    size_t n_entries;
};

/* p outlives z.  Errors: ERR_DATA, ERR_TRUNCATED, ERR_LIMIT.  O(n log n) in the entries. */
MUST_CHECK int zipfile_open(struct zipfile *z, const unsigned char *p, size_t n, struct err *err);
void zipfile_close(struct zipfile *z);

/* The entry of a name of n bytes, or NULL. */
const struct zipfile_entry *zipfile_find(const struct zipfile *z, const char *name, size_t n);

/* Give an entry's unpacked bytes to put, piece by piece in order (a stored one at once), and check its size and CRC: only where 0
 * is returned they were right.  put may be NULL.  Errors: ERR_DATA naming the entry, those of put. */
typedef int zipfile_put(void *ctx, const void *bytes, size_t n, struct err *err);
MUST_CHECK int zipfile_read(const struct zipfile_entry *e, zipfile_put *put, void *ctx, struct err *err);

#endif
