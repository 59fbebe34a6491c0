#include "text/questions.h"
#include "base/mem.h"
#include "text/pylist.h"
#include "text/quoted.h"

#include <stdio.h>

static int write_answers(struct forms *f, struct text id, const struct pylist *list, struct err *err)
{
    int rc = 0;
    size_t n = 1;
    struct text *fields;
    TRY_NEW(fields, MEM_ARRAY(struct text, list->n + 1, err));
    fields[0] = id;
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].n > 0)
            fields[n++] = list->items[i];
    tally_add(f->tally, "empty answers left out", list->n + 1 - n);
    tally_add(f->tally, "queries without an answer", n == 1);
    if (n > 1)
        TRY(forms_answers(f, fields, n, err));
out:
    mem_free(fields);
    return rc;
}

static int question(struct forms *f, char *line, size_t n, struct err *err)
{
    int rc = 0;
    char number[24];
    struct text fields[2], id = {number, 0};
    struct pylist list = {0};
    size_t n_fields;
    id.n = (size_t)snprintf(number, sizeof number, "%llu", (unsigned long long)f->n_records);
    TRY(quoted_split(line, n, true, fields, 2, &n_fields, err));
    if (n_fields != 2)
        TRY(err_set(err, ERR_DATA, "%zu fields parted by TAB, expected a question and a list of answers", n_fields));
    if (fields[0].n == 0)
        TRY(err_set(err, ERR_DATA, "an empty question"));
    TRY(pylist_parse(&list, fields[1].p, fields[1].n, err));
    TRY(forms_row(f, FORMS_QUERIES, (struct row){.id = id, .text = fields[0]}, err));
    TRY(write_answers(f, id, &list, err));
out:
    pylist_done(&list);
    return rc;
}

int questions_read(struct forms *f, struct input *in, bool header, struct err *err)
{
    return forms_lines(f, in, header, "lines left out: no question with answers", question, err);
}
