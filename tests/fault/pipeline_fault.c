/* Damage to the two files that pipe-run reads, each small enough to try all of it: every truncation, every bit, every byte set to
 * what means something in YAML.  A damaged pipeline may still be one; what must hold is that it is either planned or refused with
 * its place, in bounds (the sanitizers watch), and that a plan's scripts can be written.  A damaged head of a job must be refused
 * where a line of it is cut. */
#include "../unit/check.h"
#include "../unit/scratch.h"

#include "pipe/job.h"
#include "pipe/makefile.h"
#include "pipe/plan.h"
#include "pipe/script.h"

static const char pipeline_text[] =
    "name: p\nparams: {n: 5, s: 'a b'}\nshow: t\nsteps:\n"
    "- name: a\n  for: {e: [1, '${n}']}\n  out: r.${e}\n  pipe: [\"seq ${e}\", 'cat > ${out}']\n"
    "- {name: b, in: [r.*, /etc/passwd], out: t, run: 'cat ${in} > t'}\n";

static size_t n_planned, n_refused;

/* Plan from bytes; write the scripts of what could be planned. */
static void try_pipeline(const char *bytes, size_t n)
{
    const struct script_options o = {.bin = "/bin", .dir = "out", .n_jobs = 2};
    struct pipeline p;
    struct plan plan = {0};
    struct buf text = {0};
    struct err err = {0};
    int rc = pipeline_parse(&p, "f.yaml", bytes, n, &err);
    if (!rc)
        rc = plan_make(&plan, &p, "/here", NULL, 0, &err);
    if (rc) {
        n_refused++;
        CHECK(rc == ERR_DATA || rc == ERR_LIMIT);
        CHECK(strncmp(err.msg, "f.yaml:", 7) == 0 && err.code == rc);
    } else {
        n_planned++;
        CHECK_OK(script_dry_run(&text, &plan, &o, &err), &err);
        CHECK_OK(makefile_print(&text, &plan, &o, &err), &err);
        for (size_t i = 0; i < plan.n_jobs; i++)
            CHECK_OK(script_job(&text, &plan, &plan.jobs[i], &o, &err), &err);
    }
    buf_done(&text);
    plan_done(&plan);
    pipeline_done(&p);
}

static void every_truncation(void)
{
    for (size_t n = 0; n < sizeof pipeline_text; n++) {
        char *copy = malloc(n + 1);      /* to the byte, so that reading past the end is seen */
        memcpy(copy, pipeline_text, n);
        try_pipeline(copy, n);
        free(copy);
    }
    CHECK(n_refused > 100 && n_planned > 0);
}

static void every_bit_and_byte(void)
{
    static const char bytes[] = "\0\n\t -:[]{}'\"&*!|>%@`#,?$\\/\x7f\x80\xff\xc3";
    char copy[sizeof pipeline_text];
    memcpy(copy, pipeline_text, sizeof copy);
    for (size_t i = 0; i < sizeof copy - 1; i++) {
        for (int bit = 0; bit < 8; bit++) {
            copy[i] = (char)(pipeline_text[i] ^ (1 << bit));
            try_pipeline(copy, sizeof copy - 1);
        }
        for (size_t k = 0; k < sizeof bytes - 1; k++) {
            copy[i] = bytes[k];
            try_pipeline(copy, sizeof copy - 1);
        }
        copy[i] = pipeline_text[i];
    }
}

static const char job_text[] =
    "#!/bin/bash\n# f.yaml:7: step b, e=5\n#: command 12-0123456789abcdef\n#: program cat\n#: in r.1\n#: in x\n#: from /y/x\n"
    "#: out t\n#: end\n. functions.sh\n";

static int try_job(const char *bytes, size_t n, struct job *job)
{
    struct err err = {0};
    int rc = job_read(job, scratch_write("b.sh", bytes, n), &err);
    if (rc)
        CHECK(rc == ERR_DATA && strstr(err.msg, "b.sh"));
    return rc;
}

static void heads_of_jobs(void)
{
    struct job job;
    char copy[sizeof job_text];
    CHECK_EQ(try_job(job_text, sizeof job_text - 1, &job), 0);
    CHECK_STR(job.id, "b");
    CHECK_STR(job.where, "f.yaml:7");
    CHECK_STR(job.title, "b, e=5");
    CHECK_EQ(job.n_in, 2);
    CHECK_STR(job.in[0].path, "../r.1");
    CHECK_STR(job.in[1].path, "/y/x");
    CHECK_STR(job.programs[0], "cat");
    CHECK_STR(job.out[0].name, "t");
    job_done(&job);
    size_t end = (size_t)(strstr(job_text, "#: end") - job_text) + 6;
    for (size_t n = 0; n < end; n++) {
        CHECK_EQ(try_job(job_text, n, &job), ERR_DATA);
        job_done(&job);
    }
    for (size_t i = 0; i < sizeof job_text - 1; i++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(copy, job_text, sizeof copy);
            copy[i] = (char)(copy[i] ^ (1 << bit));
            int rc = try_job(copy, sizeof copy - 1, &job);
            CHECK(rc == 0 || i < end + 1);
            job_done(&job);
        }
}

int main(void)
{
    CHECK_RUN(every_truncation);
    CHECK_RUN(every_bit_and_byte);
    CHECK_RUN(heads_of_jobs);
    scratch_done();
    return check_status();
}
