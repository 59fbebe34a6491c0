/* topk-merge - several runs to one: shards merged, or dense and BM25 rankings fused. */
#include "base/mem.h"
#include "base/version.h"
#include "cli/cli.h"
#include "eval/fuse.h"
#include "fmt/runout.h"

#include <inttypes.h>

static struct fuse_options o = {.k = 10, .rrf_k = 60};
static const char *weights;
static uint64_t k = 10, shards;
static int method, format;
static bool rrf_k_given;
static const char *const formats[] = {"vps", "trec", NULL};

static const struct option_spec options[] = {
    {.name = "method", .type = OPT_CHOICE, .arg = "HOW", .choices = fuse_methods, .dest = &method,
     .help = "merge shards, or fuse: by ranks (rrf), or sums of scores after minmax or zscore"},
    {.letter = 'k', .name = "k", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT32_MAX, .help = "neighbours of each query",
     .dest = &k},
    {.name = "weights", .type = OPT_STRING, .arg = "LIST", .help = "of each run, parted by commas; 1 unless given",
     .dest = &weights},
    {.name = "rrf-k", .type = OPT_F64, .arg = "X", .fmax = 1e9, .help = "rrf: how little the first ranks stand out",
     .dest = &o.rrf_k, .given = &rrf_k_given},
    {.name = "shards", .type = OPT_U64, .arg = "N", .min = 1, .max = 65536, .help = "refuse any other number of runs",
     .dest = &shards, .silent = true},
    {.name = "allow-missing", .type = OPT_FLAG, .help = "merge: take queries that a shard lacks", .dest = &o.allow_missing},
    {.name = "force", .type = OPT_FLAG, .help = "merge: take runs of different metrics, scorers or spaces", .dest = &o.force},
    {.name = "format", .type = OPT_CHOICE, .arg = "FORMAT", .choices = formats, .help = "form of the ranking", .dest = &format},
    OPTION_OUTPUT, OPTION_COMPRESS, OPTION_QUIET, OPTION_NO_PROVENANCE, OPTIONS_END};

static const struct program prog = {.name = "topk-merge", .summary = "merge the runs of shards, or fuse different rankings",
                                    .operands = "RUN ...", .min_operands = 1, .max_operands = 65536, .options = options};

static int open_runs(struct run **runs, size_t n, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < n; i++) {
        struct input *in;
        TRY(input_open(&in, cli_operand(i), err));
        TRY(run_open(&runs[i], in, (struct run_options){.ties = RUN_TIES_INPUT}, err));
    }
out:
    return rc;
}

static int make_header(struct header *h, struct neighbours_options *no, struct run *const *runs, size_t n, struct err *err)
{
    const struct header *parents[HEADER_MAX_PARENTS];
    size_t n_parents = 0;
    int rc = 0;
    TRY(fuse_header(h, no, runs, n, &o, err));
    for (size_t i = 0; i < n && n_parents < HEADER_MAX_PARENTS; i++)
        if (run_header(runs[i]))
            parents[n_parents++] = run_header(runs[i]);
    if (!common.no_provenance)
        TRY(header_add_program(h, prog.name, VECPIPE_VERSION, cli_command(), parents, n_parents, err));
out:
    return rc;
}

static int write_row(void *ctx, const struct neighbours_row *row, struct err *err)
{
    return runout_write(ctx, row, err);
}

static int run(struct err *err)
{
    size_t n = cli_n_operands();
    struct output *out = NULL;
    struct run **runs = NULL;
    double *numbers = NULL;
    struct header h = {0};
    struct neighbours_options no;
    struct runpool pool = {0};
    struct runout ranking = {0};
    struct fuse_counts counts = {0};
    int rc = 0;
    TRY(output_open(&out, common.output, format == RUNOUT_STREAM, err));
    TRY_NEW(runs, MEM_ZARRAY(struct run *, n, err));
    TRY_NEW(numbers, MEM_ARRAY(double, n, err));
    if (weights) {
        TRY(fuse_parse_weights(numbers, n, weights, err));
        o.weights = numbers;
    }
    TRY(open_runs(runs, n, err));
    TRY(make_header(&h, &no, runs, n, err));
    TRY(runpool_read(&pool, runs, n, o.method == FUSE_MERGE, err));
    TRY(runout_open(&ranking, out, &h, &no, (enum runout_format)format, (int)common.level, err));
    TRY(fuse_run(&pool, runs, &o, write_row, &ranking, &counts, err));
    TRY(runout_end(&ranking, err));
    TRY(output_commit(out, err));
    note("%" PRIu64 " queries of %zu runs; rows that a run lacks: %" PRIu64 "; documents in several runs: %" PRIu64,
         counts.n_queries, n, counts.n_missing, counts.n_duplicates);
out:
    runout_done(&ranking);
    runpool_done(&pool);
    header_done(&h);
    for (size_t i = 0; runs && i < n; i++)
        run_close(runs[i]);
    mem_free(runs);
    mem_free(numbers);
    output_free(out);
    return rc;
}

int main(int argc, char **argv)
{
    cli_start(&prog, argc, argv);
    o.method = (enum fuse_method)method;
    o.k = k;
    bool merge = o.method == FUSE_MERGE;
    if (merge ? weights != NULL : o.allow_missing || o.force)
        die_usage(merge ? "--weights belongs to --method rrf, minmax or zscore" :
                  "--allow-missing and --force belong to --method merge");
    if (rrf_k_given && o.method != FUSE_RRF)
        die_usage("--rrf-k belongs to --method rrf");
    if (shards && shards != cli_n_operands())
        die_usage("%zu runs of %" PRIu64 " shards", cli_n_operands(), shards);
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
