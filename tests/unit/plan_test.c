#include "check.h"
#include "scratch.h"

#include "base/buf.h"
#include "pipe/plan.h"

#include <sys/stat.h>

static struct err err;
static struct pipeline pipeline;
static struct plan plan;

static int make_wanted(const char *text, const char *const *wanted, size_t n)
{
    plan_done(&plan);
    pipeline_done(&pipeline);
    plan = (struct plan){0};
    err = (struct err){0};
    int rc = pipeline_parse(&pipeline, "f", text, strlen(text), &err);
    return rc ? rc : plan_make(&plan, &pipeline, "/here", wanted, n, &err);
}

static int make(const char *text) { return make_wanted(text, NULL, 0); }

static const char *refusal(const char *text) { return make(text) ? err.msg : "accepted"; }

#define SAYS(got, want) do { const char *says_got = (got); if (!strstr(says_got, want)) CHECK_STR(says_got, want); } while (0)
#define HEAD "name: p\nparams: {n: 5, s: 'a b'}\nsteps:\n"

static void a_chain(void)
{
    CHECK_OK(make(HEAD "  - {name: b, in: [x.txt, sub/y], out: z, pipe: ['head -n ${n} ${in}', 'cat > ${out}']}\n"
                  "  - {name: a, in: /dev/../etc/passwd, out: [x.txt, sub], run: 'echo ${s} ${here}'}\n"), &err);
    CHECK_EQ(plan.n_steps, 2);
    CHECK_EQ(plan.n_jobs, 2);
    CHECK(plan.steps[0].needs[1] && !plan.steps[1].needs[0]);
    CHECK_STR(plan.jobs[0].commands[0], "head -n 5 x.txt sub/y");
    CHECK_STR(plan.jobs[0].commands[1], "cat > z");
    CHECK_STR(plan.jobs[0].id, "b");
    CHECK_STR(plan.jobs[0].label, "");
    CHECK(plan.jobs[0].in[0].outside == NULL);
    CHECK_STR(plan.jobs[1].commands[0], "echo 'a b' /here");
    CHECK_STR(plan.jobs[1].in[0].outside, "/dev/../etc/passwd");
}

static void a_matrix(void)
{
    CHECK_OK(make(HEAD "  - {name: m, for: {ef: [32, '${n}'], w: [a, b]}, params: {tag: 't${ef}'}, out: 'r.${tag}.${w}',\n"
                  "     run: 'x ${out}'}\n"
                  "  - {name: all, in: r.*, out: t, run: 'cat ${in}'}\n"
                  "  - {name: some, in: [r.t5.*, r.t5.a, r.t32.b], run: 'cat ${in}'}\n"), &err);
    const char *const outs[] = {"r.t32.a", "r.t32.b", "r.t5.a", "r.t5.b"};
    CHECK_EQ(plan.n_jobs, 6);
    for (int i = 0; i < 4; i++)
        CHECK_STR(plan.jobs[i].out[0], outs[i]);
    CHECK_STR(plan.jobs[1].id, "m.ef=32,w=b");
    CHECK_STR(plan.jobs[1].label, "ef=32 w=b");
    CHECK_STR(plan.jobs[1].commands[0], "x r.t32.b");
    CHECK_STR(plan.jobs[4].commands[0], "cat r.t32.a r.t32.b r.t5.a r.t5.b");
    CHECK_STR(plan.jobs[5].commands[0], "cat r.t5.a r.t5.b r.t32.b");
    CHECK(plan.steps[1].needs[0] && plan.steps[2].needs[0] && !plan.steps[2].needs[1]);
}

static void ids_are_file_names(void)
{
    CHECK_OK(make(HEAD "  - {name: m, for: {w: ['a b', 'a/b', '../x', '']}, run: x}\n"), &err);
    CHECK_STR(plan.jobs[0].id, "m.w=a_b,0");
    CHECK_STR(plan.jobs[1].id, "m.w=a_b,1");
    CHECK_STR(plan.jobs[2].id, "m.w=.._x,2");
    CHECK_STR(plan.jobs[3].id, "m.w=");
}

static void values_on_the_command_line_are_literal(void)
{
    const char text[] = HEAD "  - {name: a, run: 'echo ${s}', out: o}\n";
    CHECK_OK(make(text), &err);
    CHECK_OK(pipeline_set(&pipeline, "s=${n}'", &err), &err);
    plan_done(&plan);
    CHECK_OK(plan_make(&plan, &pipeline, "/here", NULL, 0, &err), &err);
    CHECK_STR(plan.jobs[0].commands[0], "echo '${n}'\\'''");
}

static void files_from_outside(void)
{
    char cwd[PATH_MAX], want[2 * PATH_MAX];
    scratch_write("x y.txt", "x", 1);
    if (chdir(scratch_path(".")) != 0 || mkdir("data", 0777) != 0 || !getcwd(cwd, sizeof cwd))
        scratch_die("chdir");
    CHECK_OK(make(HEAD "  - {name: a, in: [x y.txt, data], run: 'cat ${in}'}\n"), &err);
    snprintf(want, sizeof want, "%s/x y.txt", cwd);
    CHECK_STR(plan.jobs[0].in[0].outside, want);
    CHECK_STR(plan.jobs[0].commands[0], "cat 'x y.txt' data");
    SAYS(refusal(HEAD "  - {name: a, in: gone, run: x}\n"), "f:4:19: the input 'gone': no such file, and no step writes it");
    SAYS(refusal(HEAD "  - {name: a, in: ./data, run: x}\n"), "a part '.' or '..'");
    SAYS(refusal(HEAD "  - {name: a, in: data/../data, run: x}\n"), "a part '.' or '..'");
    SAYS(refusal(HEAD "  - {name: a, in: /dev/null, run: x}\n"), "neither a file nor a folder");
    SAYS(refusal(HEAD "  - {name: a, in: data, out: data/x, run: x}\n"), "the output 'data/x' lies in the input 'data'");
    SAYS(refusal(HEAD "  - {name: a, in: data, run: x}\n  - {name: b, out: data/x, run: x}\n"),
         "is a folder that outputs lie in ('data/x')");
    SAYS(refusal(HEAD "  - {name: a, in: '', run: x}\n"), "an empty name");
    SAYS(refusal(HEAD "  - {name: a, in: '*.txt', run: x}\n"), "matches no output");
}

static void errors_of_the_graph(void)
{
    SAYS(refusal(HEAD "  - {name: a, in: y, out: x, run: x}\n  - {name: b, in: x, out: y, run: x}\n"),
         "steps that wait for each other: a needs b needs a");
    SAYS(refusal(HEAD "  - {name: a, in: x, out: x, run: x}\n"), "wait for each other: a needs a");
    SAYS(refusal(HEAD "  - {name: s, in: x, run: x}\n  - {name: a, in: z, out: x, run: x}\n"
                 "  - {name: b, in: x, out: z, run: x}\n"),
         ": a needs b needs a");
    SAYS(refusal(HEAD "  - {name: a, out: x, run: x}\n  - {name: b, out: x, run: x}\n"),
         "f:5:20: the output 'x' is written by step 'a' already");
    SAYS(refusal(HEAD "  - {name: a, out: [x, x], run: x}\n"), "is written by step 'a' already");
    SAYS(refusal(HEAD "  - {name: a, for: {e: [1, 2]}, out: x, run: x}\n"),
         "the output 'x' is that of e=1 too: name it with a ${name} of 'for'");
    SAYS(refusal(HEAD "  - {name: a, out: x, run: x}\n  - {name: b, out: x/y, run: x}\n"),
         "the output 'x/y' lies in the output 'x'");
    SAYS(refusal("name: p\nshow: y\nsteps:\n  - {name: a, out: x, run: x}\n"), "f:2:7: 'y' is no output of a step");
}

static void names_and_commands(void)
{
    static const char *const bad[] = {"a b", "/abs", "../x", "a//b", "a/./b", "-x", "a'b", "a$$b", ".pipe-run/x", "a/",
                                      "a*", "~a", "a\\tb"};
    char text[300];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, HEAD "  - {name: a, out: \"%s\", run: x}\n", strcmp(bad[i], "a\\tb") ? bad[i] : "a\tb");
        SAYS(refusal(text), "the output '");
    }
    SAYS(refusal(HEAD "  - {name: a, run: 'x ${m}'}\n"), "f:4:20: ${m}: no such name, expected one of here, n, s, in, out");
    SAYS(refusal(HEAD "  - {name: a, out: '${in}', run: x}\n"), "${in}: no such name");
    SAYS(refusal(HEAD "  - {name: a, pipe: [x; y]}\n"), "f:4:22: a ';' between commands");
    SAYS(refusal(HEAD "  - {name: a, run: 'x \"'}\n"), "an opened \" that is not closed");
    SAYS(refusal(HEAD "  - {name: a, for: {n: [1]}, run: x}\n"), "'n' a second time");
    SAYS(refusal(HEAD "  - {name: a, for: {e: [1]}, params: {e: 1}, run: x}\n"), "'e' a second time");
    SAYS(refusal("name: p\nparams: {a: '${b}', b: 1}\nsteps:\n  - {name: a, run: x}\n"),
         "${b}: no such name, expected one of here");
}

static void limits_hold_quickly(void)
{
    struct buf b = {0};
    CHECK_OK(buf_puts(&b, HEAD "  - name: a\n    run: x\n    for:\n", &err), &err);
    for (char name = 'a'; name < 'i'; name++) {
        CHECK_OK(buf_printf(&b, &err, "      %c%c: [1", name, name), &err);
        for (int i = 0; i < 2000; i++)
            CHECK_OK(buf_printf(&b, &err, ",%d", i), &err);
        CHECK_OK(buf_puts(&b, "]\n", &err), &err);
    }
    SAYS(refusal(b.p), "more than 10000 combinations");
    buf_clear(&b);
    /* Each value twice the one before: 2^40 bytes, were it not for the limit. */
    CHECK_OK(buf_puts(&b, "name: p\nparams:\n  a0: 0123456789\n", &err), &err);
    for (int i = 0; i < 40; i++)
        CHECK_OK(buf_printf(&b, &err, "  a%d: ${a%d}${a%d}\n", i + 1, i, i), &err);
    CHECK_OK(buf_puts(&b, "steps:\n  - {name: a, run: x}\n", &err), &err);
    SAYS(refusal(b.p), "more than 262144 bytes with its values put in");
    buf_clear(&b);
    /* 10,000 jobs, each with all outputs of as many others. */
    CHECK_OK(buf_puts(&b, "name: p\nsteps:\n", &err), &err);
    for (char step = 'a'; step < 'c'; step++) {
        CHECK_OK(buf_printf(&b, &err, "  - {name: %c, run: 'x', out: '%c.${i}', %s for: {i: [0", step, step,
                            step == 'a' ? "" : "in: a.*,"), &err);
        for (int i = 1; i < 5000; i++)
            CHECK_OK(buf_printf(&b, &err, ",%d", i), &err);
        CHECK_OK(buf_puts(&b, "]}}\n", &err), &err);
    }
    SAYS(refusal(b.p), "more than 100000 inputs");
    buf_done(&b);
}

static void wanted_steps(void)
{
    const char text[] = "name: p\nshow: [x, z]\nsteps:\n  - {name: a, out: x, run: x}\n  - {name: b, in: x, out: y, run: x}\n"
                        "  - {name: c, out: z, run: x}\n";
    CHECK_OK(make_wanted(text, (const char *const[]){"b"}, 1), &err);
    CHECK(plan.steps[0].wanted && plan.steps[1].wanted && !plan.steps[2].wanted);
    CHECK_EQ(plan.n_show, 1);
    CHECK_STR(plan.show[0], "x");
    CHECK_EQ(make_wanted(text, (const char *const[]){"d"}, 1), ERR_USAGE);
    CHECK_OK(make(text), &err);
    CHECK(plan.steps[2].wanted);
    CHECK_EQ(plan.n_show, 2);
}

int main(void)
{
    CHECK_RUN(a_chain);
    CHECK_RUN(a_matrix);
    CHECK_RUN(ids_are_file_names);
    CHECK_RUN(values_on_the_command_line_are_literal);
    CHECK_RUN(files_from_outside);
    CHECK_RUN(errors_of_the_graph);
    CHECK_RUN(names_and_commands);
    CHECK_RUN(limits_hold_quickly);
    CHECK_RUN(wanted_steps);
    plan_done(&plan);
    pipeline_done(&pipeline);
    scratch_done();
    return check_status();
}
