/* eval-recall - neighbours or a TREC run, against ground truth, judgements or answers. */
#include "cli/cli.h"
#include "eval/remarks.h"
#include "eval/report.h"
#include "eval/threshold.h"

#include <stdio.h>
#include <unistd.h>

static const char *const formats[] = {"tsv", "json", "trec", NULL}, *const averages[] = {"relevant", "all", "both", NULL},
                  *const rules[] = {"token", "substring", NULL}, *const ties[] = {"auto", "docid", "input", NULL};
static struct evaluation_options eval;
static struct report_options report;
static struct strings fail_under;
static uint64_t level = 1;
static int format, average, rule, tie;

static const struct option_spec options[] = {
    {.name = "truth", .type = OPT_STRING, .arg = "FILE", .dest = &eval.sides[MEASURE_TRUTH],
     .help = "exact neighbours (of knn-exact), for recall"},
    {.name = "qrels", .type = OPT_STRING, .arg = "FILE", .dest = &eval.sides[MEASURE_QRELS],
     .help = "relevance judgements, TREC's or BEIR's columns"},
    {.name = "answers", .type = OPT_STRING, .arg = "FILE", .dest = &eval.sides[MEASURE_ANSWERS],
     .help = "answers: query id, then one answer a column"},
    {.name = "passages", .type = OPT_STRING, .arg = "FILE", .dest = &eval.passages,
     .help = "texts to look for the answers in, TSV or JSON lines"},
    {.name = "columns", .type = OPT_STRING, .arg = "LIST", .dest = &eval.columns,
     .help = "columns of the passages: id, text, title and - to ignore one"},
    {.name = "match", .type = OPT_CHOICE, .arg = "RULE", .choices = rules, .dest = &rule,
     .help = "how an answer is found in a passage"},
    {.name = "title", .type = OPT_FLAG, .dest = &eval.title,
     .help = "look for answers in title + ' ' + text, not in the text alone"},
    {.name = "against", .type = OPT_STRING, .arg = "FILE", .dest = &eval.against,
     .help = "a second run: compare the two, query by query, by a randomisation test"},
    {.name = "measures", .type = OPT_STRING, .arg = "LIST", .dest = &eval.measures,
     .help = "what to measure (list below): recall@10,hit@1,10,map"},
    {.name = "average", .type = OPT_CHOICE, .arg = "OVER", .choices = averages, .dest = &average,
     .help = "queries that count: of the side input those with something to find, all, or only those of the run"},
    {.name = "level", .type = OPT_U64, .arg = "GRADE", .min = 1, .max = INT32_MAX, .dest = &level,
     .help = "least grade of a relevant document"},
    {.name = "ties", .type = OPT_CHOICE, .arg = "ORDER", .choices = ties, .dest = &tie, .help = "order of equal scores"},
    {.name = "ignore-identical-ids", .type = OPT_FLAG, .dest = &eval.run_options.drop_self,
     .help = "leave out neighbours that are the query itself"},
    {.name = "per-query", .type = OPT_FLAG, .dest = &report.per_query, .help = "one line for each query, not the averages"},
    {.name = "format", .type = OPT_CHOICE, .arg = "FORMAT", .choices = formats, .dest = &format, .help = "form of the output"},
    {.name = "fail-under", .type = OPT_STRINGS, .arg = "MEASURE=X", .dest = &fail_under,
     .help = "end with status 1 where MEASURE is below X at any ef"},
    OPTION_SEED, OPTION_OUTPUT, OPTION_QUIET, OPTIONS_END};

static struct program prog = {
    .name = "eval-recall", .summary = "measure what a search found: recall, ranking measures, answers, work and time",
    .operands = "[FILE]", .max_operands = 1, .options = options};

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

static int run(bool *missed, struct err *err)
{
    struct evaluation e = {0};
    struct thresholds least = {0};
    struct buf remarks = {0}, misses = {0};
    struct output *out = NULL;
    int rc;
    TRY(thresholds_parse(&least, fail_under.at, fail_under.n, err));
    if (eval.against && (report.per_query || report.format == REPORT_TREC))
        TRY(err_set(err, ERR_USAGE, "--against writes a table or JSON, one line a measure: no --per-query, no --format trec"));
    eval.also = &least.also;
    TRY(evaluation_run(&e, &eval, err));
    TRY(remarks_make(&e, &eval, &remarks, err));
    warn_lines(&remarks);
    TRY(output_open(&out, common.output, false, err));
    report.aligned = !common.output && isatty(STDOUT_FILENO);
    TRY(eval.against ? report_compare(&e, &eval, common.seed, &report, out, err) : report_write(&e, &report, out, err));
    TRY(output_commit(out, err));
    TRY(thresholds_missed(&least, &e, &misses, err));
    warn_lines(&misses);
    *missed = misses.n > 0;
out:
    output_free(out);
    buf_done(&remarks);
    buf_done(&misses);
    thresholds_done(&least);
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
