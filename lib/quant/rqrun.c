#include "quant/rqrun.h"

#include "quant/codebooks.h"
#include "quant/codetokens.h"
#include "quant/rqencode.h"
#include "sys/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int open_vectors(struct rqrun *r, struct err *err)
{
    return vector_reader_open_all(&r->reader, r->options->paths, r->options->n_paths, err);
}

static int read_codes(struct rqrun *r, struct err *err)
{
    struct input *in = NULL;
    int rc = input_open(&in, r->options->n_paths > 0 ? r->options->paths[0] : "-", err);
    return rc ? rc : coderows_read(&r->rows, in, r->options->clusters, err);
}

/* The header of codes, and the writer under it. */
static int start_codes(struct rqrun *r, const struct codeset *s, bool has_key, const struct rqsides_options *o,
                       const struct header *const parents[], size_t n, struct err *err)
{
    int rc = 0;
    TRY(codeset_header(&r->header, s, has_key, err));
    TRY(codetokens_set_base(&r->header, o->token_base, err));
    TRY(rqsides_start(&r->writer, r->out, &r->header, o, parents, n, err));
out:
    return rc;
}

static int write_time(struct rqrun *r, uint64_t wall_ns, struct err *err)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, wall_ns);
    int rc = stream_writer_stat(r->writer, "wall_ns", text, err);
    snprintf(text, sizeof text, "%d", r->options->train.residual.level.n_threads);
    return rc ? rc : stream_writer_stat(r->writer, "threads", text, err);
}

static int run_train(struct rqrun *r, struct err *err)
{
    int rc = 0;
    const struct rqrun_options *o = r->options;
    struct rqtrain *t = &r->t;
    const struct header *from = &t->base.header;
    TRY(codeset_parse_levels(o->clusters, "-K", o->n_levels, t->q.clusters, &t->q.n_levels, err));
    if (o->sides.paths[RQSIDE_TOKENS])
        TRY(codetokens_check(t->q.n_levels, err));
    TRY(open_vectors(r, err));
    uint64_t before = o->time ? clock_ns() : 0;
    TRY(rqtrain_run(t, r->reader, &o->train, err));
    uint64_t wall_ns = o->time ? clock_ns() - before : 0;
    TRY(start_codes(r, &t->codes, t->base.keys != NULL, &o->sides, &from, 1, err));
    TRY(codeset_write(r->writer, &t->codes, t->base.ids, t->base.keys, err));
    const struct rqreport report = {.codes = &t->codes, .trained = &t->q, .mse = t->mse, .reassigned = t->changed,
                                    .before = o->train.resolve > RESOLVE_SUFFIX ? &t->trained : NULL, .wall_ns = wall_ns};
    TRY(rqsides_write(&r->sides, &o->sides, &report, &t->q, from, err));
    if (o->time)
        TRY(write_time(r, wall_ns, err));
out:
    return rc;
}

static int run_apply(struct rqrun *r, struct err *err)
{
    int rc = 0;
    const struct rqrun_options *o = r->options;
    const struct residual *q = &r->t.q;
    TRY(codebooks_read(&r->t.q, o->books, &r->books, err));
    TRY(open_vectors(r, err));
    const struct header *h = vector_reader_header(r->reader);
    TRY(vectors_compatible(&r->books, o->books, h, input_name(vector_reader_input(r->reader)), err));
    struct codeset of = {.n_levels = q->n_levels};
    memcpy(of.clusters, q->clusters, sizeof of.clusters);
    TRY(start_codes(r, &of, vector_reader_has_keys(r->reader), &o->sides, (const struct header *const[]){h, &r->books}, 2,
                    err));
    TRY(rqencode_stream(r->writer, q, r->reader, o->beam, o->train.residual.level.n_threads, o->train.residual.level.progress,
                        err));
    TRY(rqsides_write(&r->sides, &o->sides, NULL, q, &r->books, err));
out:
    return rc;
}

static int run_decode(struct rqrun *r, struct err *err)
{
    int rc = 0;
    const struct rqrun_options *o = r->options;
    const struct residual *q = &r->t.q;
    const struct header *const parents[] = {&r->rows.header, &r->books};
    TRY(codebooks_read(&r->t.q, o->books, &r->books, err));
    TRY(read_codes(r, err));
    TRY(rqencode_decode_header(&r->header, q, r->rows.keys != NULL, header_meta(&r->books, "space"), err));
    TRY(rqsides_start(&r->writer, r->out, &r->header, &o->sides, parents, 2, err));
    TRY(rqencode_decode(r->writer, q, &r->rows.set, r->rows.ids, r->rows.keys, err));
    TRY(rqsides_write(&r->sides, &o->sides, NULL, q, &r->books, err));
out:
    return rc;
}

static int run_codes(struct rqrun *r, struct err *err)
{
    int rc = 0, base;
    const struct rqrun_options *o = r->options;
    struct rqsides_options sides = o->sides;
    struct coderows *rows = &r->rows;
    const struct header *from = &rows->header;
    TRY(read_codes(r, err));
    TRY(codetokens_base(from, &base, err));
    if (base >= 0 && !o->tell_base)
        sides.token_base = (unsigned)base;
    if (o->train.resolve == RESOLVE_SUFFIX)
        TRY(codeset_suffix(&rows->set, err));
    TRY(header_copy_metas(&r->header, from, err));
    TRY(start_codes(r, &rows->set, rows->keys != NULL, &sides, &from, 1, err));
    TRY(codeset_write(r->writer, &rows->set, rows->ids, rows->keys, err));
    TRY(rqsides_write(&r->sides, &sides, &(struct rqreport){.codes = &rows->set}, NULL, NULL, err));
out:
    return rc;
}

int rqrun_check(const struct rqrun_options *o, struct err *err)
{
    const char *const *side = o->sides.paths;
    bool reads_codes = o->mode == RQRUN_CODES || o->mode == RQRUN_DECODE;
    if (o->mode != RQRUN_TRAIN && o->gives.training)
        return err_set(err, ERR_USAGE, "-L, --size-min, --size-max, --unbounded, --cost, --n-init, --max-iter, --tol and --time "
                       "are of training: they do not go with --apply, --decode and --codes");
    if (o->mode != RQRUN_APPLY && o->gives.beam)
        return err_set(err, ERR_USAGE, "--beam is of --apply: give that too");
    if (o->mode == RQRUN_APPLY && o->gives.clusters)
        return err_set(err, ERR_USAGE, "-K does not go with --apply: codebooks say how many codes they have");
    if (o->books && o->gives.resolve)
        return err_set(err, ERR_USAGE, "--resolve does not go with --apply and --decode: see --codes");
    if (o->mode == RQRUN_DECODE && o->tell_base)
        return err_set(err, ERR_USAGE, "--first-code does not go with --decode: codes of a stream or an array count from 0");
    if (o->books && (side[RQSIDE_REPORT] || side[RQSIDE_TOKENS] || side[RQSIDE_NPY] || side[RQSIDE_BOOKS]))
        return err_set(err, ERR_USAGE,
                       "--report, --tokens, --npy and --codebooks do not go with --apply and --decode: see --codes");
    if (o->mode == RQRUN_CODES && (side[RQSIDE_BOOKS] || side[RQSIDE_NPZ] || o->train.resolve > RESOLVE_SUFFIX))
        return err_set(err, ERR_USAGE,
                       "--codes has no vectors: --codebooks, --npz, --resolve sinkhorn and --resolve reassign need them");
    if (reads_codes && o->n_paths > 1)
        return err_set(err, ERR_USAGE, "one stream of codes, not %zu", o->n_paths);
    if (!o->train.residual.level.bounded && (o->train.residual.least_given || o->train.residual.most_given))
        return err_set(err, ERR_USAGE, "--unbounded and --size-min or --size-max: give one");
    return 0;
}

int rqrun_run(struct rqrun *r, struct err *err)
{
    int rc = rqsides_apart(&r->options->sides, r->out, err);
    if (rc != 0)
        return rc;
    switch (r->options->mode) {
    case RQRUN_APPLY: return run_apply(r, err);
    case RQRUN_DECODE: return run_decode(r, err);
    case RQRUN_CODES: return run_codes(r, err);
    default: return run_train(r, err);
    }
}

int rqrun_remarks(const struct rqrun *r, struct buf *text, struct err *err)
{
    int rc = 0;
    const struct rqtrain *t = &r->t;
    if (r->options->mode != RQRUN_TRAIN)
        return 0;
    for (size_t l = 0; l < t->q.n_levels; l++)
        TRY(buf_printf(text, err, "level %zu: %u codes, mse %.6g after %.6g\n", l + 1, t->q.clusters[l],
                       t->q.level[l].mse_after, t->q.level[l].mse_before));
    if (r->options->train.residual.level.bounded)
        TRY(buf_printf(text, err, "%" PRIu64 " assignments, each certified optimal; ", rqtrain_assignments(t)));
    TRY(buf_printf(text, err, "%zu vectors, %" PRIu64 " different codes\n", t->base.n, t->trained.distinct));
    if (t->changed > 0)
        TRY(buf_printf(text, err, "mse %.6g after other last codes of %" PRIu64 " vectors\n", t->mse, t->changed));
out:
    return rc;
}

int rqrun_commit(struct rqrun *r, struct err *err)
{
    int rc = stream_writer_end(r->writer, err);
    return rc ? rc : rqsides_commit(&r->sides, err);
}

void rqrun_done(struct rqrun *r)
{
    stream_writer_free(r->writer);
    rqsides_done(&r->sides);
    header_done(&r->header);
    header_done(&r->books);
    coderows_done(&r->rows);
    rqtrain_done(&r->t);
    vector_reader_close(r->reader);
}
