#include "text/judgement.h"
#include "base/num.h"
#include "text/quoted.h"

static int split_tabs(char *line, size_t n, struct text fields[3], size_t *n_fields, struct err *err)
{
    if (n && line[n - 1] == '\r')
        n--;
    return quoted_split(line, n, false, fields, 3, n_fields, err);
}

static int parse_grade(struct judgement *j, struct text grade, struct err *err)
{
    if (!num_parse_i64(grade.p, grade.n, INT32_MIN, INT32_MAX, &j->grade))
        return err_set(err, ERR_DATA, "score '%.*s' is not a whole number", (int)num_min_size(grade.n, 20), grade.p);
    return 0;
}

int judgement_parse_beir(struct judgement *j, char *line, size_t n, struct err *err)
{
    int rc = 0;
    struct text f[3];
    size_t n_fields;
    TRY(split_tabs(line, n, f, &n_fields, err));
    if (n_fields != 3)
        TRY(err_set(err, ERR_DATA, "%zu fields parted by TAB, expected query-id, corpus-id and score", n_fields));
    TRY(forms_check_id(f[0], err));
    TRY(forms_check_id(f[1], err));
    *j = (struct judgement){f[0], f[1], 0};
    TRY(parse_grade(j, f[2], err));
out:
    return rc;
}

bool judgement_is_header(char *line, size_t n)
{
    struct text f[3];
    size_t n_fields;
    int64_t score;
    return split_tabs(line, n, f, &n_fields, NULL) == 0 && n_fields == 3 &&
           !num_parse_i64(f[2].p, f[2].n, INT64_MIN, INT64_MAX, &score);
}

static size_t split_blanks(char *line, size_t n, struct text fields[4])
{
    size_t n_fields = 0;
    for (char *at = line, *end = line + n;; n_fields++) {
        while (at < end && (*at == ' ' || *at == '\t'))
            at++;
        if (at == end)
            return n_fields;
        char *from = at;
        while (at < end && *at != ' ' && *at != '\t')
            at++;
        if (n_fields < 4)
            fields[n_fields] = (struct text){from, (size_t)(at - from)};
    }
}

static size_t count_tabs(const char *line, size_t n)
{
    size_t n_tabs = 0;
    for (size_t i = 0; i < n; i++)
        n_tabs += line[i] == '\t';
    return n_tabs;
}

/* A line with two tabs is BEIR's, as for eval-recall. */
static int read_line(struct forms *f, char *line, size_t n, struct err *err)
{
    int rc = 0;
    struct judgement j;
    struct text t[4];
    size_t n_fields = split_blanks(line, n, t);
    if (n_fields == 0 || line[0] == '#' || (f->n_records == 0 && judgement_is_header(line, n)))
        return 0;
    if (count_tabs(line, n) == 2) {
        TRY(judgement_parse_beir(&j, line, n, err));
    } else if (n_fields == 4) {
        j = (struct judgement){t[0], t[2], 0};
        TRY(forms_check_id(j.query, err));
        TRY(forms_check_id(j.passage, err));
        TRY(parse_grade(&j, t[3], err));
    } else {
        TRY(err_set(err, ERR_DATA, "%zu columns, expected TREC's four or BEIR's three", n_fields));
    }
    TRY(forms_judgement(f, j.query, j.passage, j.grade, err));
out:
    return rc;
}

int judgement_read(struct forms *f, struct input *in, bool header, struct err *err)
{
    f->n_records = 0;      /* here: of this input, for its header */
    return forms_lines(f, in, header, "lines left out: no judgement", read_line, err);
}
