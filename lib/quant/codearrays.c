#include "quant/codearrays.h"

#include "base/mem.h"
#include "base/num.h"
#include "fmt/npyhead.h"
#include "fmt/vecfile.h"
#include "fmt/zipstore.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 4096 };

/* ---- reading ---- */

/* Element e; -1 where it is no code. */
static int64_t element(const void *values, enum column_type type, size_t e)
{
    switch (type) {
    case COLUMN_I8: return ((const int8_t *)values)[e];
    case COLUMN_U8: return ((const uint8_t *)values)[e];
    case COLUMN_U16: return ((const uint16_t *)values)[e];
    case COLUMN_I32: return ((const int32_t *)values)[e];
    case COLUMN_U32: return ((const uint32_t *)values)[e];
    case COLUMN_I64: return ((const int64_t *)values)[e];
    default: {
        uint64_t x = ((const uint64_t *)values)[e];
        return x <= INT64_MAX ? (int64_t)x : -1;
    }
    }
}

static bool is_integer(enum column_type type)
{
    return type != COLUMN_F16 && type != COLUMN_BF16 && type != COLUMN_F32 && type != COLUMN_F64 && type != COLUMN_STR;
}

struct room {
    size_t ids, code, suffix;
};

static int append(struct coderows *r, struct room *room, const struct block *b, enum column_type type, const char *name,
                  struct err *err)
{
    int rc = 0;
    struct codeset *s = &r->set;
    TRY(mem_reserve(&r->ids, &room->ids, s->n + b->rows, sizeof *r->ids, err));
    TRY(mem_reserve(&s->code, &room->code, (s->n + b->rows) * s->n_levels, sizeof *s->code, err));
    TRY(mem_reserve(&s->suffix, &room->suffix, s->n + b->rows, sizeof *s->suffix, err));
    for (size_t i = 0; i < b->rows; i++, s->n++) {
        r->ids[s->n] = s->n;
        s->suffix[s->n] = 0;
        for (size_t l = 0; l < s->n_levels; l++) {
            int64_t code = element(b->columns[1].values, type, i * s->n_levels + l);
            if (code < 0 || code >= CODESET_MAX_CLUSTERS)
                return err_set(err, ERR_DATA, "%s: row %zu: code %" PRId64 " of level %zu, expected 0 to %d", name, s->n, code,
                               l + 1, CODESET_MAX_CLUSTERS - 1);
            s->code[s->n * s->n_levels + l] = (uint16_t)code;
        }
    }
out:
    return rc;
}

static int read_rows(struct coderows *r, struct vecfile_reader *in, const char *levels, struct err *err)
{
    int rc = 0;
    struct room room = {0};
    struct block b;
    const char *name = input_name(in->in);
    const struct column *vec = &in->header.columns[1];
    if (!is_integer(vec->type) || vec->shape > CODESET_MAX_LEVELS)
        return err_set(err, ERR_DATA, "%s: an array of %s, %u a row, is none of codes: expected integers, 1 to %d a row", name,
                       column_type_name(vec->type), vec->shape, CODESET_MAX_LEVELS);
    r->set.n_levels = vec->shape;
    for (;;) {
        TRY(vecfile_reader_next(in, &b, err));
        if (b.rows == 0)
            break;
        TRY(append(r, &room, &b, vec->type, name, err));
    }
    if (coderows_set_levels(r, levels, err) != 0)
        rc = err_prefix(err, "%s: ", name);
out:
    return rc;
}

int codearrays_read(struct coderows *r, struct input *in, const char *levels, struct err *err)
{
    int rc = 0;
    struct vecfile_reader reader = {0};
    const struct vecfile_options o = {.from = "npy", .kind = VECFILE_VECTORS, .metric = -1};
    TRY(vecfile_reader_open(&reader, in, &o, err));
    TRY(read_rows(r, &reader, levels, err));
out:
    vecfile_reader_close(&reader);
    return rc;
}

/* ---- writing ---- */

int codearrays_write_codes(struct output *out, const struct codeset *s, struct err *err)
{
    int rc = 0;
    unsigned char head[VECFILE_HEAD];
    int32_t *values = NULL;
    size_t n_head, row = 0;
    TRY(npyhead_format(head, &n_head, COLUMN_I32, s->n, s->n_levels, err));
    TRY(output_write(out, head, n_head, err));
    TRY_NEW(values, MEM_ARRAY(int32_t, ROWS * s->n_levels, err));
    for (size_t n; row < s->n; row += n) {
        n = num_min_size(ROWS, s->n - row);
        for (size_t e = 0; e < n * s->n_levels; e++)
            values[e] = s->code[row * s->n_levels + e];
        TRY(output_write(out, values, n * s->n_levels * sizeof *values, err));
    }
out:
    mem_free(values);
    return rc;
}

static int write_book(struct zipstore *z, const struct residual *q, size_t l, struct err *err)
{
    int rc = 0;
    char name[48];
    size_t n_head, row_bytes = q->dim * sizeof(float), k = q->clusters[l];
    unsigned char *array = MEM_ARRAY(unsigned char, VECFILE_HEAD + k * row_bytes, err);
    if (!array)
        return ERR_NOMEM;
    snprintf(name, sizeof name, "codebook_%zu.npy", l);
    TRY(npyhead_format(array, &n_head, COLUMN_F32, k, q->dim, err));
    for (size_t j = 0; j < k; j++)
        memcpy(array + n_head + j * row_bytes, q->level[l].centres + j * q->stride, row_bytes);
    TRY(zipstore_add(z, name, array, n_head + k * row_bytes, err));
out:
    mem_free(array);
    return rc;
}

int codearrays_write_books(struct output *out, const struct residual *q, struct err *err)
{
    int rc = 0;
    struct zipstore z = {.out = out};
    for (size_t l = 0; l < q->n_levels; l++)
        TRY(write_book(&z, q, l, err));
    TRY(zipstore_end(&z, err));
out:
    zipstore_done(&z);
    return rc;
}
