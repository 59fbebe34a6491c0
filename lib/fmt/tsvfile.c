/* Vectors as text: a line each, the row's key, a TAB, then its values, parted by TABs, commas or blanks (written: TABs).  Values
 * are read as f32.  Where there is no TAB the key ends at the first blank that a number follows, as in the files of GloVe and
 * word2vec, and a first line `ROWS DIMENSION` (word2vec) is held against the rest. */
#include "fmt/vecfile.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/celltext.h"
#include "fmt/textid.h"
#include "fmt/vecmatrix.h"
#include "fmt/vecsource.h"
#include "vec/metric.h"

#include <string.h>

static bool is_separator(char c)
{
    return c == '\t' || c == ' ' || c == ',';
}

/* The next value's text at or after *at; its length, 0 at the end. */
static size_t next_value(const char *line, size_t n, size_t *at)
{
    while (*at < n && is_separator(line[*at]))
        ++*at;
    size_t end = *at;
    while (end < n && !is_separator(line[end]))
        end++;
    return end - *at;
}

static size_t key_length(const char *line, size_t n)
{
    const char *tab = memchr(line, '\t', n), *blank = memchr(line, ' ', n);
    if (tab || !blank)
        return tab ? (size_t)(tab - line) : n;
    size_t key = (size_t)(blank - line), at = key, length;
    float x;
    while ((length = next_value(line, n, &at)) > 0 && !num_parse_f32(line + at, length, &x))
        key = at += length;
    return key;
}

static size_t count_values(const char *line, size_t n)
{
    size_t count = 0, length;
    for (size_t at = key_length(line, n); (length = next_value(line, n, &at)) > 0; at += length)
        count++;
    return count;
}

static enum vecfile_fit tsvfile_sniff(const struct vecfile_format *f, struct vecfile_probe *p)
{
    (void)f;
    const char *line = (const char *)p->head, *lf = p->n_head ? memchr(line, '\n', p->n_head) : NULL;
    size_t n = lf ? (size_t)(lf - line) : p->n_head, at = key_length(line, n), length, n_values = 0;
    float x;
    p->dim = 0;
    if (n > 0 && line[n - 1] == '\r')
        n--;
    if (at == 0 || at >= n)
        return VECFILE_NO;
    for (; (length = next_value(line, n, &at)) > 0; at += length, n_values++)
        if (!num_parse_f32(line + at, length, &x) && (lf || at + length < n))     /* the last one seen may be cut */
            return VECFILE_NO;
    /* A few numbers in a line may be anything, judgements for one. */
    return n_values >= 8 ? VECFILE_FITS : n_values > 0 ? VECFILE_WEAK : VECFILE_NO;
}

struct tsvfile {
    size_t dim, rows;             /* most in a block */
    size_t n;                     /* rows in the making */
    struct textid ids_of;
    struct buf first;             /* line, which open has read to see the dimension */
    uint64_t *ids;
    uint32_t *key_offsets;
    float *values;                /* (rows, dim) */
    struct buf keys;
    struct column_view views[3];
};

static int line_error(struct vecfile_reader *r, struct err *err)
{
    return err_prefix(err, "%s: line %llu: ", input_name(r->in), (unsigned long long)input_line_number(r->in));
}

/* One line to row f->n. */
static int take_line(struct tsvfile *f, const char *line, size_t n, struct err *err)
{
    int rc = 0;
    if (n > 0 && line[n - 1] == '\r')
        n--;
    size_t key = key_length(line, n), at = key, length, found = 0;
    if (key == 0)
        return err_set(err, ERR_DATA, "no key, expected a key, a TAB and numbers");
    for (; (length = next_value(line, n, &at)) > 0; at += length, found++)
        if (found < f->dim && !num_parse_f32(line + at, length, &f->values[f->n * f->dim + found]))
            return err_set(err, ERR_DATA, "'%.*s' is not a finite number", (int)num_min_size(length, 40), line + at);
    if (found != f->dim)
        return err_set(err, ERR_DATA, "%zu values, the first line has %zu", found, f->dim);
    TRY(textid_next(&f->ids_of, line, key, &f->ids[f->n], err));
    TRY(buf_put(&f->keys, line, key, err));
    f->key_offsets[++f->n] = (uint32_t)f->keys.n;
out:
    return rc;
}

static int add_columns(struct vecfile_reader *r, size_t dim, struct err *err)
{
    int rc = 0;
    TRY(header_set_kind(&r->header, "vectors", err));
    TRY(header_add_column(&r->header, "id", COLUMN_U64, 1, err));
    TRY(header_add_column(&r->header, "key", COLUMN_STR, 1, err));
    TRY(header_add_column(&r->header, "vec", COLUMN_F32, (uint32_t)dim, err));
    if (r->options.metric >= 0)
        TRY(header_set_meta(&r->header, "metric", metric_name((enum metric)r->options.metric), err));
out:
    return rc;
}

/* Is this line, just read, word2vec's `ROWS DIMENSION`?  It is where the next one has so many values, and more than one. */
static int take_counts(struct vecfile_reader *r, const char *line, size_t n, bool *counts, struct err *err)
{
    const char *blank = memchr(line, ' ', n);
    const unsigned char *next;
    size_t key = blank ? (size_t)(blank - line) : n, got;
    uint64_t rows, dim;
    *counts = false;
    if (!blank || !num_parse_u64(line, key, 0, UINT64_MAX - 1, &rows) ||
        !num_parse_u64(blank + 1, n - key - 1, 2, HEADER_MAX_SHAPE, &dim))
        return 0;
    int rc = input_peek(r->in, INPUT_PEEK, &next, &got, err);
    if (rc || got == 0)
        return rc;
    const unsigned char *lf = memchr(next, '\n', got);
    if ((lf || got == INPUT_PEEK) && (!lf || count_values((const char *)next, (size_t)(lf - next)) == dim)) {
        *counts = true;
        r->n_rows = rows;
    }
    return 0;
}

static int keep_line(struct vecfile_reader *r, struct tsvfile *f, struct err *err)
{
    char *line;
    size_t n;
    int rc = input_line(r->in, &line, &n, err);
    if (rc)
        return rc;
    if (!line)
        return err_set(err, ERR_TRUNCATED, "%s: empty, expected lines of a key, a TAB and numbers", input_name(r->in));
    buf_clear(&f->first);
    return buf_put(&f->first, line, n, err);
}

/* The dimension, from the first line with values, which is kept for the first block. */
static int read_first_line(struct vecfile_reader *r, struct tsvfile *f, struct err *err)
{
    bool counts;
    float x;
    int rc = 0;
    TRY(keep_line(r, f, err));
    TRY(take_counts(r, f->first.p, f->first.n, &counts, err));
    if (counts)
        TRY(keep_line(r, f, err));
    const char *line = f->first.p;
    size_t n = f->first.n > 0 && line[f->first.n - 1] == '\r' ? f->first.n - 1 : f->first.n, length;
    for (size_t at = key_length(line, n); (length = next_value(line, n, &at)) > 0; at += length) {
        if (!num_parse_f32(line + at, length, &x)) {
            err_set(err, ERR_DATA, "'%.*s' is not a finite number", (int)num_min_size(length, 40), line + at);
            return line_error(r, err);
        }
    }
    f->dim = count_values(line, n);
    if (f->dim < 1 || f->dim > HEADER_MAX_SHAPE) {
        err_set(err, ERR_DATA, "%zu values, expected a key, a TAB and 1 to %d numbers", f->dim, HEADER_MAX_SHAPE);
        return line_error(r, err);
    }
out:
    return rc;
}

static int tsvfile_open(struct vecfile_reader *r, struct err *err)
{
    int rc = 0;
    struct tsvfile *f = MEM_NEW(struct tsvfile, err);
    if (!f)
        return ERR_NOMEM;
    r->own = f;
    TRY(read_first_line(r, f, err));
    f->rows = num_max_size(1, num_min_size(VECMATRIX_BLOCK_BYTES / (4 * f->dim), VECMATRIX_BLOCK_ROWS));
    TRY(add_columns(r, f->dim, err));
    TRY_NEW(f->ids, MEM_SLAB(uint64_t, f->rows, err));
    TRY_NEW(f->key_offsets, MEM_SLAB(uint32_t, f->rows + 1, err));
    TRY_NEW(f->values, MEM_SLAB(float, f->rows * f->dim, err));
out:
    return rc;
}

static int tsvfile_next(struct vecfile_reader *r, struct block *b, struct err *err)
{
    struct tsvfile *f = r->own;
    char *line;
    size_t n;
    int rc = 0;
    f->n = 0;
    buf_clear(&f->keys);
    if (r->row == 0) {
        f->ids_of = textid_make(r->options.first_id, r->options.number_rows);
        if (take_line(f, f->first.p, f->first.n, err) != 0)
            return line_error(r, err);
    }
    while (f->n < f->rows && f->keys.n < VECMATRIX_BLOCK_BYTES) {
        TRY(input_line(r->in, &line, &n, err));
        if (!line)
            break;
        if (n > UINT32_MAX / 2) {
            err_set(err, ERR_LIMIT, "a line of %zu bytes", n);
            return line_error(r, err);
        }
        if (take_line(f, line, n, err) != 0)
            return line_error(r, err);
    }
    if (r->n_rows != VECFILE_UNKNOWN && (r->row + f->n > r->n_rows || (f->n == 0 && r->row < r->n_rows)))
        return err_set(err, f->n ? ERR_DATA : ERR_TRUNCATED, "%s: %s%llu rows, but its first line says %llu", input_name(r->in),
                       f->n ? "at least " : "", (unsigned long long)(r->row + f->n), (unsigned long long)r->n_rows);
    f->views[0] = (struct column_view){.values = f->ids};
    f->views[1] = (struct column_view){.values = f->keys.p, .offsets = f->key_offsets};
    f->views[2] = (struct column_view){.values = f->values};
    *b = (struct block){.first_row = r->row, .rows = f->n, .columns = f->views};
out:
    return rc;
}

static void tsvfile_close(struct vecfile_reader *r)
{
    struct tsvfile *f = r->own;
    buf_done(&f->first);
    buf_done(&f->keys);
    mem_free(f->ids);
    mem_free(f->key_offsets);
    mem_free(f->values);
    mem_free(f);
}

/* ---- writing ---- */

struct tsvfile_writer {
    struct vecsource source;
    int id, key;                  /* columns, -1: absent */
    struct buf line;
};

static int tsvfile_start(struct vecfile_writer *w, struct err *err)
{
    struct tsvfile_writer *t = MEM_NEW(struct tsvfile_writer, err);
    if (!t)
        return ERR_NOMEM;
    w->own = t;
    t->id = header_column(w->header, "id");
    t->key = header_column(w->header, "key");
    return vecsource_init(&t->source, w, COLUMN_STR, err);
}

static int put_name(struct vecfile_writer *w, struct tsvfile_writer *t, const struct block *b, size_t row, struct err *err)
{
    char text[NUM_TEXT];
    if (t->key >= 0) {
        struct text key = celltext_string(&w->header->columns[t->key], &b->columns[t->key], row);
        if (key.n == 0 || memchr(key.p, '\t', key.n) || memchr(key.p, '\n', key.n) || memchr(key.p, '\r', key.n))
            return err_set(err, ERR_DATA, "row %llu: the key is empty or has a TAB or a line end in it",
                           (unsigned long long)(w->row + row));
        return buf_put(&t->line, key.p, key.n, err);
    }
    uint64_t number = t->id >= 0 ? ((const uint64_t *)b->columns[t->id].values)[row] : w->row + row;
    return buf_put(&t->line, text, celltext_number(text, COLUMN_U64, &number), err);
}

static int tsvfile_rows(struct vecfile_writer *w, const struct block *b, size_t first, size_t n, struct err *err)
{
    struct tsvfile_writer *t = w->own;
    const void *values;
    int rc = 0;
    TRY(vecsource_rows(&t->source, w, b, first, n, &values, err));
    const char *at = values;
    for (size_t row = first; row < first + n; row++) {
        buf_clear(&t->line);
        TRY(put_name(w, t, b, row, err));
        for (size_t i = 0; i < t->source.dim; i++, at += column_type_bytes(t->source.type)) {
            char text[NUM_TEXT + 1] = "\t";
            TRY(buf_put(&t->line, text, 1 + celltext_number(text + 1, t->source.type, at), err));
        }
        TRY(buf_putc(&t->line, '\n', err));
        TRY(output_write(w->out, t->line.p, t->line.n, err));
    }
out:
    return rc;
}

static int tsvfile_end(struct vecfile_writer *w, struct err *err)
{
    (void)w, (void)err;
    return 0;
}

static void tsvfile_drop(struct vecfile_writer *w)
{
    struct tsvfile_writer *t = w->own;
    vecsource_done(&t->source);
    buf_done(&t->line);
    mem_free(t);
}

const struct vecfile_format vecfile_tsv = {
    .name = "tsv", .extensions = " tsv vec ", .what = "text vectors (TSV)",
    .layout = "text: key, TAB, values parted by TABs, commas or blanks",
    .is_text = true, .type = COLUMN_F32, .sniff = tsvfile_sniff, .open = tsvfile_open, .next = tsvfile_next,
    .close = tsvfile_close, .start = tsvfile_start, .rows = tsvfile_rows, .end = tsvfile_end, .drop = tsvfile_drop
};
