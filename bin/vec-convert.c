/* vec-convert - vectors and neighbours from any known format to any other; rows, samples, shards, columns on the way; indexes. */
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "fmt/vecconvert.h"
#include "graph/graph_convert.h"
#include "vec/metric.h"

#include <string.h>

static const char *const kinds[] = {"auto", "vectors", "neighbours", NULL};
static const char *const dtypes[] = {"f32", "f16", "bf16", "f64", "i8", "u8", NULL};

static struct {
    const char *from, *to, *rows, *shard, *columns;
    int kind, dtype;
    uint64_t sample, expect_rows, first_id;
    bool expect_given, first_given;
} arg = {.dtype = -1};

static const struct option_spec options[] = {
    {.name = "from", .type = OPT_STRING, .arg = "FORMAT", .help = "what the input is; the default is found out",
     .dest = &arg.from},
    {.name = "to", .type = OPT_STRING, .arg = "FORMAT", .help = "what to write; the default is by -o's extension, else vps",
     .dest = &arg.to},
    {.name = "kind", .type = OPT_CHOICE, .arg = "KIND", .choices = kinds, .dest = &arg.kind,
     .help = "what rows of integers are: auto takes ivecs, ibin and knn for neighbours"},
    {.name = "rows", .type = OPT_STRING, .arg = "A:B", .help = "only rows A to B-1, from 0; either may be left out",
     .dest = &arg.rows},
    {.name = "sample", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT64_MAX / 32,
     .help = "of them N rows, chosen by --seed, in their order", .dest = &arg.sample},
    OPTION_SEED,
    {.name = "shard", .type = OPT_STRING, .arg = "I/N", .help = "of them the I'th of N runs of equal length, I from 0",
     .dest = &arg.shard},
    {.name = "columns", .type = OPT_STRING, .arg = "A,B,...", .help = "only these columns, in this order; id stays",
     .dest = &arg.columns},
    {.name = "dtype", .type = OPT_CHOICE, .arg = "TYPE", .choices = dtypes, .help = "change the vectors' numbers to TYPE",
     .dest = &arg.dtype},
    {.name = "metric", .type = OPT_CHOICE, .arg = "METRIC", .choices = cli_metrics,
     .help = "say which distance is meant; recorded in a stream", .dest = &common.metric},
    {.name = "first-id", .type = OPT_U64, .arg = "N", .help = "id of the first row, where the format has none",
     .dest = &arg.first_id, .given = &arg.first_given},
    {.name = "expect-rows", .type = OPT_U64, .arg = "N", .max = UINT64_MAX - 1, .help = "fail unless the input has N rows",
     .dest = &arg.expect_rows, .given = &arg.expect_given, .silent = true},
    OPTION_COMPRESS, OPTION_OUTPUT, OPTION_NO_PROVENANCE, OPTION_PROGRESS, OPTION_QUIET, OPTIONS_END
};

static struct program prog = {
    .name = "vec-convert", .summary = "vectors, neighbours and indexes from any known format to any other",
    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options
};

static void show_progress(uint64_t rows, uint64_t total)
{
    static bool started;
    if (!started)
        progress_start("convert", "rows", total == VECFILE_UNKNOWN ? 0 : total);
    started = true;
    progress_step(rows);
}

static int convert_index(const struct graph_convert *c, enum graph_convert_form form, struct input *in, struct output **out,
                         struct err *err)
{
    int rc = 0;
    struct hnswlib_file_counts n;
    if (cli_n_operands() > 1 || arg.rows || arg.shard || arg.columns || arg.sample || arg.dtype >= 0 || arg.first_given ||
        arg.expect_given || common.level)
        return err_set(err, ERR_USAGE, "%s: an index is converted alone and whole, by --metric, --from and --to", input_name(in));
    TRY(output_open(out, common.output, true, err));
    TRY(graph_convert_run(c, form, in, *out, &n, err));
    if (n.n_deleted + n.n_twice + n.n_joined > 0)
        note("%s: %llu deleted elements and %llu links that came twice left out; %llu edges added, to what was not reached",
             input_name(in), (unsigned long long)n.n_deleted, (unsigned long long)n.n_twice, (unsigned long long)n.n_joined);
out:
    return rc;
}

static int run(struct err *err)
{
    static const char *const from_stdin[] = {"-"};
    int rc = 0;
    struct output *out = NULL;
    struct input *in = NULL;
    enum graph_convert_form form = GRAPH_CONVERT_NONE;
    struct vecconvert c = {
        .paths = cli_n_operands() ? cli_operands() : from_stdin, .n_paths = cli_n_operands() ? cli_n_operands() : 1,
        .columns = arg.columns, .dtype = arg.dtype < 0 ? -1 : column_type_parse(dtypes[arg.dtype]),
        .in = {.from = arg.from, .kind = (enum vecfile_kind)arg.kind, .first_id = arg.first_id, .number_rows = arg.first_given,
               .metric = common.metric},
        .rows = {.to = UINT64_MAX, .sample = arg.sample, .seed = common.seed},
        .expect_rows = arg.expect_given ? arg.expect_rows : VECFILE_UNKNOWN, .level = (int)common.level,
        .program = common.no_provenance ? NULL : prog.name, .version = VECPIPE_VERSION, .command = cli_command(),
        .progress = show_progress,
    };
    const struct graph_convert index = {.from = arg.from, .to = arg.to, .target = common.output, .metric = common.metric,
                                        .program = c.program, .version = c.version, .command = c.command};
    TRY(vecselect_parse(arg.rows, arg.shard, &c.rows, err));
    if (!graph_convert_named(arg.to))
        TRY(vecfile_format_choose(arg.to, common.output, &c.to, err));
    TRY(input_open(&in, c.paths[0], err));
    TRY(graph_convert_sniff(&index, in, &form, err));
    if (form != GRAPH_CONVERT_NONE) {
        TRY(convert_index(&index, form, in, &out, err));
    } else {
        TRY(output_open(&out, common.output, !c.to->is_text, err));
        c.first = in;
        in = NULL;
        TRY(vecconvert_run(&c, out, err));
    }
    progress_end();
    TRY(output_commit(out, err));
out:
    input_close(in);
    output_free(out);
    return rc;
}

int main(int argc, char **argv)
{
    prog.notes = vecfile_help(graph_convert_help);
    cli_start(&prog, argc, argv);
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
