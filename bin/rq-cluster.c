/* rq-cluster - vectors to codes by residual k-means with bounded cluster sizes, and what is done with codes and codebooks. */
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "quant/codebooks.h"
#include "quant/coderows.h"
#include "quant/rqencode.h"
#include "quant/rqreport.h"
#include "quant/rqtrain.h"
#include "sys/par.h"

#include <string.h>

static uint64_t n_levels = 3, size_min, size_max, n_init = 3, max_iter = 100, beam = 1, first_code = 1;
static const char *clusters = "256", *codebooks, *report, *apply, *decode, *tokens;
static bool levels_given, min_given, max_given, unbounded, codes;
static const char *const costs[] = {[LEVEL_SQ] = "sq", [LEVEL_L2] = "l2", NULL};
static const char *const ways[] = {[RESOLVE_NONE] = "none", [RESOLVE_SUFFIX] = "suffix", [RESOLVE_SINKHORN] = "sinkhorn",
                                   [RESOLVE_REASSIGN] = "reassign", NULL};
static int cost = LEVEL_SQ, way = RESOLVE_SUFFIX;
static double tol = 1e-4;

static const struct option_spec options[] = {
    {.letter = 'L', .name = "levels", .type = OPT_U64, .arg = "N", .min = 1, .max = CODESET_MAX_LEVELS, .given = &levels_given,
     .help = "levels, each of what those before leave", .dest = &n_levels},
    {.letter = 'K', .name = "clusters", .type = OPT_STRING, .arg = "LIST", .help = "clusters of every level, or of each",
     .dest = &clusters},
    {.name = "size-min", .type = OPT_U64, .arg = "N", .max = INT32_MAX, .given = &min_given,
     .help = "vectors a cluster at least; unless given max(1, rows / K - 1)", .dest = &size_min},
    {.name = "size-max", .type = OPT_U64, .arg = "N", .min = 1, .max = INT32_MAX, .given = &max_given,
     .help = "vectors a cluster at most; unless given rows / K + 1", .dest = &size_max},
    {.name = "unbounded", .type = OPT_FLAG, .help = "clusters of any size: plain residual k-means", .dest = &unbounded},
    {.name = "cost", .type = OPT_CHOICE, .arg = "COST", .choices = costs,
     .help = "what the assignment minimises: squared or plain distances", .dest = &cost},
    {.name = "n-init", .type = OPT_U64, .arg = "N", .min = 1, .max = 1000, .help = "starts of each level; the best counts",
     .dest = &n_init},
    {.name = "max-iter", .type = OPT_U64, .arg = "N", .min = 1, .max = 100000, .help = "iterations of a start",
     .dest = &max_iter},
    {.name = "tol", .type = OPT_F64, .arg = "X", .fmin = 0, .fmax = 1e9,
     .help = "stop when centres moved less than X times the variance", .dest = &tol},
    {.name = "resolve", .type = OPT_CHOICE, .arg = "HOW", .choices = ways, .help = "what tells items of equal codes apart",
     .dest = &way},
    {.name = "codebooks", .type = OPT_STRING, .arg = "FILE", .help = "write the centres to FILE, as vectors", .dest = &codebooks},
    {.name = "apply", .type = OPT_STRING, .arg = "FILE", .help = "encode by the codebooks of FILE", .dest = &apply},
    {.name = "beam", .type = OPT_U64, .arg = "N", .min = 1, .max = 4096, .help = "with --apply: prefixes kept at each level",
     .dest = &beam},
    {.name = "decode", .type = OPT_STRING, .arg = "FILE", .help = "read codes, write their vectors by the codebooks of FILE",
     .dest = &decode},
    {.name = "codes", .type = OPT_FLAG, .help = "read codes, not vectors: report, suffixes, tokens", .dest = &codes},
    {.name = "tokens", .type = OPT_STRING, .arg = "FILE", .silent = true,
     .help = "write codes as JSON lists of <a_1> tokens to FILE", .dest = &tokens},
    {.name = "first-code", .type = OPT_U64, .arg = "N", .max = 1, .silent = true, .help = "code 0 is N in --tokens",
     .dest = &first_code},
    {.name = "report", .type = OPT_STRING, .arg = "FILE", .silent = true, .help = "write what is measured of codes to FILE",
     .dest = &report},
    OPTION_SEED, OPTION_MAX_MEMORY, OPTION_THREADS, OPTION_OUTPUT, OPTION_COMPRESS, OPTION_PROGRESS, OPTION_QUIET,
    OPTION_NO_PROVENANCE, OPTIONS_END};

static const struct program prog = {.name = "rq-cluster", .summary = "residual k-means codes with balanced clusters",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

/* What is open during a run; the files of `sides` are published before stdout. */
enum { REPORT, TOKENS, BOOKS, N_SIDES };
struct work {
    struct vector_reader *reader;
    struct rqtrain t;
    struct coderows rows;
    struct header header, books;
    struct output *out, *sides[N_SIDES];
    struct stream_writer *writer;
};

static int start(struct stream_writer **w, struct output *out, struct header *h, const struct header *const parents[], size_t n,
                 struct err *err)
{
    int rc = common.no_provenance ? 0 : header_add_program(h, prog.name, VECPIPE_VERSION, cli_command(), parents, n, err);
    return rc ? rc : stream_writer_open(w, out, h, (int)common.level, err);
}

static int write_books(struct work *w, struct err *err)
{
    int rc = 0;
    struct stream_writer *writer = NULL;
    TRY(output_open(&w->sides[BOOKS], codebooks, true, err));
    TRY(codebooks_header(&w->books, &w->t.q, &w->t.base.header, err));
    TRY(start(&writer, w->sides[BOOKS], &w->books, (const struct header *const[]){&w->t.base.header}, 1, err));
    TRY(codebooks_write(writer, &w->t.q, err));
    TRY(stream_writer_end(writer, err));
out:
    stream_writer_free(writer);
    return rc;
}

static int write_sides(struct work *w, const struct rqreport *r, struct err *err)
{
    int rc = 0;
    if (report) {
        TRY(output_open(&w->sides[REPORT], report, false, err));
        TRY(rqreport_write(w->sides[REPORT], r, err));
    }
    if (tokens) {
        TRY(output_open(&w->sides[TOKENS], tokens, false, err));
        TRY(coderows_write_tokens(w->sides[TOKENS], r->codes, (unsigned)first_code, err));
    }
    if (codebooks)
        TRY(write_books(w, err));
out:
    return rc;
}

static int run_train(struct work *w, struct err *err)
{
    int rc = 0;
    struct rqtrain *t = &w->t;
    const struct rqtrain_options o = {
        .residual = {.level = {.bounded = !unbounded, .cost = (enum level_cost)cost, .n_init = (uint32_t)n_init, .tol = tol,
                               .max_iter = (uint32_t)max_iter, .seed = common.seed, .progress = progress_step,
                               .n_threads = par_threads((int)common.threads)},
                     .least_given = min_given, .most_given = max_given, .least = (uint32_t)size_min, .most = (uint32_t)size_max},
        .resolve = (enum resolve)way, .max_memory = common.max_memory};
    TRY(codeset_parse_levels(clusters, "-K", levels_given || !strchr(clusters, ',') ? (size_t)n_levels : 0, t->q.clusters,
                             &t->q.n_levels, err));
    TRY(vector_reader_open_all(&w->reader, cli_operands(), cli_n_operands(), err));
    progress_start("cluster", "iterations", 0);
    TRY(rqtrain_run(t, w->reader, &o, err));
    progress_end();
    TRY(codeset_header(&w->header, &t->codes, t->base.keys != NULL, err));
    TRY(start(&w->writer, w->out, &w->header, (const struct header *const[]){&t->base.header}, 1, err));
    TRY(codeset_write(w->writer, &t->codes, t->base.ids, t->base.keys, err));
    TRY(write_sides(w, &(struct rqreport){.codes = &t->codes, .trained = &t->q, .reassigned = t->changed,
                                          .before = way > RESOLVE_SUFFIX ? &t->trained : NULL}, err));
    for (size_t l = 0; l < t->q.n_levels; l++)
        note("level %zu: %u codes, mse %.6g after %.6g", l + 1, t->q.clusters[l], t->q.level[l].mse_after,
             t->q.level[l].mse_before);
    note("%llu assignments, each certified optimal; %zu vectors, %llu different codes",
         (unsigned long long)rqtrain_assignments(t), t->base.n, (unsigned long long)t->trained.distinct);
out:
    return rc;
}

static int run_apply(struct work *w, struct err *err)
{
    int rc = 0;
    TRY(codebooks_read(&w->t.q, apply, &w->books, err));
    TRY(vector_reader_open_all(&w->reader, cli_operands(), cli_n_operands(), err));
    const struct header *h = vector_reader_header(w->reader);
    TRY(vectors_compatible(&w->books, apply, h, input_name(vector_reader_input(w->reader)), err));
    struct codeset of = {.n_levels = w->t.q.n_levels};
    memcpy(of.clusters, w->t.q.clusters, sizeof of.clusters);
    TRY(codeset_header(&w->header, &of, vector_reader_has_keys(w->reader), err));
    TRY(start(&w->writer, w->out, &w->header, (const struct header *const[]){h, &w->books}, 2, err));
    progress_start("encode", "rows", 0);
    TRY(rqencode_stream(w->writer, &w->t.q, w->reader, (size_t)beam, par_threads((int)common.threads), progress_step, err));
    progress_end();
out:
    return rc;
}

/* --codes and --decode. */
static int run_codes(struct work *w, struct err *err)
{
    int rc = 0;
    const char *path = cli_n_operands() ? cli_operand(0) : "-";
    if (decode)
        TRY(codebooks_read(&w->t.q, decode, &w->books, err));
    TRY(coderows_read(&w->rows, path, err));
    if (decode) {
        TRY(rqencode_decode_header(&w->header, &w->t.q, w->rows.keys != NULL, header_meta(&w->books, "space"), err));
        TRY(start(&w->writer, w->out, &w->header, (const struct header *const[]){&w->rows.header, &w->books}, 2, err));
        TRY(rqencode_decode(w->writer, &w->t.q, &w->rows.set, w->rows.ids, w->rows.keys, err));
        goto out;
    }
    if (way == RESOLVE_SUFFIX)
        TRY(codeset_suffix(&w->rows.set, err));
    TRY(codeset_header(&w->header, &w->rows.set, w->rows.keys != NULL, err));
    TRY(start(&w->writer, w->out, &w->header, (const struct header *const[]){&w->rows.header}, 1, err));
    TRY(codeset_write(w->writer, &w->rows.set, w->rows.ids, w->rows.keys, err));
    TRY(write_sides(w, &(struct rqreport){.codes = &w->rows.set}, err));
out:
    return rc;
}

static int run(struct err *err)
{
    int rc = 0;
    struct work w = {0};
    TRY(output_open(&w.out, common.output, true, err));
    TRY((apply ? run_apply : codes || decode ? run_codes : run_train)(&w, err));
    TRY(stream_writer_end(w.writer, err));
    for (size_t i = 0; i < N_SIDES; i++)
        if (w.sides[i])
            TRY(output_commit(w.sides[i], err));
    TRY(output_commit(w.out, err));
out:
    stream_writer_free(w.writer);
    for (size_t i = 0; i < N_SIDES; i++)
        output_free(w.sides[i]);
    output_free(w.out);
    header_done(&w.header);
    header_done(&w.books);
    coderows_done(&w.rows);
    rqtrain_done(&w.t);
    vector_reader_close(w.reader);
    return rc;
}

int main(int argc, char **argv)
{
    common.seed = 42;
    cli_start(&prog, argc, argv);
    if (!!apply + !!decode + codes > 1)
        die_usage("--apply, --decode and --codes: give one");
    if ((apply || decode) && (report || tokens || codebooks))
        die_usage("--report, --tokens and --codebooks do not go with --apply and --decode: see --codes");
    if (codes && (codebooks || way > RESOLVE_SUFFIX))
        die_usage("--codes has no vectors: --codebooks, --resolve sinkhorn and --resolve reassign need them");
    if ((codes || decode) && cli_n_operands() > 1)
        die_usage("one stream of codes, not %zu", cli_n_operands());
    if (unbounded && (min_given || max_given))
        die_usage("--unbounded and --size-min or --size-max: give one");
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
