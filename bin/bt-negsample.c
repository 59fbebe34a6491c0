/* bt-negsample - negatives of queries from a point and a counter set, near ones and random ones; or their exact neighbours. */
#include "base/num.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "eval/qrels.h"
#include "exact/exact_truth.h"
#include "sys/par.h"
#include "tree/ball_answers.h"
#include "tree/idorder.h"
#include "tree/negatives.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *paths[NEGATIVES_SETS], *positives_path, *margin;
static const char *const froms[] = {"both", "point", "counter", NULL}, *const compats[] = {"none", "upstream", NULL};
static uint64_t k = 10, leaf = BALL_LEAF, count = 1, skip_top, epoch;
static double rate = 0.8, decay, radius;
static int from, compat;
static bool knn, has_radius, no_duplicates, force;

static const struct option_spec options[] = {
    {.name = "point", .type = OPT_STRING, .arg = "FILE", .help = "the point set, - for stdin", .dest = &paths[NEGATIVES_POINT]},
    {.name = "counter", .type = OPT_STRING, .arg = "FILE", .help = "the counter set, where positives are",
     .dest = &paths[NEGATIVES_COUNTER]},
    {.name = "positives", .type = OPT_STRING, .arg = "QRELS", .help = "who is no negative; else who has the query's key or id",
     .dest = &positives_path},
    {.name = "count", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 20, .help = "negatives of each query", .dest = &count},
    {.name = "random-rate", .type = OPT_F64, .arg = "R", .fmax = 1, .help = "how likely one is drawn at random", .dest = &rate},
    {.name = "decay", .type = OPT_F64, .arg = "D", .fmax = 1, .help = "how much less likely with every epoch", .dest = &decay},
    {.name = "epoch", .type = OPT_U64, .arg = "E", .help = "which epoch it is, from 0", .dest = &epoch},
    {.name = "from", .type = OPT_CHOICE, .arg = "SET", .choices = froms, .help = "which sets negatives are taken from",
     .dest = &from},
    {.name = "skip-top", .type = OPT_U64, .arg = "N", .max = 1 << 20, .help = "leave out the N nearest", .dest = &skip_top},
    {.name = "margin", .type = OPT_STRING, .arg = "M[%]", .dest = &margin,
     .help = "leave out what is not farther than the nearest positive by M, or by M percent"},
    {.name = "no-duplicates", .type = OPT_FLAG, .help = "leave out vectors equal to the query's or a positive's",
     .dest = &no_duplicates},
    {.name = "compat", .type = OPT_CHOICE, .arg = "WHOM", .choices = compats, .dest = &compat,
     .help = "upstream: as BallTreeSearcher draws, faults included"},
    {.name = "knn", .type = OPT_FLAG, .help = "write the k nearest of the one set that is given", .dest = &knn},
    {.letter = 'k', .name = "k", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT32_MAX, .help = "of --knn: how many",
     .dest = &k},
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

/* What is open during a run. */
struct work {
    struct vector_reader *readers[NEGATIVES_SETS], *queries;
    struct vector_set sets[NEGATIVES_SETS];
    enum metric metric;
    struct header header;
    struct output *out;
    struct stream_writer *writer;
    struct qrels qrels;
    struct negatives *negatives;
};

static int open_sets(struct work *w, struct err *err)
{
    int rc = 0, metric = common.metric;
    TRY(output_open(&w->out, common.output, true, err));
    TRY(vector_reader_open_all(&w->queries, cli_operands(), cli_n_operands(), err));
    for (size_t i = 0; i < NEGATIVES_SETS; i++)
        if (paths[i]) {
            TRY(vector_reader_open(&w->readers[i], paths[i], err));
            TRY(exact_truth_check(w->readers[i], w->queries, metric, force, &w->metric, err));
            metric = (int)w->metric;
        }
    for (size_t i = 0; i < NEGATIVES_SETS; i++)
        if (paths[i]) {
            TRY(vector_set_read(&w->sets[i], w->readers[i], common.max_memory / 4, err));
            if (!compat)
                TRY(idorder_sort(&w->sets[i], err));
        }
out:
    return rc;
}

static int open_writer(struct work *w, struct err *err)
{
    int rc = 0;
    const struct header *parents[NEGATIVES_SETS + 1];
    size_t n = 0;
    for (size_t i = 0; i < NEGATIVES_SETS; i++)
        if (paths[i])
            parents[n++] = &w->sets[i].header;
    parents[n++] = vector_reader_header(w->queries);
    if (!common.no_provenance)
        TRY(header_add_program(&w->header, cli_program_name(), VECPIPE_VERSION, cli_command(), parents, n, err));
    TRY(stream_writer_open(&w->writer, w->out, &w->header, (int)common.level, err));
    progress_start("search", "queries", 0);
out:
    return rc;
}

static int run_neighbours(struct work *w, struct err *err)
{
    int rc = 0;
    const struct vector_set *base = &w->sets[paths[NEGATIVES_POINT] ? NEGATIVES_POINT : NEGATIVES_COUNTER];
    const struct ball_answers_options o = {.k = knn ? k : 0, .radius = (float)radius, .metric = w->metric, .leaf = leaf,
                                           .n_threads = par_threads((int)common.threads), .progress = progress_step};
    TRY(ball_answers_header(&w->header, base, w->queries, &o, err));
    TRY(open_writer(w, err));
    TRY(ball_answers_write(w->writer, base, w->queries, &o, err));
out:
    return rc;
}

static int read_positives(struct work *w, struct err *err)
{
    int rc = 0;
    struct input *in = NULL;
    TRY(input_open(&in, positives_path, err));
    TRY(qrels_read(&w->qrels, in, 1, err));
    for (size_t i = 0; i < w->qrels.queries.n; i++) {
        const struct pairs_query *of = &w->qrels.grades.queries[i];
        struct text query = {.p = map_key(&w->qrels.queries, i, &query.n)};
        for (const struct pair *p = w->qrels.grades.at + of->first; p < w->qrels.grades.at + of->first + of->n; p++)
            if (p->value >= 1)
                TRY(negatives_add_positive(w->negatives, query, pairs_document(&w->qrels.grades, p), err));
    }
out:
    input_close(in);
    return rc;
}

static int run_negatives(struct work *w, struct negatives_options *o, struct err *err)
{
    int rc = 0;
    char text[24];
    struct negatives_report report = {0};
    const struct vector_set *const sets[] = {paths[0] ? &w->sets[0] : NULL, paths[1] ? &w->sets[1] : NULL};
    o->metric = w->metric;
    TRY(negatives_new(&w->negatives, sets, vector_reader_has_keys(w->queries), o, err));
    if (positives_path)
        TRY(read_positives(w, err));
    TRY(negatives_header(&w->header, w->negatives, w->queries, err));
    TRY(open_writer(w, err));
    TRY(negatives_write(w->writer, w->negatives, w->queries, &report, err));
    snprintf(text, sizeof text, "%" PRIu64, report.n_missing);
    TRY(stream_writer_stat(w->writer, "no_negative", text, err));
    note("%" PRIu64 " queries: %" PRIu64 " hard and %" PRIu64 " random negatives; no negative: %" PRIu64
         "; queries without a positive: %" PRIu64, report.n_queries, report.n_hard, report.n_random, report.n_missing,
         report.n_without_positive);
out:
    return rc;
}

static int run(struct negatives_options *o, struct err *err)
{
    int rc = 0;
    struct work w = {0};
    TRY(open_sets(&w, err));
    TRY(knn || has_radius ? run_neighbours(&w, err) : run_negatives(&w, o, err));
    progress_end();
    TRY(stream_writer_end(w.writer, err));
    TRY(output_commit(w.out, err));
out:
    negatives_free(w.negatives);
    qrels_done(&w.qrels);
    stream_writer_free(w.writer);
    output_free(w.out);
    header_done(&w.header);
    for (size_t i = 0; i < NEGATIVES_SETS; i++) {
        vector_set_done(&w.sets[i]);
        vector_reader_close(w.readers[i]);
    }
    vector_reader_close(w.queries);
    return rc;
}

/* What options ask for, held against each other. */
static void check_options(struct negatives_options *o)
{
    bool search = knn || has_radius, upstream = compat == 1;
    size_t percent = margin && *margin ? strlen(margin) - 1 : 0;
    o->relative = percent > 0 && margin[percent] == '%';
    o->has_margin = margin != NULL;
    if (margin && !num_parse_f64(margin, percent + !o->relative, &o->margin))
        die_usage("--margin %s: expected a number, or a number and %%", margin);
    o->margin = o->relative ? o->margin / 100 : o->margin;
    for (size_t i = 0; i < NEGATIVES_SETS; i++)
        if (paths[i] && strcmp(paths[i], "-") == 0 && cli_n_operands() == 0)
            die_usage("set and queries cannot both be stdin: name the file of the queries");
    if (knn && has_radius)
        die_usage("give one of --knn and --radius");
    if (search && !paths[0] == !paths[1])
        die_usage("--knn and --radius search one set: give --point or --counter");
    if (!search && ((o->from[0] && !paths[0]) || (o->from[1] && !paths[1])))
        die_usage("give --point and --counter, or the one that --from names");
    if (margin && !paths[NEGATIVES_COUNTER])
        die_usage("--margin is measured from positives in the counter set: give --counter");
    if (upstream && (search || from || count != 1 || skip_top || margin || no_duplicates || positives_path))
        die_usage("--compat upstream takes of the options of negatives --random-rate, --decay, --epoch and --seed alone");
}

int main(int argc, char **argv)
{
    cli_start(&prog, argc, argv);
    struct negatives_options o = {.leaf = leaf, .n_threads = par_threads((int)common.threads), .from = {from != 2, from != 1},
                                  .count = count, .rate = fmax(0, rate - decay * (double)epoch), .seed = common.seed,
                                  .skip_top = skip_top, .given = positives_path, .no_duplicates = no_duplicates,
                                  .upstream = compat == 1, .progress = progress_step};
    check_options(&o);
    struct err err = {0};
    if (run(&o, &err) != 0)
        die(&err);
    return cli_finish();
}
