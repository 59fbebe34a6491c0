/* knn-exact - the exact nearest neighbours of queries in a base set: the ground truth of approximate search. */
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "exact/exact_panels.h"
#include "exact/exact_truth.h"
#include "sys/par.h"

#include <string.h>

static const char *base_path, *shard;
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
    {.name = "shard", .type = OPT_STRING, .arg = "I/N", .help = "search the I'th of N runs of the base alone, I from 0",
     .dest = &shard},
    {.name = "force", .type = OPT_FLAG, .help = "search with queries of another space, metric or normalisation", .dest = &force},
    {.name = "time", .type = OPT_FLAG, .help = "write the time that the search took into the end record", .dest = &timed},
    OPTION_THREADS, OPTION_MAX_MEMORY, OPTION_OUTPUT, OPTION_COMPRESS, OPTION_PROGRESS, OPTION_QUIET, OPTION_NO_PROVENANCE,
    OPTIONS_END};

static const struct program prog = {.name = "knn-exact", .summary = "find the exact nearest neighbours of queries in a base set",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

/* What is open during a run. */
struct work {
    struct vector_reader *base_reader, *queries;
    struct vector_set base;
    struct exact_panels *panels;
    struct header header;
    struct output *out;
    struct stream_writer *writer;
};

static int open_writer(struct work *w, const struct exact_truth_base *base, const struct exact_truth_options *o, struct err *err)
{
    int rc = 0;
    TRY(exact_truth_header(&w->header, base, w->queries, o, err));
    if (!common.no_provenance)
        TRY(header_add_program(&w->header, cli_program_name(), VECPIPE_VERSION, cli_command(),
                               (const struct header *const[]){base->header, vector_reader_header(w->queries)}, 2, err));
    TRY(stream_writer_open(&w->writer, w->out, &w->header, (int)common.level, err));
out:
    return rc;
}

/* The queries held, the base in panels. */
static int run_panels(struct work *w, const struct exact_truth_options *o, const struct exact_panels_options *p, struct err *err)
{
    int rc = 0;
    progress_start("search", "base vectors", 0);
    TRY(exact_panels_search(&w->panels, w->base_reader, w->queries, o, p, err));
    progress_end();
    const struct exact_truth_base base = {.header = vector_reader_header(w->base_reader), .n = exact_panels_rows(w->panels),
                                          .has_keys = vector_reader_has_keys(w->base_reader)};
    TRY(open_writer(w, &base, o, err));
    TRY(exact_panels_write(w->writer, w->panels, &base, o, err));
out:
    return rc;
}

/* The base held, the queries in batches. */
static int run_held(struct work *w, const struct exact_truth_options *o, struct err *err)
{
    int rc = 0;
    TRY(vector_set_read(&w->base, w->base_reader, 0, err));
    const struct exact_truth_base base = {.header = &w->base.header, .n = w->base.n, .has_keys = w->base.keys != NULL};
    TRY(open_writer(w, &base, o, err));
    progress_start("search", "queries", 0);
    TRY(exact_truth_write(w->writer, &w->base, w->queries, o, err));
    progress_end();
out:
    return rc;
}

static int run(struct err *err)
{
    int rc = 0;
    struct work w = {0};
    struct exact_truth_options o = {.k = k, .n_threads = par_threads((int)common.threads), .time = timed,
                                    .pass = int8 ? TILE_I8 : bf16 ? TILE_BF16 : TILE_F32, .progress = progress_step};
    struct exact_panels_options p = {.max_memory = common.max_memory, .base_path = base_path, .rows = {.to = UINT64_MAX}};
    TRY(vecselect_parse(NULL, shard, &p.rows, err));
    TRY(output_open(&w.out, common.output, true, err));
    TRY(vector_reader_open(&w.base_reader, base_path, err));
    TRY(vector_reader_open_all(&w.queries, cli_operands(), cli_n_operands(), err));
    TRY(exact_truth_check(w.base_reader, w.queries, common.metric, force, &o.metric, err));
    if (p.max_memory > 0 || p.rows.n_shards > 1)
        TRY(run_panels(&w, &o, &p, err));
    else
        TRY(run_held(&w, &o, err));
    TRY(stream_writer_end(w.writer, err));
    TRY(output_commit(w.out, err));
out:
    stream_writer_free(w.writer);
    output_free(w.out);
    header_done(&w.header);
    exact_panels_free(w.panels);
    vector_set_done(&w.base);
    vector_reader_close(w.queries);
    vector_reader_close(w.base_reader);
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
