#include "text/charmap.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <utf8proc.h>

enum { SHORT_GRAPHEME = 6,          /* bytes from which on a grapheme goes character by character */
       ROOM = 2 * CHARMAP_MAX_REPLACEMENT };      /* for what a character can become, and more */

/* darts-clone's unit. */
static uint32_t unit_offset(uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); }
static bool unit_has_leaf(uint32_t unit) { return unit >> 8 & 1; }
static uint32_t unit_label(uint32_t unit) { return unit & (1u << 31 | 0xFF); }

struct charmap_hit charmap_find(const struct charmap *c, const char *p, size_t n, bool longest)
{
    struct charmap_hit hit = {0};
    uint32_t at = unit_offset(bytes_get_u32(c->units));
    for (size_t i = 0; i < n && p[i]; i++) {
        unsigned char byte = (unsigned char)p[i];
        at ^= byte;
        if (at >= c->n_units)
            break;
        uint32_t unit = bytes_get_u32(c->units + 4 * (size_t)at);
        if (unit_label(unit) != byte)
            break;
        at ^= unit_offset(unit);
        if (!unit_has_leaf(unit) || at >= c->n_units)
            continue;
        uint32_t value = bytes_get_u32(c->units + 4 * (size_t)at) & 0x7FFFFFFF;
        if (value >= c->n_strings)
            continue;
        hit = (struct charmap_hit){.p = c->strings + value, .n = (uint32_t)strlen(c->strings + value), .used = (uint32_t)i + 1};
        if (!longest)
            break;
    }
    return hit;
}

/* Bounded strings, each with its NUL: what follows may rely on it. */
static int check_strings(const struct charmap *c, struct err *err)
{
    size_t start = 0;
    for (size_t i = 0; i < c->n_strings; i++) {
        if (i - start > CHARMAP_MAX_REPLACEMENT)
            return err_set(err, ERR_LIMIT, "charmap: a replacement of more than %d bytes", CHARMAP_MAX_REPLACEMENT);
        if (c->strings[i] == '\0')
            start = i + 1;
    }
    return start == c->n_strings ? 0 : err_set(err, ERR_TRUNCATED, "charmap: its last replacement has no end");
}

/* The unit that a byte leads to from the offset of another one; false where it leads nowhere. */
static bool step(const struct charmap *c, uint32_t at, unsigned byte, uint32_t *offset)
{
    at ^= byte;
    uint32_t unit = at < c->n_units ? bytes_get_u32(c->units + 4 * (size_t)at) : ~0u;
    *offset = at ^ unit_offset(unit);
    return unit_label(unit) == byte;
}

static void fill_ascii(struct charmap *c)
{
    uint32_t root = unit_offset(bytes_get_u32(c->units)), one, two;
    for (unsigned i = 1; i < 128; i++) {
        char byte = (char)i;
        c->ascii[i] = charmap_find(c, &byte, 1, false);
        for (unsigned j = 1; j < 128 && step(c, root, i, &one); j++)
            c->ascii_pairs[i] |= step(c, one, j, &two);
    }
}

/* Take over c->blob of n bytes. */
static int parse(struct charmap *c, size_t n, struct err *err)
{
    uint32_t bytes = n >= 4 ? bytes_get_u32(c->blob) : 0;
    if (bytes == 0 || bytes % 4 != 0 || bytes > n - 4)
        return err_set(err, n >= 4 && bytes > n - 4 ? ERR_TRUNCATED : ERR_DATA,
                       "charmap: a trie of %u bytes in %zu, expected a multiple of 4 that fits", bytes, n);
    c->units = c->blob + 4;
    c->n_units = bytes / 4;
    c->strings = (const char *)c->blob + 4 + bytes;
    c->n_strings = n - 4 - bytes;
    int rc = check_strings(c, err);
    if (rc == 0)
        fill_ascii(c);
    return rc;
}

int charmap_open(struct charmap *c, const void *blob, size_t n, struct err *err)
{
    *c = (struct charmap){.blob = mem_alloc(n, 1, err)};
    if (!c->blob)
        return ERR_NOMEM;
    memcpy(c->blob, blob, n);
    int rc = parse(c, n, err);
    if (rc)
        charmap_done(c);
    return rc;
}

static int digit(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 :
           c == '+' ? 62 : c == '/' ? 63 : -1;
}

int charmap_open_base64(struct charmap *c, const char *text, size_t n, struct err *err)
{
    size_t out = 0, digits = n;
    uint32_t bits = 0;
    *c = (struct charmap){.blob = mem_alloc(n / 4 * 3 + 3, 1, err)};
    if (!c->blob)
        return ERR_NOMEM;
    while (digits > 0 && n - digits < 2 && text[digits - 1] == '=')
        digits--;
    int rc = n % 4 == 0 && digits % 4 != 1 ? 0 : err_set(err, ERR_DATA, "charmap: %zu characters are no base64", n);
    for (size_t i = 0; i < digits && rc == 0; i++) {
        int d = digit(text[i]);
        if (d < 0)
            rc = err_set(err, ERR_DATA, "charmap: character %zu is none of base64", i);
        bits = bits << 6 | (uint32_t)(d & 63);
        if (i % 4 != 0)
            c->blob[out++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
    }
    if (rc == 0)
        rc = parse(c, out, err);
    if (rc)
        charmap_done(c);
    return rc;
}

void charmap_done(struct charmap *c)
{
    mem_free(c->blob);
    *c = (struct charmap){0};
}

static void put(struct buf *out, const char *p, size_t n)
{
    memcpy(out->p + out->n, p, n);
    out->n += n;
}

/* A character, or bytes that are none: how many, and its code. */
static size_t next_char(const char *p, size_t n, uint32_t *code)
{
    size_t bytes = utf8_sequence(p, n);
    *code = bytes ? utf8_code(p, bytes) : UTF8_REPLACEMENT;
    return bytes ? bytes : 1;
}

static void put_char(const struct charmap *c, struct buf *out, const char *p, size_t bytes)
{
    const char *mark = "\xEF\xBF\xBD";
    if (utf8_sequence(p, bytes) != bytes) {
        p = mark;
        bytes = 3;
    }
    struct charmap_hit hit = charmap_find(c, p, bytes, false);
    put(out, hit.p ? hit.p : p, hit.p ? hit.n : bytes);
}

/* The grapheme at p, and how many bytes of the text it has. */
static size_t grapheme(const char *p, size_t n)
{
    uint32_t code, next;
    utf8proc_int32_t state = 0;
    size_t bytes = next_char(p, n, &code);
    while (bytes < n) {
        size_t more = next_char(p + bytes, n - bytes, &next);
        if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)code, (utf8proc_int32_t)next, &state))
            break;
        bytes += more;
        code = next;
    }
    return bytes;
}

static int put_grapheme(const struct charmap *c, struct buf *out, const char *p, size_t bytes, struct err *err)
{
    struct charmap_hit whole = {0};
    uint32_t code;
    int rc = 0;
    if (bytes < SHORT_GRAPHEME && utf8_valid(p, bytes) == bytes)
        whole = charmap_find(c, p, bytes, false);
    if (whole.p) {
        put(out, whole.p, whole.n);
        return 0;
    }
    for (size_t at = 0, used; at < bytes; at += used) {     /* a grapheme may be as long as the text */
        TRY(mem_reserve(&out->p, &out->cap, out->n + ROOM, 1, err));
        used = next_char(p + at, bytes - at, &code);
        put_char(c, out, p + at, used);
    }
out:
    return rc;
}

int charmap_append(const struct charmap *c, struct buf *out, const char *p, size_t n, struct err *err)
{
    int rc = 0;
    TRY(mem_reserve(&out->p, &out->cap, out->n + n + ROOM, 1, err));
    for (size_t at = 0; at < n;) {
        unsigned char byte = (unsigned char)p[at], next = at + 1 < n ? (unsigned char)p[at + 1] : 0;
        if (out->cap - out->n < ROOM)
            TRY(mem_reserve(&out->p, &out->cap, out->n + n - at + ROOM, 1, err));
        if (byte < 0x80 && next < 0x80 && !(byte == '\r' && next == '\n')) {
            struct charmap_hit hit = c->ascii[byte];
            at++;
            if (hit.p)
                put(out, hit.p, hit.n);
            else
                out->p[out->n++] = (char)byte;
        } else {
            size_t bytes = grapheme(p + at, n - at);
            TRY(put_grapheme(c, out, p + at, bytes, err));
            at += bytes;
        }
    }
    TRY(mem_reserve(&out->p, &out->cap, out->n + 1, 1, err));
    out->p[out->n] = '\0';
out:
    return rc;
}
