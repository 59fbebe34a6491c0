/* utf8 - is it UTF-8 (RFC 3629: shortest forms, no surrogates, up to U+10FFFF)? */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/* Bytes (1..4) of the sequence at p, or 0 where p does not start one within n bytes. */
size_t utf8_sequence(const char *p, size_t n);

/* Offset of the first byte that is not part of valid UTF-8, or n. */
size_t utf8_valid(const char *p, size_t n);

#endif
