/* bm25-rank - rank passages for queries by BM25, from an inverted index that it also builds. */
#include "cli/cli.h"
#include "cli/progress.h"
#include "eval/ranking.h"
#include "sys/par.h"

#include <inttypes.h>

static struct ranking_options ranking = {
    .params = {.k1 = 0.9, .b = 0.4}, .source = {.progress = progress_step}, .rank = {.progress = progress_step}};
static struct rows_options operands;
static const char *columns, *passage_columns;
static int from, analyzer, idf, format, load;
static bool build, k_given, for_build[2];
static uint64_t boost = 1, k = 10;
enum { NEGATIVES_FROM = 100 };
static const char *const froms[] = {"auto", "tsv", "jsonl", NULL}, *const formats[] = {"vps", "trec", NULL},
                  *const loads[] = {"mmap", "copy", NULL};

static const struct option_spec options[] = {
    {.name = "build", .type = OPT_FLAG, .help = "read passages and write an index", .dest = &build},
    {.letter = 'x', .name = "index", .type = OPT_STRING, .arg = "FILE", .help = "index of the passages, - for stdin",
     .dest = &ranking.source.index},
    {.name = "passages", .type = OPT_STRING, .arg = "FILE", .help = "the passages themselves, TSV or JSON lines",
     .dest = &ranking.source.passages},
    {.name = "passage-columns", .type = OPT_STRING, .arg = "LIST", .dest = &passage_columns,
     .help = "columns of passages that are TSV, as --columns"},
    {.letter = 'k', .name = "k", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 20, .help = "passages of each query",
     .dest = &k, .given = &k_given},
    {.name = "k1", .type = OPT_F64, .arg = "X", .fmax = 1000, .help = "how slowly repetitions of a term stop counting",
     .dest = &ranking.params.k1},
    {.name = "b", .type = OPT_F64, .arg = "X", .fmax = 1, .dest = &ranking.params.b,
     .help = "how much the length of a passage counts"},
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
    {.name = "negatives", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 20, .dest = &ranking.mining.n_negatives,
     .help = "write training examples with N hard negatives each, of the k passages"},
    {.name = "exclude-qrels", .type = OPT_STRING, .arg = "FILE", .help = "the positives, which are no negatives",
     .dest = &ranking.mining.qrels},
    {.name = "exclude-answers", .type = OPT_STRING, .arg = "FILE", .help = "answers: who has one is no negative",
     .dest = &ranking.mining.answers},
    OPTION_THREADS, OPTION_MAX_MEMORY, OPTION_OUTPUT, OPTION_COMPRESS, OPTION_PROGRESS, OPTION_QUIET, OPTION_NO_PROVENANCE,
    OPTIONS_END};

static const struct program prog = {.name = "bm25-rank", .summary = "rank passages for queries by BM25",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

static int run(struct err *err)
{
    struct output *out = NULL;
    struct rows *rows = NULL;
    struct buf remarks = {0};
    uint64_t n;
    int rc = 0;
    TRY(output_open(&out, common.output, build || (format == RUNOUT_STREAM && !ranking.mining.n_negatives), err));
    TRY(columns ? rows_parse_columns(&operands, columns, err) : 0);
    TRY(passage_columns ? rows_parse_columns(&ranking.source.rows, passage_columns, err) : 0);
    TRY(rows_open(&rows, cli_operands(), cli_n_operands(), &operands, err));
    progress_start(build ? "index" : "rank", "bytes", rows_raw_size(rows));
    if (build) {
        TRY(bm25_build_rows(rows, &ranking.source.build, progress_step, out, &n, err));
        TRY(buf_printf(&remarks, err, "%" PRIu64 " passages indexed\n", n));
    } else {
        TRY(ranking_run(&ranking, rows, out, &remarks, err));
    }
    progress_end();
    TRY(output_commit(out, err));
    note_lines(&remarks);
out:
    buf_done(&remarks);
    rows_close(rows);
    output_free(out);
    return rc;
}

int main(int argc, char **argv)
{
    cli_start(&prog, argc, argv);
    ranking.params.idf = (enum bm25_idf)idf;
    ranking.format = (enum runout_format)format;
    ranking.level = (int)common.level;
    ranking.rank.n_threads = par_threads((int)common.threads);
    operands.format = (enum rows_format)from;
    ranking.source.load = load ? MAPFILE_COPY : MAPFILE_MMAP;
    ranking.source.build = (struct bm25_build_options){
        .analyzer = (enum analyzer_kind)analyzer, .title_boost = (uint32_t)boost, .memory = common.max_memory,
        .program = prog.name, .command = common.no_provenance ? NULL : cli_command()};
    const bool negatives = ranking.mining.n_negatives > 0, index = ranking.source.index, passages = ranking.source.passages;
    if (build && (index || passages || negatives))
        die_usage("--build writes an index: it takes no --index, --passages or --negatives");
    if (!build && !index && !passages)
        die_usage("give --index or --passages");
    if (passage_columns && !passages)
        die_usage("--passage-columns are those of --passages");
    if (negatives ? !passages || !ranking.mining.qrels : ranking.mining.qrels || ranking.mining.answers || (index && passages))
        die_usage(negatives ? "--negatives needs the texts and the positives: --passages and --exclude-qrels" :
                  "only --negatives takes --exclude-qrels, --exclude-answers, or --passages beside --index");
    if (negatives && !k_given)
        k = NEGATIVES_FROM;
    ranking.rank.k = k;
    if (index && (for_build[0] || for_build[1]))
        die_usage("an index has its analyzer and its title boost: they are given to --build");
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
