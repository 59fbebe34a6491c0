/* hnsw-build - vectors to an HNSW index. */
#include "base/mem.h"
#include "base/num.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "exact/exact_truth.h"
#include "fmt/vectors.h"
#include "graph/arrange.h"
#include "graph/graph_file.h"
#include "graph/hnsw.h"
#include "graph/roargraph.h"
#include "sys/input.h"
#include "sys/par.h"

static uint64_t m = 16, ef_construction = 200;
static const char *const codes_choices[] = {[CODES_NONE] = "none", [CODES_SQ8] = "sq8", [CODES_SQ4] = "sq4",
                                            [CODES_AUTO] = "auto", NULL};
static int codes = CODES_AUTO;
enum { HNSW, ROARGRAPH };
static const char *const methods[] = {[HNSW] = "hnsw", [ROARGRAPH] = "roargraph", NULL};
static int method = HNSW;
static const char *queries_path;

static const struct option_spec options[] = {
    {.letter = 'M', .name = "M", .type = OPT_U64, .arg = "N", .min = 2, .max = GRAPH_MAX_M,
     .help = "links chosen for a new node; rows hold up to M, 2 M in layer 0", .dest = &m},
    {.letter = 'c', .name = "ef-construction", .type = OPT_U64, .arg = "N", .min = 1, .max = HNSW_MAX_EF,
     .help = "width of the search for a new node's neighbours", .dest = &ef_construction},
    {.name = "codes", .type = OPT_CHOICE, .arg = "TYPE", .choices = codes_choices,
     .help = "quantised vectors to search by; auto goes by their number and dimension", .dest = &codes},
    {.name = "method", .type = OPT_CHOICE, .arg = "NAME", .choices = methods, .dest = &method,
     .help = "hnsw, by the vectors alone, or roargraph, by what --queries look for"},
    {.name = "queries", .type = OPT_STRING, .arg = "FILE", .help = "vectors of queries, for roargraph", .dest = &queries_path},
    OPTION_METRIC, OPTION_SEED, OPTION_MAX_MEMORY, OPTION_THREADS, OPTION_OUTPUT, OPTION_PROGRESS, OPTION_QUIET,
    OPTION_NO_PROVENANCE, OPTIONS_END};

static const struct program prog = {.name = "hnsw-build", .summary = "build an HNSW index over vectors", .operands = "[FILE ...]",
                                    .max_operands = SIZE_MAX, .options = options};

/* The base set; --max-memory holds for it and the index together. */
static int read_base(struct vector_set *base, struct vector_reader *reader, const struct hnsw_options *o, struct err *err)
{
    struct hnsw_options rows = *o;
    rows.m *= method == ROARGRAPH ? 3 : 1;
    uint64_t vectors = hnsw_vectors_share(common.max_memory, vector_reader_dim(reader), &rows);
    int rc = vector_set_read(base, reader, vectors, err);
    char text[NUM_SIZE_TEXT];
    if (rc == ERR_NOMEM && common.max_memory)
        err_prefix(err, "--max-memory of %s is for vectors and graph: ", num_format_bytes(text, common.max_memory));
    return rc;
}

static int run(struct err *err)
{
    int rc = 0;
    struct vector_reader *reader = NULL, *query_reader = NULL;
    struct vector_set base = {0}, queries = {0};
    struct graph graph = {0};
    struct header header = {0};
    struct output *out = NULL;
    struct hnsw_options o = {.m = m, .ef_construction = ef_construction, .codes = (enum codes_type)codes, .seed = common.seed,
                             .n_threads = par_threads((int)common.threads), .progress = progress_step};
    if ((method == ROARGRAPH) != (queries_path != NULL))
        TRY(err_set(err, ERR_USAGE, "--method roargraph and --queries need each other"));
    TRY(output_open(&out, common.output, true, err));
    TRY(vector_reader_open_all(&reader, cli_operands(), cli_n_operands(), err));
    if (queries_path) {
        TRY(vector_reader_open(&query_reader, queries_path, err));
        TRY(exact_truth_check(reader, query_reader, common.metric, false, &graph.metric, err));
        TRY(vector_set_read(&queries, query_reader, common.max_memory, err));
    } else {
        if ((rc = vectors_metric(vector_reader_header(reader), common.metric, &graph.metric, err)) != 0)
            TRY(err_prefix(err, "%s: ", input_name(vector_reader_input(reader))));
        if (graph.metric == METRIC_COSINE)
            vector_reader_normalise(reader);
    }
    TRY(read_base(&base, reader, &o, err));
    TRY(arrange_base(&base, graph.metric, common.seed, o.n_threads, err));
    TRY(graph_of_set(&graph, &base, err));
    progress_start("build", "vectors", queries.n + base.n);
    TRY(method == HNSW ? hnsw_build(&graph, &o, err) : roargraph_build(&graph, &queries, &o, err));
    progress_end();
    TRY(graph_file_header_make(&header, &graph, &base.header, err));
    if (!common.no_provenance)
        TRY(header_add_program(&header, cli_program_name(), VECPIPE_VERSION, cli_command(),
                               (const struct header *const[]){&base.header, &queries.header}, queries_path ? 2 : 1, err));
    TRY(graph_file_write(out, &graph, &header, err));
    TRY(output_commit(out, err));
out:
    output_free(out);
    header_done(&header);
    graph_done(&graph);
    vector_set_done(&base);
    vector_set_done(&queries);
    vector_reader_close(reader);
    vector_reader_close(query_reader);
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
