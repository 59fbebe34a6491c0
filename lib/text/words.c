#include "text/words.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "text/normal.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

/* What a character is to word boundaries (UAX #29, table 3). */
enum kind { OTHER, LETTER, DIGIT, KATAKANA, JOINER /* ExtendNumLet */, IDEOGRAPH, MID_LETTER, MID_NUMBER, MID_BOTH, EXTEND };

static const unsigned char ascii[128] = {
    ['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT, ['5'] = DIGIT, ['6'] = DIGIT, ['7'] = DIGIT,
    ['8'] = DIGIT, ['9'] = DIGIT, ['_'] = JOINER, ['\''] = MID_BOTH, ['.'] = MID_BOTH, [':'] = MID_LETTER, [','] = MID_NUMBER,
    [';'] = MID_NUMBER,
    ['a'] = LETTER, ['b'] = LETTER, ['c'] = LETTER, ['d'] = LETTER, ['e'] = LETTER, ['f'] = LETTER, ['g'] = LETTER,
    ['h'] = LETTER, ['i'] = LETTER, ['j'] = LETTER, ['k'] = LETTER, ['l'] = LETTER, ['m'] = LETTER, ['n'] = LETTER,
    ['o'] = LETTER, ['p'] = LETTER, ['q'] = LETTER, ['r'] = LETTER, ['s'] = LETTER, ['t'] = LETTER, ['u'] = LETTER,
    ['v'] = LETTER, ['w'] = LETTER, ['x'] = LETTER, ['y'] = LETTER, ['z'] = LETTER,
    ['A'] = LETTER, ['B'] = LETTER, ['C'] = LETTER, ['D'] = LETTER, ['E'] = LETTER, ['F'] = LETTER, ['G'] = LETTER,
    ['H'] = LETTER, ['I'] = LETTER, ['J'] = LETTER, ['K'] = LETTER, ['L'] = LETTER, ['M'] = LETTER, ['N'] = LETTER,
    ['O'] = LETTER, ['P'] = LETTER, ['Q'] = LETTER, ['R'] = LETTER, ['S'] = LETTER, ['T'] = LETTER, ['U'] = LETTER,
    ['V'] = LETTER, ['W'] = LETTER, ['X'] = LETTER, ['Y'] = LETTER, ['Z'] = LETTER,
};

static const struct { uint32_t from, to; enum kind kind; } ranges[] = {      /* beyond what the general category says */
    {0xB7, 0xB7, MID_LETTER}, {0x37E, 0x37E, MID_NUMBER}, {0x387, 0x387, MID_LETTER}, {0x55F, 0x55F, MID_LETTER},
    {0x589, 0x589, MID_NUMBER}, {0x5F4, 0x5F4, MID_LETTER}, {0x60C, 0x60D, MID_NUMBER}, {0x66C, 0x66C, MID_NUMBER},
    {0x7F8, 0x7F8, MID_NUMBER}, {0x2018, 0x2019, MID_BOTH}, {0x2024, 0x2024, MID_BOTH}, {0x2027, 0x2027, MID_LETTER},
    {0x2044, 0x2044, MID_NUMBER}, {0x2E80, 0x2FD5, IDEOGRAPH}, {0x3005, 0x3005, IDEOGRAPH}, {0x3007, 0x3007, IDEOGRAPH},
    {0x3021, 0x3029, IDEOGRAPH}, {0x3038, 0x303B, IDEOGRAPH}, {0x3041, 0x3096, IDEOGRAPH}, {0x309D, 0x309F, IDEOGRAPH},
    {0x30A1, 0x30FA, KATAKANA}, {0x30FC, 0x30FF, KATAKANA}, {0x31F0, 0x31FF, KATAKANA}, {0x3400, 0x4DBF, IDEOGRAPH},
    {0x4E00, 0x9FFF, IDEOGRAPH}, {0xF900, 0xFAFF, IDEOGRAPH}, {0xFE10, 0xFE10, MID_NUMBER}, {0xFE13, 0xFE13, MID_LETTER},
    {0xFE14, 0xFE14, MID_NUMBER}, {0xFE50, 0xFE50, MID_NUMBER}, {0xFE52, 0xFE52, MID_BOTH}, {0xFE54, 0xFE54, MID_NUMBER},
    {0xFE55, 0xFE55, MID_LETTER}, {0xFF07, 0xFF07, MID_BOTH}, {0xFF0C, 0xFF0C, MID_NUMBER}, {0xFF0E, 0xFF0E, MID_BOTH},
    {0xFF1A, 0xFF1A, MID_LETTER}, {0xFF1B, 0xFF1B, MID_NUMBER}, {0xFF66, 0xFF9D, KATAKANA}, {0x20000, 0x3FFFF, IDEOGRAPH},
};

static enum kind kind_of(uint32_t c)
{
    if (c < 0x80)
        return (enum kind)ascii[c];
    size_t lo = 0, hi = sizeof ranges / sizeof *ranges;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (c > ranges[mid].to)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo < sizeof ranges / sizeof *ranges && c >= ranges[lo].from)
        return ranges[lo].kind;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_NL:
        return LETTER;
    case UTF8PROC_CATEGORY_ND:
        return DIGIT;
    case UTF8PROC_CATEGORY_PC:
        return JOINER;
    case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME: case UTF8PROC_CATEGORY_CF:
        return EXTEND;
    default:
        return OTHER;
    }
}

/* The character at p; *bytes of it. */
static uint32_t code_at(const char *p, size_t n, size_t *bytes)
{
    if ((unsigned char)*p < 0x80)
        return *bytes = 1, (unsigned char)*p;
    *bytes = utf8_sequence(p, n);
    if (*bytes == 0)
        return *bytes = 1, UTF8_REPLACEMENT;
    return utf8_code(p, *bytes);
}

/* Does what stands behind a middle character go on with the same?  Marks are looked through. */
static bool goes_on(const char *p, size_t n, enum kind kind)
{
    for (size_t at = 0, bytes; at < n; at += bytes) {
        enum kind k = kind_of(code_at(p + at, n - at, &bytes));
        if (k != EXTEND)
            return k == kind;
    }
    return false;
}

static bool joins(enum kind before, enum kind k, const char *behind, size_t n)
{
    switch (k) {
    case LETTER:
    case DIGIT:
        return before == LETTER || before == DIGIT || before == JOINER;
    case KATAKANA:
        return before == KATAKANA || before == JOINER;
    case JOINER:
        return before != IDEOGRAPH;
    case MID_LETTER:
        return before == LETTER && goes_on(behind, n, LETTER);
    case MID_NUMBER:
        return before == DIGIT && goes_on(behind, n, DIGIT);
    case MID_BOTH:
        return (before == LETTER || before == DIGIT) && goes_on(behind, n, before);
    case EXTEND:
        return true;
    default:
        return false;
    }
}

/* Append a character in lower case; room is there. */
static void put_lower(struct buf *b, uint32_t c)
{
    if (c < 0x80)
        b->p[b->n++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    else
        b->n += utf8_put(b->p + b->n, (uint32_t)utf8proc_tolower((utf8proc_int32_t)c));
}

/* The word since the last end is done; a possessive at its end is cut. */
static int end_word(struct words *w, bool possessive, struct err *err)
{
    size_t from = w->n > 0 ? w->ends[w->n - 1] : 0, n = w->bytes.n - from;
    const char *p = w->bytes.p + from;
    if (possessive && n > 2 && p[n - 1] == 's') {
        if (p[n - 2] == '\'')
            n -= 2;
        else if (n > 4 && (memcmp(p + n - 4, "\xE2\x80\x99", 3) == 0 || memcmp(p + n - 4, "\xEF\xBC\x87", 3) == 0))
            n -= 4;
    }
    w->bytes.n = from + n;
    int rc = n == 0 ? 0 : mem_reserve(&w->ends, &w->cap, w->n + 1, sizeof *w->ends, err);
    if (rc == 0 && n > 0)
        w->ends[w->n++] = (uint32_t)w->bytes.n;
    return rc;
}

static int start(struct words *w, size_t n, struct err *err)
{
    w->n = w->bytes.n = 0;
    if (n > UINT32_MAX / 4)
        return err_set(err, ERR_LIMIT, "a text of %zu bytes", n);
    return mem_reserve(&w->bytes.p, &w->bytes.cap, 3 * n + UTF8_MAX_BYTES, 1, err);     /* a bad byte becomes three */
}

int words_unicode(struct words *w, const char *text, size_t n, struct err *err)
{
    int rc = start(w, n, err);
    for (size_t at = 0, bytes; rc == 0 && at < n;) {
        uint32_t c = code_at(text + at, n - at, &bytes);
        enum kind before = kind_of(c);
        at += bytes;
        if (before == OTHER || before >= MID_LETTER)
            continue;
        bool is_word = before != JOINER;
        size_t length = 1, from = w->bytes.n;
        put_lower(&w->bytes, c);
        for (; at < n && length < WORDS_MAX; at += bytes, length++) {
            c = code_at(text + at, n - at, &bytes);
            enum kind k = kind_of(c);
            if (!joins(before, k, text + at + bytes, n - at - bytes))
                break;
            is_word |= k == LETTER || k == DIGIT || k == KATAKANA;
            before = k == EXTEND || k >= MID_LETTER ? before : k;
            put_lower(&w->bytes, c);
        }
        if (is_word)
            rc = end_word(w, true, err);
        else
            w->bytes.n = from;
    }
    return rc;
}

int words_spaces(struct words *w, const char *text, size_t n, struct err *err)
{
    int rc = start(w, n, err);
    for (size_t at = 0, bytes; rc == 0 && at < n; at += bytes) {
        uint32_t c = code_at(text + at, n - at, &bytes);
        if (normal_is_space(c))
            rc = end_word(w, false, err);
        else
            put_lower(&w->bytes, c);
    }
    return rc ? rc : end_word(w, false, err);
}

void words_done(struct words *w)
{
    buf_done(&w->bytes);
    mem_free(w->ends);
    *w = (struct words){0};
}
