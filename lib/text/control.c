#include "text/control.h"

#include <string.h>
#include <strings.h>

static const char bad_line[] = "paragraphs left out";

struct reader {
    struct forms *forms;
    struct input *in;
    struct map *packages;
    struct buf package, synopsis, description;
    uint64_t line;               /* where the paragraph starts; 0: between paragraphs */
    bool bad;                    /* something of it was */
    bool has_description, in_description;
};

static struct text text_of(const struct buf *b)
{
    return (struct text){b->p ? b->p : "", b->n};
}

static int write_package(struct reader *r, struct err *err)
{
    int rc = 0;
    bool found;
    struct forms *f = r->forms;
    struct text id = text_of(&r->package);
    if (id.n == 0)
        TRY(err_set(err, ERR_DATA, "a paragraph without Package"));
    TRY(forms_check_id(id, err));
    tally_add(f->tally, "packages without a description", !r->has_description);
    if (!r->has_description)
        goto out;
    TRY(map_add(r->packages, id.p, id.n, 0, &found, NULL, err));
    tally_add(f->tally, "packages left out: another description came before", found);
    if (found)
        goto out;
    struct row row = {.id = id, .text = text_of(&r->synopsis)};
    if (row.text.n > 0)
        TRY(forms_row(f, FORMS_QUERIES, row, err));
    if (r->description.n > 0) {
        row.title = row.text;
        row.text = text_of(&r->description);
    }
    TRY(forms_row(f, FORMS_PASSAGES, row, err));
out:
    return rc;
}

static int end_paragraph(struct reader *r, struct err *err)
{
    int rc = 0;
    if (r->line && !r->bad && write_package(r, err) != 0)
        rc = forms_bad(r->forms, r->in, r->line, bad_line, err);
    buf_clear(&r->package);
    buf_clear(&r->synopsis);
    buf_clear(&r->description);
    r->line = 0;
    r->bad = r->has_description = r->in_description = false;
    return rc;
}

static struct text trim(const char *p, size_t n)
{
    for (; n && (*p == ' ' || *p == '\t'); n--)
        p++;
    while (n && (p[n - 1] == ' ' || p[n - 1] == '\t' || p[n - 1] == '\r'))
        n--;
    return (struct text){p, n};
}

static int continuation(struct reader *r, struct text t, struct err *err)
{
    int rc = 0;
    if (!r->in_description || (t.n == 1 && t.p[0] == '.'))
        return 0;
    if (r->description.n + t.n >= CONTROL_MAX)
        return err_set(err, ERR_LIMIT, "a description of more than %d bytes", CONTROL_MAX);
    if (r->description.n > 0)
        TRY(buf_putc(&r->description, ' ', err));
    TRY(buf_put(&r->description, t.p, t.n, err));
out:
    return rc;
}

/* "Description", "Description-de" and "Description-pt_BR", but not "Description-md5". */
static bool is_description(struct text name)
{
    return name.n >= 11 && strncasecmp(name.p, "Description", 11) == 0 && (name.n == 11 || name.p[11] == '-') &&
           !(name.n == 15 && strncasecmp(name.p + 11, "-md5", 4) == 0);
}

static int take_line(struct reader *r, const char *line, size_t n, struct err *err)
{
    int rc = 0;
    if (line[0] == ' ' || line[0] == '\t')
        return continuation(r, trim(line, n), err);
    const char *colon = memchr(line, ':', n);
    r->in_description = false;
    if (!colon || colon == line)
        return err_set(err, ERR_DATA, "neither \"Field: value\" nor a blank in front, expected a paragraph of Debian packages");
    struct text name = {line, (size_t)(colon - line)}, value = trim(colon + 1, n - name.n - 1);
    if (name.n == 7 && strncasecmp(name.p, "Package", 7) == 0) {
        if (r->package.n > 0)
            TRY(err_set(err, ERR_DATA, "Package twice in a paragraph"));
        TRY(buf_put(&r->package, value.p, value.n, err));
    } else if (is_description(name) && !r->has_description) {
        r->has_description = r->in_description = true;
        TRY(buf_put(&r->synopsis, value.p, value.n, err));
    }
out:
    return rc;
}

int control_read(struct forms *f, struct input *in, struct map *packages, struct err *err)
{
    int rc = 0;
    struct reader r = {.forms = f, .in = in, .packages = packages};
    char *line;
    size_t n;
    input_limit_lines(in, CONTROL_MAX);
    for (;;) {
        TRY(input_line(in, &line, &n, err));
        if (!line || trim(line, n).n == 0) {
            TRY(end_paragraph(&r, err));
            if (!line)
                break;
            continue;
        }
        if (!r.line)
            r.line = input_line_number(in);
        if (!r.bad && take_line(&r, line, n, err) != 0) {
            r.bad = true;
            TRY(forms_bad(f, in, input_line_number(in), bad_line, err));
        }
    }
out:
    buf_done(&r.package);
    buf_done(&r.synopsis);
    buf_done(&r.description);
    return rc;
}
