/* bt-negsample - ball trees over a point and a counter set: exact neighbours of queries. */
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "exact/exact_truth.h"
#include "sys/par.h"
#include "tree/ball_answers.h"
#include "tree/idorder.h"

#include <string.h>

static const char *point_path, *counter_path;
static uint64_t k = 10, leaf = BALL_LEAF;
static bool knn, force, has_radius;
static double radius;

static const struct option_spec options[] = {
    {.name = "point", .type = OPT_STRING, .arg = "FILE", .help = "the point set, - for stdin", .dest = &point_path},
    {.name = "counter", .type = OPT_STRING, .arg = "FILE", .help = "the counter set, - for stdin", .dest = &counter_path},
    {.name = "knn", .type = OPT_FLAG, .help = "write the k nearest of the one set that is given", .dest = &knn},
    {.letter = 'k', .name = "k", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT32_MAX, .help = "of --knn: how many",
     .dest = &k},
    {.name = "radius", .type = OPT_F64, .arg = "R", .help = "write all within distance R of the one set that is given",
     .dest = &radius, .given = &has_radius},
    {.name = "leaf", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT32_MAX, .silent = true,
     .help = "vectors of a leaf, at most; the output does not depend on it", .dest = &leaf},
    {.name = "force", .type = OPT_FLAG, .help = "take sets of another space, metric or normalisation", .dest = &force},
    OPTION_METRIC, OPTION_THREADS, OPTION_MAX_MEMORY, OPTION_OUTPUT, OPTION_COMPRESS, OPTION_PROGRESS, OPTION_QUIET,
    OPTION_NO_PROVENANCE, OPTIONS_END};

static const struct program prog = {.name = "bt-negsample", .summary = "find exact neighbours by ball trees",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

static int run_neighbours(const char *path, struct err *err)
{
    int rc = 0;
    struct vector_reader *base_reader = NULL, *queries = NULL;
    struct vector_set base = {0};
    struct header header = {0};
    struct output *out = NULL;
    struct stream_writer *writer = NULL;
    struct ball_answers_options o = {.k = knn ? k : 0, .radius = (float)radius, .leaf = leaf,
                                     .n_threads = par_threads((int)common.threads), .progress = progress_step};
    TRY(output_open(&out, common.output, true, err));
    TRY(vector_reader_open(&base_reader, path, err));
    TRY(vector_reader_open_all(&queries, cli_operands(), cli_n_operands(), err));
    TRY(exact_truth_check(base_reader, queries, common.metric, force, &o.metric, err));
    TRY(vector_set_read(&base, base_reader, common.max_memory / 2, err));
    TRY(idorder_sort(&base, err));
    TRY(ball_answers_header(&header, &base, queries, &o, err));
    if (!common.no_provenance)
        TRY(header_add_program(&header, cli_program_name(), VECPIPE_VERSION, cli_command(),
                               (const struct header *const[]){&base.header, vector_reader_header(queries)}, 2, err));
    TRY(stream_writer_open(&writer, out, &header, (int)common.level, err));
    progress_start("search", "queries", 0);
    TRY(ball_answers_write(writer, &base, queries, &o, err));
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
    const char *path = point_path ? point_path : counter_path;
    if (knn == has_radius)
        die_usage("give one of --knn and --radius");
    if (!path || (point_path && counter_path))
        die_usage("--knn and --radius search one set: give --point or --counter");
    if (strcmp(path, "-") == 0 && cli_n_operands() == 0)
        die_usage("set and queries cannot both be stdin: name the file of the queries");
    struct err err = {0};
    if (run_neighbours(path, &err) != 0)
        die(&err);
    return cli_finish();
}
