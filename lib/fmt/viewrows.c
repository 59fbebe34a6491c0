#include "fmt/viewrows.h"

#include "base/num.h"
#include "base/utf8.h"
#include "fmt/celltext.h"

#include <math.h>

enum { BRIEF_MOST = 8, BRIEF_SHOWN = 4 };      /* of a list's values */

int viewrows_names(struct buf *text, const struct header *h, enum viewrows_format format, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; format == VIEWROWS_TSV && i < h->n_columns; i++)
        TRY(buf_printf(text, err, "%s%s", h->columns[i].name, i + 1 < h->n_columns ? "\t" : "\n"));
out:
    return rc;
}

int viewrows_json_string(struct buf *text, const char *s, size_t n, struct err *err)
{
    int rc = 0;
    size_t length;
    TRY(buf_putc(text, '"', err));
    for (size_t i = 0; i < n; i += length) {
        unsigned char c = (unsigned char)s[i];
        length = utf8_sequence(s + i, n - i);
        if (length == 0) {
            TRY(buf_puts(text, "\xEF\xBF\xBD", err));
            length = 1;
        } else if (c == '"' || c == '\\') {
            TRY(buf_printf(text, err, "\\%c", c));
        } else if (c < 0x20) {
            TRY(buf_printf(text, err, "\\u%04x", c));
        } else {
            TRY(buf_put(text, s + i, length, err));
        }
    }
    TRY(buf_putc(text, '"', err));
out:
    return rc;
}

int viewrows_json_number(struct buf *text, double x, struct err *err)
{
    char number[NUM_TEXT];
    return isfinite(x) ? buf_put(text, number, num_format_f64(number, x), err) : buf_puts(text, "null", err);
}

static int put_quoted(struct buf *text, struct text s, struct err *err)
{
    int rc = 0;
    TRY(buf_putc(text, '"', err));
    for (size_t from = 0, to; from < s.n; from = to) {
        for (to = from; to < s.n && s.p[to] != '"'; to++)
            ;
        TRY(header_escape(text, s.p + from, to - from, err));
        if (to < s.n) {
            TRY(buf_puts(text, "\\\"", err));
            to++;
        }
    }
    TRY(buf_putc(text, '"', err));
out:
    return rc;
}

static int put_value(struct buf *text, const struct column *c, const struct column_view *v, size_t i, enum viewrows_format format,
                     struct err *err)
{
    char number[NUM_TEXT];
    if (c->type == COLUMN_STR) {
        struct text s = celltext_string(c, v, i);
        return format == VIEWROWS_JSON   ? viewrows_json_string(text, s.p, s.n, err)
               : format == VIEWROWS_TEXT ? put_quoted(text, s, err)
                                         : header_escape(text, s.p, s.n, err);
    }
    if (format == VIEWROWS_JSON && !isfinite(celltext_double(c->type, v->values, i)))
        return buf_puts(text, "null", err);
    const char *at = (const char *)v->values + i * column_type_bytes(c->type);
    return buf_put(text, number, celltext_number(number, c->type, at), err);
}

static int put_cell(struct buf *text, const struct column *c, const struct column_view *v, size_t row,
                    enum viewrows_format format, bool brief, struct err *err)
{
    size_t first, n = celltext_span(c, v, row, &first), shown = brief && n > BRIEF_MOST ? BRIEF_SHOWN : n;
    bool list = format == VIEWROWS_JSON && c->shape != 1;
    int rc = 0;
    if (list)
        TRY(buf_putc(text, '[', err));
    for (size_t i = 0; i < shown; i++) {
        if (i > 0)
            TRY(buf_putc(text, ',', err));
        TRY(put_value(text, c, v, first + i, format, err));
    }
    if (shown < n)
        TRY(buf_printf(text, err, ",... (%zu)", n));
    if (list)
        TRY(buf_putc(text, ']', err));
out:
    return rc;
}

int viewrows_row(struct buf *text, const struct header *h, const struct block *b, size_t row, enum viewrows_format format,
                 bool brief, struct err *err)
{
    static const char *const starts[] = {"", "{", ""}, *const separators[] = {"\t", ", ", " "};
    int rc = 0;
    TRY(buf_puts(text, starts[format], err));
    for (size_t i = 0; i < h->n_columns; i++) {
        TRY(buf_puts(text, i ? separators[format] : "", err));
        if (format == VIEWROWS_JSON)
            TRY(buf_printf(text, err, "\"%s\": ", h->columns[i].name));
        else if (format == VIEWROWS_TEXT)
            TRY(buf_printf(text, err, "%s=", h->columns[i].name));
        TRY(put_cell(text, &h->columns[i], &b->columns[i], row, format, brief && format == VIEWROWS_TSV, err));
    }
    TRY(buf_puts(text, format == VIEWROWS_JSON ? "}\n" : "\n", err));
out:
    return rc;
}
