/* fingerprint - 128 bits that name a content: the `space` of a model, the state of a pipeline's files.
 *
 * Tells apart what differs by accident; it is no proof against someone who wants two contents to look the same.  Four lanes of
 * 64 bits, each taking every fourth word by a xor, a rotation and an odd multiplication (all of them invertible, so a change of
 * one word always changes its lane), folded at the end with the length.  About 10 GB/s. */
#ifndef FINGERPRINT_H
#define FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

enum { FINGERPRINT_TEXT = 33 };         /* 32 lower-case hexadecimal digits and a NUL */

struct fingerprint {
    uint64_t lane[4];
    uint64_t n_bytes;
    unsigned char rest[32];        /* the bytes behind the last full 32 */
};

void fingerprint_init(struct fingerprint *d);
void fingerprint_update(struct fingerprint *d, const void *p, size_t n);
/* The 128 bits, as numbers and as digits; d goes on. */
void fingerprint_bits(const struct fingerprint *d, uint64_t bits[2]);
void fingerprint_text(const struct fingerprint *d, char text[FINGERPRINT_TEXT]);

#endif
