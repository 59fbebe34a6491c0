#include "fmt/viewhead.h"

#include "base/mem.h"
#include "fmt/viewrows.h"

#include <string.h>

static int put_string(struct buf *text, const char *s, struct err *err)
{
    return viewrows_json_string(text, s, strlen(s), err);
}

static int put_program(struct buf *text, const struct header_program *p, struct err *err)
{
    int rc = 0;
    TRY(buf_puts(text, "{\"name\": ", err));
    TRY(put_string(text, p->name, err));
    TRY(buf_puts(text, ", \"version\": ", err));
    TRY(put_string(text, p->version, err));
    TRY(buf_puts(text, ", \"command\": ", err));
    TRY(put_string(text, p->command, err));
    TRY(buf_puts(text, ", \"parents\": [", err));
    for (size_t i = 0; i < p->n_parents; i++)
        TRY(buf_printf(text, err, "%s%u", i ? ", " : "", p->parents[i]));
    TRY(buf_puts(text, "]}", err));
out:
    return rc;
}

int viewhead_json(struct buf *text, const struct header *h, struct err *err)
{
    int rc = 0;
    TRY(buf_printf(text, err, "{\"kind\": \"%s\", \"columns\": [", h->kind));
    for (size_t i = 0; i < h->n_columns; i++) {
        const struct column *c = &h->columns[i];
        TRY(buf_printf(text, err, "%s{\"name\": \"%s\", \"type\": \"%s\", \"shape\": ", i ? ", " : "", c->name,
                       column_type_name(c->type)));
        if (c->shape == COLUMN_RAGGED)
            TRY(buf_puts(text, "\"*\"}", err));
        else
            TRY(buf_printf(text, err, "%u}", c->shape));
    }
    TRY(buf_puts(text, "], \"meta\": {", err));
    for (size_t i = 0; i < h->n_metas; i++) {
        TRY(buf_printf(text, err, "%s\"%s\": ", i ? ", " : "", h->metas[i].key));
        TRY(put_string(text, h->metas[i].value, err));
    }
    TRY(buf_puts(text, "}, \"programs\": [", err));
    for (size_t i = 0; i < h->n_programs; i++) {
        TRY(buf_puts(text, i ? ", " : "", err));
        TRY(put_program(text, &h->programs[i], err));
    }
    TRY(buf_puts(text, "]}\n", err));
out:
    return rc;
}

/* A line, then those of its parents; prefix is what stands before them. */
static int put_branch(struct buf *text, const struct header *h, uint32_t number, struct buf *prefix, bool *seen, struct err *err)
{
    const struct header_program *p = &h->programs[number];
    size_t depth = prefix->n;
    bool again = seen[number];
    int rc = 0;
    TRY(buf_printf(text, err, "%u %s %s: ", number, p->name, p->version));
    TRY(again ? buf_puts(text, "as above", err) : header_escape(text, p->command, strlen(p->command), err));
    TRY(buf_putc(text, '\n', err));
    seen[number] = true;
    for (size_t i = 0; !again && i < p->n_parents; i++) {
        bool last = i + 1 == p->n_parents;
        TRY(buf_printf(text, err, "%s%s", prefix->n ? prefix->p : "", last ? "`- " : "|- "));
        TRY(buf_puts(prefix, last ? "   " : "|  ", err));
        TRY(put_branch(text, h, p->parents[i], prefix, seen, err));      /* at most HEADER_MAX_PROGRAMS deep */
        prefix->n = depth;
        prefix->p[depth] = '\0';
    }
out:
    return rc;
}

int viewhead_tree(struct buf *text, const struct header *h, struct err *err)
{
    struct buf prefix = {0};
    bool *seen = NULL;
    int rc = 0;
    if (h->n_programs == 0)
        return 0;
    TRY_NEW(seen, MEM_ZARRAY(bool, h->n_programs, err));
    TRY(put_branch(text, h, (uint32_t)h->n_programs - 1, &prefix, seen, err));
out:
    mem_free(seen);
    buf_done(&prefix);
    return rc;
}
