#include "check.h"

#include "pipe/pipeline.h"

#include <stdio.h>

static struct err err;

static const char *refusal(const char *text)
{
    struct pipeline p;
    err = (struct err){0};
    int rc = pipeline_parse(&p, "f", text, strlen(text), &err);
    pipeline_done(&p);
    return rc ? err.msg : "accepted";
}

/* The message for a pipeline whose one step has these lines. */
static const char *step_refusal(const char *lines)
{
    char text[600];
    snprintf(text, sizeof text, "name: p\nsteps:\n  - name: s\n%s\n", lines);
    return refusal(text);
}

#define SAYS(got, want) do { const char *says_got = (got); if (!strstr(says_got, want)) CHECK_STR(says_got, want); } while (0)

static void a_whole_pipeline(void)
{
    const char text[] = "name: p\nparams: {a: 1, b: x y}\nshow: t\nsteps:\n"
                        "  - name: one\n    run: echo\n    out: t\n"
                        "  - {name: two, pipe: [a, b], in: [t, u], for: {ef: [1, 2]}, params: {c: 3}}\n";
    struct pipeline p;
    CHECK_OK(pipeline_parse(&p, "f", text, strlen(text), &err), &err);
    CHECK_STR(p.name, "p");
    CHECK_EQ(p.n_steps, 2);
    CHECK_EQ(p.params->n, 2);
    CHECK_STR(p.show->first->text, "t");
    CHECK_STR(p.steps[0].run->text, "echo");
    CHECK_EQ(p.steps[0].out->kind, DOC_LIST);
    CHECK_STR(p.steps[0].out->first->text, "t");
    CHECK(p.steps[0].in == NULL && p.steps[0].matrix == NULL);
    CHECK_EQ(p.steps[1].pipe->n, 2);
    CHECK_EQ(p.steps[1].in->n, 2);
    CHECK_EQ(p.steps[1].matrix->first->n, 2);
    CHECK_OK(pipeline_set(&p, "a=x=${y}", &err), &err);
    CHECK_STR(doc_get(p.params, "a")->text, "x=${y}");
    CHECK(doc_get(p.params, "a")->literal);
    CHECK_EQ(pipeline_set(&p, "c=1", &err), ERR_USAGE);
    SAYS(err.msg, "f has no param 'c', expected one of: a, b");
    err = (struct err){0};
    CHECK_EQ(pipeline_set(&p, "a", &err), ERR_USAGE);
    pipeline_done(&p);
}

static void keys_and_shapes(void)
{
    SAYS(refusal("[a]"), "f:1:1: a list as a pipeline, expected a map with name, params, steps or show");
    SAYS(refusal("name: p\n"), "without 'steps'");
    SAYS(refusal("steps: [{name: a, run: b}]\n"), "a pipeline without a 'name'");
    SAYS(refusal("name: p\nsteps: []\n"), "0 steps");
    SAYS(refusal("name: p\nstep: []\n"), "f:2:1: unknown key 'step' in a pipeline, expected name, params, steps or show");
    SAYS(refusal("name: p\nsteps: x\n"), "f:2:8: a text as 'steps', expected a list of steps");
    SAYS(refusal("name: p\nsteps:\n  - x\n"), "f:3:5: a text as a step, expected a map");
    SAYS(refusal("name: [p]\nsteps: x\n"), "a list as 'name', expected a text");
    SAYS(refusal("name:\nsteps: x\n"), "nothing as 'name', expected a text");
    SAYS(refusal("name: p\nparams: [a]\nsteps: x\n"), "a list as 'params', expected a map of names and values");
    SAYS(refusal("name: p\nparams: {a: [1]}\nsteps: x\n"), "f:2:13: a list in 'a', expected a text");
    SAYS(refusal("name: p\nparams: {a: }\nsteps: x\n"), "nothing in 'a', expected a text");
    SAYS(step_refusal("    pipe: cat"), "a text as 'pipe', expected a list of texts");
    SAYS(step_refusal("    pipe: []"), "an empty list in 'pipe'");
    SAYS(step_refusal("    pipe: [[a]]"), "a list in 'pipe', expected a text");
    SAYS(step_refusal("    pipe:\n      - a: b"), "a map in 'pipe', expected a text (one with \": \"");
    SAYS(step_refusal("    run: [a]"), "a list as 'run', expected a text");
    SAYS(step_refusal("    run: a\n    out: {a: b}"), "a map as 'out', expected a text or a list of texts");
    SAYS(step_refusal("    run: a\n    out:"), "nothing as 'out'");
    SAYS(step_refusal("    run: a\n    for: {ef: 3}"), "a text as the values of 'ef', expected a list: [1, 2]");
    SAYS(step_refusal("    run: a\n    for: {ef: []}"), "an empty list in 'ef'");
    SAYS(step_refusal("    run: a\n    for: {ef: [{a: b}]}"), "a map in 'ef'");
    SAYS(step_refusal("    run: a\n    for: {a: [1], b: [1], c: [1], d: [1], e: [1], f: [1], g: [1], h: [1], i: [1]}"),
         "9 names, expected at most 8");
}

static void steps_and_names(void)
{
    SAYS(step_refusal(""), "step 's' has neither 'pipe' nor 'run'");
    SAYS(step_refusal("    run: a\n    pipe: [b]"), "has both 'pipe' and 'run'");
    SAYS(refusal("name: p\nsteps: [{run: a}]\n"), "f:2:9: a step without a 'name'");
    SAYS(refusal("name: p\nsteps:\n  - {name: a, run: x}\n  - {name: a, run: x}\n"),
         "f:4:5: a second step 'a'; the first is in line 3");
    SAYS(refusal("name: a/b\nsteps: []\n"), "the name 'a/b', expected letters, digits, - and _");
    SAYS(refusal("name: -b\nsteps: []\n"), "the name '-b'");
    SAYS(refusal("name: \"\"\nsteps: []\n"), "the name ''");
    SAYS(refusal("name: p\nparams: {a-b: 1}\nsteps: []\n"), "f:2:10: the name 'a-b', expected a letter or _");
    SAYS(refusal("name: p\nparams: {out: 1}\nsteps: []\n"), "the name 'out' is taken");
    SAYS(step_refusal("    run: a\n    for: {in: [1]}"), "the name 'in' is taken");
}

int main(void)
{
    CHECK_RUN(a_whole_pipeline);
    CHECK_RUN(keys_and_shapes);
    CHECK_RUN(steps_and_names);
    return check_status();
}
