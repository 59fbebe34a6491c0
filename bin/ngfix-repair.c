/* ngfix-repair - an index repaired by queries that it should answer: NGFix and RFix. */
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "repair/repairrun.h"
#include "sys/par.h"

#include <string.h>

static const char *index_path, *truth_path, *report_path, *control_path, *rounds = "100:100,10:10";
static uint64_t ef_truth = 1500, max_extra = 48, rfix_ef = 1500, rfix_edges = 6, rfix_rounds = 4;
static double trim = 300;
static bool in_place, cap_unreachable, timed, force;
static const char *const orders[] = {[NGFIX_BY_DISTANCE] = "distance", [NGFIX_BY_EH] = "eh", NULL};
static const char *const compats[] = {"none", "upstream", NULL};
static const char *const pairings[] = {"defects", "all", NULL};
static const char *const variants[] = {[REPAIR_NGFIX] = "ngfix", [REPAIR_TWO_HOP] = "two-hop", NULL};
static const char *const groupings[] = {[GROUP_EH_NONE] = "none", [GROUP_EH_TWO_HOP] = "two-hop", [GROUP_EH_SCC] = "scc",
                                        NULL};
static uint64_t two_hop_edges;
static int variant = REPAIR_NGFIX, order = NGFIX_BY_DISTANCE, compat, pairs, groups = GROUP_EH_NONE;

static const struct option_spec options[] = {
    {.letter = 'x', .name = "index", .type = OPT_STRING, .arg = "FILE", .help = "the index to repair, - for stdin",
     .dest = &index_path, .required = true},
    {.name = "in-place", .type = OPT_FLAG, .silent = true, .help = "put the repaired index in the place of --index",
     .dest = &in_place},
    {.name = "truth", .type = OPT_STRING, .arg = "FILE", .help = "the queries' exact neighbours (of knn-exact)",
     .dest = &truth_path},
    {.name = "ef-truth", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 20,
     .help = "width of the search for their neighbours, without --truth", .dest = &ef_truth},
    {.name = "variant", .type = OPT_CHOICE, .arg = "WHICH", .choices = variants, .help = "what chooses edges; two-hop: no query",
     .dest = &variant},
    {.name = "two-hop-edges", .type = OPT_U64, .arg = "N", .help = "edges of two-hop, in all; 0 is no bound",
     .dest = &two_hop_edges},
    {.name = "rounds", .type = OPT_STRING, .arg = "NQ:KH,...", .help = "rounds of NGFix: neighbours, and hardness they may have",
     .dest = &rounds},
    {.name = "order", .type = OPT_CHOICE, .arg = "BY", .choices = orders, .help = "which defects get an edge first",
     .dest = &order},
    {.name = "pairs", .type = OPT_CHOICE, .arg = "WHICH", .choices = pairings, .silent = true,
     .help = "whose hardness is computed; the edges are the same", .dest = &pairs},
    {.name = "groups", .type = OPT_CHOICE, .arg = "WHICH", .choices = groupings, .dest = &groups,
     .help = "hardness between groups of neighbours, not of each pair"},
    {.name = "max-extra", .type = OPT_U64, .arg = "N", .min = 1, .max = EXTRA_MAX, .help = "extra edges that a node may have",
     .dest = &max_extra},
    {.name = "cap-unreachable", .type = OPT_FLAG, .help = "at most half of these for pairs that were unreachable",
     .dest = &cap_unreachable},
    {.name = "rfix-rounds", .type = OPT_U64, .arg = "N", .max = 100, .help = "rounds of RFix, at most", .dest = &rfix_rounds},
    {.name = "rfix-ef", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 20, .help = "width of its searches", .dest = &rfix_ef},
    {.name = "rfix-edges", .type = OPT_U64, .arg = "N", .min = 1, .max = RFIX_MAX_EDGES, .help = "edges of one of its rounds",
     .dest = &rfix_edges},
    {.name = "trim", .type = OPT_F64, .arg = "RATIO", .fmin = 0, .fmax = 1e9,
     .help = "keep extra edges that are used once in RATIO distances; 0 keeps all", .dest = &trim},
    {.name = "control", .type = OPT_STRING, .arg = "FILE",
     .help = "queries that should not become slower; the default is a sample of the base set", .dest = &control_path},
    {.name = "compat", .type = OPT_CHOICE, .arg = "WHOM", .choices = compats, .help = "ranks counted from 0, and nothing trimmed",
     .dest = &compat},
    {.name = "report", .type = OPT_STRING, .arg = "FILE", .silent = true, .help = "write what each query did",
     .dest = &report_path},
    {.name = "time", .type = OPT_FLAG, .silent = true, .help = "and the time it took", .dest = &timed},
    {.name = "force", .type = OPT_FLAG, .help = "take queries of another space, metric or normalisation", .dest = &force},
    OPTION_THREADS, OPTION_OUTPUT, OPTION_PROGRESS, OPTION_QUIET, OPTION_NO_PROVENANCE, OPTIONS_END};

static const struct program prog = {.name = "ngfix-repair", .summary = "repair an index by queries that it should answer",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

static int set_options(struct repair_options *o, struct err *err)
{
    *o = (struct repair_options){
        .variant = (enum repair_variant)variant, .two_hop_edges = two_hop_edges,
        .order = (enum ngfix_order)order, .zero_based = compat == 1, .all_pairs = pairs == 1,
        .groups = (enum group_eh_kind)groups,
        .ef_truth = truth_path || variant == REPAIR_TWO_HOP ? 0 : ef_truth, .rfix_ef = rfix_ef,
        .rfix_edges = rfix_edges, .rfix_rounds = rfix_rounds, .extra = {max_extra, cap_unreachable},
        .n_threads = par_threads((int)common.threads), .after = report_path != NULL, .time = timed};
    if (in_place && (common.output || strcmp(index_path, "-") == 0))
        return err_set(err, ERR_USAGE, "--in-place names the output: no -o, and an index that is a file");
    if (report_path && strcmp(report_path, "-") == 0 && !common.output && !in_place)
        return err_set(err, ERR_USAGE, "--report - needs -o FILE or --in-place: the index goes to the standard output");
    if (variant == REPAIR_TWO_HOP && (cli_n_operands() || truth_path || control_path))
        return err_set(err, ERR_USAGE, "--variant two-hop looks at no query: no FILE, --truth or --control");
    if (variant != REPAIR_TWO_HOP && two_hop_edges)
        return err_set(err, ERR_USAGE, "--two-hop-edges needs --variant two-hop");
    if (timed && !report_path)
        return err_set(err, ERR_USAGE, "--time goes into a --report");
    return repair_rounds_parse(o, rounds, err);
}

static int write_index(struct output *out, const struct graph *g, const struct graph_file *index,
                       const struct vector_set *queries, struct err *err)
{
    int rc = 0;
    struct header header = {0};
    TRY(graph_file_header_make(&header, g, graph_file_header(index), err));
    if (!common.no_provenance)
        TRY(header_add_program(&header, cli_program_name(), VECPIPE_VERSION, cli_command(),
                               (const struct header *const[]){graph_file_header(index), &queries->header},
                               variant == REPAIR_TWO_HOP ? 1 : 2, err));
    TRY(graph_file_write(out, g, &header, err));
out:
    header_done(&header);
    return rc;
}

static int run(struct err *err)
{
    int rc = 0;
    struct graph_file *index = NULL;
    struct vector_set queries = {0}, control = {0};
    struct output *out = NULL, *report = NULL;
    struct repair repair = {0};
    struct repair_options o;
    struct neartruth truth = {0};
    struct repairrun_totals n;
    struct repairrun work = {.repair = &repair, .queries = &queries, .trim = compat == 1 ? 0 : trim, .progress = progress_step};
    TRY(set_options(&o, err));
    TRY(output_open(&out, in_place ? index_path : common.output, true, err));
    if (report_path)
        TRY(output_open(&report, report_path, false, err));
    TRY(graph_file_open(&index, index_path, MAPFILE_COPY, err));
    if (variant != REPAIR_TWO_HOP)
        TRY(repairrun_read(&queries, index, cli_operands(), cli_n_operands(), force, err));
    if (control_path)
        TRY(repairrun_read(&control, index, &control_path, 1, force, err));
    TRY(repair_init(&repair, graph_file_graph(index), &o, err));
    if (truth_path)
        TRY(neartruth_open(&truth, truth_path, graph_file_graph(index), queries.keys != NULL, repair.max_near, err));
    work.truth = truth_path ? &truth : NULL;
    work.control = control_path ? &control : NULL;
    work.report = report;
    progress_start("repair", "queries", queries.n);
    TRY(repairrun_all(&work, &n, err));
    progress_end();
    TRY(write_index(out, &repair.x.g, index, &queries, err));
    TRY(output_commit(out, err));
    if (report)
        TRY(output_commit(report, err));
    note("%llu queries: %llu edges added by NGFix, %llu by RFix, %llu trimmed again: %llu extra edges, %.3g a node",
         (unsigned long long)n.n_queries, (unsigned long long)n.n_ngfix, (unsigned long long)n.n_rfix,
         (unsigned long long)n.n_trimmed, (unsigned long long)n.n_extra,
         (double)n.n_extra / (double)(repair.x.g.n ? repair.x.g.n : 1));
out:
    output_free(out);
    output_free(report);
    neartruth_done(&truth);
    repair_done(&repair);
    vector_set_done(&queries);
    vector_set_done(&control);
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
