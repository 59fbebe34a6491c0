#include "quant/codebooks.h"

#include "base/mem.h"
#include "quant/codearrays.h"

#include <string.h>

int codebooks_header(struct header *h, const struct residual *q, const struct header *vectors, struct err *err)
{
    int rc = 0;
    struct codeset of = {.n_levels = q->n_levels};
    const char *space = header_meta(vectors, "space");
    memcpy(of.clusters, q->clusters, sizeof of.clusters);
    TRY(header_set_kind(h, "vectors", err));
    TRY(header_add_column(h, "id", COLUMN_U64, 1, err));
    TRY(header_add_column(h, "vec", COLUMN_F32, (uint32_t)q->dim, err));
    TRY(codeset_set_levels(h, &of, err));
    TRY(header_set_meta(h, "metric", "l2", err));
    if (space)
        TRY(header_set_meta(h, "space", space, err));
out:
    return rc;
}

int codebooks_write(struct stream_writer *w, const struct residual *q, struct err *err)
{
    uint64_t id = 0;
    int rc = 0;
    for (size_t l = 0; l < q->n_levels; l++)
        for (size_t j = 0; rc == 0 && j < q->clusters[l]; j++, id++) {
            const struct cell cells[] = {{&id, 1}, {q->level[l].centres + j * q->stride, q->dim}};
            rc = stream_writer_row(w, cells, err);
        }
    return rc;
}

static int fill(struct residual *q, const struct vector_set *rows, struct err *err)
{
    int rc = 0;
    const char *levels = header_meta(&rows->header, "levels");
    size_t n_levels = 0, at = 0;
    if (!levels)
        return err_set(err, ERR_DATA, "these vectors are no codebooks: they have no @meta levels");
    if (codeset_parse_levels(levels, "@meta levels", 0, q->clusters, &n_levels, err) != 0)
        return err->code = ERR_DATA;
    q->dim = rows->dim;
    q->stride = rows->stride;
    for (size_t l = 0; l < n_levels; l++) {
        struct residual_level *level = &q->level[l];
        size_t k = q->clusters[l];
        if (k > rows->n - at)
            break;
        TRY_NEW(level->centres, MEM_SLAB(float, k * q->stride, err));
        memcpy(level->centres, rows->x + at * q->stride, k * q->stride * sizeof *rows->x);
        q->n_levels++;
        at += k;
    }
    if (q->n_levels < n_levels || at != rows->n)
        rc = err_set(err, ERR_DATA, "%zu centres, expected as many as @meta levels %s says", rows->n, levels);
out:
    return rc;
}

static int read_stream(struct residual *q, struct input *in, struct header *header, struct err *err)
{
    int rc = 0;
    struct vector_reader *reader = NULL;
    struct vector_set rows = {0};
    TRY(vector_reader_open_input(&reader, in, err));
    TRY(vector_set_read(&rows, reader, 0, err));
    if ((rc = fill(q, &rows, err)) != 0) {
        rc = err_prefix(err, "%s: ", input_name(vector_reader_input(reader)));
        goto out;
    }
    if (header)
        TRY(header_copy(header, &rows.header, err));
out:
    vector_set_done(&rows);
    vector_reader_close(reader);
    return rc;
}

int codebooks_read_input(struct residual *q, struct input *in, struct header *header, struct err *err)
{
    const unsigned char *head;
    size_t n;
    static const struct header none = {0};
    *q = (struct residual){0};
    int rc = input_peek(in, sizeof CODEARRAYS_MAGIC - 1, &head, &n, err);
    if (rc == 0 && (n < sizeof CODEARRAYS_MAGIC - 1 || memcmp(head, CODEARRAYS_MAGIC, n) != 0))
        return read_stream(q, in, header, err);
    if (rc == 0)
        rc = codearrays_read_books(q, in, err);
    input_close(in);
    return rc == 0 && header ? codebooks_header(header, q, &none, err) : rc;
}

int codebooks_read(struct residual *q, const char *path, struct header *header, struct err *err)
{
    struct input *in;
    int rc = input_open(&in, path, err);
    *q = (struct residual){0};
    return rc ? rc : codebooks_read_input(q, in, header, err);
}
