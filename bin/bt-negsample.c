/* bt-negsample - negatives of queries from a point and a counter set, near ones and random ones; or their exact neighbours. */
#include "cli/cli.h"
#include "cli/progress.h"
#include "eval/qrels.h"
#include "sys/par.h"
#include "train/negrun.h"

#include <math.h>

static const char *paths[NEGATIVES_SETS], *positives_path, *margin, *examples;
static struct strings texts;
static const char *const froms[] = {"both", "point", "counter", NULL}, *const compats[] = {"none", "upstream", NULL};
static uint64_t k = 10, leaf = BALL_LEAF, count = 1, skip_top, epoch;
static double rate = 0.8, decay, radius;
static int from, compat;
static bool knn, has_radius, k_given, no_duplicates, force, draws;

static const struct option_spec options[] = {
    {.name = "point", .type = OPT_STRING, .arg = "FILE", .help = "the point set, - for stdin", .dest = &paths[NEGATIVES_POINT]},
    {.name = "counter", .type = OPT_STRING, .arg = "FILE", .help = "the counter set, where positives are",
     .dest = &paths[NEGATIVES_COUNTER]},
    {.name = "positives", .type = OPT_STRING, .arg = "QRELS", .help = "who is no negative; else who has the query's key or id",
     .dest = &positives_path, .given = &draws},
    {.name = "count", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 20, .help = "negatives of each query", .dest = &count,
     .given = &draws},
    {.name = "random-rate", .type = OPT_F64, .arg = "R", .fmax = 1, .help = "how likely one is drawn at random", .dest = &rate,
     .given = &draws},
    {.name = "decay", .type = OPT_F64, .arg = "D", .fmax = 1, .help = "how much less likely with every epoch", .dest = &decay,
     .given = &draws},
    {.name = "epoch", .type = OPT_U64, .arg = "E", .help = "which epoch it is, from 0", .dest = &epoch, .given = &draws},
    {.name = "from", .type = OPT_CHOICE, .arg = "SET", .choices = froms, .help = "which sets negatives are taken from",
     .dest = &from, .given = &draws},
    {.name = "skip-top", .type = OPT_U64, .arg = "N", .max = 1 << 20, .help = "leave out the N nearest", .dest = &skip_top,
     .given = &draws},
    {.name = "margin", .type = OPT_STRING, .arg = "M[%]", .dest = &margin, .given = &draws,
     .help = "leave out what is nearer than the nearest positive's distance and M, or M percent, more"},
    {.name = "no-duplicates", .type = OPT_FLAG, .help = "leave out vectors equal to the query's or a positive's",
     .dest = &no_duplicates, .given = &draws},
    {.name = "text", .type = OPT_STRINGS, .arg = "SET=FILE", .dest = &texts, .given = &draws,
     .help = "texts by id of SET, which is point, counter or query: for a column text, and for --examples"},
    {.name = "examples", .type = OPT_STRING, .arg = "FILE", .silent = true, .help = "write training examples to FILE",
     .dest = &examples, .given = &draws},
    {.name = "compat", .type = OPT_CHOICE, .arg = "WHOM", .choices = compats, .dest = &compat, .given = &draws,
     .help = "upstream: as BallTreeSearcher draws, faults included"},
    {.name = "knn", .type = OPT_FLAG, .help = "write the k nearest of the one set that is given", .dest = &knn},
    {.letter = 'k', .name = "k", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT32_MAX, .help = "of --knn: how many",
     .dest = &k, .given = &k_given},
    {.name = "radius", .type = OPT_F64, .arg = "R", .help = "write all within distance R of the one set that is given",
     .dest = &radius, .given = &has_radius},
    {.name = "leaf", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT32_MAX, .silent = true,
     .help = "vectors of a leaf, at most; the output does not depend on it", .dest = &leaf},
    {.name = "force", .type = OPT_FLAG, .help = "take sets of another space, metric or normalisation", .dest = &force},
    OPTION_METRIC, OPTION_SEED, OPTION_THREADS, OPTION_MAX_MEMORY, OPTION_OUTPUT, OPTION_COMPRESS, OPTION_PROGRESS,
    OPTION_QUIET, OPTION_NO_PROVENANCE, OPTIONS_END};

static const struct program prog = {.name = "bt-negsample",
                                    .summary = "find hard and random negatives, or neighbours, by ball trees",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

static int add_positive(void *negatives, struct text query, struct text document, struct err *err)
{
    return negatives_add_positive(negatives, query, document, err);
}

static int run(const struct negrun_options *o, struct err *err)
{
    int rc = 0;
    struct negrun r = {.options = o};
    struct buf remarks = {0};
    TRY(output_open(&r.out, common.output, true, err));
    TRY(negrun_open(&r, err));
    progress_start("search", "queries", 0);
    if (o->search) {
        TRY(negrun_neighbours(&r, err));
    } else {
        TRY(negrun_prepare(&r, err));
        if (positives_path)
            TRY(qrels_each_of(positives_path, 1, add_positive, r.negatives, err));
        TRY(negrun_negatives(&r, err));
    }
    progress_end();
    TRY(negrun_remarks(&r, &remarks, err));
    note_lines(&remarks);
    TRY(negrun_commit(&r, err));
    TRY(output_commit(r.out, err));
out:
    buf_done(&remarks);
    negrun_done(&r);
    output_free(r.out);
    return rc;
}

static int check_options(struct negrun_options *o, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < texts.n; i++)
        TRY(negrun_parse_text(o->texts, texts.at[i], err));
    if (margin)
        TRY(negatives_parse_margin(&o->negatives, margin, err));
    if (knn && has_radius)
        die_usage("give one of --knn and --radius");
    if (k_given && !knn)
        die_usage("-k is of --knn: give that too");
    TRY(negrun_check(o, err));
out:
    return rc;
}

int main(int argc, char **argv)
{
    cli_start(&prog, argc, argv);
    int n_threads = par_threads((int)common.threads);
    struct negrun_options o = {
        .search = knn || has_radius, .draws = draws, .paths = cli_operands(), .n_paths = cli_n_operands(),
        .sets = {paths[0], paths[1]}, .examples = examples,
        .metric = common.metric, .force = force, .max_memory = common.max_memory, .program = prog.name,
        .command = common.no_provenance ? NULL : cli_command(), .level = (int)common.level,
        .answers = {.k = knn ? k : 0, .radius = (float)radius, .leaf = leaf, .n_threads = n_threads, .progress = progress_step},
        .negatives = {.leaf = leaf, .n_threads = n_threads, .from = {from != 2, from != 1}, .count = count, .seed = common.seed,
                      .rate = fmax(0, rate - decay * (double)epoch), .skip_top = skip_top, .given = positives_path,
                      .no_duplicates = no_duplicates, .upstream = compat == 1, .progress = progress_step}};
    struct err err = {0};
    if (check_options(&o, &err) != 0 || run(&o, &err) != 0)
        die(&err);
    return cli_finish();
}
