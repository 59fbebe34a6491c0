#include "pipe/plan_files.h"
#include "base/mem.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_TESTS = 100000000, MAX_PATH = 4096 };   /* tests: comparisons of an input with all outputs */

bool plan_path_holds(const char *a, const char *b)
{
    size_t n = strlen(a);
    return strncmp(a, b, n) == 0 && (b[n] == '\0' || b[n] == '/');
}

/* Why a relative path has a part that it must not have, or NULL. */
static const char *bad_parts(const char *path)
{
    for (const char *p = path;; p++) {
        size_t n = strcspn(p, "/");
        if (n == 0)
            return "an empty part";
        if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
            return "a part '.' or '..'";
        if (n > 255)
            return "a part of more than 255 bytes";
        p += n;
        if (*p == '\0')
            return NULL;
    }
}

/* Outputs are named in scripts, manifests and messages, and are matched by patterns: plain names only. */
static int check_output(const struct doc *doc, const struct doc_node *at, const char *name, struct err *err)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+=,:@%/";
    size_t n = strlen(name), good = strspn(name, set);
    if (good != n)
        return doc_error(doc, at, err, "the output '%.80s' has a %s, expected letters, digits and ._-+=,:@%%/ only", name,
                         strchr(" \t\n", name[good]) ? "blank" : "character that make or the shell would take for its own");
    if (n == 0 || n > 1000 || name[0] == '-' || name[0] == '/' || bad_parts(name))
        return doc_error(doc, at, err, "the output '%.80s', expected a name of 1 to 1000 bytes below the folder of outputs, "
                         "without '.' or '..', not starting with - or /", name);
    if (plan_path_holds(".pipe-run", name))
        return doc_error(doc, at, err, "the output '%.80s': .pipe-run is where pipe-run keeps its state", name);
    return 0;
}

int plan_files_add(struct plan_files *f, const struct plan *plan, const struct doc_node *at, size_t job, const char *name,
                   struct err *err)
{
    const struct doc *doc = &plan->pipeline->doc;
    bool found;
    uint64_t *other;
    int rc;
    if (f->makers.n == PLAN_MAX_FILES)
        return err_set(err, ERR_LIMIT, "%s: more than %d outputs", doc->file, PLAN_MAX_FILES);
    if ((rc = check_output(doc, at, name, err)) != 0 ||
        (rc = map_add(&f->makers, name, strlen(name), job, &found, &other, err)) != 0)
        return rc;
    if (found && plan->jobs[*other].step == plan->jobs[job].step && *other != job)
        return doc_error(doc, at, err, "the output '%s' is that of %s too: name it with a ${name} of 'for'", name,
                         plan->jobs[*other].label);
    if (found)
        return doc_error(doc, at, err, "the output '%s' is written by step '%s' already", name,
                         plan->steps[plan->jobs[*other].step].source->name);
    if ((rc = mem_reserve(&f->at, &f->cap_at, f->makers.n, sizeof *f->at, err)) != 0)
        return rc;
    f->at[f->makers.n - 1] = at;
    return 0;
}

/* The job that writes name, or a folder that it lies in; NULL if none.  *exact: name itself. */
static const uint64_t *maker_of(const struct plan_files *f, const char *name, bool *exact)
{
    const uint64_t *job = NULL;
    for (size_t n = strlen(name); n && !job; n--)
        if (name[n] == '\0' || name[n] == '/') {
            job = map_get(&f->makers, name, n);
            *exact = name[n] == '\0';
        }
    return job;
}

int plan_files_check(const struct plan_files *f, const struct plan *plan, struct err *err)
{
    for (size_t i = 0; i < f->makers.n; i++) {
        size_t n;
        const char *name = map_key(&f->makers, i, &n);
        for (size_t part = n; part--;)
            if (name[part] == '/' && map_get(&f->makers, name, part))
                return doc_error(&plan->pipeline->doc, f->at[i], err, "the output '%.*s' lies in the output '%.*s'", (int)n, name,
                                 (int)part, name);
    }
    return 0;
}

void plan_files_start(struct plan_files *f)
{
    f->n_found = 0;
    map_done(&f->seen);
}

static int add_found(struct plan_files *f, const struct plan *plan, const char *name, const char *outside, struct err *err)
{
    bool seen;
    int rc = map_add(&f->seen, name, strlen(name), 0, &seen, NULL, err);
    if (rc || seen)
        return rc;
    if (f->n_inputs++ == PLAN_MAX_FILES)
        return err_set(err, ERR_LIMIT, "%s: more than %d inputs", plan->pipeline->doc.file, PLAN_MAX_FILES);
    rc = mem_reserve(&f->found, &f->cap_found, f->n_found + 1, sizeof *f->found, err);
    if (!rc)
        f->found[f->n_found++] = (struct plan_input){.name = name, .outside = outside};
    return rc;
}

/* Does * in the pattern, any run of bytes but /, make it the name?  Linear: only the last * is ever widened. */
static bool matches(const char *pattern, const char *name, size_t n)
{
    const char *end = name + n, *star = NULL, *widened = NULL;
    while (name < end) {
        if (*pattern == '*') {
            star = pattern++;
            widened = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star && *widened != '/') {
            pattern = star + 1;
            name = ++widened;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

static int count_tests(struct plan_files *f, const struct plan *plan, struct err *err)
{
    f->n_tests += f->makers.n;
    if (f->n_tests > MAX_TESTS)
        return err_set(err, ERR_LIMIT, "%s: too many inputs for so many outputs", plan->pipeline->doc.file);
    return 0;
}

static int find_pattern(struct plan_files *f, struct plan *plan, const struct plan_job *job, const struct doc_node *at,
                        const char *pattern, struct err *err)
{
    bool any = false;
    int rc = count_tests(f, plan, err);
    for (size_t i = 0; i < f->makers.n && !rc; i++) {
        size_t n, k = 0;
        const char *name = map_key(&f->makers, i, &n);
        if (!matches(pattern, name, n))
            continue;
        const struct plan_job *maker = &plan->jobs[*map_get(&f->makers, name, n)];
        while (strlen(maker->out[k]) != n || memcmp(maker->out[k], name, n) != 0)
            k++;                                   /* the plan's own copy: the map's moves when it grows */
        plan->steps[job->step].needs[maker->step] = any = true;
        rc = add_found(f, plan, maker->out[k], NULL, err);
    }
    if (!rc && !any)
        rc = doc_error(&plan->pipeline->doc, at, err, "the input '%.200s' matches no output of a step", pattern);
    return rc;
}

static int find_outside(struct plan_files *f, const struct plan *plan, const struct plan_job *job, const struct doc_node *at,
                        const char *name, struct err *err)
{
    const struct doc *doc = &plan->pipeline->doc;
    char path[2 * MAX_PATH];
    struct stat st;
    int rc;
    if (strchr(name, '\n') || strlen(name) >= MAX_PATH)
        return doc_error(doc, at, err, "the input '%.80s' has a new line or %d bytes: expected a shorter, simpler path", name,
                         MAX_PATH);
    if (stat(name, &st) != 0)
        return doc_error(doc, at, err, "the input '%.200s': no such file, and no step writes it", name);
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return doc_error(doc, at, err, "the input '%.200s' is neither a file nor a folder: what changed could not be told",
                         name);
    if (name[0] == '/')
        return add_found(f, plan, name, name, err);
    const char *bad = bad_parts(name);
    if (bad || name[0] == '-' || plan_path_holds(".pipe-run", name))
        return doc_error(doc, at, err, "the input '%.200s' has %s: expected an absolute path, or one below the current folder",
                         name, bad ? bad : "a start that is no path's");
    for (size_t i = 0; i < job->n_out; i++)
        if (plan_path_holds(name, job->out[i]))
            return doc_error(doc, at, err, "the output '%s' lies in the input '%.200s'", job->out[i], name);
    if ((rc = count_tests(f, plan, err)) != 0)
        return rc;
    for (size_t i = 0; i < f->makers.n; i++) {
        size_t n;
        const char *output = map_key(&f->makers, i, &n);
        if (n > strlen(name) && memcmp(output, name, strlen(name)) == 0 && output[strlen(name)] == '/')
            return doc_error(doc, at, err, "the input '%.200s' is a folder that outputs lie in ('%.*s'): name those", name,
                             (int)n, output);
    }
    if (!getcwd(path, MAX_PATH))
        return err_sys(err, "the current folder");
    size_t cwd = strlen(path), n = strlen(name);
    char *copy = arena_take(&((struct plan *)(uintptr_t)plan)->arena, cwd + n + 2, 1, err);
    if (!copy)
        return ERR_NOMEM;
    memcpy(copy, path, cwd);
    copy[cwd] = '/';
    memcpy(copy + cwd + 1, name, n + 1);
    return add_found(f, plan, name, copy, err);
}

int plan_files_find(struct plan_files *f, struct plan *plan, const struct plan_job *job, const struct doc_node *at,
                    const char *name, struct err *err)
{
    bool exact;
    if (name[0] == '\0')
        return doc_error(&plan->pipeline->doc, at, err, "an empty name as an input");
    const uint64_t *maker = maker_of(f, name, &exact);
    if (maker) {
        const char *bad = bad_parts(name);
        if (bad)
            return doc_error(&plan->pipeline->doc, at, err, "the input '%.200s' has %s", name, bad);
        plan->steps[job->step].needs[plan->jobs[*maker].step] = true;
        return add_found(f, plan, name, NULL, err);
    }
    return strchr(name, '*') ? find_pattern(f, plan, job, at, name, err) : find_outside(f, plan, job, at, name, err);
}

int plan_files_maker(const struct plan_files *f, const struct plan *plan, const struct doc_node *at, const char *name,
                     const struct plan_job **maker, struct err *err)
{
    bool exact = false;
    const uint64_t *job = maker_of(f, name, &exact);
    if (!job || !exact)
        return doc_error(&plan->pipeline->doc, at, err, "'%.200s' is no output of a step", name);
    *maker = &plan->jobs[*job];
    return 0;
}

void plan_files_done(struct plan_files *f)
{
    map_done(&f->makers);
    map_done(&f->seen);
    mem_free(f->at);
    mem_free(f->found);
}
