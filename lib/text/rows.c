#include "text/rows.h"
#include "base/mem.h"
#include "fmt/foreign.h"
#include "text/jsonrow.h"
#include "text/quoted.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rows {
    struct rows_options options;
    char **paths;
    size_t n_paths, n_opened;
    struct input *in;
    bool json, bad_line;
    uint64_t raw_offset;                  /* of the inputs that are done */
    struct field_counts counts;
    struct buf fields[ROWS_IGNORED];      /* id, text, title */
    struct buf joined;
    struct row row;
};

static const char *const column_names[] = {"id", "text", "title", "-"};

static int column_by_name(const char *name, size_t n)
{
    for (int c = ROWS_ID; c <= ROWS_IGNORED; c++)
        if (strlen(column_names[c]) == n && memcmp(column_names[c], name, n) == 0)
            return c;
    return -1;
}

int rows_parse_columns(struct rows_options *o, const char *list, struct err *err)
{
    unsigned seen = 0;
    for (const char *at = list;; at++) {
        size_t n = strcspn(at, ",");
        int c = column_by_name(at, n);
        if (c < 0)
            return err_set(err, ERR_USAGE, "columns %s: '%.*s', expected id, text, title or -", list, (int)n, at);
        if (c != ROWS_IGNORED && (seen & 1u << c))
            return err_set(err, ERR_USAGE, "columns %s: %s twice", list, column_names[c]);
        if (o->n_columns == ROWS_MAX_COLUMNS)
            return err_set(err, ERR_USAGE, "columns %s: more than %d", list, ROWS_MAX_COLUMNS);
        seen |= 1u << c;
        o->columns[o->n_columns++] = (enum rows_column)c;
        at += n;
        if (!*at)
            break;
    }
    if ((seen & 3) != 3)
        return err_set(err, ERR_USAGE, "columns %s: id and text are needed", list);
    return 0;
}

int rows_open(struct rows **r, const char *const *paths, size_t n, const struct rows_options *o, struct err *err)
{
    int rc = 0;
    static const char *const from_stdin[] = {"-"};
    if (n == 0) {
        paths = from_stdin;
        n = 1;
    }
    struct rows *new;
    TRY_NEW(new, MEM_NEW(struct rows, err));
    new->options = *o;
    TRY_NEW(new->paths, MEM_ZARRAY(char *, n, err));
    for (; new->n_paths < n; new->n_paths++)
        TRY_NEW(new->paths[new->n_paths], mem_strdup(paths[new->n_paths], err));
out:
    if (rc)
        rows_close(new);
    else
        *r = new;
    return rc;
}

void rows_close(struct rows *r)
{
    if (!r)
        return;
    input_close(r->in);
    for (size_t i = 0; i < r->n_paths; i++)
        mem_free(r->paths[i]);
    mem_free(r->paths);
    for (int c = 0; c < ROWS_IGNORED; c++)
        buf_done(&r->fields[c]);
    buf_done(&r->joined);
    mem_free(r);
}

/* Numbers have zero bytes among their first 8 (files of vectors do), a text has no two. */
static bool is_binary(const unsigned char *p, size_t n)
{
    size_t zeros = 0;
    for (size_t i = 0; i < n; i++)
        zeros += p[i] == 0;
    return zeros >= 2;
}

int rows_start(struct input *in, struct err *err)
{
    int rc = 0;
    bool is_stream;
    const unsigned char *p;
    size_t got;
    TRY(stream_sniff(in, &is_stream, err));
    if (is_stream)
        TRY(err_set(err, ERR_DATA, "%s: this is a vecpipe stream, expected text, TSV or JSON lines", input_name(in)));
    TRY(input_peek(in, 8, &p, &got, err));
    if (got >= 2 && ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF)))
        TRY(err_set(err, ERR_DATA, "%s: this is UTF-16, expected UTF-8 (iconv -f UTF-16 -t UTF-8)", input_name(in)));
    if (got >= 4 && memcmp(p, "\x04\x22\x4D\x18", 4) == 0)
        TRY(err_set(err, ERR_DATA, "%s: this is packed by lz4, expected text (/usr/lib/apt/apt-helper cat-file or lz4 -d unpacks "
                    "it)", input_name(in)));
    if (is_binary(p, got)) {
        rc = foreign_error(in, "text, TSV or JSON lines", err);
        err_prefix(err, "%s: ", input_name(in));
        goto out;
    }
    if (got >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        char mark[3];
        TRY(input_read(in, mark, 3, &got, err));
    }
out:
    return rc;
}

static size_t skip_blanks(const unsigned char *p, size_t n, size_t from)
{
    while (from < n && (p[from] == ' ' || p[from] == '\n' || p[from] == '\r'))
        from++;
    return from;
}

static int open_next(struct rows *r, struct err *err)
{
    int rc = 0;
    const unsigned char *p;
    size_t got, skip, inside;
    if (r->in)
        r->raw_offset += input_raw_offset(r->in);
    input_close(r->in);
    r->in = NULL;
    TRY(input_open(&r->in, r->paths[r->n_opened], err));
    r->n_opened++;
    input_limit_lines(r->in, ROWS_MAX_LINE);
    TRY(rows_start(r->in, err));
    TRY(input_peek(r->in, 16, &p, &got, err));
    skip = skip_blanks(p, got, 0);
    if (r->options.format == ROWS_AUTO && skip < got && p[skip] == '[' &&
        (inside = skip_blanks(p, got, skip + 1)) < got && p[inside] == '{')
        TRY(err_set(err, ERR_DATA, "%s: this is one array of JSON, expected TSV or JSON lines (text-convert --from dpr reads "
                    "that of DPR)", input_name(r->in)));
    r->json = r->options.format == ROWS_JSONL || (r->options.format == ROWS_AUTO && skip < got && p[skip] == '{');
    if (r->options.header && !r->json) {
        char *line;
        TRY(input_line(r->in, &line, &got, err));
    }
out:
    return rc;
}

static int put_field(struct rows *r, enum rows_column c, struct text value, struct err *err)
{
    struct buf *b = &r->fields[c];
    buf_clear(b);
    int rc = field_append(b, value.p, value.n, r->options.repair, &r->counts, err);
    if (rc)
        return err_prefix(err, "%s: ", column_names[c]);
    struct text *to = c == ROWS_ID ? &r->row.id : c == ROWS_TEXT ? &r->row.text : &r->row.title;
    *to = (struct text){b->p, b->n};
    return 0;
}

static int tsv_row(struct rows *r, char *line, size_t n, struct err *err)
{
    static const enum rows_column plain[] = {ROWS_ID, ROWS_TEXT, ROWS_TITLE};
    const struct rows_options *o = &r->options;
    const enum rows_column *columns = o->n_columns ? o->columns : plain;
    size_t max = o->n_columns ? o->n_columns : 3, min = o->n_columns ? o->n_columns : 2, n_fields = 0;
    struct text fields[ROWS_MAX_COLUMNS];
    int rc = quoted_split(line, n, o->quotes, fields, max, &n_fields, err);
    if (rc)
        return rc;
    if (n_fields < min || n_fields > max)
        return err_set(err, ERR_DATA, "%zu field%s parted by TAB, expected %s (see --columns)", n_fields,
                       n_fields == 1 ? "" : "s", o->n_columns ? "those of --columns" : "id, text and perhaps a title");
    for (size_t i = 0; i < n_fields && rc == 0; i++)
        if (columns[i] != ROWS_IGNORED)
            rc = put_field(r, columns[i], fields[i], err);
    return rc;
}

static int json_row(struct rows *r, const char *line, size_t n, struct err *err)
{
    json_t *object = NULL;
    struct text id, text, title;
    char number[24];
    int rc = 0;
    TRY(jsonrow_parse(&object, line, n, err));
    TRY(jsonrow_fields(object, &id, &text, &title, number, err));
    TRY(put_field(r, ROWS_ID, id, err));
    TRY(put_field(r, ROWS_TEXT, text, err));
    if (title.p)
        TRY(put_field(r, ROWS_TITLE, title, err));
out:
    json_decref(object);
    return rc;
}

static bool is_blank(const char *line, size_t n)
{
    while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
        n--;
    return n == 0;
}

int rows_join(struct row *row, const char *join, struct buf *buf, struct err *err)
{
    int rc = 0;
    if (!join || row->title.n == 0)
        return 0;
    buf_clear(buf);
    TRY(buf_put(buf, row->title.p, row->title.n, err));
    TRY(buf_puts(buf, join, err));
    TRY(buf_put(buf, row->text.p, row->text.n, err));
    row->text = (struct text){buf->p, buf->n};
    row->title = (struct text){NULL, 0};
out:
    return rc;
}

int rows_next(struct rows *r, const struct row **row, struct err *err)
{
    char *line = NULL;
    size_t n = 0;
    int rc = 0;
    r->bad_line = false;
    *row = NULL;
    for (;;) {
        if (r->in)
            TRY(input_line(r->in, &line, &n, err));
        if (!line) {
            if (r->n_opened == r->n_paths)
                return 0;
            TRY(open_next(r, err));
            continue;
        }
        if (n && line[n - 1] == '\r')
            n--;
        if (!r->json || !is_blank(line, n))
            break;
    }
    r->row = (struct row){.line = input_line_number(r->in)};
    r->bad_line = true;
    TRY(r->json ? json_row(r, line, n, err) : tsv_row(r, line, n, err));
    TRY(r->row.id.n == 0 ? err_set(err, ERR_DATA, "an empty id") : 0);
    if (r->row.title.n == 0)
        r->row.title.p = NULL;
    TRY(rows_join(&r->row, r->options.join, &r->joined, err));
    r->bad_line = false;
    *row = &r->row;
out:
    if (r->bad_line && rc == ERR_NOMEM)
        r->bad_line = false;
    if (r->bad_line)
        err_prefix(err, "%s:%llu: ", input_name(r->in), (unsigned long long)r->row.line);
    return rc;
}

bool rows_may_go_on(const struct rows *r)
{
    return r->bad_line;
}

const char *rows_name(const struct rows *r)
{
    return r->in ? input_name(r->in) : r->paths[0];
}

const struct field_counts *rows_counts(const struct rows *r)
{
    return &r->counts;
}

uint64_t rows_raw_offset(const struct rows *r)
{
    return r->raw_offset + (r->in ? input_raw_offset(r->in) : 0);
}

uint64_t rows_raw_size(const struct rows *r)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < r->n_paths; i++) {
        struct stat st;
        int rc = strcmp(r->paths[i], "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(r->paths[i], &st);
        if (rc != 0 || !S_ISREG(st.st_mode))
            return 0;
        sum += (uint64_t)st.st_size;
    }
    return sum;
}
