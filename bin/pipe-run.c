/* pipe-run - run a pipeline written in YAML: plan it, write scripts and a Makefile, let GNU make run what changed. */
#include "base/buf.h"
#include "cli/cli.h"
#include "pipe/outcome.h"
#include "pipe/runner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct { bool dry_run; uint64_t jobs; struct strings set; const char *dir, *job; } opt = {.jobs = 1};

static const struct option_spec options[] = {
    {.letter = 'n', .name = "dry-run", .type = OPT_FLAG, .dest = &opt.dry_run,
     .help = "print the commands as a bash script and run nothing"},
    {.letter = 'j', .name = "jobs", .type = OPT_U64, .arg = "N", .min = 1, .max = 1000, .dest = &opt.jobs,
     .help = "run up to N jobs at once"},
    {.name = "set", .type = OPT_STRINGS, .arg = "NAME=VALUE", .dest = &opt.set,
     .help = "give a param of the pipeline another value"},
    {.name = "dir", .type = OPT_STRING, .arg = "DIR", .dest = &opt.dir,
     .help = "folder of the outputs; out/NAME by the pipeline's name"},
    {.name = "job", .type = OPT_STRING, .arg = "SCRIPT", .dest = &opt.job, .help = "run one job of a plan, as the Makefile does"},
    OPTION_QUIET, OPTIONS_END};

static const struct program prog = {.name = "pipe-run", .summary = "run a pipeline written in YAML",
                                    .operands = "PIPELINE [STEP ...]", .max_operands = PIPELINE_MAX_STEPS, .options = options};

struct ticker { const char *title; double seconds; };

/* The line of the job that runs, written over once a second. */
static void tick(void *ctx)
{
    struct ticker *t = ctx;
    struct buf text = {0};
    struct err ignored = {0};
    if (outcome_state(&text, "running", t->title, t->seconds++, &ignored) == 0)
        fprintf(stderr, "%s\r", text.p);
    buf_done(&text);
}

static void end_by(int caught)
{
    if (caught) {
        signal(caught, SIG_DFL);
        raise(caught);
    }
}

/* One job, called by the Makefile. */
static int run_one(const char *bin, struct err *err)
{
    struct ticker ticker = {.seconds = 0};
    struct job_options o = {.bin = bin, .n_jobs = opt.jobs, .ctx = &ticker};
    struct job_result result = {0};
    struct job job = {0};
    struct buf text = {0};
    int rc;
    TRY(job_read(&job, opt.job, err));
    ticker.title = job.title;
    if (opt.jobs == 1 && !common.quiet && isatty(STDERR_FILENO)) {
        o.tick = tick;
        tick(&ticker);
    }
    TRY(job_run(&job, &o, &result, err));
    TRY(outcome_job(&text, &job, &result, common.quiet, err));
    fwrite(text.n ? text.p : "", 1, text.n, stderr);
out:
    rc = outcome_keep(&job, &result, rc, err);
    buf_done(&text);
    job_done(&job);
    end_by(result.caught);
    if (!rc && result.state == JOB_FAILED)
        exit(result.status);
    return rc;
}

static int run_all(const struct plan *plan, const struct script_options *o, const struct runner_paths *paths, struct err *err)
{
    struct runner_result result = {0};
    struct output *out = NULL;
    int rc;
    TRY(output_open(&out, NULL, false, err));
    rc = opt.dry_run ? runner_dry_run(plan, o, out, err) : runner_run(plan, o, paths->program, out, &result, err);
    end_by(result.caught);
    if (result.status) {
        fprintf(stderr, "%s: %s\n", prog.name, err->msg);
        exit(result.status);
    }
    TRY(rc);
    TRY(output_commit(out, err));
out:
    output_free(out);
    return rc;
}

static int run(struct err *err)
{
    struct pipeline pipeline = {0};
    struct plan plan = {0};
    struct runner_paths paths = {0};
    int rc;
    TRY(runner_find_program(&paths, err));
    if (opt.job)
        return run_one(paths.bin, err);
    if (cli_n_operands() == 0)
        die_usage("no pipeline given, expected %s", prog.operands);
    const struct runner_request request = {cli_operand(0), opt.set.at, opt.set.n, cli_operands() + 1, cli_n_operands() - 1};
    TRY(runner_read(&pipeline, &plan, &paths, &request, err));
    rc = run_all(&plan, &(struct script_options){.bin = paths.bin, .dir = opt.dir ? opt.dir : paths.dir, .n_jobs = opt.jobs,
                                                 .quiet = common.quiet}, &paths, err);
out:
    plan_done(&plan);
    pipeline_done(&pipeline);
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
