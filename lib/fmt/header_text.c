/* The text form of a header, formats/vps.md §4.  There is one text for a header: what parses but would be written otherwise is
 * refused, so two headers are equal exactly when their texts are. */
#include "base/mem.h"
#include "base/num.h"
#include "base/utf8.h"
#include "fmt/header.h"

#include <string.h>

/* ---- writing ---- */

int header_escape(struct buf *out, const char *text, size_t n, struct err *err)
{
    int rc = 0;
    size_t len;
    for (size_t i = 0; rc == 0 && i < n; i += len) {
        unsigned char c = (unsigned char)text[i];
        len = utf8_sequence(text + i, n - i);
        if (c == '\\' || c == '\n' || c == '\t' || c == '\r')
            rc = buf_printf(out, err, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : '\\');
        else if (len == 0 || c < 0x20 || c == 0x7F) {
            rc = buf_printf(out, err, "\\x%02X", c);
            len = 1;
        } else
            rc = buf_put(out, text + i, len, err);
    }
    return rc;
}

static int put_escaped(struct buf *out, const char *text, struct err *err)
{
    return header_escape(out, text, strlen(text), err);
}

int header_format(const struct header *h, struct buf *text, struct err *err)
{
    int rc = 0;
    TRY(buf_printf(text, err, "@kind %s\n", h->kind));
    for (size_t i = 0; i < h->n_columns; i++) {
        const struct column *c = &h->columns[i];
        TRY(buf_printf(text, err, "@column %s %s", c->name, column_type_name(c->type)));
        if (c->shape == COLUMN_RAGGED)
            TRY(buf_puts(text, " *", err));
        else if (c->shape > 1)
            TRY(buf_printf(text, err, " %u", c->shape));
        TRY(buf_putc(text, '\n', err));
    }
    for (size_t i = 0; i < h->n_metas; i++) {
        TRY(buf_printf(text, err, "@meta %s ", h->metas[i].key));
        TRY(put_escaped(text, h->metas[i].value, err));
        TRY(buf_putc(text, '\n', err));
    }
    for (size_t i = 0; i < h->n_programs; i++) {
        const struct header_program *p = &h->programs[i];
        TRY(buf_printf(text, err, "@program %zu ", i));
        for (size_t j = 0; j < p->n_parents; j++)
            TRY(buf_printf(text, err, "%s%u", j ? "," : "", p->parents[j]));
        TRY(buf_printf(text, err, "%s %s ", p->n_parents ? "" : "-", p->name));
        TRY(put_escaped(text, p->version, err));
        TRY(buf_putc(text, ' ', err));
        TRY(put_escaped(text, p->command, err));
        TRY(buf_putc(text, '\n', err));
    }
    if (text->n > HEADER_MAX_TEXT)
        rc = err_set(err, ERR_LIMIT, "a header of %zu bytes; the limit is %d", text->n, HEADER_MAX_TEXT);
out:
    return rc;
}

/* ---- parsing ---- */

/* Cut the next field, up to a space or the end, off *rest; NULL where there is none. */
static char *next_field(char **rest)
{
    char *field = *rest;
    if (!field)
        return NULL;
    char *space = strchr(field, ' ');
    if (space)
        *space++ = '\0';
    *rest = space;
    return field;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undo header_escape in place. */
static int unescape(char *text, struct err *err)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from != '\\') {
            *to++ = *from;
            continue;
        }
        switch (*++from) {
        case '\\': *to++ = '\\'; continue;
        case 'n':  *to++ = '\n'; continue;
        case 't':  *to++ = '\t'; continue;
        case 'r':  *to++ = '\r'; continue;
        case 'x':
            if (hex_digit(from[1]) >= 0 && hex_digit(from[2]) >= 0 && hex_digit(from[1]) + hex_digit(from[2]) > 0) {
                *to++ = (char)(hex_digit(from[1]) * 16 + hex_digit(from[2]));
                from += 2;
                continue;
            }
        }
        return err_set(err, ERR_DATA, "a bad escape: expected \\\\, \\n, \\t, \\r or \\xHH (not 00)");
    }
    *to = '\0';
    return 0;
}

static int parse_column(struct header *h, char *rest, struct err *err)
{
    char *name = next_field(&rest), *type = next_field(&rest), *shape = next_field(&rest);
    uint64_t n = 1;
    if (!name || !type || rest)
        return err_set(err, ERR_DATA, "expected @column NAME TYPE [SHAPE]");
    int t = column_type_parse(type);
    if (t < 0)
        return err_set(err, ERR_DATA, "column %.63s: unknown type \"%.20s\"", name, type);
    if (shape && strcmp(shape, "*") == 0)
        n = COLUMN_RAGGED;
    else if (shape && !num_parse_u64(shape, strlen(shape), 1, HEADER_MAX_SHAPE, &n))
        return err_set(err, ERR_DATA, "column %.63s: shape \"%.20s\", expected * or 1 to %d", name, shape, HEADER_MAX_SHAPE);
    return header_add_column(h, name, (enum column_type)t, (uint32_t)n, err);
}

static int parse_meta(struct header *h, char *rest, struct err *err)
{
    char *key = next_field(&rest);
    if (!key || !rest)
        return err_set(err, ERR_DATA, "expected @meta KEY VALUE");
    if (header_meta(h, key))
        return err_set(err, ERR_DATA, "meta %.63s stands twice", key);
    int rc = unescape(rest, err);
    return rc ? rc : header_set_meta(h, key, rest, err);
}

static int parse_program(struct header *h, char *rest, struct err *err)
{
    char *number = next_field(&rest), *parents = next_field(&rest), *name = next_field(&rest), *version = next_field(&rest);
    struct header_program p = {0};
    uint64_t x;
    int rc;
    if (!rest)
        return err_set(err, ERR_DATA, "expected @program NUMBER PARENTS NAME VERSION COMMAND");
    if (!num_parse_u64(number, strlen(number), h->n_programs, h->n_programs, &x))
        return err_set(err, ERR_DATA, "program number \"%.20s\", expected %zu", number, h->n_programs);
    if (h->n_programs == HEADER_MAX_PROGRAMS)
        return err_set(err, ERR_LIMIT, "more than %d programs", HEADER_MAX_PROGRAMS);
    while (parents && strcmp(parents, "-") != 0) {
        char *comma = strchr(parents, ',');
        size_t n = comma ? (size_t)(comma - parents) : strlen(parents);
        if (h->n_programs == 0 || !num_parse_u64(parents, n, 0, h->n_programs - 1, &x))
            return err_set(err, ERR_DATA, "program %zu: parent \"%.20s\" is no earlier program", h->n_programs, parents);
        if (p.n_parents == HEADER_MAX_PARENTS)
            return err_set(err, ERR_LIMIT, "program %zu: more than %d parents", h->n_programs, HEADER_MAX_PARENTS);
        p.parents[p.n_parents++] = (uint32_t)x;
        parents = comma ? comma + 1 : NULL;
    }
    if ((rc = header_check_name("program", name, err)) != 0 || (rc = unescape(version, err)) != 0 ||
        (rc = unescape(rest, err)) != 0 ||
        (rc = mem_reserve(&h->programs, &h->cap_programs, h->n_programs + 1, sizeof *h->programs, err)) != 0)
        return rc;
    p.name = mem_strdup(name, err);
    p.version = mem_strdup(version, err);
    p.command = mem_strdup(rest, err);
    h->programs[h->n_programs++] = p;      /* header_done frees a partial one too */
    return p.name && p.version && p.command ? 0 : ERR_NOMEM;
}

static int parse_line(struct header *h, char *line, size_t number, struct err *err)
{
    char *rest = line, *keyword = next_field(&rest);
    if (number == 1 && strcmp(keyword, "@kind") != 0)
        return err_set(err, ERR_DATA, "expected @kind first");
    if (strcmp(keyword, "@kind") == 0 && number == 1 && rest)
        return header_set_kind(h, rest, err);
    if (strcmp(keyword, "@column") == 0 && h->n_metas == 0 && h->n_programs == 0)
        return parse_column(h, rest, err);
    if (strcmp(keyword, "@meta") == 0 && h->n_programs == 0)
        return parse_meta(h, rest, err);
    if (strcmp(keyword, "@program") == 0)
        return parse_program(h, rest, err);
    return err_set(err, ERR_DATA, "\"%.40s\" where @kind, @column, @meta, @program are expected in this order", keyword);
}

/* Compare with what we would have written, line by line. */
static int check_canonical(const struct header *h, const char *text, size_t n, struct err *err)
{
    struct buf own = {0};
    int rc = header_format(h, &own, err);
    if (rc == 0 && (own.n != n || memcmp(own.p, text, n) != 0)) {
        size_t line = 1, start = 0;
        for (size_t i = 0; i < n && i < own.n && text[i] == own.p[i]; i++)
            if (text[i] == '\n') {
                line++;
                start = i + 1;
            }
        rc = err_set(err, ERR_DATA, "header line %zu: not the one form that the specification allows; expected \"%.*s\"", line,
                     (int)num_min_size(strcspn(own.p + start, "\n"), 200), own.p + start);
    }
    buf_done(&own);
    return rc;
}

int header_parse(struct header *h, const char *text, size_t n, struct err *err)
{
    int rc = 0;
    struct buf line = {0};
    *h = (struct header){0};
    size_t bad = utf8_valid(text, n), number = 0;
    if (n == 0 || text[n - 1] != '\n' || n > HEADER_MAX_TEXT)
        return err_set(err, ERR_DATA, "header text of %zu bytes: expected 1 to %d, ending in a line feed", n, HEADER_MAX_TEXT);
    if (bad != n || memchr(text, '\0', n))
        return err_set(err, ERR_DATA, "header text: byte %zu is not UTF-8 text",
                       bad != n ? bad : (size_t)((const char *)memchr(text, '\0', n) - text));
    for (const char *at = text, *end; at < text + n; at = end + 1) {
        end = memchr(at, '\n', (size_t)(text + n - at));
        buf_clear(&line);
        number++;
        TRY(buf_put(&line, at, (size_t)(end - at), err));
        rc = parse_line(h, line.p, number, err);
        if (rc) {
            err_prefix(err, "header line %zu: ", number);
            goto out;
        }
    }
    if (h->n_columns == 0)
        rc = err_set(err, ERR_DATA, "header: no @column");
    else
        rc = check_canonical(h, text, n, err);
out:
    buf_done(&line);
    if (rc)
        header_done(h);
    return rc;
}

int header_copy(struct header *to, const struct header *from, struct err *err)
{
    struct buf text = {0};
    int rc = header_format(from, &text, err);
    if (rc == 0)
        rc = header_parse(to, text.p, text.n, err);
    buf_done(&text);
    return rc;
}
