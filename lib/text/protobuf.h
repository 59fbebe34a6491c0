/* protobuf - the fields of a Protocol Buffers message, one after the other, within the bytes that it has (the encoding:
 * protobuf.dev/programming-guides/encoding).  Groups, which proto3 has not, are refused.  Nothing is copied or allocated. */
#ifndef PROTOBUF_H
#define PROTOBUF_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum protobuf_type { PROTOBUF_VARINT = 0, PROTOBUF_64 = 1, PROTOBUF_BYTES = 2, PROTOBUF_32 = 5 };

struct protobuf {
    const unsigned char *p;     /* the message */
    size_t n, at;
};

struct protobuf_field {
    uint32_t number;            /* from 1 */
    enum protobuf_type type;
    uint64_t value;             /* of VARINT, 64 and 32 */
    struct protobuf bytes;      /* of BYTES: itself a message, a string, ... */
};

/* The next field; *some is false at the end.  ERR_TRUNCATED for one that ends behind its message, ERR_DATA for what is no field:
 * both name the offset within the message. */
MUST_CHECK int protobuf_next(struct protobuf *m, struct protobuf_field *f, bool *some, struct err *err);

#endif
