#include "pipe/makefile.h"

/* PIPE_RUN and PIPE_RUN_TO come from pipe-run's environment; by hand, `make -C DIR/.pipe-run` does without them (and without the
 * lock).  parallel's own files and its choice of a shell are kept from the user's. */
static const char head[] =
    "# Written by pipe-run.  Each job finds out by itself whether it is current.  Messages go to descriptor $(TO).\n"
    "export PIPE_RUN ?= pipe-run\n"
    "export PARALLEL_SHELL := /bin/sh\n"
    "export PARALLEL_HOME := parallel\n"
    "TO := $(if $(PIPE_RUN_TO),$(PIPE_RUN_TO),2)\n";

static int print_step(struct buf *b, const struct plan *plan, const struct plan_step *step, size_t n_jobs, struct err *err)
{
    const char *name = step->source->name;
    int rc = buf_printf(b, err, "\n%s:", name);
    for (size_t i = 0; i < plan->n_steps && !rc; i++)
        if (step->needs[i])
            rc = buf_printf(b, err, " %s", plan->steps[i].source->name);
    if (rc)
        return rc;
    if (!step->source->matrix)
        return buf_printf(b, err, "\n\t@exec $(JOB) jobs/%s.sh 2>&$(TO)\n", name);
    return buf_printf(b, err, "\n\t@exec parallel --plain --will-cite --ungroup --halt soon,fail=1 --jobs %zu \\\n"
                      "\t    --joblog logs/%s.joblog --arg-file jobs/%s.list '$(JOB) {} 2>&$(TO)'\n", n_jobs, name, name);
}

int makefile_print(struct buf *b, const struct plan *plan, const struct script_options *o, struct err *err)
{
    int rc;
    TRY(buf_puts(b, head, err));
    TRY(buf_printf(b, err, "JOB := \"$$PIPE_RUN\"%s --jobs %zu --job\n\n.DEFAULT_GOAL := .all\n.PHONY: .all",
                   o->quiet ? " --quiet" : "", o->n_jobs));
    for (size_t i = 0; i < plan->n_steps; i++)
        TRY(buf_printf(b, err, " %s", plan->steps[i].source->name));
    TRY(buf_puts(b, "\n.all:", err));
    for (size_t i = 0; i < plan->n_steps; i++)
        if (plan->steps[i].wanted)
            TRY(buf_printf(b, err, " %s", plan->steps[i].source->name));
    TRY(buf_puts(b, "\n", err));
    for (size_t i = 0; i < plan->n_steps; i++)
        TRY(print_step(b, plan, &plan->steps[i], o->n_jobs, err));
out:
    return rc;
}

int makefile_print_jobs(struct buf *b, const struct plan *plan, const struct plan_step *step, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < step->n_jobs && !rc; i++)
        rc = buf_printf(b, err, "jobs/%s.sh\n", plan->jobs[step->first_job + i].id);
    return rc;
}
