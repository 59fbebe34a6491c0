/* vec-synth - synthetic base and query sets, in or out of the base's distribution. */
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "exact/synth_gap.h"
#include "fmt/synth_write.h"
#include "sys/par.h"

#include <string.h>

static int set, role;
static uint64_t n, first_id, dim = 128, clusters = 1000, latent_dim = 8, mix = 4;
static const char *report;
static double spread = 0.5, noise = 0.1, gap = 1;

static const struct option_spec options[] = {
    {.name = "count", .type = OPT_U64, .arg = "N", .min = 1, .max = UINT64_C(1) << 47, .required = true,
     .help = "how many vectors", .dest = &n},
    {.name = "dim", .type = OPT_U64, .arg = "D", .min = 1, .max = HEADER_MAX_SHAPE, .help = "their dimension",
     .dest = &dim},
    {.name = "set", .type = OPT_CHOICE, .arg = "SET", .choices = synth_sets, .help = "the base's distribution", .dest = &set},
    {.name = "role", .type = OPT_CHOICE, .arg = "ROLE", .choices = synth_roles, .help = "what to write of it", .dest = &role},
    {.letter = 'K', .name = "clusters", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 28, .help = "clusters: how many",
     .dest = &clusters},
    {.name = "spread", .type = OPT_F64, .arg = "X", .fmin = 0, .fmax = 1000, .dest = &spread,
     .help = "clusters: their standard deviation, where that of the centres is 1"},
    {.name = "latent-dim", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 20, .help = "latent: the intrinsic dimension",
     .dest = &latent_dim},
    {.name = "noise", .type = OPT_F64, .arg = "X", .fmin = 0, .fmax = 1000, .dest = &noise,
     .help = "latent: standard deviation of what is added in all dimensions"},
    {.name = "mix", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 16, .dest = &mix,
     .help = "ood-queries: each is the sum of N vectors like the base's, by sqrt(N)"},
    {.name = "gap", .type = OPT_F64, .arg = "X", .fmin = 0, .fmax = 1000, .dest = &gap,
     .help = "ood-queries: how far off they are moved, in radii of the base"},
    {.name = "metric", .type = OPT_CHOICE, .arg = "METRIC", .choices = cli_metrics, .help = "the distance that is meant",
     .dest = &common.metric},
    {.name = "first-id", .type = OPT_U64, .arg = "N", .max = UINT64_C(1) << 47, .dest = &first_id,
     .help = "start with row N of the set, which has id N"},
    {.name = "report", .type = OPT_STRING, .arg = "FILE", .silent = true, .dest = &report,
     .help = "write how far ood-queries are from the base, and their neighbours from each other"},
    OPTION_SEED, OPTION_OUTPUT, OPTION_COMPRESS, OPTION_THREADS, OPTION_NO_PROVENANCE, OPTION_PROGRESS, OPTION_QUIET,
    OPTIONS_END};

static const struct program prog = {.name = "vec-synth", .summary = "make synthetic base and query vectors", .operands = "",
                                    .options = options};

static int write_report(const struct synth *s, const struct synth_options *o, struct err *err)
{
    int rc = 0;
    struct output *out = NULL;
    struct synth_gap g;
    TRY(output_open(&out, report, false, err));
    TRY(synth_gap_measure(&g, s, o, (enum metric)common.metric, par_threads((int)common.threads), err));
    TRY(synth_gap_write(&g, out, err));
    TRY(output_commit(out, err));
out:
    output_free(out);
    return rc;
}

static int run(struct err *err)
{
    int rc = 0;
    struct synth *synth = NULL;
    struct header header = {0};
    struct output *out = NULL;
    struct stream_writer *writer = NULL;
    struct synth_options o = {.set = (enum synth_set)set, .seed = common.seed, .dim = dim, .clusters = clusters, .spread = spread,
                              .latent_dim = latent_dim, .noise = noise, .mix = mix, .gap = gap};
    TRY(synth_check(o.set, (enum synth_role)role, err));
    TRY(synth_write_header(&header, &o, (enum synth_role)role, (enum metric)common.metric, err));
    if (!common.no_provenance)
        TRY(header_add_program(&header, prog.name, VECPIPE_VERSION, cli_command(), NULL, 0, err));
    TRY(output_open(&out, common.output, true, err));
    TRY(synth_new(&synth, &o, err));
    TRY(stream_writer_open(&writer, out, &header, (int)common.level, err));
    progress_start("make", "rows", n);
    TRY(synth_write_rows(writer, synth, dim, (enum synth_role)role, first_id, n, par_threads((int)common.threads), progress_step,
                         err));
    progress_end();
    TRY(stream_writer_end(writer, err));
    if (report)
        TRY(write_report(synth, &o, err));
    TRY(output_commit(out, err));
out:
    stream_writer_free(writer);
    synth_free(synth);
    output_free(out);
    header_done(&header);
    return rc;
}

int main(int argc, char **argv)
{
    common.metric = METRIC_L2;
    cli_start(&prog, argc, argv);
    if (report && strcmp(report, "-") == 0 && (!common.output || strcmp(common.output, "-") == 0))
        die_usage("the vectors and --report cannot both go to stdout: -o FILE");
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
