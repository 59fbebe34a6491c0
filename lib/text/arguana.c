#include "text/arguana.h"
#include "base/mem.h"
#include "text/example.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum side { POINT, COUNTER, NEITHER };
enum { MAX_DEPTH = 16, MAX_PATH = 4096 };

struct entry {
    char *path;             /* of the file, below the folder */
    char *id;
    enum side side;
};

struct collection {
    struct forms *forms;
    const char *folder;
    struct entry *entries;
    size_t n, cap;
    struct buf texts[2];    /* of the pair at hand */
    struct example example;
};

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool arguana_is(const char *folder)
{
    char path[MAX_PATH];
    for (int side = POINT; side <= COUNTER; side++) {
        int n = snprintf(path, sizeof path, "%s/%s", folder, side == POINT ? "point" : "counter");
        if (n < 0 || (size_t)n >= sizeof path || !is_folder(path))
            return false;
    }
    return true;
}

static bool cut_end(char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);
    if (n < n_end || strcmp(text + n - n_end, end) != 0)
        return false;
    text[n - n_end] = '\0';
    return true;
}

/* Which side the file at path is of; path becomes the id. */
static enum side side_of(char *path)
{
    static const char *const words[] = {"point", "counter"};
    cut_end(path, ".gz");
    if (!cut_end(path, ".txt"))
        return NEITHER;
    for (enum side side = POINT; side <= COUNTER; side++) {
        const char *word = words[side];
        size_t n = strlen(word), n_path;
        for (char *at = path; at && *at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
            if (strncmp(at, word, n) == 0 && (at[n] == '/' || (at[n] == '\0' && at > path))) {
                memmove(at[n] ? at : at - 1, at[n] ? at + n + 1 : at + n, strlen(at + n + (at[n] != '\0')) + 1);
                return side;
            }
        if (cut_end(path, side == POINT ? "-point" : "-counter")) {
            n_path = strlen(path);
            if (n_path > 1 && path[n_path - 1] == "ab"[side] && path[n_path - 2] >= '0' && path[n_path - 2] <= '9')
                path[n_path - 1] = '\0';
            return side;
        }
    }
    return NEITHER;
}

static int add_file(struct collection *c, const char *path, struct err *err)
{
    int rc = 0;
    struct entry e = {0};
    TRY_NEW(e.id, mem_strdup(path, err));
    e.side = side_of(e.id);
    tally_add(c->forms->tally, "files left out: neither point nor counter", e.side == NEITHER);
    if (e.side == NEITHER)
        goto out;
    TRY_NEW(e.path, mem_strdup(path, err));
    TRY(mem_reserve(&c->entries, &c->cap, c->n + 1, sizeof *c->entries, err));
    c->entries[c->n++] = e;
    e = (struct entry){0};
out:
    mem_free(e.id);
    mem_free(e.path);
    return rc;
}

/* All files below folder/path. */
static int walk(struct collection *c, const char *path, int depth, struct err *err)
{
    int rc = 0;
    char full[MAX_PATH], below[MAX_PATH];
    int n = snprintf(full, sizeof full, "%s/%s", c->folder, path);
    if (n < 0 || (size_t)n >= sizeof full || depth > MAX_DEPTH)
        return err_set(err, ERR_LIMIT, "%s/%s: folders too deep", c->folder, path);
    DIR *d = opendir(full);
    if (!d)
        return err_sys(err, "%s: cannot read", full);
    for (struct dirent *e; errno = 0, (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        int n_full = snprintf(full, sizeof full, "%s/%s%s%s", c->folder, path, *path ? "/" : "", e->d_name);
        n = snprintf(below, sizeof below, "%s%s%s", path, *path ? "/" : "", e->d_name);
        if (n < 0 || n_full < 0 || (size_t)n_full >= sizeof full)
            TRY(err_set(err, ERR_LIMIT, "%s/%s: a path of more than %d bytes", c->folder, path, MAX_PATH - 1));
        if (is_folder(full))
            TRY(walk(c, below, depth + 1, err));
        else
            TRY(add_file(c, below, err));
    }
    if (errno)
        TRY(err_sys(err, "%s/%s: cannot read", c->folder, path));
out:
    closedir(d);
    return rc;
}

static int by_id(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order ? order : (int)x->side - (int)y->side;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct text trim(const char *p, const char *end)
{
    while (p < end && is_blank(*p))
        p++;
    while (p < end && is_blank(end[-1]))
        end--;
    return (struct text){p, (size_t)(end - p)};
}

/* The text of a file, without blanks around it; a first line with a blank one behind it is its title. */
static int read_text(struct collection *c, const struct entry *e, struct row *row, struct err *err)
{
    int rc = 0;
    char path[MAX_PATH];
    struct input *in = NULL;
    struct buf *b = &c->texts[e->side];
    char *line;
    size_t n;
    snprintf(path, sizeof path, "%s/%s", c->folder, e->path);
    buf_clear(b);
    TRY(input_open(&in, path, err));
    TRY(rows_start(in, err));
    input_limit_lines(in, ROWS_MAX_LINE);
    for (;;) {
        TRY(input_line(in, &line, &n, err));
        if (!line)
            break;
        if (b->n + n >= ROWS_MAX_LINE)
            TRY(err_set(err, ERR_LIMIT, "%s: a text of more than %d bytes", path, ROWS_MAX_LINE));
        TRY(buf_put(b, line, n, err));
        TRY(buf_putc(b, '\n', err));
    }
    struct text all = trim(b->p ? b->p : "", b->p ? b->p + b->n : "");
    const char *end = all.p + all.n, *lf = memchr(all.p, '\n', all.n), *next = lf;
    while (next && ++next < end && is_blank(*next) && *next != '\n')
        ;
    *row = (struct row){.id = {e->id, strlen(e->id)}, .text = all};
    if (next && *next == '\n') {
        row->title = trim(all.p, lf);
        row->text = trim(next, end);
    }
    if (all.n == 0)
        TRY(err_set(err, ERR_DATA, "%s: no text in it", path));
out:
    input_close(in);
    return rc;
}

static int write_example(struct collection *c, struct row point, const struct row *counter, struct err *err)
{
    int rc = 0;
    struct forms *f = c->forms;
    if (!f->files[FORMS_EXAMPLES])
        return 0;
    TRY(rows_join(&point, f->join ? f->join : " ", &f->scratch, err));
    TRY(example_start(&c->example, point.id, point.text, err));
    TRY(example_list(&c->example, "positives", err));
    TRY(example_passage(&c->example, counter, err));
    TRY(example_end(&c->example, f->files[FORMS_EXAMPLES], f->tally, err));
out:
    return rc;
}

static int write_pair(struct collection *c, const struct entry *pair, struct err *err)
{
    int rc = 0;
    struct forms *f = c->forms;
    struct row point, counter;
    TRY(forms_check_id((struct text){pair->id, strlen(pair->id)}, err));
    TRY(read_text(c, &pair[0], &point, err));
    TRY(read_text(c, &pair[1], &counter, err));
    TRY(forms_row(f, FORMS_QUERIES, point, err));
    TRY(forms_row(f, FORMS_PASSAGES, counter, err));
    TRY(forms_judgement(f, point.id, counter.id, 1, err));
    TRY(write_example(c, point, &counter, err));
    tally_add(f->tally, "pairs", 1);
out:
    if (rc == ERR_DATA) {
        err_prefix(err, "%s/%s: ", c->folder, pair->path);
        rc = tally_bad(f->tally, "pairs left out", err);
    }
    return rc;
}

int arguana_read(struct forms *f, const char *folder, struct err *err)
{
    int rc = 0;
    struct collection c = {.forms = f, .folder = folder};
    TRY(walk(&c, "", 0, err));
    if (c.n == 0)
        TRY(err_set(err, ERR_DATA, "%s: no file of a point or counter in it (point/NAME.txt, NAMEa-point.txt)", folder));
    qsort(c.entries, c.n, sizeof *c.entries, by_id);
    for (size_t i = 0; i < c.n;) {
        const struct entry *e = &c.entries[i];
        bool same = i + 1 < c.n && strcmp(e[0].id, e[1].id) == 0;
        if (same && (e[0].side == e[1].side || (i + 2 < c.n && strcmp(e[1].id, e[2].id) == 0)))
            TRY(err_set(err, ERR_DATA, "%s: %s and %s have one id: %s", folder, e[0].path,
                        e[e[0].side == e[1].side ? 1 : 2].path, e->id));
        tally_add(f->tally, "points without a counter", !same && e->side == POINT);
        tally_add(f->tally, "counters without a point", !same && e->side == COUNTER);
        if (same)
            TRY(write_pair(&c, e, err));
        i += same ? 2 : 1;
    }
out:
    for (size_t i = 0; i < c.n; i++) {
        mem_free(c.entries[i].id);
        mem_free(c.entries[i].path);
    }
    mem_free(c.entries);
    for (int side = POINT; side <= COUNTER; side++)
        buf_done(&c.texts[side]);
    example_done(&c.example);
    return rc;
}
