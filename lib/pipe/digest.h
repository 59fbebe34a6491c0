/* digest - what a file or folder holds, in 128 bits: its size and a 64-bit hash of its bytes.
 *
 * It tells a changed file from an unchanged one; it is no defence against someone who wants two files to look alike.  CRC-32 was
 * rejected here: our formats carry CRCs of their own payload, and the CRC of "bytes, their CRC" does not depend on the bytes. */
#ifndef DIGEST_H
#define DIGEST_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Zero-initialise; four lanes of 8 bytes each, mixed by multiply and shift (each step can be undone, so no change is lost). */
struct digest {
    uint64_t lane[4];
    uint64_t bytes;
    unsigned char tail[32];     /* bytes that wait for a full stripe */
};

struct digest_hex { char hex[40]; };

void digest_update(struct digest *d, const void *p, size_t n);

/* "SIZE-HASH": decimal, 16 hexadecimal digits. */
struct digest_hex digest_text(const struct digest *d);

/* Add a file's bytes, or a folder: names, kinds and contents of all that is in it, in order of names; symbolic links inside a
 * folder count as what they say, not as what they point to. */
MUST_CHECK int digest_path(struct digest *d, const char *path, struct err *err);

#endif
