#include "pipe/plan_graph.h"

#include <stdio.h>
#include <string.h>

enum state { NEW, OPEN, DONE };

/* A step on the way from the start of the search to the one being looked at. */
struct trail {
    size_t step;
    const struct trail *up;
};

/* "a needs b needs a": from where the trail first met its end. */
static size_t print_trail(const struct plan *plan, const struct trail *t, const struct trail *end, char *text, size_t size)
{
    bool start = t != end && t->step == end->step;
    size_t n = start ? 0 : print_trail(plan, t->up, end, text, size);
    int more = n < size ? snprintf(text + n, size - n, "%s%s", start ? "" : " needs ", plan->steps[t->step].source->name) : 0;
    return n + (size_t)more;
}

static int circle(const struct plan *plan, const struct trail *end, struct err *err)
{
    char text[600];
    print_trail(plan, end, end, text, sizeof text);
    return doc_error(&plan->pipeline->doc, plan->steps[end->step].source->at, err, "steps that wait for each other: %s", text);
}

static int visit(const struct plan *plan, unsigned char *state, const struct trail *at, struct err *err)
{
    if (state[at->step] == OPEN)
        return circle(plan, at, err);
    if (state[at->step] == DONE)
        return 0;
    state[at->step] = OPEN;
    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct trail next = {.step = i, .up = at};
        int rc = plan->steps[at->step].needs[i] ? visit(plan, state, &next, err) : 0;
        if (rc)
            return rc;
    }
    state[at->step] = DONE;
    return 0;
}

int plan_graph_check(const struct plan *plan, struct err *err)
{
    unsigned char state[PIPELINE_MAX_STEPS] = {NEW};
    int rc = 0;
    for (size_t i = 0; i < plan->n_steps && !rc; i++) {
        const struct trail start = {.step = i};
        rc = visit(plan, state, &start, err);
    }
    return rc;
}

static void want(struct plan *plan, size_t step)
{
    if (plan->steps[step].wanted)
        return;
    plan->steps[step].wanted = true;
    for (size_t i = 0; i < plan->n_steps; i++)
        if (plan->steps[step].needs[i])
            want(plan, i);
}

int plan_graph_want(struct plan *plan, const char *const *names, size_t n, struct err *err)
{
    for (size_t i = 0; i < plan->n_steps && n == 0; i++)
        plan->steps[i].wanted = true;
    for (size_t k = 0; k < n; k++) {
        size_t i = 0;
        while (i < plan->n_steps && strcmp(plan->steps[i].source->name, names[k]) != 0)
            i++;
        if (i == plan->n_steps)
            return err_set(err, ERR_USAGE, "%s has no step '%.80s'", plan->pipeline->doc.file, names[k]);
        want(plan, i);
    }
    return 0;
}
