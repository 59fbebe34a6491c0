#include "fmt/vecsource.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"

#include <string.h>

static int find_column(const struct vecfile_writer *w, int *column, struct err *err)
{
    const struct header *h = w->header;
    const char *usual = strcmp(h->kind, "neighbours") == 0 ? "nn" : "vec";
    if ((*column = header_column(h, usual)) >= 0)
        return 0;
    for (size_t i = 0; i < h->n_columns; i++) {
        if (h->columns[i].type == COLUMN_STR || strcmp(h->columns[i].name, "id") == 0)
            continue;
        if (*column >= 0)
            return err_set(err, ERR_DATA, "%s holds one column, these %s have %s, %s and perhaps more: choose with --columns",
                           w->format->what, h->kind, h->columns[*column].name, h->columns[i].name);
        *column = (int)i;
    }
    if (*column < 0)
        return err_set(err, ERR_DATA, "%s holds numbers, these %s have no column of numbers", w->format->what, h->kind);
    return 0;
}

int vecsource_init(struct vecsource *s, const struct vecfile_writer *w, enum column_type type, struct err *err)
{
    *s = (struct vecsource){.type = type};
    int rc = find_column(w, &s->column, err);
    if (rc)
        return rc;
    const struct column *c = &w->header->columns[s->column];
    s->ids = strcmp(w->header->kind, "neighbours") == 0 && strcmp(c->name, "nn") == 0;
    if (s->ids && c->type == COLUMN_U64 && c->shape == COLUMN_RAGGED && (type == COLUMN_I32 || type == COLUMN_STR)) {
        if (type == COLUMN_STR)
            s->type = COLUMN_U64;
        return 0;
    }
    if (c->shape == COLUMN_RAGGED)
        return err_set(err, ERR_DATA, "column %s has rows of any length; %s has rows of one length", c->name, w->format->what);
    if (type != COLUMN_STR && c->type != type)
        return err_set(err, ERR_DATA, "column %s is %s, %s holds %s: choose another format, or --dtype %s", c->name,
                       column_type_name(c->type), w->format->what, column_type_name(type), column_type_name(type));
    s->type = c->type;
    s->dim = c->shape;
    return 0;
}

void vecsource_done(struct vecsource *s)
{
    mem_free(s->narrow);
    *s = (struct vecsource){0};
}

static int take_ids(struct vecsource *s, const struct vecfile_writer *w, const struct block *b, size_t first, size_t n,
                    const void **values, struct err *err)
{
    const struct column_view *v = &b->columns[s->column];
    const uint32_t *offsets = v->offsets + first;
    if (w->row == 0 && n > 0)
        s->dim = offsets[1] - offsets[0];
    for (size_t i = 0; i < n; i++)
        if (offsets[i + 1] - offsets[i] != s->dim || s->dim == 0)
            return err_set(err, ERR_DATA, "row %llu has %u neighbours, row 0 has %zu: %s has rows of one length, at least 1",
                           (unsigned long long)(w->row + i), offsets[i + 1] - offsets[i], s->dim, w->format->what);
    const uint64_t *ids = (const uint64_t *)v->values + offsets[0];
    size_t n_ids = n * s->dim;
    *values = ids;
    if (s->type == COLUMN_U64)
        return 0;
    int rc = mem_reserve(&s->narrow, &s->cap, num_max_size(n_ids, 1), sizeof(uint32_t), err);
    for (size_t i = 0; rc == 0 && i < n_ids; i++) {
        if (ids[i] >= UINT32_MAX)
            return err_set(err, ERR_DATA, "row %llu: the id %llu does not fit into 32 bits",
                           (unsigned long long)(w->row + i / s->dim), (unsigned long long)ids[i]);
        bytes_put_u32(s->narrow + 4 * i, (uint32_t)ids[i]);
    }
    *values = s->narrow;
    return rc;
}

int vecsource_rows(struct vecsource *s, const struct vecfile_writer *w, const struct block *b, size_t first, size_t n,
                   const void **values, struct err *err)
{
    if (s->ids)
        return take_ids(s, w, b, first, n, values, err);
    *values = (const char *)b->columns[s->column].values + first * s->dim * column_type_bytes(s->type);
    return 0;
}
