/* knn-exact - the exact nearest neighbours of queries in a base set: the ground truth of approximate search. */
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "exact/exact_truth.h"
#include "sys/par.h"

#include <string.h>

static const char *base_path;
static uint64_t k = 10;
static bool bf16, int8, force, timed;

static const struct option_spec options[] = {
    {.letter = 'b', .name = "base", .type = OPT_STRING, .arg = "FILE",
     .help = "the base vectors, - for stdin", .dest = &base_path,
     .required = true},
    {.letter = 'k', .name = "k", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT32_MAX,
     .help = "neighbours of each query, at most the base vectors there are", .dest = &k},
    OPTION_METRIC,
    {.name = "bf16", .type = OPT_FLAG, .silent = true,
     .help = "decide by products of bf16 what need not be computed", .dest = &bf16},
    {.name = "int8", .type = OPT_FLAG, .silent = true,
     .help = "decide by products of bytes what need not be computed", .dest = &int8},
    {.name = "force", .type = OPT_FLAG, .help = "search with queries of another space, metric or normalisation", .dest = &force},
    {.name = "time", .type = OPT_FLAG, .help = "write the time that the search took into the end record", .dest = &timed},
    OPTION_THREADS, OPTION_MAX_MEMORY, OPTION_OUTPUT, OPTION_COMPRESS, OPTION_PROGRESS, OPTION_QUIET, OPTION_NO_PROVENANCE,
    OPTIONS_END};

static const struct program prog = {.name = "knn-exact", .summary = "find the exact nearest neighbours of queries in a base set",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

static int run(struct err *err)
{
    int rc = 0;
    struct vector_reader *base_reader = NULL, *queries = NULL;
    struct vector_set base = {0};
    struct header header = {0};
    struct output *out = NULL;
    struct stream_writer *writer = NULL;
    struct exact_truth_options o = {.k = k, .n_threads = par_threads((int)common.threads), .time = timed,
                                    .pass = int8 ? TILE_I8 : bf16 ? TILE_BF16 : TILE_F32,
                                    .progress = progress_step};
    TRY(output_open(&out, common.output, true, err));
    TRY(vector_reader_open(&base_reader, base_path, err));
    TRY(vector_reader_open_all(&queries, cli_operands(), cli_n_operands(), err));
    TRY(exact_truth_check(base_reader, queries, common.metric, force, &o.metric, err));
    TRY(vector_set_read(&base, base_reader, common.max_memory, err));
    TRY(exact_truth_header(&header, &base, queries, &o, err));
    if (!common.no_provenance)
        TRY(header_add_program(&header, cli_program_name(), VECPIPE_VERSION, cli_command(),
                               (const struct header *const[]){&base.header, vector_reader_header(queries)}, 2, err));
    TRY(stream_writer_open(&writer, out, &header, (int)common.level, err));
    progress_start("search", "queries", 0);
    TRY(exact_truth_write(writer, &base, queries, &o, err));
    progress_end();
    TRY(stream_writer_end(writer, err));
    TRY(output_commit(out, err));
out:
    stream_writer_free(writer);
    output_free(out);
    header_done(&header);
    vector_set_done(&base);
    vector_reader_close(queries);
    vector_reader_close(base_reader);
    return rc;
}

int main(int argc, char **argv)
{
    cli_start(&prog, argc, argv);
    if (strcmp(base_path, "-") == 0 && cli_n_operands() == 0)
        die_usage("base and queries cannot both be stdin: name the file of the queries");
    if (bf16 && int8)
        die_usage("--bf16 and --int8: give one");
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
