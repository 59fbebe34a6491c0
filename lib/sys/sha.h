/* sha - SHA-256 of files, and git's names of blobs: what others publish to tell a file by.  By nettle. */
#ifndef SHA_H
#define SHA_H

#include "base/err.h"

#include <stdint.h>

struct sha_text { char hex[65]; };     /* lower case: 64 digits, or 40 */

enum sha_kind {
    SHA_256,
    SHA_GIT_BLOB                       /* SHA-1 of "blob SIZE", NUL and the bytes */
};

/* Of a regular file, read once; *bytes its size.  Errors: ERR_IO. */
MUST_CHECK int sha_file(const char *path, enum sha_kind kind, struct sha_text *text, uint64_t *bytes, struct err *err);

#endif
