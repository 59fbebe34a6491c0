#include "text/outset.h"
#include "text/field.h"

#include <stdio.h>

int outset_open(struct outset *s, const char *path, struct tally *tally, struct err *err)
{
    *s = (struct outset){.tally = tally};
    return output_dir_open(&s->dir, path, err);
}

int outset_file(const struct outset *s, const char *name, struct output **out, struct err *err)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", output_dir_path(s->dir), name);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, ERR_USAGE, "%s: a name of more than %zu bytes", output_dir_path(s->dir), sizeof path - 1);
    return output_open(out, path, false, err);
}

int outset_commit(struct outset *s, struct err *err)
{
    return output_dir_commit(s->dir, err);
}

void outset_done(struct outset *s)
{
    output_dir_free(s->dir);
    *s = (struct outset){0};
}

int outset_line(struct output *out, const struct text *fields, size_t n, struct tally *tally, struct err *err)
{
    int rc = 0;
    struct buf line = {0};
    struct field_counts counts = {0};
    for (size_t i = 0; i < n; i++) {
        TRY(field_append(&line, fields[i].p, fields[i].n, true, &counts, err));
        TRY(buf_putc(&line, i + 1 < n ? '\t' : '\n', err));
    }
    TRY(output_write(out, line.p, line.n, err));
    tally_add(tally, "TAB, CR, LF or NUL in a field made a space", counts.spaced);
    tally_add(tally, "bytes that are not UTF-8 replaced by U+FFFD", counts.replaced);
out:
    buf_done(&line);
    return rc;
}
