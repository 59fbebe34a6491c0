/* hnsw-query - the nearest neighbours of queries by an HNSW index. */
#include "base/num.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "graph/answer_inputs.h"
#include "graph/answer_reach.h"
#include "sys/par.h"

#include <string.h>

static struct answer_inputs_options inputs;
static const char *ef, *report_path;
static struct strings targets;
static struct answer_reach_options reach;
static uint64_t k = 10;
static struct search_options search;
static const char *const loads[] = {[MAPFILE_MMAP] = "mmap", [MAPFILE_COPY] = "copy", NULL};
static int load = MAPFILE_MMAP;
enum { USUAL_EF = 64, REACH_MAX_EF = 4096 };

static const struct option_spec options[] = {
    {.letter = 'x', .name = "index", .type = OPT_STRING, .arg = "FILE", .help = "the index, - for stdin", .dest = &inputs.index,
     .required = true},
    {.letter = 'k', .name = "k", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT32_MAX,
     .help = "neighbours of each query", .dest = &k},
    {.letter = 'e', .name = "ef", .type = OPT_STRING, .arg = "N,...",
     .help = "widths of the search, each at least k; the default is the greater of 64 and k", .dest = &ef},
    {.name = "rerank", .type = OPT_F64, .arg = "FACTOR", .fmin = 1, .fmax = 1e6,
     .help = "times k: how many candidates found by codes get exact distances; the default is 1.5 (sq8) or 2 (sq4)",
     .dest = &search.rerank},
    {.name = "allow", .type = OPT_STRING, .arg = "FILE",
     .help = "find only vectors that FILE names: their keys, or ids where the index has no keys", .dest = &inputs.allow},
    {.name = "reach", .type = OPT_STRINGS, .arg = "recall@K=X",
     .help = "search at the least ef that reaches this recall, up to --ef (4096)", .dest = &targets},
    {.name = "truth", .type = OPT_STRING, .arg = "FILE", .help = "exact neighbours (of knn-exact), for --reach",
     .dest = &reach.truth},
    {.name = "report", .type = OPT_STRING, .arg = "FILE", .silent = true,
     .help = "what --reach has found: target, ef, recall, work, and with --time speed", .dest = &report_path},
    {.name = "load", .type = OPT_CHOICE, .arg = "HOW", .choices = loads, .silent = true,
     .help = "map the index, or read it all into memory and check it", .dest = &load},
    {.name = "time", .type = OPT_FLAG, .help = "write the time that each query took", .dest = &search.time},
    {.name = "single", .type = OPT_FLAG, .silent = true,
     .help = "one query at a time in a thread: the least time for each, not for all", .dest = &search.single},
    {.name = "trace", .type = OPT_FLAG, .help = "write features of each search, for telling hard queries", .dest = &search.trace},
    {.name = "force", .type = OPT_FLAG,
     .help = "search with queries of another space, metric or normalisation", .dest = &inputs.force},
    OPTION_THREADS, OPTION_OUTPUT, OPTION_COMPRESS, OPTION_PROGRESS, OPTION_QUIET, OPTION_NO_PROVENANCE, OPTIONS_END};

static const struct program prog = {.name = "hnsw-query", .summary = "find the nearest neighbours of queries by an HNSW index",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

/* What the options ask for, as far as they can be judged alone. */
static int set_options(struct answer_options *o, struct err *err)
{
    int rc = 0;
    search.k = k;
    search.n_threads = par_threads((int)common.threads);
    *o = (struct answer_options){.search = search, .progress = progress_step,
                                 .efs = {.at = {(uint32_t)num_max_size(targets.n ? REACH_MAX_EF : USUAL_EF, k)}, .n = 1}};
    if (ef)
        TRY(efs_parse(&o->efs, ef, err));
    if (o->efs.at[0] < k)
        return err_set(err, ERR_USAGE, "--ef %u is less than -k %llu", o->efs.at[0], (unsigned long long)k);
    if (!targets.n != !reach.truth || (report_path && !targets.n))
        return err_set(err, ERR_USAGE, "--reach and --truth need each other, and --report needs them");
    if (report_path && strcmp(report_path, "-") == 0 && !common.output)
        return err_set(err, ERR_USAGE, "--report - needs -o FILE: the answers go to the standard output");
    if (search.trace && inputs.allow)
        return err_set(err, ERR_USAGE, "--trace is of searches without --allow");
    if (targets.n && o->efs.n > 1)
        return err_set(err, ERR_USAGE, "--reach takes one --ef, the widest to try");
    TRY(answer_reach_parse(&reach, targets.at, targets.n, err));
    reach.max_ef = o->efs.at[0];
out:
    return rc;
}

static int run(bool *missed, struct err *err)
{
    int rc = 0;
    struct answer_inputs in = {0};
    struct header header = {0};
    struct output *out = NULL, *report = NULL;
    struct stream_writer *writer = NULL;
    struct answer_options o;
    struct answer_reach found = {0};
    TRY(set_options(&o, err));
    TRY(output_open(&out, common.output, true, err));
    if (report_path)
        TRY(output_open(&report, report_path, false, err));
    inputs.load = (enum mapfile_load)load;
    inputs.queries = cli_operands();
    inputs.n_queries = cli_n_operands();
    TRY(answer_inputs_open(&in, &inputs, err));
    o.search.allow = inputs.allow ? &in.allow : NULL;
    if (in.allow.n_unknown > 0)
        warn("--allow %s: names that %s does not have: %llu", inputs.allow, inputs.index, (unsigned long long)in.allow.n_unknown);
    TRY(answer_header(&header, in.index, in.queries, &o, err));
    if (!common.no_provenance)
        TRY(header_add_program(&header, prog.name, VECPIPE_VERSION, cli_command(), (const struct header *const[]){
                               graph_file_header(in.index), vector_reader_header(in.queries)}, 2, err));
    TRY(stream_writer_open(&writer, out, &header, (int)common.level, err));
    progress_start("search", "queries", 0);
    TRY(targets.n ? answer_reach(&found, writer, in.index, in.queries, &o, &reach, err)
                  : answer_queries(writer, in.index, in.queries, &o, err));
    progress_end();
    TRY(stream_writer_end(writer, err));
    if (report)
        TRY(answer_reach_report(&found, &o, &reach, report, err));
    TRY(output_commit(out, err));
    if (report)
        TRY(output_commit(report, err));
    *missed = found.has_missed;
    for (size_t i = 0; i < targets.n; i++)
        if (!found.results[i].reached)
            warn("%s is not reached by --ef %zu: it is %.6g at %u", reach.targets[i].text, reach.max_ef,
                 found.results[i].best.recall, found.results[i].best.ef);
out:
    stream_writer_free(writer);
    output_free(out);
    output_free(report);
    header_done(&header);
    answer_inputs_close(&in);
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    bool missed = false;
    cli_start(&prog, argc, argv);
    if (run(&missed, &err) != 0)
        die(&err);
    int status = cli_finish();
    return status ? status : missed ? EXIT_MISSED : 0;
}
