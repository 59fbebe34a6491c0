/* bytes - little-endian fields at any address.  All our formats are little endian, and so are the hosts we build for:
 * columns of a stream are used in place, so a big-endian build is refused here rather than found out later. */
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h>
#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "vecpipe uses little-endian data in place and needs a little-endian host"
#endif

#define BYTES_FIELD(name, type)                                                                        \
    static inline type bytes_get_##name(const void *at) { type x; memcpy(&x, at, sizeof x); return x; } \
    static inline void bytes_put_##name(void *at, type x) { memcpy(at, &x, sizeof x); }

BYTES_FIELD(u16, uint16_t)
BYTES_FIELD(u32, uint32_t)
BYTES_FIELD(u64, uint64_t)
BYTES_FIELD(i32, int32_t)
BYTES_FIELD(f32, float)

#undef BYTES_FIELD

#endif
