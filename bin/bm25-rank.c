/* bm25-rank - rank passages for queries by BM25, from an inverted index that it also builds. */
#include "base/mem.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "eval/mine.h"
#include "fmt/runout.h"
#include "sys/par.h"
#include "text/bm25_build.h"
#include "text/bm25_rank.h"

#include <inttypes.h>
#include <string.h>

static struct bm25_params params = {.k1 = 0.9, .b = 0.4};
static const char *index_path, *passages, *columns;
static struct mine_options mining;
static int from, analyzer, idf, format, load;
static bool build, header_line, k_given, for_build[2];
static uint64_t k = 10, boost = 1;
enum { NEGATIVES_FROM = 100 };
static const char *const froms[] = {"auto", "tsv", "jsonl", NULL}, *const formats[] = {"vps", "trec", NULL},
                  *const loads[] = {"mmap", "copy", NULL};

static const struct option_spec options[] = {
    {.name = "build", .type = OPT_FLAG, .help = "read passages and write an index", .dest = &build},
    {.letter = 'x', .name = "index", .type = OPT_STRING, .arg = "FILE", .help = "index of the passages, - for stdin",
     .dest = &index_path},
    {.name = "passages", .type = OPT_STRING, .arg = "FILE", .help = "the passages themselves, TSV or JSON lines",
     .dest = &passages},
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
    {.name = "header", .type = OPT_FLAG, .help = "skip the first line of each operand", .dest = &header_line},
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

static int open_operands(struct rows **rows, struct err *err)
{
    struct rows_options o = {.format = (enum rows_format)from, .header = header_line};
    int rc = columns ? rows_parse_columns(&o, columns, err) : 0;
    if (rc == 0)
        rc = rows_open(rows, cli_operands(), cli_n_operands(), &o, err);
    if (rc == 0)
        progress_start(build ? "index" : "rank", "bytes", rows_raw_size(*rows));
    return rc;
}

/* An index of rows into out. */
static int build_index(struct rows *rows, struct output *out, struct err *err)
{
    const struct bm25_build_options o = {(enum analyzer_kind)analyzer, (uint32_t)boost, common.max_memory};
    struct bm25_builder *builder = NULL;
    struct header h = {0};
    uint64_t n;
    int rc = 0;
    if (!common.no_provenance)
        TRY(header_add_program(&h, prog.name, VECPIPE_VERSION, cli_command(), NULL, 0, err));
    TRY(bm25_builder_new(&builder, &o, err));
    TRY(bm25_builder_add_rows(builder, rows, progress_step, err));
    TRY(bm25_builder_write(builder, out, &h, &n, err));
    note("%" PRIu64 " passages indexed", n);
out:
    bm25_builder_free(builder);
    header_done(&h);
    return rc;
}

/* The index of -x, or one of --passages in memory (*made). */
static int open_index(struct bm25_file **file, struct output **made, struct err *err)
{
    struct rows *rows = NULL;
    size_t n;
    int rc = 0;
    if (index_path)
        return bm25_file_open(file, index_path, load ? MAPFILE_COPY : MAPFILE_MMAP, err);
    TRY(rows_open(&rows, &passages, 1, &(struct rows_options){0}, err));
    TRY(output_open_memory(made, err));
    TRY(build_index(rows, *made, err));
    const void *bytes = output_memory(*made, &n);
    TRY(bm25_file_open_memory(file, bytes, n, passages, MAPFILE_MMAP, err));
out:
    rows_close(rows);
    return rc;
}

static int write_answer(void *ctx, const struct bm25_answer *answer, struct err *err)
{
    return runout_write(ctx, &answer->row, err);
}

static int mine_answer(void *ctx, const struct bm25_answer *answer, struct err *err)
{
    const struct neighbours_row *row = &answer->row;
    return mine_add(ctx, row->key, answer->query, row->nnkeys, row->n, err);
}

static int write_examples(struct mine *mine, struct output *out, struct err *err)
{
    struct tally tally = {0};
    struct rows *rows = NULL;
    int rc = 0;
    TRY(rows_open(&rows, &passages, 1, &(struct rows_options){0}, err));
    TRY(mine_write(mine, rows, out, &tally, err));
    for (size_t i = 0; i < tally.n_lines; i++)
        if (tally.lines[i].n > 0)
            note("%" PRIu64 " %s", tally.lines[i].n, tally.lines[i].what);
out:
    rows_close(rows);
    return rc;
}

static int rank(struct rows *rows, struct output *out, struct err *err)
{
    struct bm25_file *file = NULL;
    struct output *made = NULL;
    struct bm25_scorer *scorer = NULL;
    struct header h = {0};
    struct neighbours_options o;
    struct runout run = {0};
    struct mine *mine = NULL;
    struct bm25_rank_counts counts = {0};
    struct bm25_rank_options ro = {.k = k, .n_threads = par_threads((int)common.threads), .write = write_answer, .ctx = &run,
                                   .progress = progress_step};
    int rc = 0;
    if (mining.n_negatives) {
        TRY(mine_new(&mine, &mining, err));
        ro.write = mine_answer;
        ro.ctx = mine;
    }
    TRY(open_index(&file, &made, err));
    TRY(bm25_scorer_new(&scorer, bm25_file_index(file), params, ro.n_threads, err));
    TRY(bm25_rank_header(&h, file, params, k, &o, err));
    if (!common.no_provenance) {
        const struct header *parent = bm25_file_header(file);
        TRY(header_add_program(&h, prog.name, VECPIPE_VERSION, cli_command(), &parent, 1, err));
    }
    if (!mine)
        TRY(runout_open(&run, out, &h, &o, (enum runout_format)format, (int)common.level, err));
    TRY(bm25_rank_run(file, scorer, rows, &ro, &counts, err));
    TRY(mine ? write_examples(mine, out, err) : runout_end(&run, err));
    note("%" PRIu64 " queries, %" PRIu64 " of them without a term of the index", counts.n_queries, counts.n_empty);
out:
    mine_free(mine);
    runout_done(&run);
    header_done(&h);
    bm25_scorer_free(scorer);
    bm25_file_close(file);
    output_free(made);
    return rc;
}

static int run(struct err *err)
{
    struct output *out = NULL;
    struct rows *rows = NULL;
    int rc = 0;
    TRY(output_open(&out, common.output, build || (format == RUNOUT_STREAM && !mining.n_negatives), err));
    TRY(open_operands(&rows, err));
    TRY(build ? build_index(rows, out, err) : rank(rows, out, err));
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
    bool negatives = mining.n_negatives > 0;
    if (build && (index_path || passages || negatives))
        die_usage("--build writes an index: it takes no --index, --passages or --negatives");
    if (!build && !index_path && !passages)
        die_usage("give --index or --passages");
    if (negatives ? !passages || !mining.qrels : mining.qrels || mining.answers || (index_path && passages))
        die_usage(negatives ? "--negatives needs the texts and the positives: --passages and --exclude-qrels" :
                  "only --negatives takes --exclude-qrels, --exclude-answers, or --passages beside --index");
    if (negatives && !k_given)
        k = NEGATIVES_FROM;
    if (index_path && (for_build[0] || for_build[1]))
        die_usage("an index has its analyzer and its title boost: they are given to --build");
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
