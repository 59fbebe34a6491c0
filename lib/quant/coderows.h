/* coderows - a stream of codes in memory, with ids and keys; and codes as tokens for language models. */
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

/* Read a stream of kind codes.  Where @meta levels is missing each level has as many codes as its greatest says.  ERR_DATA for
 * other kinds, codes beyond @meta levels.  Freed by coderows_done, also after a failure. */
MUST_CHECK int coderows_read(struct coderows *r, const char *path, struct err *err);
void coderows_done(struct coderows *r);

/* JSON as MiniOneRec reads it: an object, row number -> ["<a_12>", "<b_3>"]: a letter for the level, the code + first (0 or 1); a
 * suffix is one more letter with its rank, also counted from `first`.  ERR_USAGE where letters run out, behind z. */
struct output;
MUST_CHECK int coderows_write_tokens(struct output *out, const struct codeset *s, unsigned first, struct err *err);

#endif
