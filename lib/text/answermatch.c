#define _GNU_SOURCE   /* memmem */
#include "text/answermatch.h"
#include "base/mem.h"

#include <string.h>
#include <utf8proc.h>

/* Tokens are written as  SEP tok SEP tok SEP : a control character is in no token, so that a run of tokens side by side is a
 * run of these bytes. */
enum { SEP = 0x01, REPLACEMENT = 0xFFFD, CAPITAL_SIGMA = 0x3A3, FINAL_SIGMA = 0x3C2, CAPITAL_I_DOT = 0x130, DOT_ABOVE = 0x307,
       LONGEST_DECOMPOSITION = 16 };

static bool is_ascii(const char *s, size_t n)
{
    unsigned char all = 0;
    for (size_t i = 0; i < n; i++)
        all |= (unsigned char)s[i];
    return all < 0x80;
}

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool ascii_is_word(char c)
{
    char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9');
}

static int prepare_ascii(struct answermatch_text *t, enum answermatch_rule rule, const char *s, size_t n, struct err *err)
{
    struct buf *b = &t->bytes;
    int rc = mem_reserve(&b->p, &b->cap, 2 * n + 3, 1, err);
    if (rc)
        return rc;
    char *out = b->p;
    if (rule == ANSWERMATCH_SUBSTRING) {
        for (size_t i = 0; i < n; i++)
            *out++ = ascii_lower(s[i]);
    } else {
        *out++ = SEP;
        for (size_t i = 0; i < n;) {
            if (ascii_is_word(s[i])) {
                for (; i < n && ascii_is_word(s[i]); i++)
                    *out++ = ascii_lower(s[i]);
                *out++ = SEP;
            } else {
                if (s[i] > ' ' && s[i] < 0x7F) {
                    *out++ = s[i];
                    *out++ = SEP;
                }
                i++;
            }
        }
    }
    *out = '\0';
    b->n = (size_t)(out - b->p);
    return 0;
}

/* ---- beyond ASCII ---- */

static int combining_class(int32_t c)
{
    return c < 0x300 ? 0 : utf8proc_get_property(c)->combining_class;
}

/* Canonical order: a run of marks, sorted by combining class, stable.  Long runs (never seen in real text) by counting, so that
 * no text takes quadratic time. */
static int order_marks(int32_t *c, size_t n, struct err *err)
{
    if (n <= 16) {
        for (size_t i = 1; i < n; i++) {
            int32_t x = c[i];
            size_t j = i;
            for (; j > 0 && combining_class(c[j - 1]) > combining_class(x); j--)
                c[j] = c[j - 1];
            c[j] = x;
        }
        return 0;
    }
    size_t start[257] = {0};
    int32_t *copy = MEM_ARRAY(int32_t, n, err);
    if (!copy)
        return ERR_NOMEM;
    memcpy(copy, c, n * sizeof *c);
    for (size_t i = 0; i < n; i++)
        start[(combining_class(c[i]) & 255) + 1]++;
    for (size_t i = 1; i < 257; i++)
        start[i] += start[i - 1];
    for (size_t i = 0; i < n; i++)
        c[start[combining_class(copy[i]) & 255]++] = copy[i];
    mem_free(copy);
    return 0;
}

/* UTF-8 to code points, decomposed (NFD) where asked for; *n_out of them in t->codepoints. */
static int decode(struct answermatch_text *t, bool decompose, const char *s, size_t n, size_t *n_out, struct err *err)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s;
    size_t out = 0, marks = 0;   /* marks: start of the run of marks that ends at out */
    /* A decomposition has at most 4 characters, and what has one takes 2 bytes at least. */
    int rc = mem_reserve(&t->codepoints, &t->cap, (decompose ? 2 : 1) * n + LONGEST_DECOMPOSITION, sizeof *t->codepoints, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < n;) {
        utf8proc_int32_t c = p[i];
        utf8proc_ssize_t used = c < 0x80 ? 1 : utf8proc_iterate(p + i, (utf8proc_ssize_t)(n - i > 4 ? 4 : n - i), &c);
        if (used <= 0) {
            c = REPLACEMENT;
            used = 1;
        }
        i += (size_t)used;
        size_t had = out;
        utf8proc_ssize_t got = -1;
        if (decompose && c >= 0xC0)
            got = utf8proc_decompose_char(c, t->codepoints + out, LONGEST_DECOMPOSITION, UTF8PROC_DECOMPOSE, NULL);
        if (got > 0 && got <= LONGEST_DECOMPOSITION)
            out += (size_t)got;
        else
            t->codepoints[out++] = c;
        for (size_t j = had; decompose && j < out; j++) {
            if (combining_class(t->codepoints[j]) == 0) {
                if (j - marks > 1 && (rc = order_marks(t->codepoints + marks, j - marks, err)) != 0)
                    return rc;
                marks = j + 1;
            }
        }
    }
    *n_out = out;
    return decompose && out - marks > 1 ? order_marks(t->codepoints + marks, out - marks, err) : 0;
}

static bool is_cased(int32_t c)
{
    utf8proc_category_t g = utf8proc_category(c);
    return g == UTF8PROC_CATEGORY_LU || g == UTF8PROC_CATEGORY_LL || g == UTF8PROC_CATEGORY_LT;
}

static bool is_case_ignorable(int32_t c)
{
    utf8proc_category_t g = utf8proc_category(c);
    return g == UTF8PROC_CATEGORY_MN || g == UTF8PROC_CATEGORY_ME || g == UTF8PROC_CATEGORY_LM || g == UTF8PROC_CATEGORY_SK ||
           g == UTF8PROC_CATEGORY_CF || c == '\'' || c == '.' || c == ':' || c == 0xB7 || c == 0x2019;
}

/* Unicode's condition Final_Sigma on c[i]: a cased character before it and none behind it, case-ignorable ones aside. */
static bool sigma_is_final(const int32_t *c, size_t i, size_t n)
{
    size_t before = i, behind = i + 1;
    while (before > 0 && is_case_ignorable(c[before - 1]))
        before--;
    while (behind < n && is_case_ignorable(c[behind]))
        behind++;
    return before > 0 && is_cased(c[before - 1]) && (behind == n || !is_cased(c[behind]));
}

/* Append c[0..n) in lower case as UTF-8. */
static int put_lower(struct buf *b, const int32_t *c, size_t n, struct err *err)
{
    int rc = mem_reserve(&b->p, &b->cap, b->n + 4 * n + 1, 1, err);   /* 4 bytes a character; the one that becomes two takes 3 */
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++) {
        utf8proc_uint8_t *out = (utf8proc_uint8_t *)b->p + b->n;
        if (c[i] < 0x80) {
            *out = (utf8proc_uint8_t)ascii_lower((char)c[i]);
            b->n++;
        } else if (c[i] == CAPITAL_I_DOT) {
            *out = 'i';
            b->n += 1 + (size_t)utf8proc_encode_char(DOT_ABOVE, out + 1);
        } else {
            bool final = c[i] == CAPITAL_SIGMA && sigma_is_final(c, i, n);
            b->n += (size_t)utf8proc_encode_char(final ? FINAL_SIGMA : utf8proc_tolower(c[i]), out);
        }
    }
    b->p[b->n] = '\0';
    return 0;
}

enum char_kind { KIND_SPACE, KIND_WORD, KIND_SYMBOL };

static enum char_kind kind_of(int32_t c)
{
    if (c < 0x80)
        return ascii_is_word((char)c) ? KIND_WORD : c > ' ' && c < 0x7F ? KIND_SYMBOL : KIND_SPACE;
    utf8proc_category_t g = utf8proc_category(c);
    if (g >= UTF8PROC_CATEGORY_LU && g <= UTF8PROC_CATEGORY_NO)   /* LU LL LT LM LO MN MC ME ND NL NO */
        return KIND_WORD;
    if (g >= UTF8PROC_CATEGORY_PC && g <= UTF8PROC_CATEGORY_SO)   /* PC PD PS PE PI PF PO SM SC SK SO */
        return KIND_SYMBOL;
    return KIND_SPACE;                                            /* ZS ZL ZP CC CF CS CO CN */
}

static int prepare_unicode(struct answermatch_text *t, enum answermatch_rule rule, const char *s, size_t n, struct err *err)
{
    size_t n_points;
    int rc = decode(t, rule == ANSWERMATCH_TOKEN, s, n, &n_points, err);
    const int32_t *c = t->codepoints;
    if (rc == 0 && rule == ANSWERMATCH_SUBSTRING)
        return put_lower(&t->bytes, c, n_points, err);
    if (rc == 0)
        rc = buf_putc(&t->bytes, SEP, err);
    for (size_t i = 0, end; rc == 0 && i < n_points; i = end) {
        enum char_kind kind = kind_of(c[i]);
        for (end = i + 1; kind == KIND_WORD && end < n_points && kind_of(c[end]) == KIND_WORD; end++)
            ;
        if (kind != KIND_SPACE && (rc = put_lower(&t->bytes, c + i, end - i, err)) == 0)
            rc = buf_putc(&t->bytes, SEP, err);
    }
    return rc;
}

int answermatch_prepare(struct answermatch_text *t, enum answermatch_rule rule, const char *s, size_t n, struct err *err)
{
    buf_clear(&t->bytes);
    int rc = is_ascii(s, n) ? prepare_ascii(t, rule, s, n, err) : prepare_unicode(t, rule, s, n, err);
    if (rc == 0 && rule == ANSWERMATCH_TOKEN && t->bytes.n == 1)
        buf_clear(&t->bytes);   /* no token at all */
    return rc;
}

bool answermatch_contains(const struct buf *passage, const void *answer, size_t n)
{
    return n > 0 && passage->n >= n && memmem(passage->p, passage->n, answer, n) != NULL;
}

void answermatch_done(struct answermatch_text *t)
{
    buf_done(&t->bytes);
    mem_free(t->codepoints);
    *t = (struct answermatch_text){0};
}
