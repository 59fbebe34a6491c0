#include "fmt/viewcheck.h"

#include "fmt/celltext.h"

#include <math.h>
#include <string.h>

enum kind { KIND_VECTORS, KIND_NEIGHBOURS, KIND_NEGATIVES, KIND_CODES, KIND_FEATURES, KIND_OTHER };

static const char *const kinds[] = {"vectors", "neighbours", "negatives", "codes", "features", NULL};

enum { ANY_SHAPE = UINT32_MAX };

static const struct rule {
    enum kind kind;
    const char *name;
    int type;                         /* -1: any */
    uint32_t shape;
    bool optional;
} rules[] = {
    {KIND_VECTORS, "vec", -1, ANY_SHAPE, false},
    {KIND_NEIGHBOURS, "ef", COLUMN_U32, 1, false},
    {KIND_NEIGHBOURS, "nn", COLUMN_U64, COLUMN_RAGGED, false},
    {KIND_NEIGHBOURS, "dist", COLUMN_F32, COLUMN_RAGGED, true},
    {KIND_NEIGHBOURS, "nnkey", COLUMN_STR, COLUMN_RAGGED, true},
    {KIND_NEIGHBOURS, "ndc", COLUMN_U32, 1, false},
    {KIND_NEIGHBOURS, "hops", COLUMN_U32, 1, false},
    {KIND_NEIGHBOURS, "time_ns", COLUMN_U64, 1, true},
    {KIND_NEGATIVES, "set", COLUMN_U8, 1, false},
    {KIND_NEGATIVES, "neg", COLUMN_U64, 1, false},
    {KIND_NEGATIVES, "negkey", COLUMN_STR, 1, true},
    {KIND_NEGATIVES, "dist", COLUMN_F32, 1, false},
    {KIND_CODES, "code", COLUMN_U16, ANY_SHAPE, false},
    {KIND_CODES, "suffix", COLUMN_U16, 1, false},
    {KIND_OTHER, "id", COLUMN_U64, 1, false},            /* of all kinds that are known */
    {KIND_OTHER, "key", COLUMN_STR, 1, true},
};

static int check_columns(const struct viewcheck *c, struct err *err)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *r = &rules[i];
        if (r->kind != KIND_OTHER && (int)r->kind != c->kind)
            continue;
        int at = header_column(c->header, r->name);
        if (at < 0 && !r->optional)
            return err_set(err, ERR_DATA, "a stream of %s without the column %s", c->header->kind, r->name);
        const struct column *column = &c->header->columns[at < 0 ? 0 : at];
        bool good = (r->type < 0 || column->type == (enum column_type)r->type) &&
                    (r->shape == ANY_SHAPE ? column->shape != COLUMN_RAGGED : column->shape == r->shape);
        if (at >= 0 && !good)
            return err_set(err, ERR_DATA, "column %s of %s is not of the type that formats/vps.md gives it", r->name,
                           c->header->kind);
    }
    return 0;
}

int viewcheck_init(struct viewcheck *c, const struct header *h, struct err *err)
{
    *c = (struct viewcheck){.header = h};
    while (kinds[c->kind] && strcmp(kinds[c->kind], h->kind) != 0)
        c->kind++;
    if (c->kind == KIND_OTHER)
        return 0;
    c->id = header_column(h, "id");
    c->key = header_column(h, "key");
    c->vec = header_column(h, "vec");
    c->nn = header_column(h, "nn");
    c->dist = header_column(h, "dist");
    c->nnkey = header_column(h, "nnkey");
    int rc = check_columns(c, err);
    if (rc == 0 && c->kind == KIND_VECTORS) {
        switch (h->columns[c->vec].type) {
        case COLUMN_F32: case COLUMN_F16: case COLUMN_BF16: case COLUMN_I8: case COLUMN_U8:
            break;
        default:
            rc = err_set(err, ERR_DATA, "column vec is %s, expected f32, f16, bf16, i8 or u8",
                         column_type_name(h->columns[c->vec].type));
        }
    }
    return rc;
}

void viewcheck_done(struct viewcheck *c)
{
    map_done(&c->seen);
}

static int check_vector(struct viewcheck *c, const struct block *b, size_t row, struct err *err)
{
    const struct column *columns = c->header->columns;
    unsigned long long number = b->first_row + row;
    size_t first, n = celltext_span(&columns[c->vec], &b->columns[c->vec], row, &first);
    uint64_t id = ((const uint64_t *)b->columns[c->id].values)[row];
    struct text name = {(const char *)&id, sizeof id};
    bool found;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(celltext_double(columns[c->vec].type, b->columns[c->vec].values, first + i)))
            return err_set(err, ERR_DATA, "row %llu: component %zu is not a finite number", number, i);
    if (c->key >= 0)
        name = celltext_string(&columns[c->key], &b->columns[c->key], row);
    int rc = map_add(&c->seen, name.p, name.n, 0, &found, NULL, err);
    if (rc == 0 && found && c->key >= 0)
        rc = err_set(err, ERR_DATA, "row %llu: the key %.*s occurs a second time", number, (int)num_min_size(name.n, 80), name.p);
    else if (rc == 0 && found)
        rc = err_set(err, ERR_DATA, "row %llu: the id %llu occurs a second time", number, (unsigned long long)id);
    return rc;
}

static int check_neighbours(struct viewcheck *c, const struct block *b, size_t row, struct err *err)
{
    unsigned long long number = b->first_row + row;
    size_t first, other, n = celltext_span(&c->header->columns[c->nn], &b->columns[c->nn], row, &first);
    const uint64_t *nn = (const uint64_t *)b->columns[c->nn].values + first;
    const int lists[] = {c->dist, c->nnkey};
    for (size_t i = 0; i < 2; i++)
        if (lists[i] >= 0 && celltext_span(&c->header->columns[lists[i]], &b->columns[lists[i]], row, &other) != n)
            return err_set(err, ERR_DATA, "row %llu: nn and %s have lists of different lengths", number, i ? "nnkey" : "dist");
    for (size_t i = 0; c->dist >= 0 && i < n; i++) {
        const float *dist = (const float *)b->columns[c->dist].values + b->columns[c->dist].offsets[row];
        if (!isfinite(dist[i]) || (i > 0 && (dist[i] < dist[i - 1] || (dist[i] == dist[i - 1] && nn[i] <= nn[i - 1]))))
            return err_set(err, ERR_DATA, "row %llu: neighbour %zu is not in the order of (dist, id)", number, i);
    }
    map_done(&c->seen);
    for (size_t i = 0; i < n; i++) {
        bool found;
        int rc = map_add(&c->seen, &nn[i], sizeof nn[i], 0, &found, NULL, err);
        if (rc)
            return rc;
        if (found)
            return err_set(err, ERR_DATA, "row %llu: the neighbour %llu occurs twice", number, (unsigned long long)nn[i]);
    }
    return 0;
}

int viewcheck_add(struct viewcheck *c, const struct block *b, struct err *err)
{
    int rc = 0;
    for (size_t row = 0; rc == 0 && row < b->rows; row++) {
        if (c->kind == KIND_VECTORS)
            rc = check_vector(c, b, row, err);
        else if (c->kind == KIND_NEIGHBOURS)
            rc = check_neighbours(c, b, row, err);
    }
    return rc;
}
