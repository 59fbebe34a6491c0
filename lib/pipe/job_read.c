/* The head of a job's script:
 *     #!/bin/bash
 *     # FILE:LINE: step TITLE
 *     #: command DIGEST
 *     #: program NAME        ...
 *     #: in NAME             ...  each may be followed by  #: from PATH
 *     #: out NAME            ...
 *     #: end                                                                                                                  */
#include "base/buf.h"
#include "base/mem.h"
#include "pipe/job.h"
#include "pipe/plan.h"
#include "sys/input.h"

#include <string.h>

struct reader {
    struct job *job;
    struct input *in;
    size_t cap_programs, cap_in, cap_out;
    bool ended;
};

static int bad_line(const struct reader *r, const char *expected, struct err *err)
{
    return err_set(err, ERR_DATA, "%s:%llu: not a job that pipe-run wrote: expected %s", r->job->script,
                   (unsigned long long)input_line_number(r->in), expected);
}

static int keep(struct reader *r, const char *text, size_t n, const char **out, struct err *err)
{
    char *copy = arena_take(&r->job->arena, n + 1, 1, err);
    if (!copy)
        return ERR_NOMEM;
    memcpy(copy, text, n);
    copy[n] = '\0';
    *out = copy;
    return 0;
}

static int take_title(struct reader *r, const char *line, struct err *err)
{
    const char *step = strstr(line, ": step ");
    int rc;
    if (strncmp(line, "# ", 2) != 0 || !step)
        return bad_line(r, "'# FILE:LINE: step NAME'", err);
    if ((rc = keep(r, line + 2, (size_t)(step - line - 2), &r->job->where, err)) != 0)
        return rc;
    return keep(r, step + 7, strlen(step + 7), &r->job->title, err);
}

static int add_file(struct reader *r, struct job_file **files, size_t *n, size_t *cap, const char *name, struct err *err)
{
    struct buf path = {0};
    struct job_file f;
    int rc;
    if (*n == PLAN_MAX_FILES)
        return err_set(err, ERR_LIMIT, "%s: more than %d files", r->job->script, PLAN_MAX_FILES);
    TRY(mem_reserve(files, cap, *n + 1, sizeof **files, err));
    TRY(buf_printf(&path, err, "%s%s", name[0] == '/' ? "" : "../", name));
    TRY(keep(r, path.p, path.n, &f.path, err));
    TRY(keep(r, name, strlen(name), &f.name, err));
    (*files)[(*n)++] = f;
out:
    buf_done(&path);
    return rc;
}

static int take_fact(struct reader *r, char *line, struct err *err)
{
    struct job *job = r->job;
    if (strcmp(line, "#: end") == 0) {
        r->ended = true;
        return 0;
    }
    char *key = line + 3, *value = strncmp(line, "#: ", 3) == 0 ? strchr(key, ' ') : NULL;
    if (!value || value[1] == '\0')
        return bad_line(r, "'#: KEY VALUE' or '#: end'", err);
    *value++ = '\0';
    if (strcmp(key, "in") == 0)
        return add_file(r, &job->in, &job->n_in, &r->cap_in, value, err);
    if (strcmp(key, "out") == 0)
        return add_file(r, &job->out, &job->n_out, &r->cap_out, value, err);
    if (strcmp(key, "from") == 0 && job->n_in)
        return keep(r, value, strlen(value), &job->in[job->n_in - 1].path, err);
    if (strcmp(key, "command") == 0)
        return keep(r, value, strlen(value), &job->command, err);
    if (strcmp(key, "program") == 0 && job->n_programs < PLAN_MAX_FILES) {
        int rc = mem_reserve(&job->programs, &r->cap_programs, job->n_programs + 1, sizeof *job->programs, err);
        return rc ? rc : keep(r, value, strlen(value), &job->programs[job->n_programs++], err);
    }
    return bad_line(r, "command, program, in, from, out or end", err);
}

int job_read(struct job *job, const char *path, struct err *err)
{
    struct reader r = {.job = job};
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t n = strlen(name);
    int rc;
    *job = (struct job){.script = path};
    TRY(input_open(&r.in, path, err));
    if (n < 4 || strcmp(name + n - 3, ".sh") != 0)
        TRY(err_set(err, ERR_DATA, "%s: expected the name of a job's script, ID.sh", path));
    TRY(keep(&r, name, n - 3, &job->id, err));
    while (!r.ended) {
        char *line;
        size_t length;
        TRY(input_line(r.in, &line, &length, err));
        if (!line || memchr(line, '\0', length))
            TRY(bad_line(&r, "'#: end'", err));
        uint64_t number = input_line_number(r.in);
        if (number == 1 && strcmp(line, "#!/bin/bash") != 0)
            TRY(bad_line(&r, "'#!/bin/bash'", err));
        if (number == 2)
            TRY(take_title(&r, line, err));
        if (number > 2)
            TRY(take_fact(&r, line, err));
    }
    if (!job->command)
        rc = bad_line(&r, "a '#: command'", err);
out:
    input_close(r.in);
    return rc;
}

void job_done(struct job *job)
{
    mem_free(job->programs);
    mem_free(job->in);
    mem_free(job->out);
    arena_done(&job->arena);
}
