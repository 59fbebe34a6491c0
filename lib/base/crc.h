/* crc - CRC-32 (ISO 3309, as gzip, PNG and zlib), by zlib.  crc_update(0, p, n) starts one; feed the result back to go on. */
#ifndef CRC_H
#define CRC_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc_update(uint32_t crc, const void *p, size_t n);

#endif
