#include "fmt/neighbours.h"
#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const required[] = {"id", "ef", "nn", "ndc", "hops"};

int neighbours_header(struct header *h, const struct neighbours_options *o, struct err *err)
{
    char k[24];
    int rc = 0;
    TRY(header_set_kind(h, "neighbours", err));
    TRY(header_add_column(h, "id", COLUMN_U64, 1, err));
    if (o->has_key)
        TRY(header_add_column(h, "key", COLUMN_STR, 1, err));
    TRY(header_add_column(h, "ef", COLUMN_U32, 1, err));
    TRY(header_add_column(h, "nn", COLUMN_U64, COLUMN_RAGGED, err));
    if (!o->lacks_dist)
        TRY(header_add_column(h, "dist", COLUMN_F32, COLUMN_RAGGED, err));
    if (o->has_nnkey)
        TRY(header_add_column(h, "nnkey", COLUMN_STR, COLUMN_RAGGED, err));
    TRY(header_add_column(h, "ndc", COLUMN_U32, 1, err));
    TRY(header_add_column(h, "hops", COLUMN_U32, 1, err));
    if (o->has_code)
        TRY(header_add_column(h, "ndc_code", COLUMN_U32, 1, err));
    if (o->has_time)
        TRY(header_add_column(h, "time_ns", COLUMN_U64, 1, err));
    snprintf(k, sizeof k, "%llu", (unsigned long long)o->k);
    TRY(header_set_meta(h, "k", o->k ? k : NULL, err));
    TRY(header_set_meta(h, "metric", o->lacks_metric ? NULL : metric_name(o->metric), err));
out:
    return rc;
}

int neighbours_write(struct neighbours_writer *w, const struct neighbours_row *row, struct err *err)
{
    struct cell cells[10 + NEIGHBOURS_MAX_MORE];
    size_t n = 0;
    cells[n++] = (struct cell){&row->id, 1};
    if (w->options.has_key)
        cells[n++] = (struct cell){row->key.p, row->key.n};
    cells[n++] = (struct cell){&row->ef, 1};
    cells[n++] = (struct cell){row->nn, row->n};
    if (!w->options.lacks_dist)
        cells[n++] = (struct cell){row->dist, row->n};
    if (w->options.has_nnkey)
        cells[n++] = (struct cell){row->nnkeys, row->n};
    cells[n++] = (struct cell){&row->ndc, 1};
    cells[n++] = (struct cell){&row->hops, 1};
    if (w->options.has_code)
        cells[n++] = (struct cell){&row->ndc_code, 1};
    if (w->options.has_time)
        cells[n++] = (struct cell){&row->time_ns, 1};
    for (size_t i = 0; i < row->n_more; i++)
        cells[n++] = row->more[i];
    return stream_writer_row(w->stream, cells, err);
}

/* ---- reading ---- */

struct neighbours_reader {
    struct stream_reader *stream;
    struct neighbours_options options;
    struct block block;
    size_t at;                       /* next row of the block */
    int id, key, ef, nn, dist, nnkey, ndc, hops, code, time;    /* column numbers, -1 = absent */
    struct neighbours_row row;
    struct text *nnkeys;             /* of the row */
    size_t cap_nnkeys;
};

static int find_columns(struct neighbours_reader *r, const struct header *h, struct err *err)
{
    static const struct { const char *name; enum column_type type; uint32_t shape; } wanted[] = {
        {"id", COLUMN_U64, 1}, {"key", COLUMN_STR, 1}, {"ef", COLUMN_U32, 1}, {"nn", COLUMN_U64, COLUMN_RAGGED},
        {"dist", COLUMN_F32, COLUMN_RAGGED}, {"nnkey", COLUMN_STR, COLUMN_RAGGED}, {"ndc", COLUMN_U32, 1},
        {"hops", COLUMN_U32, 1}, {"ndc_code", COLUMN_U32, 1}, {"time_ns", COLUMN_U64, 1},
    };
    int *const at[] = {&r->id, &r->key, &r->ef, &r->nn, &r->dist, &r->nnkey, &r->ndc, &r->hops, &r->code, &r->time};
    if (strcmp(h->kind, "neighbours") != 0)
        return err_set(err, ERR_DATA, "a stream of %s, expected neighbours (of knn-exact, hnsw-query)", h->kind);
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        int c = *at[i] = header_column(h, wanted[i].name);
        if (c >= 0 && (h->columns[c].type != wanted[i].type || h->columns[c].shape != wanted[i].shape))
            return err_set(err, ERR_DATA, "column %s has the type %s, expected %s%s", wanted[i].name,
                           column_type_name(h->columns[c].type), column_type_name(wanted[i].type),
                           wanted[i].shape == COLUMN_RAGGED ? " *" : "");
    }
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++)
        if (header_column(h, required[i]) < 0)
            return err_set(err, ERR_DATA, "a stream of neighbours without the column %s", required[i]);
    return 0;
}

static int find_metas(struct neighbours_reader *r, const struct header *h, struct err *err)
{
    const char *metric = header_meta(h, "metric"), *k = header_meta(h, "k");
    int m = metric ? metric_parse(metric) : METRIC_L2;
    if (m < 0)
        return err_set(err, ERR_DATA, "a stream of neighbours with the metric \"%.40s\", expected l2, ip or cosine", metric);
    if (k && !num_parse_u64(k, strlen(k), 0, UINT32_MAX, &r->options.k))
        return err_set(err, ERR_DATA, "a stream of neighbours with the k \"%.40s\", expected a number", k);
    r->options.metric = (enum metric)m;
    r->options.lacks_metric = metric == NULL;
    r->options.lacks_dist = r->dist < 0;
    r->options.has_key = r->key >= 0;
    r->options.has_nnkey = r->nnkey >= 0;
    r->options.has_code = r->code >= 0;
    r->options.has_time = r->time >= 0;
    return 0;
}

int neighbours_reader_open(struct neighbours_reader **out, struct input *in, struct err *err)
{
    struct neighbours_reader *r = MEM_NEW(struct neighbours_reader, err);
    *out = NULL;
    if (!r) {
        input_close(in);
        return ERR_NOMEM;
    }
    int rc = stream_reader_open(&r->stream, in, err);
    if (rc == 0) {
        const struct header *h = stream_reader_header(r->stream);
        if ((rc = find_columns(r, h, err)) != 0 || (rc = find_metas(r, h, err)) != 0)
            err_prefix(err, "%s: ", input_name(in));
    }
    if (rc) {
        neighbours_reader_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

void neighbours_reader_close(struct neighbours_reader *r)
{
    if (!r)
        return;
    stream_reader_close(r->stream);
    mem_free(r->nnkeys);
    mem_free(r);
}

const struct header *neighbours_reader_header(const struct neighbours_reader *r)
{
    return stream_reader_header(r->stream);
}

const struct neighbours_options *neighbours_reader_options(const struct neighbours_reader *r)
{
    return &r->options;
}

const char *neighbours_reader_stat(const struct neighbours_reader *r, const char *key)
{
    return stream_reader_members(r->stream) == 1 ? stream_reader_stat(r->stream, key) : NULL;
}

static struct text string_at(const struct column_view *v, const uint32_t *offsets, size_t i)
{
    return (struct text){(const char *)v->values + offsets[i], offsets[i + 1] - offsets[i]};
}

/* The lists of a row have one length; distances are numbers that never fall; ids do not repeat beside each other. */
static int check_row(const struct neighbours_reader *r, const struct neighbours_row *row, size_t n_dist, size_t n_keys,
                     struct err *err)
{
    unsigned long long number = r->block.first_row + r->at;
    if (n_dist != row->n || (r->nnkey >= 0 && n_keys != row->n))
        return err_set(err, ERR_DATA, "row %llu: lists of different lengths (nn %zu, dist %zu)", number, row->n, n_dist);
    for (size_t i = 0; row->dist && i < row->n; i++)
        if (!isfinite(row->dist[i]) || (i > 0 && row->dist[i] < row->dist[i - 1]))
            return err_set(err, ERR_DATA, "row %llu: distance %zu is not a number in rising order", number, i);
    return 0;
}

int neighbours_reader_next(struct neighbours_reader *r, const struct neighbours_row **out, struct err *err)
{
    int rc;
    *out = NULL;
    while (r->at >= r->block.rows) {
        r->at = 0;
        if ((rc = stream_reader_next(r->stream, &r->block, err)) != 0)
            return rc;
        if (r->block.rows == 0)
            return 0;
    }
    const struct column_view *v = r->block.columns;
    size_t i = r->at, n_keys = 0;
    const uint32_t *nn = v[r->nn].offsets, *dist = r->dist >= 0 ? v[r->dist].offsets : nn;
    struct neighbours_row *row = &r->row;
    *row = (struct neighbours_row){
        .id = ((const uint64_t *)v[r->id].values)[i],     .ef = ((const uint32_t *)v[r->ef].values)[i],
        .n = nn[i + 1] - nn[i],                           .nn = (const uint64_t *)v[r->nn].values + nn[i],
        .dist = r->dist >= 0 ? (const float *)v[r->dist].values + dist[i] : NULL,
        .ndc = ((const uint32_t *)v[r->ndc].values)[i],   .hops = ((const uint32_t *)v[r->hops].values)[i],
    };
    if (r->key >= 0)
        row->key = string_at(&v[r->key], v[r->key].offsets, i);
    if (r->code >= 0)
        row->ndc_code = ((const uint32_t *)v[r->code].values)[i];
    if (r->time >= 0)
        row->time_ns = ((const uint64_t *)v[r->time].values)[i];
    if (r->nnkey >= 0) {
        const struct column_view *keys = &v[r->nnkey];
        n_keys = keys->offsets[i + 1] - keys->offsets[i];
        if ((rc = mem_reserve(&r->nnkeys, &r->cap_nnkeys, n_keys, sizeof *r->nnkeys, err)) != 0)
            return rc;
        for (size_t j = 0; j < n_keys; j++)
            r->nnkeys[j] = string_at(keys, keys->string_offsets, keys->offsets[i] + j);
        row->nnkeys = r->nnkeys;
    }
    if ((rc = check_row(r, row, dist[i + 1] - dist[i], n_keys, err)) != 0)
        return err_prefix(err, "%s: ", input_name(stream_reader_input(r->stream)));
    r->at++;
    *out = row;
    return 0;
}
