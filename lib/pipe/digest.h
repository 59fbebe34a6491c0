/* digest - a run of bytes in 128 bits: its length and a 64-bit hash.
 *
 * It tells changed bytes from unchanged ones; it is no defence against someone who wants two files to look alike.  CRC-32 was
 * rejected here: our formats carry CRCs of their own payload, and the CRC of "bytes, their CRC" does not depend on the bytes. */
#ifndef DIGEST_H
#define DIGEST_H

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

/* "LENGTH-HASH": decimal, 16 hexadecimal digits. */
struct digest_hex digest_text(const struct digest *d);

#endif
