/* record - the fixed parts of a stream: preamble, block and end records, and where a block's columns lie.
 * Exact bytes: formats/vps.md §3, §5, §6.  Shared by the reader and the writer, and by nobody else. */
#ifndef RECORD_H
#define RECORD_H

#include "fmt/header.h"
#include "fmt/stream.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    RECORD_ALIGN = 64,                   /* every record and column starts on it */
    RECORD_BYTES = 64,                   /* of a block's or end record's head */
    RECORD_PREAMBLE = 16,
    RECORD_VERSION = 1,
    RECORD_BLOCK_TARGET = 1 << 20,       /* a writer closes a block before the row that would pass it */
    RECORD_BLOCK_MAX = 64 << 20,         /* raw or stored bytes of a block's payload, of an end record's text */
    RECORD_MAX_RATIO = 1032              /* zlib cannot expand more than this */
};

extern const unsigned char record_magic[8];

enum record_tag { RECORD_BLOCK = 0x4B4C4256, RECORD_END = 0x444E4556 };      /* "VBLK", "VEND" */
enum record_codec { RECORD_PLAIN = 0, RECORD_ZLIB = 1 };

struct record {                          /* a block's head, or the end record's */
    uint32_t tag;
    uint16_t codec;
    uint64_t number;                     /* block: its number from 0; end: how many blocks */
    uint64_t rows;                       /* block: its rows; end: all rows */
    uint32_t raw_bytes, stored_bytes;    /* payload; end: the stat text */
    uint32_t payload_crc;                /* of the stored payload */
    uint32_t blocks_crc;                 /* end: of the head CRCs of all blocks; block: 0 */
    uint32_t header_crc;                 /* end: the CRC of the stream's header; block: 0 */
    uint32_t crc;                        /* of the head's first 60 bytes */
};

void record_encode(struct record *r, unsigned char out[RECORD_BYTES]);       /* sets r->crc */
/* Checks CRC, tag, reserved fields and limits. */
MUST_CHECK int record_decode(struct record *r, const unsigned char in[RECORD_BYTES], struct err *err);

/* Point `views` into a raw payload of `bytes`, checking every offset array, padding and the total size. */
MUST_CHECK int record_layout(const struct header *h, uint64_t rows, const unsigned char *payload, size_t bytes,
                             struct column_view *views, struct err *err);

/* Are n bytes at p all zero? */
bool record_all_zero(const unsigned char *p, size_t n);

#endif
