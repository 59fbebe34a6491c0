/* eval-recall - neighbours or a TREC run, against ground truth, judgements or answers. */
#include "cli/cli.h"
#include "base/mem.h"
#include "eval/report.h"
#include "eval/threshold.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const formats[] = {"tsv", "json", "trec", NULL}, *const averages[] = {"relevant", "all", "both", NULL},
                  *const rules[] = {"token", "substring", NULL}, *const ties[] = {"auto", "docid", "input", NULL};
static struct evaluation_options eval;
static struct report_options report;
static struct strings fail_under;
static uint64_t level = 1;
static int format, average, rule, tie;

static const struct option_spec options[] = {
    {.name = "truth", .type = OPT_STRING, .arg = "FILE", .help = "exact neighbours (of knn-exact), for recall", .dest = &eval.sides[MEASURE_TRUTH]},
    {.name = "qrels", .type = OPT_STRING, .arg = "FILE", .help = "relevance judgements, TREC's or BEIR's columns", .dest = &eval.sides[MEASURE_QRELS]},
    {.name = "answers", .type = OPT_STRING, .arg = "FILE", .help = "answers: query id, then one answer a column", .dest = &eval.sides[MEASURE_ANSWERS]},
    {.name = "passages", .type = OPT_STRING, .arg = "FILE", .help = "texts to look for the answers in, TSV or JSON lines", .dest = &eval.passages},
    {.name = "columns", .type = OPT_STRING, .arg = "LIST", .help = "columns of the passages: id, text, title and - to ignore one", .dest = &eval.columns},
    {.name = "match", .type = OPT_CHOICE, .arg = "RULE", .choices = rules, .help = "how an answer is found in a passage", .dest = &rule},
    {.name = "title", .type = OPT_FLAG, .help = "look for answers in title + ' ' + text, not in the text alone", .dest = &eval.title},
    {.name = "measures", .type = OPT_STRING, .arg = "LIST", .help = "what to measure (list below): recall@10,hit@1,10,map", .dest = &eval.measures},
    {.name = "average", .type = OPT_CHOICE, .arg = "OVER", .choices = averages, .help = "queries that count: of the side input those with something to find, all, or only those of the run", .dest = &average},
    {.name = "level", .type = OPT_U64, .arg = "GRADE", .min = 1, .max = INT32_MAX, .help = "least grade of a relevant document", .dest = &level},
    {.name = "ties", .type = OPT_CHOICE, .arg = "ORDER", .choices = ties, .help = "order of equal scores", .dest = &tie},
    {.name = "ignore-identical-ids", .type = OPT_FLAG, .help = "leave out neighbours that are the query itself", .dest = &eval.run_options.drop_self},
    {.name = "per-query", .type = OPT_FLAG, .help = "one line for each query, not the averages", .dest = &report.per_query},
    {.name = "format", .type = OPT_CHOICE, .arg = "FORMAT", .choices = formats, .help = "form of the output", .dest = &format},
    {.name = "fail-under", .type = OPT_STRINGS, .arg = "MEASURE=X", .help = "end with status 1 where MEASURE is below X at any ef", .dest = &fail_under},
    OPTION_OUTPUT, OPTION_QUIET, OPTIONS_END};

static struct program prog = {
    .name = "eval-recall", .summary = "measure what a search found: recall, ranking measures, answers, work and time", .operands = "[FILE]",
    .max_operands = 1, .options = options};

/* --help ends with the table of measures. */
static void list_measures(void)
{
    static char text[64][128];
    static const char *notes[66] = {"Measures:"};
    for (int i = 0; measures[i].name && i < 64; i++) {
        const struct measure *m = &measures[i];
        char name[MEASURE_NAME];
        snprintf(name, sizeof name, "%s%s", m->name, m->cut == MEASURE_MUST_CUT ? "@k" : m->cut == MEASURE_MAY_CUT ? "[@k]" : "");
        snprintf(text[i], sizeof text[i], "  %-16s%s", name, m->help);
        notes[i + 1] = text[i];
    }
    prog.notes = notes;
}

static void warn_of(const struct evaluation *e, const char *run)
{
    if (e->recall_by_id)
        warn("%s: no distances to compare: recall is counted by id (recall.id), tied neighbours as misses", run);
    if (e->n_other_dist)
        warn("%s: %llu true neighbours lie at another distance than the truth says: recall by distance may mislead, see recall.id", run, (unsigned long long)e->n_other_dist);
    if (e->n_short)
        warn("%s: %llu queries have fewer than %zu neighbours: what is not there counts as a miss", run, (unsigned long long)e->n_short, e->largest_cut);
    if (e->n_tied_cuts)
        warn("%s: %llu queries have equal scores across a cut: --ties decides", run, (unsigned long long)e->n_tied_cuts);
    if (e->qrels.n_repeated)
        warn("%s: %llu judgements come twice", eval.sides[MEASURE_QRELS], (unsigned long long)e->qrels.n_repeated);
    if (e->answers.n_empty)
        warn("%s: %zu empty answers, which match nothing", eval.sides[MEASURE_ANSWERS], e->answers.n_empty);
    if (e->n_absent)
        warn("%s: %llu passages that were found are not there: they count as misses", eval.passages, (unsigned long long)e->n_absent);
    for (enum measure_side s = 0; s < MEASURE_N_SIDES; s++)
        for (size_t i = 0; i < e->n_groups && e->has[s]; i++)
            if (e->groups[i].n_missing[s] || e->groups[i].n_unjudged[s])
                warn("%s: ef %u: %zu queries of it are missing in the run, %zu of the run are not averaged over", eval.sides[s], e->groups[i].ef,
                     e->groups[i].n_missing[s], e->groups[i].n_unjudged[s]);
}

static int run(bool *missed, struct err *err)
{
    struct evaluation e = {0};
    struct measure_list also = {0};
    struct threshold *least = NULL;
    struct output *out = NULL;
    int rc;
    TRY_NEW(least, MEM_ARRAY(struct threshold, fail_under.n, err));
    for (size_t i = 0; i < fail_under.n; i++)
        TRY(threshold_parse(&least[i], fail_under.at[i], &also, err));
    eval.also = &also;
    TRY(evaluation_run(&e, &eval, err));
    warn_of(&e, eval.run);
    TRY(output_open(&out, common.output, false, err));
    report.aligned = !common.output && isatty(STDOUT_FILENO);
    TRY(report_write(&e, &report, out, err));
    TRY(output_commit(out, err));
    for (size_t i = 0; i < fail_under.n; i++)
        for (size_t g = 0; g < e.n_groups; g++) {
            double reached = threshold_reached(&least[i], &e, &e.groups[g]);
            if (!(reached >= least[i].least)) {
                warn("ef %u: %s was asked for and missed: it is %.6g", e.groups[g].ef, fail_under.at[i], reached);
                *missed = true;
            }
        }
out:
    output_free(out);
    mem_free(least);
    measure_list_done(&also);
    evaluation_done(&e);
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    bool missed = false;
    list_measures();
    cli_start(&prog, argc, argv);
    eval.run = cli_n_operands() ? cli_operand(0) : "-";
    eval.level = (int32_t)level;
    eval.average = report.average = (enum evaluation_average)average;
    eval.match = (enum answermatch_rule)rule;
    eval.run_options.ties = (enum run_ties)tie;
    report.format = (enum report_format)format;
    if (run(&missed, &err) != 0)
        die(&err);
    int status = cli_finish();
    return status ? status : missed ? EXIT_MISSED : 0;
}
