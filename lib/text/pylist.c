#include "text/pylist.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct cursor {
    const char *start, *at, *end;
};

static int fail(const struct cursor *c, const char *what, struct err *err)
{
    return err_set(err, ERR_DATA, "%s, at byte %zu of a list of strings", what, (size_t)(c->at - c->start));
}

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t'))
        c->at++;
}

static bool take(struct cursor *c, char what)
{
    skip_blanks(c);
    if (c->at == c->end || *c->at != what)
        return false;
    c->at++;
    return true;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= ' ';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Up to max digits of a base; how many there were. */
static size_t take_digits(struct cursor *c, int base, size_t max, uint32_t *value)
{
    size_t n = 0;
    for (*value = 0; n < max && c->at < c->end && digit_of(*c->at) < base; n++)
        *value = *value * (uint32_t)base + (uint32_t)digit_of(*c->at++);
    return n;
}

static int put_code(struct buf *out, uint32_t code, struct err *err)
{
    char bytes[UTF8_MAX_BYTES];
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        code = UTF8_REPLACEMENT;
    return buf_put(out, bytes, utf8_put(bytes, code), err);
}

/* What stands behind a backslash. */
static int escape(struct cursor *c, struct buf *out, struct err *err)
{
    static const char letters[] = "abfnrtv\\'\"", values[] = "\a\b\f\n\r\t\v\\'\"";
    uint32_t code;
    if (c->at == c->end)
        return fail(c, "ends behind a backslash", err);
    char letter = *c->at;
    const char *known = letter ? strchr(letters, letter) : NULL;
    if (letter >= '0' && letter <= '7') {
        take_digits(c, 8, 3, &code);
        return put_code(out, code, err);
    }
    c->at++;
    if (known)
        return buf_putc(out, values[known - letters], err);
    size_t n_digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    if (n_digits) {
        if (take_digits(c, 16, n_digits, &code) != n_digits)
            return fail(c, "too few hexadecimal digits", err);
        return put_code(out, code, err);
    }
    if (letter == 'N')
        return fail(c, "\\N, a character by its name, which is not known here", err);
    int rc = buf_putc(out, '\\', err);
    return rc ? rc : buf_putc(out, letter, err);
}

static int string(struct cursor *c, struct buf *out, struct err *err)
{
    int rc = 0;
    if (c->at == c->end || (*c->at != '\'' && *c->at != '"'))
        return fail(c, "no string", err);
    char quote = *c->at++;
    for (;;) {
        const char *from = c->at;
        while (c->at < c->end && *c->at != quote && *c->at != '\\')
            c->at++;
        TRY(buf_put(out, from, (size_t)(c->at - from), err));
        if (c->at == c->end)
            TRY(fail(c, "ends inside a string", err));
        if (*c->at++ == quote)
            break;
        TRY(escape(c, out, err));
    }
out:
    return rc;
}

int pylist_parse(struct pylist *l, const char *text, size_t n, struct err *err)
{
    int rc = 0;
    struct cursor c = {text, text, text + n};
    l->n = 0;
    buf_clear(&l->pool);
    if (!take(&c, '['))
        TRY(fail(&c, "no [", err));
    while (!take(&c, ']')) {
        if (l->n && !take(&c, ','))
            TRY(fail(&c, "no , or ]", err));
        if (l->n && take(&c, ']'))
            break;
        skip_blanks(&c);
        TRY(mem_reserve(&l->items, &l->cap, l->n + 1, sizeof *l->items, err));
        size_t start = l->pool.n;
        TRY(string(&c, &l->pool, err));
        l->items[l->n++] = (struct text){NULL, l->pool.n - start};
    }
    skip_blanks(&c);
    if (c.at < c.end)
        TRY(fail(&c, "text behind the ]", err));
    for (size_t i = 0, at = 0; i < l->n; at += l->items[i++].n)      /* the pool stays where it is from now on */
        l->items[i].p = l->pool.p ? l->pool.p + at : "";
out:
    return rc;
}

void pylist_done(struct pylist *l)
{
    mem_free(l->items);
    buf_done(&l->pool);
    *l = (struct pylist){0};
}
