/* The steps of planning:
 *   1. params: substituted in order, each may use those above it
 *   2. jobs: for each combination of `for`, its names, label, id and outputs; outputs go into a table
 *   3. overlaps: no output twice, none below another
 *   4. inputs: each is an output (or below one), a pattern of outputs, or a file that exists; this gives the needs of steps
 *   5. commands: substituted, now that ${in} and ${out} are known, and checked for shell syntax
 *   6. circles, and which steps are wanted */
#include "pipe/plan.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/num.h"
#include "pipe/plan_files.h"
#include "pipe/plan_graph.h"
#include "pipe/shell.h"
#include "pipe/subst.h"

#include <stdio.h>
#include <string.h>

enum { MAX_VARS = 2 * PIPELINE_MAX_PARAMS + PIPELINE_MAX_FOR + 3 };

struct planner {
    struct plan *plan;
    const struct doc *doc;
    struct subst_var vars[MAX_VARS];
    size_t n_params;               /* vars[0..n_params-1]: here and the pipeline's params, the same for all jobs */
    size_t n_vars;                 /* with the job's own */
    size_t n_bytes;                /* of all substituted texts */
    struct plan_files files;
};

static int apply(struct planner *w, const struct doc_node *text, enum subst_mode mode, const char **out, struct err *err)
{
    if (text->literal) {
        *out = text->text;
        return 0;
    }
    int rc = subst_apply(w->doc, text, mode, w->vars, w->n_vars, &w->plan->arena, out, err);
    if (!rc && (w->n_bytes += strlen(*out)) > PLAN_MAX_BYTES)
        rc = err_set(err, ERR_LIMIT, "%s: more than %d bytes in the commands and names of all jobs", w->doc->file,
                     PLAN_MAX_BYTES);
    return rc;
}

static void add_var(struct planner *w, const char *name, const char *value)
{
    w->vars[w->n_vars++] = (struct subst_var){.name = name, .value = value};
}

/* A name has one meaning: params of a step and names of `for` must not hide another. */
static int check_new_name(const struct planner *w, const struct doc_node *item, struct err *err)
{
    for (size_t i = 0; i < w->n_vars; i++)
        if (strcmp(w->vars[i].name, item->key) == 0)
            return doc_error_key(w->doc, item, err, "'%s' a second time: it is a param or a name of 'for' already", item->key);
    return 0;
}

/* 1. */
static int add_params(struct planner *w, const struct doc_node *params, struct err *err)
{
    for (const struct doc_node *item = params ? params->first : NULL; item; item = item->next) {
        const char *value;
        int rc;
        if ((rc = check_new_name(w, item, err)) != 0 || (rc = apply(w, item, SUBST_TEXT, &value, err)) != 0)
            return rc;
        add_var(w, item->key, value);
    }
    return 0;
}

/* How many combinations; 1 without `for`. */
static int count_jobs(struct planner *w, const struct pipeline_step *step, size_t *n, struct err *err)
{
    *n = 1;
    for (const struct doc_node *name = step->matrix ? step->matrix->first : NULL; name; name = name->next)
        if ((*n *= name->n) > PLAN_MAX_JOBS)        /* n <= 10^4 and name->n <= 10^5: no overflow before this */
            return doc_error(w->doc, step->matrix, err, "more than %d combinations", PLAN_MAX_JOBS);
    return 0;
}

/* Set the names of a job: params, its combination of `for`, the step's params. */
static int enter_job(struct planner *w, const struct pipeline_step *step, size_t combination, struct err *err)
{
    size_t rest = 1;
    int rc;
    w->n_vars = w->n_params;
    for (const struct doc_node *name = step->matrix ? step->matrix->first : NULL; name; name = name->next)
        rest *= name->n;
    for (const struct doc_node *name = step->matrix ? step->matrix->first : NULL; name; name = name->next) {
        rest /= name->n;
        const struct doc_node *value = name->first;
        for (size_t i = combination / rest % name->n; i; i--)
            value = value->next;
        const char *text;
        if ((rc = check_new_name(w, name, err)) != 0 || (rc = apply(w, value, SUBST_TEXT, &text, err)) != 0)
            return rc;
        add_var(w, name->key, text);
    }
    return add_params(w, step->params, err);
}

static int keep_text(struct planner *w, const struct buf *b, const char **out, struct err *err)
{
    char *copy = arena_take(&w->plan->arena, b->n + 1, 1, err);
    if (!copy)
        return ERR_NOMEM;
    memcpy(copy, b->n ? b->p : "", b->n + 1);
    *out = copy;
    return 0;
}

/* label "ef=64 M=16" and id "answers.ef=64,M=16"; where an id had to be bent into a file name, its number makes it unique. */
static int name_job(struct planner *w, const struct pipeline_step *step, struct plan_job *job, size_t combination,
                    struct err *err)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.=";
    struct buf label = {0}, id = {0};
    bool bent = false;
    int rc;
    TRY(buf_puts(&label, "", err));
    TRY(buf_puts(&id, step->name, err));
    for (size_t i = w->n_params; i < w->n_params + (step->matrix ? step->matrix->n : 0); i++) {
        const struct subst_var *v = &w->vars[i];
        TRY(buf_printf(&label, err, "%s%s=%s", label.n ? " " : "", v->name, v->value));
        TRY(buf_printf(&id, err, "%s%s=", i == w->n_params ? "." : ",", v->name));
        for (const char *p = v->value; *p; p++) {
            bent |= !strchr(safe, *p);
            TRY(buf_putc(&id, strchr(safe, *p) ? *p : '_', err));
        }
    }
    if (bent || id.n > 150) {
        id.n = num_min_size(id.n, 150);
        TRY(buf_printf(&id, err, ",%zu", combination));
    }
    TRY(keep_text(w, &label, &job->label, err));
    TRY(keep_text(w, &id, &job->id, err));
out:
    buf_done(&label);
    buf_done(&id);
    return rc;
}

/* 2. */
static int add_job(struct planner *w, size_t step, size_t combination, struct err *err)
{
    const struct pipeline_step *source = w->plan->steps[step].source;
    struct plan_job *job = &w->plan->jobs[w->plan->n_jobs];
    int rc;
    *job = (struct plan_job){.step = step};
    TRY(enter_job(w, source, combination, err));
    TRY(name_job(w, source, job, combination, err));
    if (source->out) {
        TRY_NEW(job->out, arena_take(&w->plan->arena, source->out->n, sizeof *job->out, err));
        for (const struct doc_node *text = source->out->first; text; text = text->next) {
            TRY(apply(w, text, SUBST_TEXT, &job->out[job->n_out], err));
            TRY(plan_files_add(&w->files, w->plan, text, w->plan->n_jobs, job->out[job->n_out], err));
            job->n_out++;
        }
    }
    w->plan->n_jobs++;
out:
    return rc;
}

/* 4. */
static int add_inputs(struct planner *w, struct plan_job *job, const struct pipeline_step *source, struct err *err)
{
    struct plan_files *files = &w->files;
    int rc = 0;
    plan_files_start(files);
    for (const struct doc_node *text = source->in ? source->in->first : NULL; text; text = text->next) {
        const char *name;
        TRY(apply(w, text, SUBST_TEXT, &name, err));
        TRY(plan_files_find(files, w->plan, job, text, name, err));
    }
    TRY_NEW(job->in, arena_take(&w->plan->arena, files->n_found + 1, sizeof *job->in, err));
    if (files->n_found)
        memcpy(job->in, files->found, files->n_found * sizeof *job->in);
    job->n_in = files->n_found;
out:
    return rc;
}

/* 5. */
static int add_commands(struct planner *w, struct plan_job *job, const struct pipeline_step *source, struct err *err)
{
    const struct doc_node *text = source->pipe ? source->pipe->first : source->run;
    size_t n = source->pipe ? source->pipe->n : 1;
    int rc = 0;
    TRY_NEW(job->commands, arena_take(&w->plan->arena, n, sizeof *job->commands, err));
    for (; job->n_commands < n; text = text->next) {
        const char **command = &job->commands[job->n_commands++];
        TRY(apply(w, text, SUBST_COMMAND, command, err));
        const char *wrong = shell_check(*command, source->pipe != NULL);
        if (wrong)
            TRY(doc_error(w->doc, text, err, "%s", wrong));
    }
out:
    return rc;
}

static int finish_job(struct planner *w, struct plan_job *job, size_t combination, struct err *err)
{
    const struct pipeline_step *source = w->plan->steps[job->step].source;
    const char **names;
    int rc;
    TRY(enter_job(w, source, combination, err));
    TRY(add_inputs(w, job, source, err));
    TRY_NEW(names, arena_take(&w->plan->arena, job->n_in + 1, sizeof *names, err));
    for (size_t i = 0; i < job->n_in; i++)
        names[i] = job->in[i].name;
    w->vars[w->n_vars++] = (struct subst_var){.name = "in", .list = names, .n = job->n_in};
    w->vars[w->n_vars++] = (struct subst_var){.name = "out", .list = job->out, .n = job->n_out};
    rc = add_commands(w, job, source, err);
out:
    return rc;
}

static int take_steps(struct planner *w, const struct pipeline *p, struct err *err)
{
    struct plan *plan = w->plan;
    size_t n_jobs = 0;
    int rc;
    TRY_NEW(plan->steps, arena_take(&plan->arena, p->n_steps, sizeof *plan->steps, err));
    for (size_t i = 0; i < p->n_steps; i++) {
        struct plan_step *step = &plan->steps[plan->n_steps++];
        *step = (struct plan_step){.source = &p->steps[i], .first_job = n_jobs};
        TRY_NEW(step->needs, arena_take(&plan->arena, p->n_steps, sizeof *step->needs, err));
        memset(step->needs, 0, p->n_steps * sizeof *step->needs);
        TRY(count_jobs(w, step->source, &step->n_jobs, err));
        n_jobs += step->n_jobs;
    }
    if (n_jobs > PLAN_MAX_JOBS)
        TRY(err_set(err, ERR_LIMIT, "%s: %zu jobs in all steps, expected at most %d", p->doc.file, n_jobs, PLAN_MAX_JOBS));
    TRY_NEW(plan->jobs, arena_take(&plan->arena, n_jobs, sizeof *plan->jobs, err));
out:
    return rc;
}

int plan_make(struct plan *plan, const struct pipeline *p, const char *here, const char *const *wanted, size_t n_wanted,
              struct err *err)
{
    struct planner w = {.plan = plan, .doc = &p->doc};
    int rc;
    *plan = (struct plan){.pipeline = p};
    add_var(&w, "here", here);
    TRY(add_params(&w, p->params, err));
    w.n_params = w.n_vars;
    TRY(take_steps(&w, p, err));
    for (size_t s = 0; s < plan->n_steps; s++)
        for (size_t i = 0; i < plan->steps[s].n_jobs; i++)
            TRY(add_job(&w, s, i, err));
    TRY(plan_files_check(&w.files, plan, err));
    for (size_t j = 0; j < plan->n_jobs; j++)
        TRY(finish_job(&w, &plan->jobs[j], j - plan->steps[plan->jobs[j].step].first_job, err));
    TRY(plan_graph_check(plan, err));
    TRY(plan_graph_want(plan, wanted, n_wanted, err));
    w.n_vars = w.n_params;
    if (p->show) {
        TRY_NEW(plan->show, arena_take(&plan->arena, p->show->n, sizeof *plan->show, err));
        for (const struct doc_node *text = p->show->first; text; text = text->next) {
            const struct plan_job *maker;
            TRY(apply(&w, text, SUBST_TEXT, &plan->show[plan->n_show], err));
            TRY(plan_files_maker(&w.files, plan, text, plan->show[plan->n_show], &maker, err));
            plan->n_show += plan->steps[maker->step].wanted;
        }
    }
out:
    plan_files_done(&w.files);
    return rc;
}

void plan_done(struct plan *plan)
{
    arena_done(&plan->arena);
}
