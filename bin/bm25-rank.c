/* bm25-rank - rank passages for queries by BM25, from an inverted index that it also builds. */
#include "cli/cli.h"
#include "cli/progress.h"
#include "eval/mine.h"
#include "sys/par.h"
#include "text/bm25_source.h"

#include <inttypes.h>

static struct bm25_params params = {.k1 = 0.9, .b = 0.4};
static struct bm25_source_options source_options = {.progress = progress_step};
static struct rows_options operands;
static const char *columns;
static struct mine_options mining;
static int from, analyzer, idf, format, load;
static bool build, k_given, for_build[2];
static uint64_t k = 10, boost = 1;
enum { NEGATIVES_FROM = 100 };
static const char *const froms[] = {"auto", "tsv", "jsonl", NULL}, *const formats[] = {"vps", "trec", NULL},
                  *const loads[] = {"mmap", "copy", NULL};

static const struct option_spec options[] = {
    {.name = "build", .type = OPT_FLAG, .help = "read passages and write an index", .dest = &build},
    {.letter = 'x', .name = "index", .type = OPT_STRING, .arg = "FILE", .help = "index of the passages, - for stdin",
     .dest = &source_options.index},
    {.name = "passages", .type = OPT_STRING, .arg = "FILE", .help = "the passages themselves, TSV or JSON lines",
     .dest = &source_options.passages},
    {.letter = 'k', .name = "k", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 20, .help = "passages of each query",
     .dest = &k, .given = &k_given},
    {.name = "k1", .type = OPT_F64, .arg = "X", .fmax = 1000, .help = "how slowly repetitions of a term stop counting",
     .dest = &params.k1},
    {.name = "b", .type = OPT_F64, .arg = "X", .fmax = 1, .help = "how much the length of a passage counts", .dest = &params.b},
    {.name = "idf", .type = OPT_CHOICE, .arg = "VARIANT", .choices = bm25_idf_names, .help = "variant of BM25", .dest = &idf},
    {.name = "analyzer", .type = OPT_CHOICE, .arg = "NAME", .choices = analyzer_names, .dest = &analyzer,
     .given = &for_build[0], .help = "how texts become terms; an index has its own"},
    {.name = "title-boost", .type = OPT_U64, .arg = "N", .max = BM25_BUILD_MAX_BOOST, .dest = &boost, .given = &for_build[1],
     .help = "how often each term of a title counts; an index has its own"},
    {.name = "from", .type = OPT_CHOICE, .arg = "FORMAT", .choices = froms, .help = "format of the operands", .dest = &from},
    {.name = "columns", .type = OPT_STRING, .arg = "LIST", .dest = &columns,
     .help = "columns of operands that are TSV: id, text, title and - to ignore one, parted by commas"},
    {.name = "header", .type = OPT_FLAG, .help = "skip the first line of each operand", .dest = &operands.header},
    {.name = "format", .type = OPT_CHOICE, .arg = "FORMAT", .choices = formats, .help = "form of the ranking",
     .dest = &format},
    {.name = "load", .type = OPT_CHOICE, .arg = "HOW", .choices = loads, .silent = true, .dest = &load,
     .help = "map the index, or read and verify all of it first"},
    {.name = "negatives", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 20, .dest = &mining.n_negatives,
     .help = "write training examples with N hard negatives each, of the k passages"},
    {.name = "exclude-qrels", .type = OPT_STRING, .arg = "FILE", .help = "the positives, which are no negatives",
     .dest = &mining.qrels},
    {.name = "exclude-answers", .type = OPT_STRING, .arg = "FILE", .help = "answers: who has one is no negative",
     .dest = &mining.answers},
    OPTION_THREADS, OPTION_MAX_MEMORY, OPTION_OUTPUT, OPTION_COMPRESS, OPTION_PROGRESS, OPTION_QUIET, OPTION_NO_PROVENANCE,
    OPTIONS_END};

static const struct program prog = {.name = "bm25-rank", .summary = "rank passages for queries by BM25",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

static int write_examples(struct mine *mine, struct output *out, struct err *err)
{
    struct tally tally = {0};
    int rc = mine_write(mine, source_options.passages, out, &tally, err);
    for (size_t i = 0; rc == 0 && i < tally.n_lines; i++)
        if (tally.lines[i].n > 0)
            note("%" PRIu64 " %s", tally.lines[i].n, tally.lines[i].what);
    return rc;
}

static int rank(struct rows *rows, struct output *out, struct err *err)
{
    const struct bm25_rank_output to = {out, (enum runout_format)format, (int)common.level, prog.name,
                                        source_options.build.command};
    struct bm25_rank_options o = {.k = k, .n_threads = par_threads((int)common.threads), .progress = progress_step};
    struct bm25_source source = {0};
    struct bm25_scorer *scorer = NULL;
    struct mine *mine = NULL;
    struct bm25_rank_counts counts = {0};
    int rc = 0;
    if (mining.n_negatives)
        TRY(mine_new(&mine, &mining, err));
    TRY(bm25_source_open(&source, &source_options, err));
    if (source.made)
        note("%zu passages indexed", bm25_file_index(source.file)->n);
    TRY(bm25_scorer_new(&scorer, bm25_file_index(source.file), params, o.n_threads, err));
    if (mine) {
        o.write = mine_add;
        o.ctx = mine;
        TRY(bm25_rank_run(source.file, scorer, rows, &o, &counts, err));
        TRY(write_examples(mine, out, err));
    } else {
        TRY(bm25_rank_write(source.file, scorer, rows, &o, &to, &counts, err));
    }
    note("%" PRIu64 " queries, %" PRIu64 " of them without a term of the index", counts.n_queries, counts.n_empty);
out:
    mine_free(mine);
    bm25_scorer_free(scorer);
    bm25_source_done(&source);
    return rc;
}

static int run(struct err *err)
{
    struct output *out = NULL;
    struct rows *rows = NULL;
    uint64_t n;
    int rc = 0;
    TRY(output_open(&out, common.output, build || (format == RUNOUT_STREAM && !mining.n_negatives), err));
    TRY(columns ? rows_parse_columns(&operands, columns, err) : 0);
    TRY(rows_open(&rows, cli_operands(), cli_n_operands(), &operands, err));
    progress_start(build ? "index" : "rank", "bytes", rows_raw_size(rows));
    if (build) {
        TRY(bm25_build_rows(rows, &source_options.build, progress_step, out, &n, err));
        note("%" PRIu64 " passages indexed", n);
    } else {
        TRY(rank(rows, out, err));
    }
    progress_end();
    TRY(output_commit(out, err));
out:
    rows_close(rows);
    output_free(out);
    return rc;
}

int main(int argc, char **argv)
{
    cli_start(&prog, argc, argv);
    params.idf = (enum bm25_idf)idf;
    operands.format = (enum rows_format)from;
    source_options.load = load ? MAPFILE_COPY : MAPFILE_MMAP;
    source_options.build = (struct bm25_build_options){
        .analyzer = (enum analyzer_kind)analyzer, .title_boost = (uint32_t)boost, .memory = common.max_memory,
        .program = prog.name, .command = common.no_provenance ? NULL : cli_command()};
    const bool negatives = mining.n_negatives > 0, index = source_options.index, passages = source_options.passages;
    if (build && (index || passages || negatives))
        die_usage("--build writes an index: it takes no --index, --passages or --negatives");
    if (!build && !index && !passages)
        die_usage("give --index or --passages");
    if (negatives ? !passages || !mining.qrels : mining.qrels || mining.answers || (index && passages))
        die_usage(negatives ? "--negatives needs the texts and the positives: --passages and --exclude-qrels" :
                  "only --negatives takes --exclude-qrels, --exclude-answers, or --passages beside --index");
    if (negatives && !k_given)
        k = NEGATIVES_FROM;
    if (index && (for_build[0] || for_build[1]))
        die_usage("an index has its analyzer and its title boost: they are given to --build");
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
