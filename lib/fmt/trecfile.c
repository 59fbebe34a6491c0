/* TREC runs: lines `query Q0 document rank score tag`, parted by blanks, the lines of a query together; `#` starts a comment.
 * As trec_eval does we ignore the rank and order by the score: dist = -score, for cosine 1 - score, and score = -dist back. */
#include "fmt/vecfile.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/celltext.h"
#include "fmt/textid.h"
#include "vec/metric.h"

#include <stdlib.h>
#include <string.h>

enum { TREC_FIELDS = 6, TREC_QUERY = 0, TREC_ITER = 1, TREC_DOCUMENT = 2, TREC_RANK = 3, TREC_SCORE = 4 };

/* Fields of a line; returns how many there are, up to one more than asked for. */
static size_t split(const char *line, size_t n, struct text fields[TREC_FIELDS + 1])
{
    size_t n_fields = 0, at = 0;
    while (n_fields <= TREC_FIELDS) {
        while (at < n && (line[at] == ' ' || line[at] == '\t' || line[at] == '\r'))
            at++;
        if (at == n)
            break;
        size_t from = at;
        while (at < n && line[at] != ' ' && line[at] != '\t' && line[at] != '\r')
            at++;
        fields[n_fields++] = (struct text){line + from, at - from};
    }
    return n_fields;
}

static enum vecfile_fit trecfile_sniff(const struct vecfile_format *f, struct vecfile_probe *p)
{
    (void)f;
    const char *line = (const char *)p->head, *end = line + p->n_head, *lf = NULL;
    struct text fields[TREC_FIELDS + 1];
    float x;
    p->dim = 0;
    while (line < end && (lf = memchr(line, '\n', (size_t)(end - line))) != NULL && *line == '#')
        line = lf + 1;
    if (line == end || split(line, (size_t)((lf ? lf : end) - line), fields) != TREC_FIELDS)
        return VECFILE_NO;
    if (!num_parse_f32(fields[TREC_SCORE].p, fields[TREC_SCORE].n, &x))
        return VECFILE_NO;
    bool q0 = fields[TREC_ITER].n == 2 && (fields[TREC_ITER].p[0] | 32) == 'q' && fields[TREC_ITER].p[1] == '0';
    return q0 ? VECFILE_SURE : VECFILE_WEAK;
}

struct trec_answer {
    float dist;
    uint64_t id;
    size_t key, key_bytes;        /* in keys */
};

struct trecfile {
    struct buf query, keys;       /* the query in the making, its documents' names */
    struct trec_answer *answers;
    size_t n_answers, cap_answers;
    bool open, ended;             /* a query is in the making; the input has ended */
    struct map queries;           /* all seen */
    struct textid ids_of;
    bool cosine;
    /* the block */
    size_t rows;
    struct buf ids, query_offsets, query_bytes, zeros, offsets, nn, dist, string_offsets, strings;
    struct column_view views[8];
};

static int line_error(struct vecfile_reader *r, struct err *err)
{
    return err_prefix(err, "%s: line %llu: ", input_name(r->in), (unsigned long long)input_line_number(r->in));
}

static int trecfile_open(struct vecfile_reader *r, struct err *err)
{
    static const struct column columns[] = {
        {"id", COLUMN_U64, 1}, {"key", COLUMN_STR, 1}, {"ef", COLUMN_U32, 1}, {"nn", COLUMN_U64, COLUMN_RAGGED},
        {"dist", COLUMN_F32, COLUMN_RAGGED}, {"nnkey", COLUMN_STR, COLUMN_RAGGED}, {"ndc", COLUMN_U32, 1},
        {"hops", COLUMN_U32, 1},
    };
    enum metric metric = r->options.metric >= 0 ? (enum metric)r->options.metric : METRIC_IP;
    struct trecfile *t = MEM_NEW(struct trecfile, err);
    int rc = 0;
    if (!t)
        return ERR_NOMEM;
    r->own = t;
    t->cosine = metric == METRIC_COSINE;
    TRY(header_set_kind(&r->header, "neighbours", err));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        TRY(header_add_column(&r->header, columns[i].name, columns[i].type, columns[i].shape, err));
    TRY(header_set_meta(&r->header, "metric", metric_name(metric), err));
out:
    return rc;
}

static int by_id(const void *a, const void *b)
{
    const struct trec_answer *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int by_distance(const void *a, const void *b)
{
    const struct trec_answer *x = a, *y = b;
    if (x->dist != y->dist)
        return x->dist < y->dist ? -1 : 1;
    return by_id(a, b);
}

/* Nearest first, each document once. */
static int sort_answers(struct trecfile *t, struct err *err)
{
    qsort(t->answers, t->n_answers, sizeof *t->answers, by_id);
    for (size_t i = 1; i < t->n_answers; i++)
        if (t->answers[i].id == t->answers[i - 1].id)
            return err_set(err, ERR_DATA, "query %.80s has document %.*s twice", t->query.p,
                           (int)num_min_size(t->answers[i].key_bytes, 80), t->keys.p + t->answers[i].key);
    qsort(t->answers, t->n_answers, sizeof *t->answers, by_distance);
    return 0;
}

static int put_u32(struct buf *b, size_t x, struct err *err)
{
    uint32_t v = (uint32_t)x;
    return buf_put(b, &v, sizeof v, err);
}

/* The query in the making becomes a row of the block. */
static int finish_query(struct trecfile *t, struct err *err)
{
    int rc = 0;
    uint64_t id;
    bool found;
    TRY(map_add(&t->queries, t->query.p, t->query.n, 0, &found, NULL, err));
    if (found)
        return err_set(err, ERR_DATA, "query %.80s again: the lines of a query must stand together", t->query.p);
    TRY(textid_next(&t->ids_of, t->query.p, t->query.n, &id, err));
    TRY(sort_answers(t, err));
    if (t->rows == 0) {
        TRY(put_u32(&t->query_offsets, 0, err));
        TRY(put_u32(&t->offsets, 0, err));
        TRY(put_u32(&t->string_offsets, 0, err));
    }
    TRY(buf_put(&t->ids, &id, sizeof id, err));
    TRY(buf_put(&t->query_bytes, t->query.p, t->query.n, err));
    TRY(put_u32(&t->query_offsets, t->query_bytes.n, err));
    TRY(put_u32(&t->zeros, 0, err));
    for (size_t i = 0; i < t->n_answers; i++) {
        const struct trec_answer *a = &t->answers[i];
        TRY(buf_put(&t->nn, &a->id, sizeof a->id, err));
        TRY(buf_put(&t->dist, &a->dist, sizeof a->dist, err));
        TRY(buf_put(&t->strings, t->keys.p + a->key, a->key_bytes, err));
        TRY(put_u32(&t->string_offsets, t->strings.n, err));
    }
    TRY(put_u32(&t->offsets, t->nn.n / sizeof(uint64_t), err));
    t->rows++;
    t->open = false;
    t->n_answers = 0;
    buf_clear(&t->keys);
out:
    return rc;
}

static int take_line(struct trecfile *t, const char *line, size_t n, struct err *err)
{
    struct text f[TREC_FIELDS + 1];
    float score;
    int rc = 0;
    size_t n_fields = split(line, n, f);
    if (n_fields == 0 || *line == '#')
        return 0;
    if (n_fields != TREC_FIELDS)
        return err_set(err, ERR_DATA, "%zu fields%s, expected 6: query Q0 document rank score tag",
                       n_fields > TREC_FIELDS ? 7 : n_fields, n_fields > TREC_FIELDS ? " or more" : "");
    if (!num_parse_f32(f[TREC_SCORE].p, f[TREC_SCORE].n, &score))
        return err_set(err, ERR_DATA, "the score '%.*s' is not a finite number", (int)num_min_size(f[TREC_SCORE].n, 40),
                       f[TREC_SCORE].p);
    if (t->open && (t->query.n != f[TREC_QUERY].n || memcmp(t->query.p, f[TREC_QUERY].p, t->query.n) != 0))
        TRY(finish_query(t, err));
    if (!t->open) {
        buf_clear(&t->query);
        TRY(buf_put(&t->query, f[TREC_QUERY].p, f[TREC_QUERY].n, err));
        t->open = true;
    }
    if (t->keys.n + f[TREC_DOCUMENT].n > UINT32_MAX / 4)
        return err_set(err, ERR_LIMIT, "query %.80s has more answers than a block holds", t->query.p);
    TRY(mem_reserve(&t->answers, &t->cap_answers, t->n_answers + 1, sizeof *t->answers, err));
    t->answers[t->n_answers++] = (struct trec_answer){
        .dist = (t->cosine ? 1 : 0) - score,      /* 0 - 0 is 0, its negative is not */
        .id = textid_of(f[TREC_DOCUMENT].p, f[TREC_DOCUMENT].n),
        .key = t->keys.n, .key_bytes = f[TREC_DOCUMENT].n};
    TRY(buf_put(&t->keys, f[TREC_DOCUMENT].p, f[TREC_DOCUMENT].n, err));
out:
    return rc;
}

static void clear_block(struct trecfile *t)
{
    struct buf *all[] = {&t->ids, &t->query_offsets, &t->query_bytes, &t->zeros, &t->offsets, &t->nn, &t->dist,
                         &t->string_offsets, &t->strings};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buf_clear(all[i]);
    t->rows = 0;
}

static int trecfile_next(struct vecfile_reader *r, struct block *b, struct err *err)
{
    struct trecfile *t = r->own;
    char *line;
    size_t n;
    int rc = 0;
    clear_block(t);
    if (r->row == 0)
        t->ids_of = textid_make(r->options.first_id, r->options.number_rows);
    while (!t->ended && t->nn.n + t->strings.n < 1 << 20) {
        TRY(input_line(r->in, &line, &n, err));
        t->ended = !line;
        rc = line ? take_line(t, line, n, err) : t->open ? finish_query(t, err) : 0;
        if (rc)
            return line_error(r, err);
    }
    if (r->row == 0 && t->rows == 0)
        return err_set(err, ERR_TRUNCATED, "%s: no line of a run in it", input_name(r->in));
    const struct column_view views[] = {
        {.values = t->ids.p}, {.values = t->query_bytes.p, .offsets = (const uint32_t *)(const void *)t->query_offsets.p},
        {.values = t->zeros.p}, {.values = t->nn.p, .offsets = (const uint32_t *)(const void *)t->offsets.p},
        {.values = t->dist.p, .offsets = (const uint32_t *)(const void *)t->offsets.p},
        {.values = t->strings.p, .offsets = (const uint32_t *)(const void *)t->offsets.p,
         .string_offsets = (const uint32_t *)(const void *)t->string_offsets.p},
        {.values = t->zeros.p}, {.values = t->zeros.p},
    };
    memcpy(t->views, views, sizeof views);
    *b = (struct block){.first_row = r->row, .rows = t->rows, .columns = t->views};
out:
    return rc;
}

static void trecfile_close(struct vecfile_reader *r)
{
    struct trecfile *t = r->own;
    struct buf *all[] = {&t->query, &t->keys, &t->ids, &t->query_offsets, &t->query_bytes, &t->zeros, &t->offsets, &t->nn,
                         &t->dist, &t->string_offsets, &t->strings};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buf_done(all[i]);
    map_done(&t->queries);
    mem_free(t->answers);
    mem_free(t);
}

/* ---- writing ---- */

struct trecfile_writer {
    int id, key, nn, dist, nnkey;     /* columns, -1: absent */
    bool cosine;
};

static int trecfile_start(struct vecfile_writer *w, struct err *err)
{
    const struct header *h = w->header;
    const char *metric = header_meta(h, "metric");
    struct trecfile_writer *t = MEM_NEW(struct trecfile_writer, err);
    if (!t)
        return ERR_NOMEM;
    w->own = t;
    *t = (struct trecfile_writer){header_column(h, "id"), header_column(h, "key"), header_column(h, "nn"),
                                  header_column(h, "dist"),
                                  header_column(h, "nnkey"), metric && strcmp(metric, "cosine") == 0};
    if (strcmp(h->kind, "neighbours") != 0 || t->id < 0 || t->nn < 0)
        return err_set(err, ERR_DATA, "a stream of %s, but a TREC run holds neighbours", h->kind);
    return 0;
}

/* A name that is one field: the key, or else the id. */
static int put_name(struct vecfile_writer *w, const struct text *key, uint64_t id, struct err *err)
{
    if (!key)
        return output_printf(w->out, err, "%llu", (unsigned long long)id);
    for (size_t i = 0; i < key->n; i++)
        if ((unsigned char)key->p[i] <= ' ')
            return err_set(err, ERR_DATA, "the key '%.*s' has a blank in it, which a TREC run cannot hold",
                           (int)num_min_size(key->n, 80), key->p);
    if (key->n == 0)
        return err_set(err, ERR_DATA, "an empty key, which a TREC run cannot hold");
    return output_write(w->out, key->p, key->n, err);
}

static int put_answer(struct vecfile_writer *w, const struct block *b, size_t row, size_t rank, size_t at, float dist,
                      struct err *err)
{
    const struct trecfile_writer *t = w->own;
    const struct column *c = w->header->columns;
    char score[NUM_TEXT];
    struct text key, nnkey;
    int rc = 0;
    if (t->key >= 0)
        key = celltext_string(&c[t->key], &b->columns[t->key], row);
    if (t->nnkey >= 0)
        nnkey = celltext_string(&c[t->nnkey], &b->columns[t->nnkey], at);
    TRY(put_name(w, t->key >= 0 ? &key : NULL, ((const uint64_t *)b->columns[t->id].values)[row], err));
    TRY(output_write(w->out, " Q0 ", 4, err));
    TRY(put_name(w, t->nnkey >= 0 ? &nnkey : NULL, ((const uint64_t *)b->columns[t->nn].values)[at], err));
    num_format_f32(score, t->cosine ? 1 - dist : dist == 0 ? 0 : -dist);
    TRY(output_printf(w->out, err, " %zu %s vecpipe\n", rank, score));
out:
    return rc;
}

static int trecfile_rows(struct vecfile_writer *w, const struct block *b, size_t first, size_t n, struct err *err)
{
    const struct trecfile_writer *t = w->own;
    const uint32_t *nn = b->columns[t->nn].offsets, *dists = t->dist >= 0 ? b->columns[t->dist].offsets : nn,
        *keys = t->nnkey >= 0 ? b->columns[t->nnkey].offsets : nn;
    for (size_t row = first; row < first + n; row++) {
        if (dists[row] != nn[row] || dists[row + 1] != nn[row + 1] || keys[row] != nn[row] || keys[row + 1] != nn[row + 1])
            return err_set(err, ERR_DATA, "row %llu: lists of different lengths", (unsigned long long)(w->row + row - first));
        for (size_t at = nn[row], end = nn[row + 1]; at < end; at++) {
            size_t rank = at - nn[row] + 1;
            /* Without distances the order is all there is: a score that falls by 1. */
            float dist = t->dist >= 0 ? ((const float *)b->columns[t->dist].values)[at]
                                      : (float)rank - (float)(end - nn[row]) - 1;
            int rc = put_answer(w, b, row, rank, at, dist, err);
            if (rc)
                return rc;
        }
    }
    return 0;
}

static int trecfile_end(struct vecfile_writer *w, struct err *err)
{
    (void)w, (void)err;
    return 0;
}

static void trecfile_drop(struct vecfile_writer *w)
{
    mem_free(w->own);
}

const struct vecfile_format vecfile_trec = {
    .name = "trec", .extensions = " run trec ", .what = "a TREC run", .layout = "TREC run: query Q0 document rank score tag",
    .is_text = true, .type = COLUMN_STR, .sniff = trecfile_sniff, .open = trecfile_open, .next = trecfile_next,
    .close = trecfile_close, .start = trecfile_start, .rows = trecfile_rows, .end = trecfile_end, .drop = trecfile_drop
};
