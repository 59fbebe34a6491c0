#include "text/forms.h"

#include <stdio.h>

const char *const forms_names[] = {"passages", "queries", "qrels", "answers", "examples", NULL};
static const char *const ends[] = {"tsv", "tsv", "txt", "tsv", "jsonl"};

int forms_open_folder(struct forms *f, const char *path, unsigned kinds, const char *split, struct err *err)
{
    int rc = 0;
    TRY(idcheck_open(&f->ids, 0, err));
    TRY(outset_open(&f->set, path, f->tally, err));
    for (int k = 0; k < FORMS_N; k++) {
        char name[256];
        bool has_split = split && k != FORMS_PASSAGES;
        if (!(kinds >> k & 1))
            continue;
        int n = snprintf(name, sizeof name, "%s%s%s.%s", forms_names[k], has_split ? "." : "", has_split ? split : "", ends[k]);
        if (n < 0 || (size_t)n >= sizeof name)
            TRY(err_set(err, ERR_USAGE, "a split's name of more than 200 bytes"));
        TRY(outset_file(&f->set, name, &f->files[k], err));
    }
out:
    return rc;
}

int forms_open_file(struct forms *f, const char *path, enum forms_kind kind, struct err *err)
{
    int rc = idcheck_open(&f->ids, 0, err);
    return rc ? rc : output_open(&f->files[kind], path, false, err);
}

int forms_commit(struct forms *f, struct err *err)
{
    int rc = 0;
    TRY(idcheck_end(f->ids, err));
    for (int k = 0; k < FORMS_N; k++)
        if (f->files[k])
            TRY(output_commit(f->files[k], err));
    if (f->set.dir)
        TRY(outset_commit(&f->set, err));
out:
    return rc;
}

void forms_done(struct forms *f)
{
    for (int k = 0; k < FORMS_N; k++)
        output_free(f->files[k]);
    outset_done(&f->set);
    idcheck_close(f->ids);
    buf_done(&f->scratch);
    *f = (struct forms){0};
}

int forms_check_id(struct text id, struct err *err)
{
    if (id.n == 0)
        return err_set(err, ERR_DATA, "an empty id");
    for (size_t i = 0; i < id.n; i++)
        if ((unsigned char)id.p[i] <= ' ')
            return err_set(err, ERR_DATA, "an id with a blank, which qrels cannot hold");
    return 0;
}

int forms_id(struct forms *f, struct text id, const char *name, uint64_t line, struct err *err)
{
    int rc = forms_check_id(id, err);
    return rc ? rc : idcheck_add(f->ids, id.p, id.n, name, line, err);
}

int forms_row(struct forms *f, enum forms_kind kind, struct row row, struct err *err)
{
    int rc = 0;
    if (!f->files[kind])
        return 0;
    TRY(rows_join(&row, f->join, &f->scratch, err));
    struct text fields[] = {row.id, row.text, row.title};
    TRY(outset_line(f->files[kind], fields, row.title.n ? 3 : 2, f->tally, err));
    tally_add(f->tally, forms_names[kind], 1);
out:
    return rc;
}

int forms_answers(struct forms *f, const struct text *fields, size_t n, struct err *err)
{
    if (!f->files[FORMS_ANSWERS])
        return 0;
    tally_add(f->tally, "answers", n - 1);
    return outset_line(f->files[FORMS_ANSWERS], fields, n, f->tally, err);
}

int forms_judgement(struct forms *f, struct text query, struct text passage, long long grade, struct err *err)
{
    int rc = 0;
    struct field_counts counts = {0};
    if (!f->files[FORMS_QRELS])
        return 0;
    buf_clear(&f->scratch);
    TRY(field_append(&f->scratch, query.p, query.n, true, &counts, err));
    TRY(buf_puts(&f->scratch, " 0 ", err));
    TRY(field_append(&f->scratch, passage.p, passage.n, true, &counts, err));
    TRY(buf_printf(&f->scratch, err, " %lld\n", grade));
    TRY(output_write(f->files[FORMS_QRELS], f->scratch.p, f->scratch.n, err));
    tally_add(f->tally, "judgements", 1);
    tally_add(f->tally, "bytes that are not UTF-8 replaced by U+FFFD", counts.replaced);
out:
    return rc;
}

int forms_bad(struct forms *f, struct input *in, uint64_t line, const char *bad, struct err *err)
{
    if (err->code != ERR_DATA && err->code != ERR_LIMIT)
        return err->code;
    err_prefix(err, "%s:%llu: ", input_name(in), (unsigned long long)line);
    return tally_bad(f->tally, bad, err);
}

int forms_lines(struct forms *f, struct input *in, bool header, const char *bad, forms_line_fn *fn, struct err *err)
{
    int rc = 0;
    char *line;
    size_t n;
    input_limit_lines(in, ROWS_MAX_LINE);
    for (;;) {
        TRY(input_line(in, &line, &n, err));
        if (!line)
            break;
        if (header && input_line_number(in) == 1)
            continue;
        if (n && line[n - 1] == '\r')
            line[--n] = '\0';
        if (fn(f, line, n, err) != 0)
            TRY(forms_bad(f, in, input_line_number(in), bad, err));
        f->n_records++;
    }
out:
    return rc;
}
