#include "fmt/view.h"

#include "fmt/viewcheck.h"
#include "fmt/viewhead.h"
#include "fmt/viewstat.h"

#include <string.h>

enum { OVERVIEW_ROWS = 5, FLUSH_BYTES = 64 << 10 };

static int stream_next(void *ctx, struct block *b, struct err *err)
{
    return stream_reader_next(ctx, b, err);
}

static const struct meta *stream_stats(void *ctx, size_t *n)
{
    return stream_reader_stats(ctx, n);
}

struct view_table view_stream(struct stream_reader *r)
{
    return (struct view_table){input_name(stream_reader_input(r)), stream_reader_header(r), stream_next, stream_stats, r};
}

static int choice_next(void *ctx, struct block *b, struct err *err)
{
    struct view_choice *c = ctx;
    struct block all;
    size_t first;
    int rc = c->from.next(c->from.ctx, &all, err);
    *b = all;
    return rc || all.rows == 0 ? rc : tablemap_rows(&c->map, &all, 0, all.rows, b, &first, err);      /* first is 0 again */
}

static const struct meta *choice_stats(void *ctx, size_t *n)
{
    struct view_choice *c = ctx;
    *n = 0;
    return c->from.stats ? c->from.stats(c->from.ctx, n) : NULL;
}

int view_choose(struct view_choice *c, const struct view_table *from, const char *columns, struct view_table *to, struct err *err)
{
    c->from = *from;
    int rc = tablemap_init(&c->map, from->header, columns, -1, err);
    if (rc)
        return err_prefix(err, "%s: ", from->name);
    *to = (struct view_table){from->name, &c->map.header, choice_next, choice_stats, c};
    return 0;
}

void view_choice_done(struct view_choice *c)
{
    tablemap_done(&c->map);
}

/* Write what the text holds and empty it. */
static int flush(struct buf *text, struct output *out, struct err *err)
{
    int rc = text->n ? output_write(out, text->p, text->n, err) : 0;
    buf_clear(text);
    return rc;
}

static int put_rows(const struct view_table *t, uint64_t most, enum viewrows_format format, bool brief, struct buf *text,
                    uint64_t *rows, struct output *out, struct err *err)
{
    struct block b;
    int rc = 0;
    *rows = 0;
    TRY(viewrows_names(text, t->header, format, err));
    while (*rows < most) {
        TRY(t->next(t->ctx, &b, err));
        if (b.rows == 0)
            break;
        for (size_t row = 0; row < b.rows && *rows < most; row++, ++*rows) {
            TRY(viewrows_row(text, t->header, &b, row, format, brief, err));
            if (text->n >= FLUSH_BYTES)
                TRY(flush(text, out, err));
        }
    }
    TRY(flush(text, out, err));
out:
    return rc;
}

int view_overview(const struct view_table *t, struct output *out, struct err *err)
{
    struct buf text = {0};
    uint64_t rows;
    int rc = 0;
    TRY(header_format(t->header, &text, err));
    TRY(put_rows(t, OVERVIEW_ROWS, VIEWROWS_TSV, true, &text, &rows, out, err));
out:
    buf_done(&text);
    return rc;
}

int view_rows(const struct view_table *t, uint64_t n, enum viewrows_format format, struct output *out, struct err *err)
{
    struct buf text = {0};
    uint64_t rows;
    int rc = put_rows(t, n, format, false, &text, &rows, out, err);
    buf_done(&text);
    return rc;
}

int view_text(const struct view_table *t, struct output *out, struct err *err)
{
    struct buf text = {0};
    uint64_t rows;
    int rc = 0;
    TRY(header_format(t->header, &text, err));
    TRY(put_rows(t, UINT64_MAX, VIEWROWS_TEXT, false, &text, &rows, out, err));
    TRY(buf_printf(&text, err, "@end %llu\n", (unsigned long long)rows));
    size_t n = 0;
    const struct meta *stats = t->stats ? t->stats(t->ctx, &n) : NULL;
    for (size_t i = 0; i < n; i++)
        TRY(buf_printf(&text, err, "@stat %s %s\n", stats[i].key, stats[i].value));
    TRY(flush(&text, out, err));
out:
    buf_done(&text);
    return rc;
}

int view_header(const struct view_table *t, bool json, struct output *out, struct err *err)
{
    struct buf text = {0};
    int rc = 0;
    TRY(json ? viewhead_json(&text, t->header, err) : header_format(t->header, &text, err));
    TRY(flush(&text, out, err));
out:
    buf_done(&text);
    return rc;
}

int view_provenance(const struct view_table *t, struct output *out, struct err *err)
{
    struct buf text = {0};
    int rc = 0;
    TRY(viewhead_tree(&text, t->header, err));
    TRY(flush(&text, out, err));
out:
    buf_done(&text);
    return rc;
}

int view_stat(const struct view_table *t, bool json, struct output *out, struct err *err)
{
    struct buf text = {0};
    struct viewstat s = {0};
    struct block b;
    int rc = 0;
    TRY(viewstat_init(&s, t->header, err));
    do {
        TRY(t->next(t->ctx, &b, err));
        viewstat_add(&s, &b);
    } while (b.rows > 0);
    TRY(viewstat_print(&s, &text, json, err));
    TRY(flush(&text, out, err));
out:
    viewstat_done(&s);
    buf_done(&text);
    return rc;
}

int view_check(const struct view_table *t, uint64_t *rows, struct err *err)
{
    struct viewcheck c = {0};
    struct block b;
    int rc = viewcheck_init(&c, t->header, err);
    *rows = 0;
    while (rc == 0) {
        if ((rc = t->next(t->ctx, &b, err)) != 0)
            goto out;                 /* names the input itself */
        if (b.rows == 0)
            break;
        *rows += b.rows;
        rc = viewcheck_add(&c, &b, err);
    }
    if (rc)
        err_prefix(err, "%s: ", t->name);
out:
    viewcheck_done(&c);
    return rc;
}
