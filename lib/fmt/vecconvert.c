#include "fmt/vecconvert.h"

#include "base/mem.h"
#include "fmt/tablemap.h"
#include "sys/spill.h"

#include <string.h>

struct work {
    const struct vecconvert *c;
    struct vecfile_reader *readers;   /* (n_readers): those of the inputs, or one of the spill */
    size_t n_readers;
    uint64_t total;                   /* rows of all inputs, VECFILE_UNKNOWN */
    struct header header;             /* of the output */
    struct tablemap map;
    struct vecselect select;
    struct vecfile_writer writer;
    struct spill *spill;
    uint64_t rows;                    /* read */
};

static int open_reader(struct vecfile_reader *r, const char *path, const struct vecfile_options *o, struct err *err)
{
    struct input *in;
    int rc = input_open(&in, path, err);
    return rc ? rc : vecfile_reader_open(r, in, o, err);
}

static int open_readers(struct work *w, struct err *err)
{
    const struct vecconvert *c = w->c;
    int rc = 0;
    uint64_t total = 0;
    w->readers = MEM_ZARRAY(struct vecfile_reader, c->n_paths, err);
    if (!w->readers) {
        input_close(c->first);
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < c->n_paths; i++) {
        struct vecfile_reader *r = &w->readers[w->n_readers++];
        TRY(i == 0 && c->first ? vecfile_reader_open(r, c->first, &c->in, err) : open_reader(r, c->paths[i], &c->in, err));
        if (i > 0 && header_same(&w->readers[0].header, &r->header, err) != 0) {
            rc = err_prefix(err, "%s: not the same as %s: ", c->paths[i], c->paths[0]);
            goto out;
        }
        total = total == VECFILE_UNKNOWN || r->n_rows == VECFILE_UNKNOWN ? VECFILE_UNKNOWN : total + r->n_rows;
    }
    if (total != VECFILE_UNKNOWN && c->expect_rows != VECFILE_UNKNOWN && total != c->expect_rows)
        rc = err_set(err, ERR_DATA, "%s: %llu rows, expected %llu", c->n_paths == 1 ? c->paths[0] : "the inputs together",
                     (unsigned long long)total, (unsigned long long)c->expect_rows);
    w->total = total == VECFILE_UNKNOWN ? c->expect_rows : total;
out:
    return rc;
}

/* ---- the number of rows, where nothing says it ---- */

static bool can_reopen(const struct work *w)
{
    for (size_t i = 0; i < w->n_readers; i++)
        if (strcmp(w->c->paths[i], "-") == 0 || input_raw_size(w->readers[i].in) == 0)
            return false;
    return true;
}

static int count_rows(struct work *w, struct err *err)
{
    int rc = 0;
    struct block b;
    struct vecfile_reader r = {0};
    w->total = 0;
    for (size_t i = 0; i < w->c->n_paths; i++) {
        TRY(open_reader(&r, w->c->paths[i], &w->c->in, err));
        do {
            TRY(vecfile_reader_next(&r, &b, err));
            w->total += b.rows;
        } while (b.rows > 0);
        vecfile_reader_close(&r);
    }
out:
    vecfile_reader_close(&r);
    return rc;
}

/* Every input to its end; the rows of all go to `each`. */
static int read_all(struct work *w, int (*each)(struct work *w, const struct block *b, bool *enough, struct err *err),
                    struct err *err)
{
    int rc = 0;
    struct block b;
    bool enough = false;
    for (size_t i = 0; i < w->n_readers && !enough; i++) {
        struct vecfile_reader *r = &w->readers[i];
        r->options.first_id = w->c->in.first_id + w->rows;
        for (;;) {
            TRY(vecfile_reader_next(r, &b, err));
            if (b.rows == 0)
                break;
            w->rows += b.rows;
            rc = each(w, &b, &enough, err);
            if (rc == ERR_DATA || rc == ERR_LIMIT)
                err_prefix(err, "%s: ", input_name(r->in));
            if (rc)
                goto out;
            if (enough)
                break;
        }
    }
out:
    return rc;
}

static int spill_block(struct work *w, const struct block *b, bool *enough, struct err *err)
{
    *enough = false;
    return vecfile_writer_rows(&w->writer, b, 0, b->rows, err);
}

/* The whole input into a stream under TMPDIR, which then is the input. */
static int spill_rows(struct work *w, struct err *err)
{
    int rc = 0;
    struct output *out = NULL;
    const struct vecfile_options options = {.from = "vps", .metric = -1};
    TRY(spill_open(&w->spill, err));
    TRY(output_open(&out, spill_path(w->spill), true, err));
    TRY(vecfile_writer_open(&w->writer, &vecfile_vps, out, &w->readers[0].header, VECFILE_UNKNOWN, 0, err));
    TRY(read_all(w, spill_block, err));
    TRY(vecfile_writer_end(&w->writer, err));
    TRY(output_commit(out, err));
    w->total = w->rows;
    w->rows = 0;
    for (size_t i = 0; i < w->n_readers; i++)
        vecfile_reader_close(&w->readers[i]);
    w->n_readers = 1;
    TRY(open_reader(&w->readers[0], spill_path(w->spill), &options, err));
out:
    vecfile_writer_free(&w->writer);
    output_free(out);
    return rc;
}

/* ---- the header ---- */

static int add_provenance(struct work *w, struct err *err)
{
    const struct vecconvert *c = w->c;
    int rc = 0;
    if (!c->program)
        return 0;
    const struct header **parents = MEM_ARRAY(const struct header *, c->n_paths, err);
    if (!parents)
        return ERR_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < c->n_paths; i++)
        if (w->readers[i].header.n_programs > 0)
            parents[n++] = &w->readers[i].header;
    rc = header_add_program(&w->header, c->program, c->version, c->command, parents, n, err);
    mem_free(parents);
    return rc;
}

/* The stream's own schema: what every program that searches can take. */
static int check_schema(const struct work *w, const struct header *h, struct err *err)
{
    int vec = header_column(h, "vec");
    if (w->c->to != &vecfile_vps || strcmp(h->kind, "vectors") != 0 || vec < 0)
        return 0;
    switch (h->columns[vec].type) {
    case COLUMN_F32: case COLUMN_F16: case COLUMN_BF16: case COLUMN_I8: case COLUMN_U8:
        return 0;
    default:
        if (w->c->dtype >= 0)
            return err_set(err, ERR_USAGE, "--dtype %s: a stream of vectors has f32, f16, bf16, i8 or u8",
                           column_type_name(h->columns[vec].type));
        return err_set(err, ERR_DATA, "%s: values of type %s, but a stream of vectors has f32, f16, bf16, i8 or u8: give --dtype",
                       w->c->paths[0], column_type_name(h->columns[vec].type));
    }
}

static int make_header(struct work *w, struct err *err)
{
    const struct header *in = &w->readers[0].header;
    int rc = 0;
    TRY(tablemap_init(&w->map, in, w->c->columns, w->c->dtype, err));
    TRY(check_schema(w, &w->map.header, err));
    TRY(header_copy(&w->header, &w->map.header, err));
    TRY(add_provenance(w, err));
out:
    return rc;
}

/* ---- rows ---- */

static int convert_block(struct work *w, const struct block *b, bool *enough, struct err *err)
{
    int rc = 0;
    struct block mapped;
    bool keep;
    for (size_t at = 0, n; at < b->rows && !vecselect_done(&w->select); at += n) {
        size_t first;
        n = vecselect_next(&w->select, b->rows - at, &keep);
        if (!keep)
            continue;
        TRY(tablemap_rows(&w->map, b, at, n, &mapped, &first, err));
        TRY(vecfile_writer_rows(&w->writer, &mapped, first, n, err));
    }
    if (w->c->progress)
        w->c->progress(w->rows, w->total);
    *enough = vecselect_done(&w->select) && w->c->expect_rows == VECFILE_UNKNOWN;
out:
    return rc;
}

static int check_rows(const struct work *w, struct err *err)
{
    const struct vecselect_options *o = &w->c->rows;
    if (w->c->expect_rows != VECFILE_UNKNOWN && w->rows != w->c->expect_rows)
        return err_set(err, ERR_DATA, "%llu rows came, expected %llu", (unsigned long long)w->rows,
                       (unsigned long long)w->c->expect_rows);
    if (o->to != UINT64_MAX ? w->rows < o->to : w->rows < o->from)
        return err_set(err, ERR_DATA, "%llu rows, but --rows asks for those up to %llu", (unsigned long long)w->rows,
                       (unsigned long long)(o->to == UINT64_MAX ? o->from : o->to));
    return 0;
}

int vecconvert_run(const struct vecconvert *c, struct output *out, struct err *err)
{
    struct work w = {.c = c};
    int rc = 0;
    TRY(open_readers(&w, err));
    TRY(make_header(&w, err));
    if (w.total == VECFILE_UNKNOWN && vecselect_needs_total(&c->rows)) {
        if (can_reopen(&w))
            TRY(count_rows(&w, err));
        else
            TRY(spill_rows(&w, err));
    }
    TRY(vecselect_init(&w.select, &c->rows, w.total, err));
    TRY(vecfile_writer_open(&w.writer, c->to, out, &w.header, vecselect_count(&w.select), c->level, err));
    if (!vecselect_done(&w.select) || c->expect_rows != VECFILE_UNKNOWN)
        TRY(read_all(&w, convert_block, err));
    TRY(check_rows(&w, err));
    TRY(vecfile_writer_end(&w.writer, err));
out:
    vecfile_writer_free(&w.writer);
    tablemap_done(&w.map);
    header_done(&w.header);
    for (size_t i = 0; i < w.n_readers; i++)
        vecfile_reader_close(&w.readers[i]);
    mem_free(w.readers);
    spill_close(w.spill);
    return rc;
}
