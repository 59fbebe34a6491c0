#include "quant/coderows.h"

#include "base/mem.h"
#include "fmt/npyhead.h"
#include "quant/codearrays.h"

#include <string.h>

struct reading {
    struct coderows *rows;
    size_t cap_ids, cap_codes, cap_suffixes, cap_keys, cap_pool, pool_n;
    int id, key, code, suffix;       /* columns; key and suffix -1 where missing */
};

static int find_columns(struct reading *t, const struct header *h, struct err *err)
{
    t->id = header_column(h, "id");
    t->key = header_column(h, "key");
    t->code = header_column(h, "code");
    t->suffix = header_column(h, "suffix");
    if (strcmp(h->kind, "codes") != 0)
        return err_set(err, ERR_DATA, "a stream of %s, expected codes", h->kind);
    const struct column *c = h->columns;
    if (t->id < 0 || c[t->id].type != COLUMN_U64 || c[t->id].shape != 1 || t->code < 0 || c[t->code].type != COLUMN_U16 ||
        c[t->code].shape < 1 || c[t->code].shape > CODESET_MAX_LEVELS || (t->key >= 0 && (c[t->key].type != COLUMN_STR ||
        c[t->key].shape != 1)) || (t->suffix >= 0 && (c[t->suffix].type != COLUMN_U16 || c[t->suffix].shape != 1)))
        return err_set(err, ERR_DATA, "codes with other columns than id u64, key str, code u16 1 to %d, suffix u16",
                       CODESET_MAX_LEVELS);
    t->rows->set.n_levels = c[t->code].shape;
    return 0;
}

static int append(struct reading *t, const struct block *b, struct err *err)
{
    int rc = 0;
    struct coderows *r = t->rows;
    size_t n = r->set.n, levels = r->set.n_levels;
    TRY(mem_reserve(&r->ids, &t->cap_ids, n + b->rows, sizeof *r->ids, err));
    TRY(mem_reserve(&r->set.code, &t->cap_codes, (n + b->rows) * levels, sizeof *r->set.code, err));
    TRY(mem_reserve(&r->set.suffix, &t->cap_suffixes, n + b->rows, sizeof *r->set.suffix, err));
    memcpy(r->ids + n, b->columns[t->id].values, b->rows * sizeof *r->ids);
    memcpy(r->set.code + n * levels, b->columns[t->code].values, b->rows * levels * sizeof *r->set.code);
    memset(r->set.suffix + n, 0, b->rows * sizeof *r->set.suffix);
    if (t->suffix >= 0)
        memcpy(r->set.suffix + n, b->columns[t->suffix].values, b->rows * sizeof *r->set.suffix);
    if (t->key >= 0) {
        const struct column_view *v = &b->columns[t->key];
        TRY(mem_reserve(&r->keys, &t->cap_keys, n + b->rows, sizeof *r->keys, err));
        TRY(mem_reserve(&r->key_pool, &t->cap_pool, t->pool_n + v->offsets[b->rows] + 1, 1, err));
        if (v->offsets[b->rows] > 0)
            memcpy(r->key_pool + t->pool_n, v->values, v->offsets[b->rows]);
        for (size_t i = 0; i < b->rows; i++)
            r->keys[n + i] = (struct text){.n = v->offsets[i + 1] - v->offsets[i]};
        t->pool_n += v->offsets[b->rows];
    }
    r->set.n += b->rows;
out:
    return rc;
}

int coderows_set_levels(struct coderows *r, const char *levels, struct err *err)
{
    struct codeset *s = &r->set;
    uint32_t greatest[CODESET_MAX_LEVELS] = {0};
    const char *what = levels ? "-K" : "@meta levels", *text = levels ? levels : header_meta(&r->header, "levels");
    size_t n_levels = 0;
    for (size_t e = 0; e < s->n * s->n_levels; e++)
        greatest[e % s->n_levels] = s->code[e] > greatest[e % s->n_levels] ? s->code[e] : greatest[e % s->n_levels];
    for (size_t l = 0; l < s->n_levels; l++)
        s->clusters[l] = greatest[l] + 1;
    if (!text)
        return 0;
    int rc = codeset_parse_levels(text, what, levels ? s->n_levels : 0, s->clusters, &n_levels, err);
    if (rc != 0)
        return levels ? rc : (int)(err->code = ERR_DATA);
    if (n_levels != s->n_levels)
        return err_set(err, ERR_DATA, "@meta levels %s, but codes of %zu levels", text, s->n_levels);
    for (size_t l = 0; l < s->n_levels; l++)
        if (greatest[l] >= s->clusters[l])
            return err_set(err, ERR_DATA, "code %u of level %zu, which has %u by %s", greatest[l], l + 1, s->clusters[l], what);
    return 0;
}

static int read_stream(struct coderows *r, struct stream_reader *in, const char *levels, struct err *err)
{
    int rc = 0;
    struct reading t = {.rows = r};
    struct block b;
    TRY(header_copy(&r->header, stream_reader_header(in), err));
    if ((rc = find_columns(&t, &r->header, err)) != 0)
        goto name;
    for (;;) {
        TRY(stream_reader_next(in, &b, err));
        if (b.rows == 0)
            break;
        TRY(append(&t, &b, err));
    }
    for (size_t i = 0, at = 0; r->keys && i < r->set.n; i++) {
        r->keys[i].p = r->key_pool + at;
        at += r->keys[i].n;
    }
    if ((rc = coderows_set_levels(r, levels, err)) == 0)
        goto out;
name:
    rc = err_prefix(err, "%s: ", input_name(stream_reader_input(in)));
out:
    return rc;
}

int coderows_read(struct coderows *r, struct input *in, const char *levels, struct err *err)
{
    int rc = 0;
    struct stream_reader *stream = NULL;
    const unsigned char *head;
    size_t n;
    *r = (struct coderows){0};
    if ((rc = input_peek(in, sizeof NPYHEAD_MAGIC - 1, &head, &n, err)) != 0) {
        input_close(in);
        return rc;
    }
    if (n == sizeof NPYHEAD_MAGIC - 1 && memcmp(head, NPYHEAD_MAGIC, n) == 0)
        return codearrays_read(r, in, levels, err);
    TRY(stream_reader_open(&stream, in, err));
    TRY(read_stream(r, stream, levels, err));
out:
    stream_reader_close(stream);
    return rc;
}

void coderows_done(struct coderows *r)
{
    codeset_done(&r->set);
    mem_free(r->ids);
    mem_free(r->keys);
    mem_free(r->key_pool);
    header_done(&r->header);
    *r = (struct coderows){0};
}
