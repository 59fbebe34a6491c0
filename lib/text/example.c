#include "text/example.h"

#include <string.h>

static int put_string(struct example *e, struct text value, struct err *err)
{
    int rc = 0;
    size_t from = 0;
    buf_clear(&e->field);
    TRY(field_append(&e->field, value.p, value.n, true, &e->counts, err));
    TRY(buf_putc(&e->line, '"', err));
    for (size_t i = 0; i <= e->field.n; i++) {
        unsigned char c = i < e->field.n ? (unsigned char)e->field.p[i] : '\0';
        if (i < e->field.n && c >= ' ' && c != '"' && c != '\\')
            continue;
        if (i > from)
            TRY(buf_put(&e->line, e->field.p + from, i - from, err));
        if (i < e->field.n)
            TRY(buf_printf(&e->line, err, c < ' ' ? "\\u%04x" : "\\%c", c));
        from = i + 1;
    }
    TRY(buf_putc(&e->line, '"', err));
out:
    return rc;
}

static int put_member(struct example *e, const char *name, struct text value, bool *first, struct err *err)
{
    int rc = 0;
    if (value.n == 0)
        return 0;
    TRY(buf_printf(&e->line, err, "%s\"%s\": ", *first ? "" : ", ", name));
    TRY(put_string(e, value, err));
    *first = false;
out:
    return rc;
}

int example_start(struct example *e, struct text id, struct text query, struct err *err)
{
    int rc = 0;
    bool first = true;
    buf_clear(&e->line);
    e->counts = (struct field_counts){0};
    e->n_lists = 0;
    TRY(buf_putc(&e->line, '{', err));
    TRY(put_member(e, "id", id, &first, err));
    TRY(put_member(e, "query", query, &first, err));
out:
    return rc;
}

int example_list(struct example *e, const char *name, struct err *err)
{
    e->n_passages = 0;
    return buf_printf(&e->line, err, "%s, \"%s\": [", e->n_lists++ ? "]" : "", name);
}

int example_passage(struct example *e, const struct row *p, struct err *err)
{
    int rc = 0;
    bool first = true;
    TRY(buf_puts(&e->line, e->n_passages++ ? ", {" : "{", err));
    TRY(put_member(e, "id", p->id, &first, err));
    TRY(put_member(e, "title", p->title, &first, err));
    TRY(put_member(e, "text", p->text, &first, err));
    TRY(buf_putc(&e->line, '}', err));
out:
    return rc;
}

int example_end(struct example *e, struct output *out, struct tally *tally, struct err *err)
{
    int rc = 0;
    TRY(buf_puts(&e->line, "]}\n", err));
    TRY(output_write(out, e->line.p, e->line.n, err));
    tally_add(tally, "examples", 1);
    tally_add(tally, "TAB, CR, LF or NUL in a field made a space", e->counts.spaced);
    tally_add(tally, "bytes that are not UTF-8 replaced by U+FFFD", e->counts.replaced);
out:
    return rc;
}

void example_done(struct example *e)
{
    buf_done(&e->line);
    buf_done(&e->field);
}
