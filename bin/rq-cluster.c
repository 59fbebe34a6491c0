/* rq-cluster - vectors to codes by residual k-means with bounded cluster sizes, and what is done with codes and codebooks. */
#include "cli/cli.h"
#include "cli/progress.h"
#include "quant/rqrun.h"
#include "sys/par.h"

#include <string.h>

static uint64_t n_levels = 3, size_min, size_max, n_init = 3, max_iter = 100, beam = 1, first_code = 1;
static const char *clusters = "256", *apply, *decode, *sides[RQSIDE_N];
static bool levels_given, clusters_given, min_given, max_given, first_given, resolve_given, beam_given, trains;
static bool unbounded, codes, timed;
static const char *const costs[] = {[LEVEL_SQ] = "sq", [LEVEL_L2] = "l2", NULL};
static const char *const ways[] = {[RESOLVE_NONE] = "none", [RESOLVE_SUFFIX] = "suffix", [RESOLVE_SINKHORN] = "sinkhorn",
                                   [RESOLVE_REASSIGN] = "reassign", NULL};
static int cost = LEVEL_SQ, way = RESOLVE_SUFFIX;
static double tol = 1e-4;

static const struct option_spec options[] = {
    {.letter = 'L', .name = "levels", .type = OPT_U64, .arg = "N", .min = 1, .max = CODESET_MAX_LEVELS, .given = &levels_given,
     .help = "levels, each of what those before leave", .dest = &n_levels},
    {.letter = 'K', .name = "clusters", .type = OPT_STRING, .arg = "LIST", .help = "clusters of every level, or of each",
     .dest = &clusters, .given = &clusters_given},
    {.name = "size-min", .type = OPT_U64, .arg = "N", .max = INT32_MAX, .given = &min_given,
     .help = "vectors a cluster at least; unless given max(1, rows / K - 1)", .dest = &size_min},
    {.name = "size-max", .type = OPT_U64, .arg = "N", .min = 1, .max = INT32_MAX, .given = &max_given,
     .help = "vectors a cluster at most; unless given rows / K + 1", .dest = &size_max},
    {.name = "unbounded", .type = OPT_FLAG, .help = "clusters of any size: plain residual k-means", .dest = &unbounded,
     .given = &trains},
    {.name = "cost", .type = OPT_CHOICE, .arg = "COST", .choices = costs,
     .help = "what the assignment minimises: squared or plain distances", .dest = &cost, .given = &trains},
    {.name = "n-init", .type = OPT_U64, .arg = "N", .min = 1, .max = 1000, .help = "starts of each level; the best counts",
     .dest = &n_init, .given = &trains},
    {.name = "max-iter", .type = OPT_U64, .arg = "N", .min = 1, .max = 100000, .help = "iterations of a start",
     .dest = &max_iter, .given = &trains},
    {.name = "tol", .type = OPT_F64, .arg = "X", .fmin = 0, .fmax = 1e9,
     .help = "stop when centres moved less than X times the variance", .dest = &tol, .given = &trains},
    {.name = "resolve", .type = OPT_CHOICE, .arg = "HOW", .choices = ways, .help = "what tells items of equal codes apart",
     .dest = &way, .given = &resolve_given},
    {.name = "codebooks", .type = OPT_STRING, .arg = "FILE", .help = "write the centres to FILE, as vectors",
     .dest = &sides[RQSIDE_BOOKS]},
    {.name = "npz", .type = OPT_STRING, .arg = "FILE", .silent = true, .help = "write the centres to FILE, as arrays of NumPy",
     .dest = &sides[RQSIDE_NPZ]},
    {.name = "apply", .type = OPT_STRING, .arg = "FILE", .help = "encode by the codebooks of FILE, ours or .npz", .dest = &apply},
    {.name = "beam", .type = OPT_U64, .arg = "N", .min = 1, .max = 4096, .help = "with --apply: prefixes kept at each level",
     .dest = &beam, .given = &beam_given},
    {.name = "decode", .type = OPT_STRING, .arg = "FILE", .help = "read codes, write their vectors by the codebooks of FILE",
     .dest = &decode},
    {.name = "codes", .type = OPT_FLAG, .help = "read codes, not vectors: report, suffixes, tokens, arrays", .dest = &codes},
    {.name = "tokens", .type = OPT_STRING, .arg = "FILE", .silent = true,
     .help = "write codes as JSON lists of <a_1> tokens to FILE", .dest = &sides[RQSIDE_TOKENS]},
    {.name = "first-code", .type = OPT_U64, .arg = "N", .max = 1, .given = &first_given, .help = "what tokens call code 0",
     .dest = &first_code},
    {.name = "npy", .type = OPT_STRING, .arg = "FILE", .silent = true, .help = "write codes to FILE, as an array of NumPy",
     .dest = &sides[RQSIDE_NPY]},
    {.name = "report", .type = OPT_STRING, .arg = "FILE", .silent = true, .help = "write what is measured of codes to FILE",
     .dest = &sides[RQSIDE_REPORT]},
    {.name = "time", .type = OPT_FLAG, .silent = true, .help = "say how long training took, in the report and the end record",
     .dest = &timed, .given = &trains},
    OPTION_SEED, OPTION_MAX_MEMORY, OPTION_THREADS, OPTION_OUTPUT, OPTION_COMPRESS, OPTION_PROGRESS, OPTION_QUIET,
    OPTION_NO_PROVENANCE, OPTIONS_END};

static const struct program prog = {.name = "rq-cluster", .summary = "residual k-means codes with balanced clusters",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

static struct rqrun_options options_make(void)
{
    int n_threads = par_threads((int)common.threads);
    bool one = !strchr(clusters, ',');
    struct rqrun_options o = {
        .mode = apply ? RQRUN_APPLY : decode ? RQRUN_DECODE : codes ? RQRUN_CODES : RQRUN_TRAIN,
        .paths = cli_operands(), .n_paths = cli_n_operands(), .books = apply ? apply : decode, .beam = beam, .time = timed,
        .clusters = (codes || decode) && !clusters_given ? NULL : clusters, .n_levels = levels_given || one ? n_levels : 0,
        .tell_base = first_given, .gives = {.training = trains || levels_given || min_given || max_given, .beam = beam_given,
                                            .clusters = clusters_given, .resolve = resolve_given},
        .train = {.residual = {.level = {.bounded = !unbounded, .cost = (enum level_cost)cost, .n_init = (uint32_t)n_init,
                                         .tol = tol, .max_iter = (uint32_t)max_iter, .seed = common.seed,
                                         .progress = progress_step, .n_threads = n_threads},
                               .least_given = min_given, .most_given = max_given, .least = (uint32_t)size_min,
                               .most = (uint32_t)size_max},
                  .resolve = (enum resolve)way, .max_memory = common.max_memory},
        .sides = {.token_base = (unsigned)first_code, .program = prog.name,
                  .command = common.no_provenance ? NULL : cli_command(), .level = (int)common.level}};
    memcpy(o.sides.paths, sides, sizeof sides);
    return o;
}

static int run(struct err *err)
{
    int rc = 0;
    const struct rqrun_options o = options_make();
    struct rqrun r = {.options = &o};
    struct buf remarks = {0};
    TRY(rqrun_check(&o, err));
    TRY(output_open(&r.out, common.output, true, err));
    if (!decode && !codes)
        progress_start(apply ? "encode" : "cluster", apply ? "rows" : "iterations", 0);
    TRY(rqrun_run(&r, err));
    progress_end();
    TRY(rqrun_remarks(&r, &remarks, err));
    note_lines(&remarks);
    TRY(rqrun_commit(&r, err));
    TRY(output_commit(r.out, err));
out:
    buf_done(&remarks);
    rqrun_done(&r);
    output_free(r.out);
    return rc;
}

int main(int argc, char **argv)
{
    common.seed = 42;
    cli_start(&prog, argc, argv);
    if (!!apply + !!decode + codes > 1)
        die_usage("--apply, --decode and --codes: give one");
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
