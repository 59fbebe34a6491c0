#include "fmt/viewstat.h"

#include "base/mem.h"
#include "fmt/celltext.h"
#include "fmt/viewrows.h"

#include <math.h>
#include <stdio.h>

int viewstat_init(struct viewstat *s, const struct header *header, struct err *err)
{
    *s = (struct viewstat){.header = header};
    s->columns = MEM_ZARRAY(struct viewstat_column, header->n_columns, err);
    return s->columns ? 0 : ERR_NOMEM;
}

void viewstat_done(struct viewstat *s)
{
    mem_free(s->columns);
    *s = (struct viewstat){0};
}

static void extend(struct viewstat_range *r, double x)
{
    r->min = r->n == 0 || x < r->min ? x : r->min;
    r->max = r->n == 0 || x > r->max ? x : r->max;
    r->sum += x;
    r->n++;
}

static bool has_norms(const struct column *c)
{
    switch (c->type) {
    case COLUMN_F32: case COLUMN_F16: case COLUMN_BF16: case COLUMN_F64: case COLUMN_I8: case COLUMN_U8:
        return c->shape > 1;
    default:
        return false;
    }
}

static void add_row(struct viewstat_column *s, const struct column *c, const struct column_view *v, size_t row)
{
    size_t first, n = celltext_span(c, v, row, &first);
    double squares = 0;
    bool finite = true;
    for (size_t i = first; c->type != COLUMN_STR && i < first + n; i++) {
        double x = celltext_double(c->type, v->values, i);
        squares += x * x;
        finite = finite && isfinite(x);
        if (isfinite(x))
            extend(&s->values, x);
        else if (isnan(x))
            s->n_nan++;
        else
            s->n_infinite++;
    }
    if (c->type == COLUMN_STR && c->shape == 1)
        n = celltext_string(c, v, row).n;
    if (c->type == COLUMN_STR || c->shape == COLUMN_RAGGED)
        extend(&s->lengths, (double)n);
    if (has_norms(c) && finite) {
        extend(&s->norms, sqrt(squares));
        s->n_zero_vectors += squares == 0;
    }
}

void viewstat_add(struct viewstat *s, const struct block *b)
{
    for (size_t i = 0; i < s->header->n_columns; i++)
        for (size_t row = 0; row < b->rows; row++)
            add_row(&s->columns[i], &s->header->columns[i], &b->columns[i], row);
    s->rows += b->rows;
}

/* One measure; `first` parts those of a JSON object. */
static int put(struct buf *text, bool json, bool *first, const char *column, const char *measure, double value, struct err *err)
{
    int rc = 0;
    char number[NUM_TEXT];
    if (json) {
        TRY(buf_printf(text, err, "%s\"%s\": ", *first ? "" : ", ", measure));
        TRY(viewrows_json_number(text, value, err));
    } else {
        num_format_f64(number, value);
        TRY(buf_printf(text, err, "%s\t%s\t%s\n", column, measure, number));
    }
    *first = false;
out:
    return rc;
}

static int put_range(struct buf *text, bool json, bool *first, const char *column, const char *stem,
                     const struct viewstat_range *r, struct err *err)
{
    const struct {
        const char *name;
        double value;
    } parts[] = {{"min", r->min}, {"mean", r->sum / (double)r->n}, {"max", r->max}};
    char name[32];
    int rc = 0;
    for (size_t i = 0; r->n > 0 && i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", stem, parts[i].name);
        TRY(put(text, json, first, column, name, parts[i].value, err));
    }
out:
    return rc;
}

static int put_column(struct buf *text, bool json, const struct column *c, const struct viewstat_column *s, struct err *err)
{
    int rc = 0;
    bool first = true;
    if (c->type != COLUMN_STR) {
        TRY(put(text, json, &first, c->name, "values", (double)(s->values.n + s->n_nan + s->n_infinite), err));
        TRY(put_range(text, json, &first, c->name, "", &s->values, err));
        TRY(put(text, json, &first, c->name, "nan", (double)s->n_nan, err));
        TRY(put(text, json, &first, c->name, "infinite", (double)s->n_infinite, err));
    }
    TRY(put_range(text, json, &first, c->name, "length.", &s->lengths, err));
    if (has_norms(c)) {
        TRY(put_range(text, json, &first, c->name, "norm.", &s->norms, err));
        TRY(put(text, json, &first, c->name, "zero_vectors", (double)s->n_zero_vectors, err));
    }
out:
    return rc;
}

int viewstat_print(const struct viewstat *s, struct buf *text, bool json, struct err *err)
{
    int rc = 0;
    TRY(buf_printf(text, err, json ? "{\"rows\": %llu, \"columns\": {" : "-\trows\t%llu\n", (unsigned long long)s->rows));
    for (size_t i = 0; i < s->header->n_columns; i++) {
        const struct column *c = &s->header->columns[i];
        if (json)
            TRY(buf_printf(text, err, "%s\"%s\": {\"type\": \"%s\"%s", i ? ", " : "", c->name, column_type_name(c->type),
                           s->rows ? ", " : ""));
        if (s->rows > 0)
            TRY(put_column(text, json, c, &s->columns[i], err));
        if (json)
            TRY(buf_putc(text, '}', err));
    }
    if (json)
        TRY(buf_puts(text, "}}\n", err));
out:
    return rc;
}
