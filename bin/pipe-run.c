/* pipe-run - run a pipeline written in YAML: plan it, write scripts and a Makefile, let GNU make run what changed. */
#include "base/buf.h"
#include "cli/cli.h"
#include "pipe/job.h"
#include "pipe/run.h"
#include "sys/output.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct { bool dry_run; uint64_t jobs; struct strings set; const char *dir, *job; } opt = {.jobs = 1};

static const struct option_spec options[] = {
    {.letter = 'n', .name = "dry-run", .type = OPT_FLAG, .help = "print the commands as a bash script and run nothing", .dest = &opt.dry_run},
    {.letter = 'j', .name = "jobs", .type = OPT_U64, .arg = "N", .min = 1, .max = 1000, .help = "run up to N jobs at once", .dest = &opt.jobs},
    {.name = "set", .type = OPT_STRINGS, .arg = "NAME=VALUE", .help = "give a param of the pipeline another value", .dest = &opt.set},
    {.name = "dir", .type = OPT_STRING, .arg = "DIR", .help = "folder of the outputs (out/NAME by the pipeline's name)", .dest = &opt.dir},
    {.name = "job", .type = OPT_STRING, .arg = "FILE", .help = "run one job of a plan; what the Makefile calls", .dest = &opt.job},
    OPTION_QUIET,
    OPTIONS_END
};

static const struct program prog = {.name = "pipe-run", .summary = "run a pipeline written in YAML", .operands = "FILE [STEP ...]",
                                    .max_operands = SIZE_MAX, .options = options};

/* "run      answers ef=64                1.3 s" */
static void print_state(const char *state, const char *title, double seconds, const char *end)
{
    if (!common.quiet)
        fprintf(stderr, "%-8s %-40s %8.1f s%s", state, title, seconds, end);
}

struct ticker { const char *title; double seconds; };

static void tick(void *ctx)
{
    struct ticker *t = ctx;
    print_state("running", t->title, t->seconds++, "\r");
}

static void end_by(int caught)
{
    if (caught) {
        signal(caught, SIG_DFL);
        raise(caught);
    }
}

/* One job, called by the Makefile: a line that says how it went. */
static int run_one(const char *bin, struct err *err)
{
    static const char *const names[] = {[JOB_CURRENT] = "current", [JOB_RUN] = "run", [JOB_FAILED] = "failed"};
    const char *lock = getenv("PIPE_RUN_LOCK");
    bool alone = opt.jobs == 1 && isatty(2);
    struct job job = {0};
    struct job_result result;
    struct ticker ticker = {.seconds = 0};
    struct buf text = {0};
    int rc;
    TRY(job_read(&job, opt.job, err));
    ticker.title = job.title;
    if (alone)
        tick(&ticker);
    TRY(job_run(&job, &(struct job_options){.bin = bin, .n_jobs = opt.jobs, .lock = lock ? atoi(lock) : -1, .tick = alone ? tick : NULL,
                                            .ctx = &ticker}, &result, err));
    print_state(names[result.state], job.title, result.seconds, "\n");
    if (result.state == JOB_FAILED && !result.caught) {
        TRY(job_last_words(&job, &text, err));
        fwrite(text.p ? text.p : "", 1, text.n, stderr);
        buf_clear(&text);
        TRY(buf_printf(&text, err, "%s: step %s ended with status %d", job.where, job.title, result.status));
        TRY(run_note_failure(result.status, job.id, text.p, err));
    }
    end_by(result.caught);
    if (result.state == JOB_FAILED)
        exit(result.status);
out:
    if (rc) {
        struct err note = {0};
        (void)!run_note_failure(err_status(err->code), job.id ? job.id : ".make", err->msg, &note);
    }
    buf_done(&text);
    job_done(&job);
    return rc;
}

static int run_all(const struct pipeline *pipeline, struct plan *plan, const struct run_paths *paths, struct err *err)
{
    const struct script_options o = {.bin = paths->bin, .dir = opt.dir ? opt.dir : paths->dir, .n_jobs = opt.jobs, .quiet = common.quiet};
    const char *steps[PIPELINE_MAX_STEPS];
    struct output *out = NULL;
    struct buf text = {0};
    struct run_result result = {0};
    int rc;
    if (cli_n_operands() > PIPELINE_MAX_STEPS)
        die_usage("%zu operands, expected a pipeline and at most %d steps", cli_n_operands(), PIPELINE_MAX_STEPS - 1);
    for (size_t i = 1; i < cli_n_operands(); i++)
        steps[i - 1] = cli_operand(i);
    TRY(plan_make(plan, pipeline, paths->here, steps, cli_n_operands() - 1, err));
    TRY(output_open(&out, NULL, false, err));
    if (opt.dry_run) {
        TRY(script_dry_run(&text, plan, &o, err));
        TRY(output_write(out, text.p, text.n, err));
    } else {
        rc = run_plan(plan, &o, paths->program, &result, err);
        end_by(result.caught);
        if (result.status == EXIT_MISSED) {
            fprintf(stderr, "%s: %s\n", cli_program_name(), err->msg);
            exit(EXIT_MISSED);
        }
        TRY(rc);
        TRY(run_show(plan, &o, out, err));
    }
    rc = output_commit(out, err);
out:
    output_free(out);
    buf_done(&text);
    return rc;
}

static int run(struct err *err)
{
    struct pipeline pipeline = {0};
    struct plan plan = {0};
    struct run_paths paths = {0};
    const char *file = cli_operand(0);
    int rc;
    TRY(run_find_program(&paths, err));
    if (opt.job) {
        TRY(run_one(paths.bin, err));
    } else if (!file) {
        die_usage("no pipeline: expected a file in YAML");
    } else {
        TRY(pipeline_read(&pipeline, file, err));
        for (size_t i = 0; i < opt.set.n; i++)
            TRY(pipeline_set(&pipeline, opt.set.at[i], err));
        TRY(run_find_folders(&paths, &pipeline, file, err));
        rc = run_all(&pipeline, &plan, &paths, err);
    }
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
