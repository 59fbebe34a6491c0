#include "text/texts.h"

#include "base/mem.h"

#include <inttypes.h>

static int add(struct texts *t, const struct row *row, const char *name, struct err *err)
{
    int rc = 0;
    bool found;
    uint64_t *at;
    TRY(map_add(&t->ids, row->id.p, row->id.n, t->ids.n, &found, &at, err));
    if (found)
        return err_set(err, ERR_DATA, "%s:%" PRIu64 ": the id \"%.*s\" comes twice", name, row->line,
                       (int)(row->id.n < 64 ? row->id.n : 64), row->id.p);
    TRY(mem_reserve(&t->entries, &t->cap_entries, t->ids.n, sizeof *t->entries, err));
    t->entries[t->ids.n - 1] = (struct texts_entry){t->pool.n, row->title.n, row->text.n};
    TRY(buf_put(&t->pool, row->title.p, row->title.n, err));
    if (row->title.n > 0)
        TRY(buf_putc(&t->pool, ' ', err));
    TRY(buf_put(&t->pool, row->text.p, row->text.n, err));
out:
    return rc;
}

int texts_read(struct texts *t, const char *path, struct err *err)
{
    int rc = 0;
    struct rows *rows = NULL;
    const struct row *row;
    const struct rows_options o = {0};
    TRY(rows_open(&rows, &path, 1, &o, err));
    for (;;) {
        TRY(rows_next(rows, &row, err));
        if (!row)
            break;
        TRY(add(t, row, rows_name(rows), err));
    }
out:
    rows_close(rows);
    return rc;
}

void texts_done(struct texts *t)
{
    map_done(&t->ids);
    mem_free(t->entries);
    buf_done(&t->pool);
    *t = (struct texts){0};
}

bool texts_get(const struct texts *t, struct text id, struct row *row)
{
    const uint64_t *at = map_get(&t->ids, id.p, id.n);
    if (!at)
        return false;
    const struct texts_entry *e = &t->entries[*at];
    const char *p = t->pool.p + e->at;
    *row = (struct row){.id = id, .title = {e->title_bytes > 0 ? p : NULL, e->title_bytes},
                        .text = {p + e->title_bytes + (e->title_bytes > 0), e->text_bytes}};
    return true;
}

bool texts_encoded(const struct texts *t, struct text id, struct text *text)
{
    struct row row;
    if (!texts_get(t, id, &row))
        return false;
    *text = row.title.p ? (struct text){row.title.p, row.title.n + 1 + row.text.n} : row.text;
    return true;
}
