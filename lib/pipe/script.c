#include "pipe/script.h"
#include "base/map.h"
#include "pipe/digest.h"
#include "pipe/manifest.h"
#include "pipe/shell.h"

#include <string.h>

/* The status of a pipe: that of its first filter that failed.  A filter that SIGPIPE ended (141) is forgiven where its consumer,
 * directly or through others so ended, ended well; where the consumer failed, the consumer's status tells more. */
static const char pipe_status[] =
    "# The status of a pipe is that of its first filter that failed.  SIGPIPE (141) is no failure of a filter whose consumer\n"
    "# had enough and ended well; where the consumer failed, its status counts.\n"
    "pipe_run_status() {\n"
    "    local i status=(\"$@\")\n"
    "    for ((i = 0; i < $#; i++)); do\n"
    "        ((status[i] == 0 || (status[i] == 141 && i + 1 < $#))) && continue\n"
    "        echo \"pipe-run: filter $((i + 1)) of $# ended with status ${status[i]}\" >&2\n"
    "        return \"${status[i]}\"\n"
    "    done\n"
    "}\n";

/* Names that no command of a step has by chance: functions come before programs, and a variable may be exported already. */
static const char functions[] =
    "pipe_run_state=$(cd -- \"${BASH_SOURCE[0]%/*}\" && pwd) || exit 4\n"
    "pipe_run_dir=${pipe_run_state%/*}\n"
    "\n"
    "# ID: an empty folder to work in.\n"
    "pipe_run_enter() {\n"
    "    pipe_run_job=$1 pipe_run_work=$pipe_run_state/work/$1\n"
    "    rm -rf -- \"$pipe_run_work\" && mkdir -p -- \"$pipe_run_work\" && cd -- \"$pipe_run_work\" || exit 4\n"
    "}\n"
    "\n"
    "# NAME [PATH]: NAME here is a link to NAME in the folder of outputs, or to PATH.\n"
    "pipe_run_input() {\n"
    "    [[ $1 != */* ]] || mkdir -p -- \"${1%/*}\" || exit 4\n"
    "    ln -s -- \"${2-$pipe_run_dir/$1}\" \"$1\" || exit 4\n"
    "}\n"
    "\n"
    "# NAME ...: when all of these outputs are there, move them to their folder; from here on the old ones count no more.\n"
    "pipe_run_publish() {\n"
    "    local name\n"
    "    for name; do\n"
    "        [[ -e $name ]] || { echo \"pipe-run: the commands ended well, but did not write '$name'\" >&2; exit 3; }\n"
    "    done\n"
    "    rm -f -- \"$pipe_run_state/manifests/$pipe_run_job\" || exit 4\n"
    "    for name; do\n"
    "        [[ $name != */* ]] || mkdir -p -- \"$pipe_run_dir/${name%/*}\" || exit 4\n"
    "        [[ ! -d $pipe_run_dir/$name ]] || rm -rf -- \"${pipe_run_dir:?}/$name\" || exit 4\n"
    "        mv -fT -- \"$name\" \"$pipe_run_dir/$name\" || exit 4\n"
    "    done\n"
    "    cd -- \"$pipe_run_state\" && rm -rf -- \"$pipe_run_work\" || exit 4\n"
    "}\n"
    "\n";

static int put_path(struct buf *b, const char *bin, struct err *err)
{
    int rc = buf_puts(b, "export PATH=", err);
    if (!rc)
        rc = shell_quote(b, bin, err);
    return rc ? rc : buf_puts(b, ":$PATH\n", err);
}

/* "text" as a comment: what could end it becomes a blank. */
static int put_comment(struct buf *b, const char *text, struct err *err)
{
    int rc = 0;
    for (; *text && !rc; text++)
        rc = buf_putc(b, (unsigned char)*text < ' ' ? ' ' : *text, err);
    return rc;
}

static int put_title(struct buf *b, const struct plan *plan, const struct plan_job *job, struct err *err)
{
    const struct pipeline_step *step = plan->steps[job->step].source;
    int rc = buf_puts(b, "# ", err);
    if (!rc)
        rc = put_comment(b, plan->pipeline->doc.file, err);
    if (!rc)
        rc = buf_printf(b, err, ":%u: step %s%s", step->at->line, step->name, *job->label ? ", " : "");
    return rc ? rc : put_comment(b, job->label, err);
}

/* The commands of a job.  A single one stands in ( ), so that cd, exit or exec in it end there. */
static int put_commands(struct buf *b, const struct plan_job *job, struct err *err)
{
    bool is_pipe = job->n_commands > 1, is_long = strpbrk(job->commands[0], "\n#") != NULL;
    int rc = is_pipe ? 0 : buf_puts(b, is_long ? "(\n" : "( ", err);
    for (size_t i = 0; i < job->n_commands && !rc; i++)
        rc = buf_printf(b, err, "%s%s", i ? " |\n    " : "", job->commands[i]);
    if (!rc)
        rc = buf_puts(b, is_pipe ? " || pipe_run_status \"${PIPESTATUS[@]}\"\n" : is_long ? "\n)\n" : " )\n", err);
    return rc;
}

static int put_words(struct buf *b, const char *first, const char *const *words, size_t n, struct err *err)
{
    int rc = buf_puts(b, first, err);
    for (size_t i = 0; i < n && !rc; i++)
        if ((rc = buf_putc(b, ' ', err)) == 0)
            rc = shell_quote(b, words[i], err);
    return rc ? rc : buf_putc(b, '\n', err);
}

/* The folders that outputs lie in; an output's name needs no quotes. */
static int put_out_folders(struct buf *b, const struct plan_job *job, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < job->n_out && !rc; i++) {
        const char *slash = strrchr(job->out[i], '/');
        if (slash)
            rc = buf_printf(b, err, "mkdir -p %.*s\n", (int)(slash - job->out[i]), job->out[i]);
    }
    return rc;
}

int script_functions(struct buf *b, const struct script_options *o, struct err *err)
{
    int rc;
    TRY(buf_puts(b, "# What the jobs share.  Written by pipe-run.\nset -e -o pipefail\nunset CDPATH\n", err));
    TRY(put_path(b, o->bin, err));
    TRY(buf_puts(b, functions, err));
    rc = buf_puts(b, pipe_status, err);
out:
    return rc;
}

/* The programs that a job runs, as `#: program` lines: words that name one of the build's own, and each filter's first word. */
static int put_programs(struct buf *b, const struct plan_job *job, const char *bin, struct err *err)
{
    struct buf path = {0}, seen = {0};
    int rc = buf_puts(&seen, "\n", err);
    for (size_t i = 0; i < job->n_commands && !rc; i++) {
        const char *name, *first;
        size_t n, n_first = 0, at = 0;
        if (!shell_program(job->commands[i], &first, &n_first) || memchr(first, '/', n_first))
            n_first = 0;
        while (shell_next_name(job->commands[i], &at, &name, &n) && !rc) {
            buf_clear(&path);
            TRY(buf_printf(&path, err, "\n%.*s\n", (int)n, name));
            if (strstr(seen.p, path.p))
                continue;
            buf_clear(&path);
            TRY(buf_printf(&path, err, "%s/%.*s", bin, (int)n, name));
            if ((n_first && name == first) || manifest_is_program(path.p)) {
                TRY(buf_printf(b, err, "#: program %.*s\n", (int)n, name));
                TRY(buf_printf(&seen, err, "%.*s\n", (int)n, name));
            }
        }
    }
out:
    buf_done(&path);
    buf_done(&seen);
    return rc;
}

static int put_facts(struct buf *b, const struct plan_job *job, const char *bin, struct err *err)
{
    struct buf text = {0};
    struct digest d = {0};
    int rc;
    TRY(put_commands(&text, job, err));
    digest_update(&d, text.p, text.n);
    TRY(buf_printf(b, err, "#: command %s\n", digest_text(&d).hex));
    TRY(put_programs(b, job, bin, err));
    for (size_t i = 0; i < job->n_in; i++) {
        TRY(buf_printf(b, err, "#: in %s\n", job->in[i].name));
        if (job->in[i].outside)
            TRY(buf_printf(b, err, "#: from %s\n", job->in[i].outside));
    }
    for (size_t i = 0; i < job->n_out; i++)
        TRY(buf_printf(b, err, "#: out %s\n", job->out[i]));
    rc = buf_puts(b, "#: end\n", err);
out:
    buf_done(&text);
    return rc;
}

/* An input below another is there with it. */
static bool needs_link(const struct plan_job *job, size_t i)
{
    if (job->in[i].name[0] == '/')
        return false;
    for (size_t k = 0; k < job->n_in; k++)
        if (k != i && plan_path_holds(job->in[k].name, job->in[i].name))
            return false;
    return true;
}

int script_job(struct buf *b, const struct plan *plan, const struct plan_job *job, const struct script_options *o,
               struct err *err)
{
    int rc;
    TRY(buf_puts(b, "#!/bin/bash\n", err));
    TRY(put_title(b, plan, job, err));
    TRY(buf_puts(b, "\n", err));
    TRY(put_facts(b, job, o->bin, err));
    TRY(buf_puts(b, ". \"${BASH_SOURCE[0]%/*}/../functions.sh\"\n", err));
    TRY(put_words(b, "pipe_run_enter", &job->id, 1, err));
    for (size_t i = 0; i < job->n_in; i++) {
        const char *const words[] = {job->in[i].name, job->in[i].outside};
        if (needs_link(job, i))
            TRY(put_words(b, "pipe_run_input", words, words[1] ? 2 : 1, err));
    }
    TRY(put_out_folders(b, job, err));
    TRY(buf_puts(b, "\n", err));
    TRY(put_commands(b, job, err));
    TRY(buf_puts(b, "\n", err));
    rc = put_words(b, "pipe_run_publish", job->out, job->n_out, err);
out:
    return rc;
}

/* Relative inputs from outside become links in the folder of outputs, as they are links in the folder of a job. */
static int put_outside_links(struct buf *b, const struct plan *plan, struct err *err)
{
    struct map seen = {0};
    int rc = 0;
    for (size_t j = 0; j < plan->n_jobs; j++)
        for (size_t i = 0; i < plan->jobs[j].n_in && plan->steps[plan->jobs[j].step].wanted; i++) {
            const struct plan_input *in = &plan->jobs[j].in[i];
            const char *slash = strrchr(in->name, '/'), *const link[] = {in->outside, in->name};
            bool found;
            if (!in->outside || !needs_link(&plan->jobs[j], i))
                continue;
            TRY(map_add(&seen, in->name, strlen(in->name), 0, &found, NULL, err));
            if (found)
                continue;
            if (slash) {
                TRY(buf_puts(b, "mkdir -p -- \"$(dirname -- ", err));
                TRY(shell_quote(b, in->name, err));
                TRY(buf_puts(b, ")\"\n", err));
            }
            TRY(put_words(b, "ln -sfn --", link, 2, err));
        }
out:
    map_done(&seen);
    return rc;
}

static int put_dry_job(struct buf *b, const struct plan *plan, const struct plan_job *job, struct err *err)
{
    int rc;
    TRY(buf_puts(b, "\n", err));
    TRY(put_title(b, plan, job, err));
    TRY(buf_puts(b, "\n", err));
    TRY(put_out_folders(b, job, err));
    rc = put_commands(b, job, err);
out:
    return rc;
}

/* Jobs in an order in which each step comes after what it needs: again and again the first step that is ready. */
static int put_dry_steps(struct buf *b, const struct plan *plan, struct err *err)
{
    bool done[PIPELINE_MAX_STEPS] = {false};
    int rc = 0;
    for (size_t i = 0; i < plan->n_steps; i++)
        done[i] = !plan->steps[i].wanted;
    for (size_t i = 0; i < plan->n_steps;) {
        const struct plan_step *step = &plan->steps[i];
        bool ready = !done[i];
        for (size_t k = 0; k < plan->n_steps && ready; k++)
            ready = !step->needs[k] || done[k];
        if (!ready) {
            i++;
            continue;
        }
        for (size_t k = 0; k < step->n_jobs; k++)
            TRY(put_dry_job(b, plan, &plan->jobs[step->first_job + k], err));
        done[i] = true;
        i = 0;
    }
out:
    return rc;
}

int script_dry_run(struct buf *b, const struct plan *plan, const struct script_options *o, struct err *err)
{
    bool has_pipe = false;
    int rc;
    for (size_t i = 0; i < plan->n_steps; i++)
        has_pipe |= plan->steps[i].wanted && plan->steps[i].source->pipe && plan->steps[i].source->pipe->n > 1;
    TRY(buf_puts(b, "#!/bin/bash\n# The commands of ", err));
    TRY(put_comment(b, plan->pipeline->doc.file, err));
    TRY(buf_puts(b, ", as pipe-run runs them.\nset -e -o pipefail\n", err));
    TRY(put_path(b, o->bin, err));
    TRY(has_pipe ? buf_puts(b, pipe_status, err) : 0);
    TRY(put_words(b, "mkdir -p --", (const char *const[]){o->dir}, 1, err));
    TRY(put_words(b, "cd --", (const char *const[]){o->dir}, 1, err));
    TRY(put_outside_links(b, plan, err));
    rc = put_dry_steps(b, plan, err);
out:
    return rc;
}
