#include "repair/hardness_detect.h"
#include "repair/hardness_run.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

int hardness_detect_header(struct header *h, const struct vector_reader *queries, const struct hardness_detect_options *o,
                           struct err *err)
{
    int rc = 0;
    char number[24];
    struct hardness_scorer s;
    hardness_scorer_cells(&s, &o->scorer);
    TRY(header_set_kind(h, "features", err));
    TRY(header_copy_metas(h, vector_reader_header(queries), err));
    snprintf(number, sizeof number, "%zu", o->scorer.k);
    TRY(header_set_meta(h, "k", number, err));
    snprintf(number, sizeof number, "%zu", o->scorer.ef);
    TRY(header_set_meta(h, "ef", number, err));
    TRY(header_add_column(h, "id", COLUMN_U64, 1, err));
    if (vector_reader_has_keys(queries))
        TRY(header_add_column(h, "key", COLUMN_STR, 1, err));
    TRY(header_add_column(h, "vec", COLUMN_F32, (uint32_t)vector_reader_dim(queries), err));
    for (size_t i = 0; i < s.n_cells; i++)
        TRY(header_add_column(h, s.names[i], COLUMN_F32, 1, err));
    if (o->truth)
        TRY(header_add_column(h, "recall", COLUMN_F32, 1, err));
out:
    return rc;
}

/* What has passed, so far, and where to. */
struct sink {
    struct stream_writer *w;
    struct hardness_detected *d;
};

static int write_row(const struct hardness_run *r, struct sink *sink, const struct hardness_row *row, struct err *err)
{
    struct cell cells[HARDNESS_MAX_CELLS + 4];
    size_t n = 0;
    float score = row->cells[r->scorer.cell_of[r->o->score]];
    cells[n++] = (struct cell){&row->id, 1};
    if (row->key.p)
        cells[n++] = (struct cell){row->key.p, row->key.n};
    cells[n++] = (struct cell){row->vec, r->dim};
    for (size_t i = 0; i < r->n_cells; i++)
        cells[n++] = (struct cell){&row->cells[i], 1};
    sink->d->least = sink->d->n_passed == 0 || score < sink->d->least ? score : sink->d->least;
    sink->d->n_passed++;
    return stream_writer_row(sink->w, cells, err);
}

static bool is_hard(const struct hardness_run *r, const float *cells)
{
    const int *cell_of = r->scorer.cell_of;
    switch (r->o->choice) {
    case HARDNESS_ABOVE:
        return cells[cell_of[r->o->score]] > (float)r->o->threshold;
    case HARDNESS_RULE:
        return cells[cell_of[HARDNESS_BY_UPSTREAM]] > 0.5f || cells[cell_of[HARDNESS_BY_JITTER]] > 0.1f;
    case HARDNESS_ALL: case HARDNESS_TOP:
        break;
    }
    return true;
}

static int take_row(struct hardness_run *r, struct sink *sink, const struct vector_batch *b, size_t i, struct err *err)
{
    int rc = 0;
    float cells[HARDNESS_MAX_CELLS + 1];
    memcpy(cells, r->cells + i * r->scorer.n_cells, r->scorer.n_cells * sizeof *cells);
    if (r->o->truth)
        cells[r->scorer.n_cells] = hardness_run_recall(r, b, i);
    const struct hardness_row row = {.id = b->ids[i], .vec = b->x + i * b->stride, .cells = cells,
                                     .key = b->keys ? b->keys[i] : (struct text){0},
                                     .nodes = r->scorer.h.found.nodes + i * r->k};
    if (r->o->choice != HARDNESS_TOP)
        return is_hard(r, cells) ? write_row(r, sink, &row, err) : 0;
    if (r->n == UINT32_MAX)
        return err_set(err, ERR_LIMIT, "more than 2^32 - 1 queries to choose from: --threshold takes any number");
    TRY(mem_reserve(&r->scores, &r->cap_scores, r->n + 1, sizeof *r->scores, err));
    r->scores[r->n++] = cells[r->scorer.cell_of[r->o->score]];
    TRY(hardness_store_put(&r->store, &row, err));
out:
    return rc;
}

static int write_chosen(struct hardness_run *r, struct sink *sink, struct err *err)
{
    int rc = 0;
    bool *hard = NULL;
    float *stability = NULL;
    const struct hardness_row *row;
    TRY_NEW(hard, MEM_ZARRAY(bool, r->n, err));
    TRY_NEW(stability, MEM_ARRAY(float, r->n, err));
    TRY(hardness_choose(r, hard, stability, err));
    TRY(hardness_store_rewind(&r->store, err));
    for (size_t i = 0; i < r->n; i++) {
        TRY(hardness_store_next(&r->store, &row, err));
        if (r->o->cascade)
            row->cells[r->scorer.cell_of[HARDNESS_BY_STABILITY]] = stability[i];
        if (hard[i])
            TRY(write_row(r, sink, row, err));
    }
out:
    mem_free(hard);
    mem_free(stability);
    return rc;
}

int hardness_detect(struct hardness_detected *d, struct stream_writer *w, const struct graph_file *index,
                    struct vector_reader *queries, const struct hardness_detect_options *o, struct err *err)
{
    int rc = 0;
    struct vector_batch batch = {0};
    struct hardness_run r = {.o = o, .index = index, .queries = queries};
    struct sink sink = {w, d};
    *d = (struct hardness_detected){0};
    TRY(hardness_run_open(&r, err));
    if (o->choice == HARDNESS_TOP)
        TRY(hardness_store_open(&r.store, r.dim, r.n_cells, r.k, vector_reader_has_keys(queries), err));
    for (;;) {
        TRY(hardness_run_next(&r, &batch, err));
        if (batch.n == 0)
            break;
        for (size_t i = 0; i < batch.n; i++)
            TRY(take_row(&r, &sink, &batch, i, err));
        if (o->progress)
            o->progress(batch.first_row + batch.n);
    }
    if (o->choice == HARDNESS_TOP && r.n > 0)
        TRY(write_chosen(&r, &sink, err));
    d->n = r.scorer.n_queries;
    d->ndc = r.scorer.ndc;
    d->n_probed = r.n_probed;
    d->probe_ndc = r.probe_ndc;
    for (int i = 0; i < HARDNESS_PROBES; i++)
        d->probe_ndc += r.scorer.probes[i].ndc;
out:
    if (!o->truth)
        vector_batch_done(&batch);
    hardness_run_close(&r);
    return rc;
}
