/* hardq-detect - the queries that are hard for an index. */
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "graph/answer_inputs.h"
#include "repair/hardness_options.h"
#include "sys/par.h"

static struct hardness_wish wish = {.k = 10, .eps = 0.03, .top = "10%"};
static const char *index_path;
static bool force, timed;
static const char *const loads[] = {[MAPFILE_MMAP] = "mmap", [MAPFILE_COPY] = "copy", NULL};
static int load = MAPFILE_MMAP;

static const struct option_spec options[] = {
    {.letter = 'x', .name = "index", .type = OPT_STRING, .arg = "FILE", .help = "the index, - for stdin", .dest = &index_path,
     .required = true},
    {.letter = 'k', .name = "k", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT32_MAX,
     .help = "neighbours of each query", .dest = &wish.k},
    {.letter = 'e', .name = "ef", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT32_MAX / 2,
     .help = "width of the search, at least k; the default is the greater of 64 and k", .dest = &wish.ef, .given = &wish.has_ef},
    {.name = "score", .type = OPT_CHOICE, .arg = "SCORE", .choices = hardness_score_names, .dest = &wish.score,
     .help = "what hardness is told by; the default is model with --predictor, else trace", .given = &wish.has_score},
    {.name = "predictor", .type = OPT_STRING, .arg = "FILE", .help = "boosted trees of XGBoost or LightGBM, for --score model",
     .dest = &wish.predictor},
    {.name = "eps", .type = OPT_F64, .arg = "X", .fmin = 1e-6, .fmax = 10, .help = "jitter: noise on each number of a query",
     .dest = &wish.eps},
    {.name = "top", .type = OPT_STRING, .arg = "P%|N", .help = "pass the P percent, or the N, of the highest score",
     .dest = &wish.top, .given = &wish.has_top},
    {.name = "threshold", .type = OPT_F64, .arg = "X", .help = "pass those with a score above X", .dest = &wish.threshold,
     .given = &wish.has_threshold},
    {.name = "rule", .type = OPT_CHOICE, .arg = "RULE", .choices = hardness_rules, .dest = &wish.rule, .given = &wish.has_rule,
     .help = "pass those with upstream > 0.5 or jitter > 0.1"},
    {.name = "all", .type = OPT_FLAG, .help = "pass all queries", .dest = &wish.all},
    {.name = "cascade", .type = OPT_FLAG, .help = "with --top: probe stability where trace leaves a doubt",
     .dest = &wish.cascade},
    {.name = "truth", .type = OPT_STRING, .arg = "FILE", .help = "exact neighbours (of knn-exact), for the recall of each query",
     .dest = &wish.truth},
    {.name = "evaluate", .type = OPT_FLAG, .help = "pass nothing; print how well each score tells the recall",
     .dest = &wish.evaluate},
    {.name = "load", .type = OPT_CHOICE, .arg = "HOW", .choices = loads, .silent = true,
     .help = "map the index, or read it all into memory and check it", .dest = &load},
    {.name = "time", .type = OPT_FLAG, .help = "with --evaluate: the time that each score took", .dest = &timed},
    {.name = "force", .type = OPT_FLAG, .help = "search with queries of another space, metric or normalisation", .dest = &force},
    OPTION_SEED, OPTION_THREADS, OPTION_OUTPUT, OPTION_COMPRESS, OPTION_PROGRESS, OPTION_QUIET, OPTION_NO_PROVENANCE,
    OPTIONS_END};

static const struct program prog = {.name = "hardq-detect", .summary = "pass on the queries that are hard for an index",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

static int evaluate(const struct answer_inputs *in, const struct hardness_detect_options *o, struct output *out, struct err *err)
{
    int rc = 0;
    struct hardness_evaluation e;
    TRY(hardness_evaluate(&e, in->index, in->queries, o, err));
    TRY(hardness_evaluation_write(&e, timed, out, err));
    note("%zu queries, recall@%zu %.4f at ef %zu", e.n, o->scorer.k, e.recall, o->scorer.ef);
out:
    return rc;
}

static int detect(const struct answer_inputs *in, const struct hardness_detect_options *o, struct output *out, struct err *err)
{
    int rc = 0;
    struct header header = {0};
    struct stream_writer *writer = NULL;
    struct hardness_detected d;
    TRY(hardness_detect_header(&header, in->queries, o, err));
    if (!common.no_provenance)
        TRY(header_add_program(&header, cli_program_name(), VECPIPE_VERSION, cli_command(),
                               (const struct header *const[]){graph_file_header(in->index), vector_reader_header(in->queries)}, 2,
                               err));
    TRY(stream_writer_open(&writer, out, &header, (int)common.level, err));
    TRY(hardness_detect(&d, writer, in->index, in->queries, o, err));
    TRY(stream_writer_end(writer, err));
    progress_end();
    double n = d.n ? (double)d.n : 1;
    note("%llu of %llu queries passed; a query took %.1f distances, and %.1f for probes", (unsigned long long)d.n_passed,
         (unsigned long long)d.n, (double)d.ndc / n, (double)d.probe_ndc / n);
    if (o->cascade)
        note("%llu queries were probed: %.1f %% of probes saved", (unsigned long long)d.n_probed,
             100 - 100 * (double)d.n_probed / n);
out:
    stream_writer_free(writer);
    header_done(&header);
    return rc;
}

static int run(struct err *err)
{
    int rc = 0;
    struct answer_inputs in = {0};
    struct output *out = NULL;
    struct forest model = {0};
    struct hardness_detect_options o;
    const struct answer_inputs_options files = {.index = index_path, .load = (enum mapfile_load)load, .force = force,
                                                .queries = cli_operands(), .n_queries = cli_n_operands()};
    TRY(hardness_options_make(&o, &wish, par_threads((int)common.threads), common.seed, err));
    o.progress = progress_step;
    TRY(output_open(&out, common.output, !wish.evaluate, err));
    if (wish.predictor)
        TRY(forest_open(&model, wish.predictor, err));
    o.scorer.model = wish.predictor ? &model : NULL;
    TRY(answer_inputs_open(&in, &files, err));
    progress_start("search", "queries", 0);
    TRY((wish.evaluate ? evaluate : detect)(&in, &o, out, err));
    progress_end();
    TRY(output_commit(out, err));
out:
    output_free(out);
    answer_inputs_close(&in);
    forest_done(&model);
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    cli_start(&prog, argc, argv);
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
