#include "base/mem.h"
#include "base/utf8.h"
#include "text/normal.h"

#include <utf8proc.h>

enum { DROP, BLANK, PUNCTUATION, OTHER };

/* White space as Unicode's property White_Space has it, without the controls that are dropped. */
static bool is_blank(uint32_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool normal_is_space(uint32_t c)
{
    return is_blank(c) || c == 0x0B || c == 0x0C || c == 0x85;
}

/* The blocks that BERT calls Chinese: ideographs, without kana and hangul. */
static bool is_cjk(uint32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

/* Of each ASCII character. */
enum { D = DROP, B = BLANK, P = PUNCTUATION, O = OTHER };
static const unsigned char ascii_class[128] = {
    D, D, D, D, D, D, D, D, D, B, B, D, D, B, D, D, D, D, D, D, D, D, D, D, D, D, D, D, D, D, D, D,
    B, P, P, P, P, P, P, P, P, P, P, P, P, P, P, P, O, O, O, O, O, O, O, O, O, O, P, P, P, P, P, P,
    P, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, P, P, P, P, P,
    P, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, P, P, P, P, D,
};

static int classify(uint32_t c)
{
    if (c < 0x80)
        return ascii_class[c];
    if (is_blank(c))
        return BLANK;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_CC: case UTF8PROC_CATEGORY_CF: case UTF8PROC_CATEGORY_CO: case UTF8PROC_CATEGORY_CS:
        return DROP;                                /* not Cn: what is not assigned yet is kept, as Hugging Face does */
    case UTF8PROC_CATEGORY_PC: case UTF8PROC_CATEGORY_PD: case UTF8PROC_CATEGORY_PS: case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI: case UTF8PROC_CATEGORY_PF: case UTF8PROC_CATEGORY_PO:
        return PUNCTUATION;
    default:
        return OTHER;
    }
}

/* Decomposed code points wait here until their canonical order is settled: a run of marks ends at the next code point of
 * combining class 0.  Marks that are kept although NFD is asked for are rare (Mc, Me with a class), runs of them longer than
 * RUN are no text: their order is then as far as RUN reaches, so that the cost stays linear. */
enum { RUN = 32 };

struct pending {
    uint32_t code[RUN];
    int class[RUN];
    size_t n;
};

static void put_code(struct buf *out, uint32_t c, int steps)
{
    if (steps & NORMAL_LOWER) {
        if (c == 0x130) {              /* the only code point whose lower case is two: i and a dot above */
            out->p[out->n++] = 'i';
            c = 0x307;
        } else {
            c = (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
        }
    }
    out->n += utf8_put(out->p + out->n, c);
}

static void flush(struct buf *out, struct pending *w, int steps)
{
    for (size_t i = 0; i < w->n; i++)
        put_code(out, w->code[i], steps);
    w->n = 0;
}

static void put_decomposed(struct buf *out, struct pending *w, uint32_t c, int steps)
{
    utf8proc_int32_t parts[8];
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)c, parts, 8, UTF8PROC_DECOMPOSE | UTF8PROC_STABLE, NULL);
    if (n <= 0 || n > 8) {
        parts[0] = (utf8proc_int32_t)c;
        n = 1;
    }
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        const utf8proc_property_t *property = utf8proc_get_property(parts[i]);
        if (property->combining_class == 0 || w->n == RUN)
            flush(out, w, steps);
        if (property->category == UTF8PROC_CATEGORY_MN)
            continue;
        size_t at = w->n++;
        for (; at > 0 && w->class[at - 1] > property->combining_class; at--) {
            w->code[at] = w->code[at - 1];
            w->class[at] = w->class[at - 1];
        }
        w->code[at] = (uint32_t)parts[i];
        w->class[at] = property->combining_class;
    }
}

int normal_append(struct buf *out, const char *p, size_t n, int steps, struct err *err)
{
    struct pending wait = {.n = 0};
    enum { ROOM = (RUN + 8) * 4 + 16 };       /* the most that one code point can cause to be written */
    int rc = mem_reserve(&out->p, &out->cap, out->n + n + ROOM, 1, err);
    for (size_t at = 0; at < n && rc == 0;) {
        unsigned char byte = (unsigned char)p[at];
        if (byte < 0x80) {
            at++;
            int class = ascii_class[byte];
            if (class == DROP)
                continue;
            if (wait.n)
                flush(out, &wait, steps);
            if (class == BLANK)
                byte = ' ';
            else if ((steps & NORMAL_LOWER) && byte >= 'A' && byte <= 'Z')
                byte |= 32;
            out->p[out->n++] = (char)byte;
        } else {
            size_t bytes = utf8_sequence(p + at, n - at);
            uint32_t c = bytes ? utf8_code(p + at, bytes) : UTF8_REPLACEMENT;
            at += bytes ? bytes : 1;
            int class = c == UTF8_REPLACEMENT ? DROP : classify(c);
            bool alone = (steps & NORMAL_CJK) && is_cjk(c);
            if (class == DROP)
                continue;
            if (class == BLANK || alone) {
                flush(out, &wait, steps);
                out->p[out->n++] = ' ';
            }
            if (class != BLANK && (steps & NORMAL_STRIP))
                put_decomposed(out, &wait, c, steps);
            else if (class != BLANK)
                put_code(out, c, steps);
            if (alone) {
                flush(out, &wait, steps);
                out->p[out->n++] = ' ';
            }
        }
        if (out->cap - out->n < n - at + ROOM)
            rc = mem_reserve(&out->p, &out->cap, out->n + n - at + ROOM, 1, err);
    }
    if (rc)
        return rc;
    flush(out, &wait, steps);
    out->p[out->n] = '\0';
    return 0;
}

static int class_at(const char *p, size_t n, size_t *bytes)
{
    unsigned char byte = (unsigned char)*p;
    *bytes = 1;
    if (byte < 0x80)
        return ascii_class[byte];
    size_t used = utf8_sequence(p, n);
    if (used == 0)
        return OTHER;
    *bytes = used;
    return classify(utf8_code(p, used));
}

bool normal_word(const char *p, size_t n, size_t *at, size_t *start, bool *punctuation)
{
    size_t i = *at, bytes = 0;
    int class = BLANK;
    while (i < n && (class = class_at(p + i, n - i, &bytes)) == BLANK)
        i += bytes;
    *start = i;
    *punctuation = class == PUNCTUATION;
    while (i < n && class != BLANK && (i == *start || class != PUNCTUATION)) {
        i += bytes;
        if (*punctuation)
            break;
        if (i < n)
            class = class_at(p + i, n - i, &bytes);
    }
    *at = i;
    return i > *start;
}
