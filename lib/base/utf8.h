/* utf8 - is it UTF-8 (RFC 3629: shortest forms, no surrogates, up to U+10FFFF)?  And its code points. */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>
#include <stdint.h>

enum { UTF8_REPLACEMENT = 0xFFFD, UTF8_MAX_BYTES = 4 };

/* Bytes (1..4) of the sequence at p, or 0 where p does not start one within n bytes. */
size_t utf8_sequence(const char *p, size_t n);

/* Offset of the first byte that is not part of valid UTF-8, or n. */
size_t utf8_valid(const char *p, size_t n);

/* The code point of the sequence at p, of `bytes` bytes as utf8_sequence says. */
uint32_t utf8_code(const char *p, size_t bytes);

/* Write a code point; returns how many bytes (1 to 4). */
size_t utf8_put(char dst[UTF8_MAX_BYTES], uint32_t code);

#endif
