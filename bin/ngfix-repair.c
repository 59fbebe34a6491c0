/* ngfix-repair - an index repaired by queries that it should answer: NGFix and RFix. */
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "repair/repairrun.h"
#include "sys/par.h"

static struct repair_wish wish = {.rounds = "100:100,10:10", .ef_truth = 1500, .max_extra = 48, .rfix_ef = 1500, .rfix_edges = 6,
                                  .rfix_rounds = 4, .hold_out = JUDGE_MAX_QUERIES, .trim = 300, .variant = REPAIR_NGFIX,
                                  .order = NGFIX_BY_DISTANCE, .groups = GROUP_EH_NONE};

static const struct option_spec options[] = {
    {.letter = 'x', .name = "index", .type = OPT_STRING, .arg = "FILE", .help = "the index to repair, - for stdin",
     .dest = &wish.index, .required = true},
    {.name = "in-place", .type = OPT_FLAG, .silent = true, .help = "put the repaired index in the place of --index",
     .dest = &wish.in_place},
    {.name = "truth", .type = OPT_STRING, .arg = "FILE", .help = "the queries' exact neighbours (of knn-exact)",
     .dest = &wish.truth},
    {.name = "ef-truth", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 20,
     .help = "width of the search for their neighbours, without --truth", .dest = &wish.ef_truth},
    {.name = "variant", .type = OPT_CHOICE, .arg = "WHICH", .choices = repair_variants, .dest = &wish.variant,
     .help = "what chooses edges; two-hop: no query"},
    {.name = "two-hop-edges", .type = OPT_U64, .arg = "N", .help = "edges of two-hop, in all; 0 is no bound",
     .dest = &wish.two_hop_edges},
    {.name = "rounds", .type = OPT_STRING, .arg = "NQ:KH,...", .help = "rounds of NGFix: neighbours, and hardness they may have",
     .dest = &wish.rounds},
    {.name = "order", .type = OPT_CHOICE, .arg = "BY", .choices = repair_orders, .help = "which defects get an edge first",
     .dest = &wish.order},
    {.name = "pairs", .type = OPT_CHOICE, .arg = "WHICH", .choices = repair_pairings, .silent = true, .dest = &wish.pairs,
     .help = "whose hardness is computed; the edges are the same"},
    {.name = "groups", .type = OPT_CHOICE, .arg = "WHICH", .choices = repair_groupings, .dest = &wish.groups,
     .help = "hardness between groups of neighbours, not of each pair"},
    {.name = "max-extra", .type = OPT_U64, .arg = "N", .min = 1, .max = EXTRA_MAX, .help = "extra edges that a node may have",
     .dest = &wish.max_extra},
    {.name = "cap-unreachable", .type = OPT_FLAG, .help = "at most half of these for pairs that were unreachable",
     .dest = &wish.cap_unreachable},
    {.name = "rfix-rounds", .type = OPT_U64, .arg = "N", .max = 100, .help = "rounds of RFix, at most",
     .dest = &wish.rfix_rounds},
    {.name = "rfix-ef", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 20, .help = "width of its searches",
     .dest = &wish.rfix_ef},
    {.name = "rfix-edges", .type = OPT_U64, .arg = "N", .min = 1, .max = RFIX_MAX_EDGES, .help = "edges of one of its rounds",
     .dest = &wish.rfix_edges},
    {.name = "partial", .type = OPT_F64, .arg = "SHARE", .fmin = 0, .fmax = 1, .dest = &wish.partial,
     .help = "drop this share of a node's extra edges, repair by this share of the queries"},
    {.name = "trim", .type = OPT_F64, .arg = "RATIO", .fmin = 0, .fmax = 1e9, .dest = &wish.trim,
     .help = "keep extra edges that are used once in RATIO distances; 0 keeps all"},
    {.name = "rebalance", .type = OPT_FLAG, .help = "trim edges of the builder, too", .dest = &wish.rebalance},
    {.name = "control", .type = OPT_STRING, .arg = "FILE", .dest = &wish.control,
     .help = "queries that should not become slower; the default is a sample of the base set"},
    {.name = "hold-out", .type = OPT_U64, .arg = "N", .max = JUDGE_MAX_QUERIES, .dest = &wish.hold_out,
     .help = "judge the repair by N of the queries, at most a 20th of them; 0: do not"},
    {.name = "judge", .type = OPT_STRING, .arg = "FILE", .dest = &wish.judge, .help = "judge it by these, which it is for"},
    {.name = "compat", .type = OPT_CHOICE, .arg = "WHOM", .choices = repair_compats, .dest = &wish.compat,
     .help = "ranks counted from 0; nothing trimmed or judged"},
    {.name = "report", .type = OPT_STRING, .arg = "FILE", .silent = true, .help = "write what each query did",
     .dest = &wish.report},
    {.name = "time", .type = OPT_FLAG, .silent = true, .help = "and the time it took", .dest = &wish.timed},
    {.name = "force", .type = OPT_FLAG, .help = "take queries of another space, metric or normalisation", .dest = &wish.force},
    OPTION_SEED, OPTION_THREADS, OPTION_OUTPUT, OPTION_PROGRESS, OPTION_QUIET, OPTION_NO_PROVENANCE, OPTIONS_END};

static const struct program prog = {.name = "ngfix-repair", .summary = "repair an index by queries that it should answer",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

static int run(struct err *err)
{
    int rc = 0;
    struct output *out = NULL, *report = NULL;
    struct buf notes = {0}, warnings = {0};
    struct repairrun work = {.progress = progress_step};
    wish.output = common.output;
    wish.queries = cli_operands();
    wish.n_queries = cli_n_operands();
    TRY(output_open(&out, wish.in_place ? wish.index : common.output, true, err));
    if (wish.report)
        TRY(output_open(&report, wish.report, false, err));
    TRY(repairrun_open(&work, &wish, par_threads((int)common.threads), common.seed, err));
    work.report = report;
    progress_start("repair", "queries", work.n_train);
    TRY(repairrun_all(&work, err));
    progress_end();
    TRY(repairrun_write(&work, out, common.no_provenance ? NULL : cli_program_name(), VECPIPE_VERSION, cli_command(), err));
    TRY(output_commit(out, err));
    if (report)
        TRY(output_commit(report, err));
    TRY(repairrun_remarks(&work, &notes, &warnings, err));
    note_lines(&notes);
    warn_lines(&warnings);
out:
    buf_done(&notes);
    buf_done(&warnings);
    output_free(out);
    output_free(report);
    repairrun_close(&work);
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
