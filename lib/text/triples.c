#include "text/triples.h"
#include "text/example.h"
#include "text/quoted.h"

static int split(char *line, size_t n, struct text fields[3], struct err *err)
{
    size_t n_fields;
    int rc = quoted_split(line, n, false, fields, 3, &n_fields, err);
    if (rc == 0 && n_fields != 3)
        rc = err_set(err, ERR_DATA, "%zu fields parted by TAB, expected query, positive and negative", n_fields);
    for (int i = 0; i < 3 && rc == 0; i++)
        if (fields[i].n == 0)
            rc = err_set(err, ERR_DATA, "an empty field: %d", i + 1);
    return rc;
}

static int write(struct forms *f, struct text id, struct text query, const struct row *positive, const struct row *negative,
                 struct err *err)
{
    int rc = 0;
    struct example e = {0};
    TRY(example_start(&e, id, query, err));
    TRY(example_list(&e, "positives", err));
    TRY(example_passage(&e, positive, err));
    TRY(example_list(&e, "negatives", err));
    TRY(example_passage(&e, negative, err));
    TRY(example_end(&e, f->files[FORMS_EXAMPLES], f->tally, err));
out:
    example_done(&e);
    return rc;
}

static int texts(struct forms *f, char *line, size_t n, struct err *err)
{
    struct text t[3];
    int rc = split(line, n, t, err);
    return rc ? rc : write(f, (struct text){NULL, 0}, t[0], &(struct row){.text = t[1]}, &(struct row){.text = t[2]}, err);
}

static int ids(struct forms *f, char *line, size_t n, struct err *err)
{
    struct text t[3];
    int rc = split(line, n, t, err);
    return rc ? rc : write(f, t[0], (struct text){NULL, 0}, &(struct row){.id = t[1]}, &(struct row){.id = t[2]}, err);
}

int triples_read_texts(struct forms *f, struct input *in, bool header, struct err *err)
{
    return forms_lines(f, in, header, "lines left out: no triple", texts, err);
}

int triples_read_ids(struct forms *f, struct input *in, bool header, struct err *err)
{
    return forms_lines(f, in, header, "lines left out: no triple", ids, err);
}
