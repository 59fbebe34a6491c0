#include "nn/bulk.h"
#include "base/arena.h"
#include "base/mem.h"
#include "base/version.h"
#include "fmt/retype.h"
#include "sys/clock.h"
#include "sys/par.h"

#include <stdio.h>
#include <string.h>

enum { BATCH_ROWS = 256 };

struct batch {
    struct arena arena;
    size_t n, n_bytes;
    uint64_t first_id;
    struct text keys[BATCH_ROWS], texts[BATCH_ROWS];      /* bytes in arena */
    const char *names[BATCH_ROWS];                        /* the input of a row, its line there: for messages */
    uint64_t lines[BATCH_ROWS];
    uint64_t at;                                          /* of the input, behind the batch */
    void *x;                                              /* (n, dim) of the stream's type */
    bool some[BATCH_ROWS];
    struct encoder_tokens *tokens;                        /* (n), vectors of the stream's type, where those are asked for */
    struct encoder_counts counts;
};

struct bulk {
    const struct encoder *encoder;
    struct rows *rows;
    struct stream_writer *writer;
    const struct bulk_options *options;
    struct bulk_counts *counts;
    struct encoder_scratch **scratch;                     /* one a worker */
    uint64_t next_id, began_ns;
};

int bulk_header(struct header *h, const struct encoder *e, const struct bulk_options *o, struct err *err)
{
    int rc = 0;
    char dim[32];
    TRY(header_set_kind(h, o->tokens ? "tokens" : "vectors", err));
    TRY(header_add_column(h, "id", COLUMN_U64, 1, err));
    TRY(header_add_column(h, "key", COLUMN_STR, 1, err));
    TRY(encoder_describe(e, h, err));
    if (!o->tokens) {
        TRY(header_add_column(h, "vec", o->type, (uint32_t)encoder_dim(e), err));
        return 0;
    }
    (void)snprintf(dim, sizeof dim, "%zu", encoder_dim(e));
    TRY(header_add_column(h, "token", COLUMN_U32, COLUMN_RAGGED, err));
    TRY(header_add_column(h, "vectors", o->type, COLUMN_RAGGED, err));
    TRY(header_set_meta(h, "dim", dim, err));
    TRY(header_set_meta(h, "pooling", NULL, err));
    TRY(header_set_meta(h, "normalised", "0", err));
out:
    return rc;
}

static void drop(void *ctx, void *batch)
{
    (void)ctx;
    struct batch *b = batch;
    if (b)
        arena_done(&b->arena);
    mem_free(b);
}

/* prefix + [title + ' '] + text */
static int join(struct bulk *k, struct batch *b, const struct row *row, struct text *out, struct err *err)
{
    const char *prefix = encoder_prefix(k->encoder);
    size_t prefix_n = strlen(prefix), title_n = row->title.p ? row->title.n + 1 : 0;
    out->n = prefix_n + title_n + row->text.n;
    char *p = ARENA_ARRAY(char, &b->arena, out->n, err);
    if (!p)
        return ERR_NOMEM;
    memcpy(p, prefix, prefix_n);
    if (title_n) {
        memcpy(p + prefix_n, row->title.p, row->title.n);
        p[prefix_n + row->title.n] = ' ';
    }
    memcpy(p + prefix_n + title_n, row->text.p, row->text.n);
    out->p = p;
    b->n_bytes += out->n;
    return 0;
}

static int take(struct bulk *k, struct batch *b, const struct row *row, struct err *err)
{
    int rc = 0;
    char *key;
    const char *name = rows_name(k->rows);
    size_t i = b->n;
    TRY_NEW(key, ARENA_ARRAY(char, &b->arena, row->id.n, err));
    memcpy(key, row->id.p, row->id.n);
    b->keys[i] = (struct text){key, row->id.n};
    TRY(join(k, b, row, &b->texts[i], err));
    b->lines[i] = row->line;
    if (i > 0 && strcmp(b->names[i - 1], name) == 0) {
        b->names[i] = b->names[i - 1];
    } else {
        char *copy;
        TRY_NEW(copy, ARENA_ARRAY(char, &b->arena, strlen(name) + 1, err));
        b->names[i] = memcpy(copy, name, strlen(name) + 1);
    }
    b->n++;
out:
    return rc;
}

static int read_batch(void *ctx, void **batch, struct err *err)
{
    struct bulk *k = ctx;
    struct batch *b = NULL;
    const struct row *row = NULL;
    int rc = 0;
    TRY_NEW(b, MEM_NEW(struct batch, err));
    b->first_id = k->next_id;
    while (b->n < BATCH_ROWS && b->n_bytes < encoder_batch_bytes(k->encoder)) {
        TRY(rows_next(k->rows, &row, err));
        if (!row)
            break;
        TRY(take(k, b, row, err));
    }
    k->next_id += b->n;
    if (k->next_id < b->first_id)
        TRY(err_set(err, ERR_USAGE, "ids beyond 2^64 - 1: a smaller --first-id is needed"));
    b->at = rows_raw_offset(k->rows);
out:
    if (rc || b->n == 0) {
        drop(NULL, b);
        b = NULL;
    }
    *batch = b;
    return rc;
}

/* n values of the encoder as the stream holds them, in place where that is f32. */
static int retype(const struct bulk *k, struct batch *b, void **x, size_t n, struct err *err)
{
    enum column_type type = k->options->type;
    if (type == COLUMN_F32)
        return 0;
    void *narrow = arena_take_aligned(&b->arena, n, column_type_bytes(type), err);
    if (!narrow)
        return ERR_NOMEM;
    if (retype_values(narrow, type, *x, COLUMN_F32, n) != n)
        return err_set(err, ERR_DATA, "a vector has a value beyond the range of %s", column_type_name(type));
    *x = narrow;
    return 0;
}

static int encode_tokens(struct bulk *k, struct batch *b, struct encoder_scratch *scratch, struct err *err)
{
    int rc = 0;
    TRY_NEW(b->tokens, ARENA_ARRAY(struct encoder_tokens, &b->arena, b->n, err));
    TRY(encoder_tokens(k->encoder, scratch, b->texts, b->n, &b->arena, b->tokens, &b->counts, err));
    for (size_t i = 0; i < b->n; i++) {
        void *x = (void *)(uintptr_t)b->tokens[i].vectors;
        TRY(retype(k, b, &x, b->tokens[i].n * encoder_dim(k->encoder), err));
        b->tokens[i].vectors = x;
        b->some[i] = true;
    }
out:
    return rc;
}

static int encode_batch(void *ctx, void *batch, int worker, struct err *err)
{
    int rc = 0;
    struct bulk *k = ctx;
    struct batch *b = batch;
    size_t dim = encoder_dim(k->encoder);
    if (k->options->tokens)
        return encode_tokens(k, b, k->scratch[worker], err);
    TRY_NEW(b->x, arena_take_aligned(&b->arena, b->n * dim, sizeof(float), err));
    TRY(encoder_encode(k->encoder, k->scratch[worker], b->texts, b->n, b->x, b->some, &b->counts, err));
    TRY(retype(k, b, &b->x, b->n * dim, err));
out:
    return rc;
}

static int write_row(struct bulk *k, const struct batch *b, size_t i, struct err *err)
{
    uint64_t id = b->first_id + i;
    size_t dim = encoder_dim(k->encoder);
    struct cell cells[] = {{&id, 1}, {b->keys[i].p, b->keys[i].n}, {NULL, dim}, {NULL, 0}};
    if (k->options->tokens) {
        cells[2] = (struct cell){b->tokens[i].ids, b->tokens[i].n};
        cells[3] = (struct cell){b->tokens[i].vectors, b->tokens[i].n * dim};
    } else {
        cells[2].values = (const char *)b->x + i * dim * column_type_bytes(k->options->type);
    }
    return stream_writer_row(k->writer, cells, err);
}

static void show(const struct bulk *k, uint64_t at)
{
    double seconds = (double)(clock_ns() - k->began_ns) / 1e9;
    (void)snprintf(k->options->label, BULK_LABEL, "encode %.0f texts/s %.0f tokens/s", (double)k->counts->rows / seconds,
                   (double)k->counts->encoder.tokens / seconds);
    k->options->progress(at);
}

static int write_batch(void *ctx, void *batch, struct err *err)
{
    struct bulk *k = ctx;
    struct batch *b = batch;
    int rc = 0;
    for (size_t i = 0; i < b->n && rc == 0; i++) {
        k->counts->rows++;
        if (b->some[i])
            rc = write_row(k, b, i, err);
        else if (k->options->empty == BULK_EMPTY_SKIP)
            k->counts->skipped++;
        else
            return err_set(err, ERR_DATA, "%s:%llu: the text has nothing that the model knows, so it has no vector "
                           "(--empty skip leaves such rows out)", b->names[i], (unsigned long long)b->lines[i]);
    }
    k->counts->encoder.tokens += b->counts.tokens;
    k->counts->encoder.cut += b->counts.cut;
    if (k->options->progress)
        show(k, b->at);
    return rc;
}

int bulk_encode(const struct encoder *e, struct rows *r, struct stream_writer *w, const struct bulk_options *o,
                struct bulk_counts *counts, struct err *err)
{
    static const struct par_pipe_steps steps = {read_batch, encode_batch, write_batch, drop};
    int rc = 0;
    *counts = (struct bulk_counts){0};
    struct bulk k = {.encoder = e, .rows = r, .writer = w, .options = o, .counts = counts, .next_id = o->first_id,
                     .began_ns = clock_ns()};
    TRY_NEW(k.scratch, MEM_ZARRAY(struct encoder_scratch *, (size_t)o->n_threads, err));
    for (int i = 0; i < o->n_threads; i++)
        TRY(encoder_scratch_new(&k.scratch[i], e, err));
    TRY(par_pipe(o->n_threads, &steps, &k, err));
out:
    for (int i = 0; k.scratch && i < o->n_threads; i++)
        encoder_scratch_free(k.scratch[i]);
    mem_free(k.scratch);
    return rc;
}

int bulk_write(const struct encoder *e, struct rows *r, struct output *out, const struct bulk_options *o,
               struct bulk_counts *counts, struct err *err)
{
    struct stream_writer *writer = NULL;
    struct header h = {0};
    int rc = 0;
    TRY(bulk_header(&h, e, o, err));
    if (o->command)
        TRY(header_add_program(&h, o->program, VECPIPE_VERSION, o->command, NULL, 0, err));
    TRY(stream_writer_open(&writer, out, &h, o->level, err));
    TRY(bulk_encode(e, r, writer, o, counts, err));
    TRY(stream_writer_end(writer, err));
out:
    stream_writer_free(writer);
    header_done(&h);
    return rc;
}

int bulk_remarks(const struct encoder *e, int role, const struct bulk_counts *c, struct buf *text, struct err *err)
{
    const unsigned long long n = c->rows, n_cut = c->encoder.cut, n_skipped = c->skipped;
    int rc = 0;
    if (encoder_is_without_prefix(e))
        TRY(buf_printf(text, err, "the model declares no prefix for a %s, so none was used\n", model_roles[role]));
    if (n_cut)
        TRY(buf_printf(text, err, "%llu of %llu texts cut off at %zu tokens\n", n_cut, n, encoder_max_tokens(e)));
    if (n_skipped)
        TRY(buf_printf(text, err, "%llu of %llu texts left out: nothing that the model knows\n", n_skipped, n));
out:
    return rc;
}
