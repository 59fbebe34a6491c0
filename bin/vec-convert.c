/* vec-convert - vectors and neighbours from any known format to any other; rows, samples, shards, columns on the way. */
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "fmt/vecconvert.h"
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
    .name = "vec-convert", .summary = "vectors and neighbours from any known format to any other",
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

static int find_target(const struct vecfile_format **to, struct err *err)
{
    *to = &vecfile_vps;
    if (arg.to)
        return vecfile_format_find(arg.to, to, err);
    if (common.output)
        (void)vecfile_format_by_extension(common.output, to);
    return 0;
}

static int run(struct err *err)
{
    static const char *const from_stdin[] = {"-"};
    int rc = 0;
    struct output *out = NULL;
    struct vecconvert c = {
        .n_paths = cli_n_operands(), .columns = arg.columns, .dtype = arg.dtype < 0 ? -1 : column_type_parse(dtypes[arg.dtype]),
        .in = {.from = arg.from, .kind = (enum vecfile_kind)arg.kind, .first_id = arg.first_id, .number_rows = arg.first_given,
               .metric = common.metric},
        .rows = {.to = UINT64_MAX, .sample = arg.sample, .seed = common.seed},
        .expect_rows = arg.expect_given ? arg.expect_rows : VECFILE_UNKNOWN, .level = (int)common.level,
        .progress = show_progress,
    };
    c.paths = c.n_paths ? cli_operands() : from_stdin;
    c.n_paths = c.n_paths ? c.n_paths : 1;
    if (!common.no_provenance) {
        c.program = prog.name;
        c.version = VECPIPE_VERSION;
        c.command = cli_command();
    }
    if (arg.rows && !vecselect_parse_rows(arg.rows, &c.rows))
        return err_set(err, ERR_USAGE, "--rows %s: expected A:B, A: or :B with A <= B", arg.rows);
    if (arg.shard && !vecselect_parse_shard(arg.shard, &c.rows))
        return err_set(err, ERR_USAGE, "--shard %s: expected I/N with 0 <= I < N", arg.shard);
    TRY(find_target(&c.to, err));
    TRY(output_open(&out, common.output, !c.to->is_text, err));
    TRY(vecconvert_run(&c, out, err));
    progress_end();
    TRY(output_commit(out, err));
out:
    output_free(out);
    return rc;
}

int main(int argc, char **argv)
{
    prog.notes = vecfile_help();
    cli_start(&prog, argc, argv);
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
