/* crc - CRC-32 (ISO 3309, as gzip, PNG and zlib).  crc_update(0, p, n) starts one; feed the result back to go on.
 *
 * zlib's function is the reference.  On x86 with carry-less multiplication 64 bytes are folded at a time (Gopal et al., "Fast
 * CRC computation for generic polynomials using PCLMULQDQ", Intel 2009), and zlib finishes; the value is the same. */
#ifndef CRC_H
#define CRC_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc_update(uint32_t crc, const void *p, size_t n);

#endif
