#include "pipe/runner.h"
#include "base/buf.h"
#include "base/num.h"
#include "pipe/makefile.h"
#include "pipe/outcome.h"
#include "sys/child.h"
#include "sys/input.h"
#include "sys/temps.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int runner_find_program(struct runner_paths *paths, struct err *err)
{
    ssize_t n = readlink("/proc/self/exe", paths->program, sizeof paths->program - 1);
    if (n < 0)
        return err_sys(err, "/proc/self/exe");
    paths->program[n] = '\0';
    memcpy(paths->bin, paths->program, (size_t)n + 1);
    *strrchr(paths->bin, '/') = '\0';
    return 0;
}

static int find_folders(struct runner_paths *paths, const struct pipeline *p, const char *file, struct err *err)
{
    char folder[4096];
    const char *slash = strrchr(file, '/');
    if (slash && (size_t)(slash - file) + 2 > sizeof folder)
        return err_set(err, ERR_IO, "%.100s...: a path of more than %zu bytes", file, sizeof folder);
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - file + 1) : 1, slash ? file : ".");
    if (!realpath(folder, paths->here))
        return err_sys(err, "%s", folder);
    snprintf(paths->dir, sizeof paths->dir, "out/%s", p->name);
    return 0;
}

int runner_read(struct pipeline *p, struct plan *plan, struct runner_paths *paths, const struct runner_request *r,
                struct err *err)
{
    int rc = 0;
    TRY(pipeline_read(p, r->file, err));
    for (size_t i = 0; i < r->n_assignments; i++)
        TRY(pipeline_set(p, r->assignments[i], err));
    TRY(find_folders(paths, p, r->file, err));
    TRY(plan_make(plan, p, paths->here, r->steps, r->n_steps, err));
out:
    return rc;
}

static int make_folder(const char *path, struct err *err)
{
    char part[4096];
    if (strlen(path) >= sizeof part)
        return err_set(err, ERR_IO, "%.100s...: a path of more than %zu bytes", path, sizeof part);
    for (const char *p = path;; p++) {
        if (*p && *p != '/')
            continue;
        memcpy(part, path, (size_t)(p - path));
        part[p - path] = '\0';
        if (*part && mkdir(part, 0777) != 0 && errno != EEXIST)
            return err_sys(err, "%s", part);
        if (*p == '\0')
            return 0;
    }
}

/* Plain writes: everything here is written anew by each run, so nothing is lost with it. */
static int write_text(const char *path, const struct buf *text, struct err *err)
{
    FILE *f = fopen(path, "we");
    if (!f)
        return err_sys(err, "%s", path);
    size_t put = fwrite(text->n ? text->p : "", 1, text->n, f);
    if ((fclose(f) != 0) | (put != text->n))
        return err_sys(err, "%s: writing", path);
    return 0;
}

enum { LOCK_WAIT_MS = 10000 };

/* flock, waiting where the pipe-run that noted its process there is dead: what it started is being ended. */
static int wait_for_lock(int lock, const char *dir, struct err *err)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    for (int waited = 0; flock(lock, LOCK_EX | LOCK_NB) != 0; waited += 20) {
        char text[24];
        uint64_t pid = 0;
        if (errno != EWOULDBLOCK)
            return err_sys(err, "%s/.pipe-run/lock", dir);
        ssize_t n = pread(lock, text, sizeof text, 0);
        bool dead = n > 1 && num_parse_u64(text, (size_t)n - 1, 1, INT_MAX, &pid) && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
        if (!dead || waited >= LOCK_WAIT_MS)
            return err_set(err, ERR_IO, "%s: another pipe-run (process %llu) works here", dir, (unsigned long long)pid);
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* A lock that lives as long as this process, make and the jobs, and dies with them. */
static int take_lock(const char *dir, int *lock, struct err *err)
{
    char text[24];
    int rc, low = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    *lock = low < 0 ? -1 : fcntl(low, F_DUPFD, 10);        /* not close-on-exec: make and the jobs hold it too */
    if (low >= 0)
        close(low);
    if (*lock < 0)
        return err_sys(err, "%s/.pipe-run/lock", dir);
    if ((rc = wait_for_lock(*lock, dir, err)) != 0)
        return rc;
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(*lock, 0) != 0 || pwrite(*lock, text, (size_t)n, 0) != n)
        return err_sys(err, "%s/.pipe-run/lock", dir);
    return 0;
}

static int write_scripts(const struct plan *plan, const struct script_options *o, struct err *err)
{
    struct buf text = {0}, path = {0};
    int rc;
    TRY(script_functions(&text, o, err));
    TRY(write_text("functions.sh", &text, err));
    buf_clear(&text);
    TRY(makefile_print(&text, plan, o, err));
    TRY(write_text("Makefile", &text, err));
    for (size_t i = 0; i < plan->n_steps; i++) {
        if (!plan->steps[i].source->matrix)
            continue;
        buf_clear(&text);
        buf_clear(&path);
        TRY(makefile_print_jobs(&text, plan, &plan->steps[i], err));
        TRY(buf_printf(&path, err, "jobs/%s.list", plan->steps[i].source->name));
        TRY(write_text(path.p, &text, err));
    }
    for (size_t i = 0; i < plan->n_jobs; i++) {
        buf_clear(&text);
        buf_clear(&path);
        TRY(script_job(&text, plan, &plan->jobs[i], o, err));
        TRY(buf_printf(&path, err, "jobs/%s.sh", plan->jobs[i].id));
        TRY(write_text(path.p, &text, err));
    }
out:
    buf_done(&text);
    buf_done(&path);
    return rc;
}

/* What would change make's or bash's doings from outside. */
static void clean_environment(const char *program, int lock)
{
    static const char *const names[] = {"MAKEFLAGS", "MFLAGS", "GNUMAKEFLAGS", "MAKEFILES", "MAKELEVEL", "MAKEOVERRIDES",
                                        "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "CDPATH", "PARALLEL"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    char number[16];
    setenv("PIPE_RUN", program, 1);
    setenv("PIPE_RUN_TO", "3", 1);
    snprintf(number, sizeof number, "%d", lock);
    setenv(JOB_LOCK, number, 1);
}

static int run_make(const struct plan *plan, const struct script_options *o, const char *program, int lock,
                    struct runner_result *result, struct err *err)
{
    char jobs[32];
    const char *const argv[] = {"make", "-s", jobs, "-f", "Makefile", ".all", NULL};
    int rc, status, log = open("logs/.make", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (log < 0)
        return err_sys(err, "%s/.pipe-run/logs/.make", o->dir);
    snprintf(jobs, sizeof jobs, "-j%zu", o->n_jobs);
    clean_environment(program, lock);
    rc = child_run(&(struct child){.argv = argv, .fd_in = -1, .fd_out = log, .fd_err = log, .fd_extra = 2, .fd_drop = -1},
                   &status, &result->caught, err);
    close(log);
    if (rc)
        return err_prefix(err, "GNU make is needed");
    return status && !result->caught ? outcome_failure(plan->pipeline->doc.file, o->dir, &result->status, err) : 0;
}

int runner_plan(const struct plan *plan, const struct script_options *o, const char *program, struct runner_result *result,
                struct err *err)
{
    static const char *const folders[] = {"jobs", "manifests", "logs", "work", "digests", "slots", "parallel"};
    struct buf state = {0};
    int rc, lock = -1, back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *result = (struct runner_result){0};
    if (back < 0)
        TRY(err_sys(err, "the current folder"));
    TRY(buf_printf(&state, err, "%s/.pipe-run", o->dir));
    TRY(make_folder(state.p, err));
    if (chdir(state.p) != 0)
        TRY(err_sys(err, "%s", state.p));
    TRY(take_lock(o->dir, &lock, err));
    temps_remove("work");       /* what a killed run left */
    temps_remove("jobs");
    temps_remove("failure");
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        TRY(make_folder(folders[i], err));
    TRY(write_scripts(plan, o, err));
    rc = run_make(plan, o, program, lock, result, err);
    temps_remove("work");
out:
    if (back >= 0) {
        if (fchdir(back) != 0 && !rc)
            rc = err_sys(err, "the current folder");
        close(back);
    }
    if (lock >= 0)
        close(lock);
    buf_done(&state);
    return rc;
}

int runner_show(const struct plan *plan, const struct script_options *o, struct output *out, struct err *err)
{
    struct buf path = {0};
    struct input *in = NULL;
    char *line;
    size_t n;
    int rc = 0;
    for (size_t i = 0; i < plan->n_show; i++) {
        buf_clear(&path);
        TRY(buf_printf(&path, err, "%s/%s", o->dir, plan->show[i]));
        TRY(input_open(&in, path.p, err));
        for (;;) {
            TRY(input_line(in, &line, &n, err));
            if (!line)
                break;
            TRY(output_write(out, line, n, err));
            TRY(output_write(out, "\n", 1, err));
        }
        input_close(in);
        in = NULL;
    }
out:
    input_close(in);
    buf_done(&path);
    return rc;
}

int runner_dry_run(const struct plan *plan, const struct script_options *o, struct output *out, struct err *err)
{
    struct buf text = {0};
    int rc = script_dry_run(&text, plan, o, err);
    if (!rc)
        rc = output_write(out, text.p, text.n, err);
    buf_done(&text);
    return rc;
}

int runner_run(const struct plan *plan, const struct script_options *o, const char *program, struct output *out,
               struct runner_result *result, struct err *err)
{
    int rc = runner_plan(plan, o, program, result, err);
    return rc || result->caught || result->status ? rc : runner_show(plan, o, out, err);
}
