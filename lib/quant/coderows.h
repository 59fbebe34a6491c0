/* coderows - a stream of codes in memory, with ids and keys. */
#ifndef CODEROWS_H
#define CODEROWS_H

#include "quant/codeset.h"

struct coderows {
    struct codeset set;
    uint64_t *ids;                   /* (n) */
    struct text *keys;               /* (n) or NULL; bytes in key_pool */
    char *key_pool;
    struct header header;
};

/* Read a stream of kind codes, or an array of NumPy (codearrays.h), from an input that is taken over.  levels: how many codes
 * each level has, as -K says it (NULL: as @meta levels says, and where that is missing as many as its greatest code asks for).
 * ERR_DATA for other kinds and for codes beyond their level.  Freed by coderows_done, also after a failure. */
MUST_CHECK int coderows_read(struct coderows *r, struct input *in, const char *levels, struct err *err);
void coderows_done(struct coderows *r);

/* Of coderows_read and codearrays_read: set.clusters, when codes are there. */
MUST_CHECK int coderows_set_levels(struct coderows *r, const char *levels, struct err *err);

#endif
