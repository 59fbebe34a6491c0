#include "base/utf8.h"

#include <string.h>

size_t utf8_sequence(const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *)p;
    if (n == 0)
        return 0;
    if (u[0] < 0x80)
        return 1;
    size_t len = u[0] < 0xC2 ? 0 : u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : u[0] < 0xF5 ? 4 : 0;
    if (len == 0 || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((u[i] & 0xC0) != 0x80)
            return 0;
    if ((u[0] == 0xE0 && u[1] < 0xA0) || (u[0] == 0xED && u[1] > 0x9F) ||     /* overlong; surrogates */
        (u[0] == 0xF0 && u[1] < 0x90) || (u[0] == 0xF4 && u[1] > 0x8F))       /* overlong; above U+10FFFF */
        return 0;
    return len;
}

size_t utf8_valid(const char *p, size_t n)
{
    for (size_t at = 0, len; at < n; at += len) {
        uint64_t word;
        if (n - at >= 8 && (memcpy(&word, p + at, 8), (word & 0x8080808080808080u) == 0)) {
            len = 8;
            continue;
        }
        if ((len = utf8_sequence(p + at, n - at)) == 0)
            return at;
    }
    return n;
}

uint32_t utf8_code(const char *p, size_t bytes)
{
    const unsigned char *u = (const unsigned char *)p;
    uint32_t code = bytes == 1 ? u[0] : u[0] & (0x7Fu >> bytes);
    for (size_t i = 1; i < bytes; i++)
        code = code << 6 | (u[i] & 0x3Fu);
    return code;
}

size_t utf8_put(char dst[UTF8_MAX_BYTES], uint32_t code)
{
    if (code < 0x80) {
        dst[0] = (char)code;
        return 1;
    }
    size_t bytes = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = bytes; i-- > 1; code >>= 6)
        dst[i] = (char)(0x80 | (code & 0x3F));
    dst[0] = (char)((0xF00u >> bytes & 0xF0) | code);
    return bytes;
}
