/* hnsw-query - the nearest neighbours of queries by an HNSW index. */
#include "base/num.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "graph/answer.h"
#include "sys/par.h"

static const char *index_path, *ef;
static uint64_t k = 10;
static bool force, timed;
static double rerank;
static const char *const loads[] = {[MAPFILE_MMAP] = "mmap", [MAPFILE_COPY] = "copy", NULL};
static int load = MAPFILE_MMAP;

static const struct option_spec options[] = {
    {.letter = 'x', .name = "index", .type = OPT_STRING, .arg = "FILE", .help = "the index, - for stdin", .dest = &index_path,
     .required = true},
    {.letter = 'k', .name = "k", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT32_MAX,
     .help = "neighbours of each query", .dest = &k},
    {.letter = 'e', .name = "ef", .type = OPT_STRING, .arg = "N,...",
     .help = "widths of the search, each at least k; the default is the greater of 64 and k", .dest = &ef},
    {.name = "rerank", .type = OPT_F64, .arg = "FACTOR", .fmin = 1, .fmax = 1e6,
     .help = "times k: how many candidates found by codes get exact distances; the default is 1.5 (sq8) or 2 (sq4)",
     .dest = &rerank},
    {.name = "load", .type = OPT_CHOICE, .arg = "HOW", .choices = loads, .silent = true,
     .help = "map the index, or read it all into memory and check it", .dest = &load},
    {.name = "time", .type = OPT_FLAG, .help = "write the time that each query took", .dest = &timed},
    {.name = "force", .type = OPT_FLAG, .help = "search with queries of another space, metric or normalisation", .dest = &force},
    OPTION_THREADS, OPTION_OUTPUT, OPTION_COMPRESS, OPTION_PROGRESS, OPTION_QUIET, OPTION_NO_PROVENANCE, OPTIONS_END};

static const struct program prog = {.name = "hnsw-query", .summary = "find the nearest neighbours of queries by an HNSW index",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

static int run(struct err *err)
{
    int rc = 0;
    struct graph_file *index = NULL;
    struct vector_reader *queries = NULL;
    struct header header = {0};
    struct output *out = NULL;
    struct stream_writer *writer = NULL;
    struct answer_options o = {.search = {.k = k, .n_threads = par_threads((int)common.threads), .time = timed,
                                          .rerank = rerank},
                               .efs = {.at = {(uint32_t)num_max_size(64, k)}, .n = 1}, .progress = progress_step};
    if (ef)
        TRY(efs_parse(&o.efs, ef, err));
    if (o.efs.at[0] < k)
        TRY(err_set(err, ERR_USAGE, "--ef %u is less than -k %llu", o.efs.at[0], (unsigned long long)k));
    TRY(output_open(&out, common.output, true, err));
    TRY(graph_file_open(&index, index_path, (enum mapfile_load)load, err));
    TRY(vector_reader_open_all(&queries, cli_operands(), cli_n_operands(), err));
    TRY(answer_check(index, queries, force, err));
    TRY(answer_header(&header, index, queries, &o, err));
    if (!common.no_provenance)
        TRY(header_add_program(&header, cli_program_name(), VECPIPE_VERSION, cli_command(),
                               (const struct header *const[]){graph_file_header(index), vector_reader_header(queries)}, 2, err));
    TRY(stream_writer_open(&writer, out, &header, (int)common.level, err));
    progress_start("search", "queries", 0);
    TRY(answer_queries(writer, index, queries, &o, err));
    progress_end();
    TRY(stream_writer_end(writer, err));
    TRY(output_commit(out, err));
out:
    stream_writer_free(writer);
    output_free(out);
    header_done(&header);
    vector_reader_close(queries);
    graph_file_close(index);
    return rc;
}

int main(int argc, char **argv)
{
    cli_start(&prog, argc, argv);
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
