#include "fmt/synth_write.h"
#include "base/fingerprint.h"
#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"

#include <string.h>

struct batch {
    uint64_t *ids;
    float *x, *scratch;
    size_t n;
};

struct job {
    struct stream_writer *writer;
    const struct synth *synth;
    enum synth_role role;
    uint64_t next, end, first;
    size_t dim, rows;                  /* of a batch */
    void (*progress)(uint64_t n);
};

static int put_space(struct header *h, const struct synth_options *o, struct err *err)
{
    struct fingerprint d;
    struct buf text = {0};
    char spread[NUM_TEXT], noise[NUM_TEXT], space[FINGERPRINT_TEXT];
    int rc = 0;
    num_format_f64(spread, o->spread);
    num_format_f64(noise, o->noise);
    TRY(buf_printf(&text, err, "vec-synth %s seed %llu dim %zu", synth_sets[o->set], (unsigned long long)o->seed, o->dim));
    if (o->set == SYNTH_CLUSTERS)
        TRY(buf_printf(&text, err, " clusters %zu spread %s", o->clusters, spread));
    if (o->set == SYNTH_LATENT)
        TRY(buf_printf(&text, err, " latent %zu noise %s", o->latent_dim, noise));
    fingerprint_init(&d);
    fingerprint_update(&d, text.p, text.n);
    fingerprint_text(&d, space);
    TRY(header_set_meta(h, "space", space, err));
out:
    buf_done(&text);
    return rc;
}

int synth_write_header(struct header *h, const struct synth_options *o, enum synth_role role, enum metric metric, struct err *err)
{
    int rc = 0;
    TRY(header_set_kind(h, "vectors", err));
    TRY(header_add_column(h, "id", COLUMN_U64, 1, err));
    TRY(header_add_column(h, "vec", COLUMN_F32, (uint32_t)o->dim, err));
    TRY(header_set_meta(h, "metric", metric_name(metric), err));
    TRY(header_set_meta(h, "role", role == SYNTH_BASE ? "passage" : "query", err));
    if (o->set == SYNTH_SPHERE)
        TRY(header_set_meta(h, "normalised", "1", err));
    TRY(put_space(h, o, err));
out:
    return rc;
}

static void drop(void *ctx, void *batch)
{
    (void)ctx;
    struct batch *b = batch;
    if (!b)
        return;
    mem_free(b->ids);
    mem_free(b->x);
    mem_free(b->scratch);
    mem_free(b);
}

static int take_batch(void *ctx, void **batch, struct err *err)
{
    struct job *j = ctx;
    struct batch *b = NULL;
    int rc = 0;
    *batch = NULL;
    if (j->next == j->end)
        return 0;
    TRY_NEW(b, MEM_NEW(struct batch, err));
    b->n = j->end - j->next < j->rows ? (size_t)(j->end - j->next) : j->rows;
    TRY_NEW(b->ids, MEM_ARRAY(uint64_t, b->n, err));
    TRY_NEW(b->x, MEM_ARRAY(float, b->n * j->dim, err));
    TRY_NEW(b->scratch, MEM_ARRAY(float, synth_scratch(j->synth), err));
    for (size_t i = 0; i < b->n; i++)
        b->ids[i] = j->next++;
    *batch = b;
    b = NULL;
out:
    drop(NULL, b);
    return rc;
}

static int make_batch(void *ctx, void *batch, int worker, struct err *err)
{
    (void)worker, (void)err;
    const struct job *j = ctx;
    struct batch *b = batch;
    synth_rows(j->synth, j->role, b->ids[0], b->n, b->x, b->scratch);
    return 0;
}

static int write_batch(void *ctx, void *batch, struct err *err)
{
    struct job *j = ctx;
    const struct batch *b = batch;
    const struct column_view columns[] = {{.values = b->ids}, {.values = b->x}};
    const struct block block = {.first_row = b->ids[0] - j->first, .rows = b->n, .columns = columns};
    int rc = stream_writer_rows(j->writer, &block, 0, b->n, err);
    if (rc == 0 && j->progress)
        j->progress(b->ids[0] + b->n - j->first);
    return rc;
}

int synth_write_rows(struct stream_writer *w, const struct synth *s, size_t dim, enum synth_role role, uint64_t first,
                     uint64_t n, int n_threads, void (*progress)(uint64_t n), struct err *err)
{
    enum { BLOCK_BYTES = 1 << 20 };    /* as the writer's: whole batches go out without a copy */
    static const struct par_pipe_steps steps = {take_batch, make_batch, write_batch, drop};
    size_t row = sizeof(uint64_t) + dim * sizeof(float);
    struct job j = {.writer = w, .synth = s, .role = role, .next = first, .end = first + n, .first = first, .dim = dim,
                    .rows = num_max_size(1, BLOCK_BYTES / row), .progress = progress};
    return par_pipe(n_threads, &steps, &j, err);
}
