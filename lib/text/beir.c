#include "text/beir.h"
#include "base/map.h"
#include "base/mem.h"
#include "text/judgement.h"
#include "text/outset.h"
#include "text/plain.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SPLITS = 62, MAX_NAME = 64 };

static const uint64_t seen = (uint64_t)1 << 63;       /* in the value of a judged id: its text came by */

struct collection {
    const char *folder, *join;
    struct tally *tally;
    struct outset set;
    char splits[MAX_SPLITS][MAX_NAME];                /* sorted */
    size_t n_splits;
    struct map queries;                               /* judged: bit s for split s, and seen */
    struct map passages;                              /* judged: seen */
    struct output *files[MAX_SPLITS];                 /* queries.SPLIT.tsv */
};

bool beir_is(const char *folder)
{
    char path[4096];
    return plain_find(path, sizeof path, folder, "corpus.jsonl");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* "test.tsv", "test.tsv.gz" -> "test"; 0 for other names. */
static size_t stem_length(const char *name)
{
    size_t n = strlen(name);
    if (n > 3 && strcmp(name + n - 3, ".gz") == 0)
        n -= 3;
    return n > 4 && n - 4 < MAX_NAME && name[0] != '.' && memcmp(name + n - 4, ".tsv", 4) == 0 ? n - 4 : 0;
}

static int list_splits(struct collection *c, struct err *err)
{
    int rc = 0;
    char path[4096];
    snprintf(path, sizeof path, "%s/qrels", c->folder);
    DIR *d = opendir(path);
    if (!d)
        return errno == ENOENT ? 0 : err_sys(err, "%s: cannot read", path);
    for (struct dirent *e; (e = readdir(d));) {
        size_t n = stem_length(e->d_name);
        if (n == 0)
            continue;
        if (c->n_splits == MAX_SPLITS)
            TRY(err_set(err, ERR_LIMIT, "%s: more than %d files", path, MAX_SPLITS));
        memcpy(c->splits[c->n_splits], e->d_name, n);
        c->splits[c->n_splits++][n] = '\0';
    }
    qsort(c->splits, c->n_splits, sizeof *c->splits, by_name);
    for (size_t i = 1; i < c->n_splits; i++)
        if (strcmp(c->splits[i - 1], c->splits[i]) == 0)
            TRY(err_set(err, ERR_DATA, "%s: %s.tsv both plain and .gz", path, c->splits[i]));
out:
    closedir(d);
    return rc;
}

static int judgement(struct collection *c, size_t split, char *line, size_t n, struct output *out, struct err *err)
{
    int rc = 0;
    struct judgement j;
    uint64_t *value;
    TRY(judgement_parse_beir(&j, line, n, err));
    TRY(map_add(&c->queries, j.query.p, j.query.n, 0, NULL, &value, err));
    *value |= (uint64_t)1 << split;
    TRY(map_add(&c->passages, j.passage.p, j.passage.n, 0, NULL, NULL, err));
    TRY(output_printf(out, err, "%.*s 0 %.*s %lld\n", (int)j.query.n, j.query.p, (int)j.passage.n, j.passage.p,
                      (long long)j.grade));
    tally_add(c->tally, "judgements", 1);
out:
    return rc;
}

static int convert_qrels(struct collection *c, size_t split, struct err *err)
{
    int rc = 0;
    char path[4096], name[MAX_NAME + 32];
    struct input *in = NULL;
    struct output *out = NULL;
    char *line;
    size_t n;
    snprintf(name, sizeof name, "qrels/%s.tsv", c->splits[split]);
    if (!plain_find(path, sizeof path, c->folder, name))
        TRY(err_set(err, ERR_IO, "%s/%s: cannot open", c->folder, name));
    snprintf(name, sizeof name, "qrels.%s.txt", c->splits[split]);
    TRY(outset_file(&c->set, name, &out, err));
    TRY(input_open(&in, path, err));
    input_limit_lines(in, 1 << 16);
    for (;;) {
        TRY(input_line(in, &line, &n, err));
        if (!line)
            break;
        if (input_line_number(in) == 1 && judgement_is_header(line, n))
            continue;
        rc = judgement(c, split, line, n, out, err);
        if (rc && rc != ERR_DATA)
            goto out;
        if (rc) {
            err_prefix(err, "%s:%llu: ", path, (unsigned long long)input_line_number(in));
            TRY(tally_bad(c->tally, "lines left out: no judgement", err));
        }
    }
    TRY(output_commit(out, err));
out:
    input_close(in);
    output_free(out);
    return rc;
}

/* A row that cannot be used: its message is in err. */
static int bad_row(struct collection *c, const char *name, const struct row *row, struct err *err)
{
    if (err->code == ERR_NOMEM)
        return err->code;
    err_prefix(err, "%s/%s:%llu: ", c->folder, name, (unsigned long long)row->line);
    return tally_bad(c->tally, "lines left out: no row", err);
}

/* The common part of both visits: note that the text of an id came by.  *value: what the map holds of it, 0 where it is not
 * judged. */
static int see(struct map *m, const struct row *row, uint64_t *value, struct err *err)
{
    int rc = 0;
    uint64_t *slot;
    *value = 0;
    TRY(forms_check_id(row->id, err));
    if (!map_get(m, row->id.p, row->id.n))
        return 0;
    TRY(map_add(m, row->id.p, row->id.n, 0, NULL, &slot, err));
    *slot |= seen;
    *value = *slot;
out:
    return rc;
}

static int see_passage(void *ctx, const struct row *row, bool *keep, struct err *err)
{
    struct collection *c = ctx;
    uint64_t value;
    *keep = see(&c->passages, row, &value, err) == 0;
    return *keep ? 0 : bad_row(c, "corpus.jsonl", row, err);
}

/* A query goes to every split that judges it, here; the caller writes none. */
static int see_query(void *ctx, const struct row *row, bool *keep, struct err *err)
{
    struct collection *c = ctx;
    uint64_t splits;
    int rc = 0;
    *keep = false;
    if (see(&c->queries, row, &splits, err) != 0)
        return bad_row(c, "queries.jsonl", row, err);
    if (splits == 0)
        tally_add(c->tally, "queries left out: not judged", 1);
    for (size_t s = 0; s < c->n_splits && rc == 0; s++)
        if (splits >> s & 1) {
            rc = plain_write(c->files[s], row, c->tally, err);
            tally_add(c->tally, "queries", 1);
        }
    return rc;
}

static int open_rows(struct collection *c, const char *name, struct rows **r, struct err *err)
{
    char path[4096];
    const char *paths[] = {path};
    struct rows_options o = {.format = ROWS_JSONL, .repair = true, .join = c->join};
    if (!plain_find(path, sizeof path, c->folder, name))
        return err_set(err, ERR_IO, "%s: no %s in it, expected a BEIR folder", c->folder, name);
    return rows_open(r, paths, 1, &o, err);
}

static int convert_passages(struct collection *c, struct err *err)
{
    int rc = 0;
    struct rows *r = NULL;
    struct output *out = NULL;
    const struct plain_visitor visit = {see_passage, c};
    TRY(open_rows(c, "corpus.jsonl", &r, err));
    TRY(outset_file(&c->set, "passages.tsv", &out, err));
    TRY(plain_copy(r, out, "passages", &visit, c->tally, err));
    TRY(output_commit(out, err));
out:
    output_free(out);
    rows_close(r);
    return rc;
}

static int convert_queries(struct collection *c, struct err *err)
{
    int rc = 0;
    struct rows *r = NULL;
    const struct plain_visitor visit = {see_query, c};
    size_t n_files = c->n_splits ? c->n_splits : 1;
    char name[MAX_NAME + 16];
    TRY(open_rows(c, "queries.jsonl", &r, err));
    for (size_t s = 0; s < n_files; s++) {
        snprintf(name, sizeof name, "queries%s%s.tsv", c->n_splits ? "." : "", c->splits[s]);
        TRY(outset_file(&c->set, name, &c->files[s], err));
    }
    TRY(plain_copy(r, c->files[0], "queries", c->n_splits ? &visit : NULL, c->tally, err));
    for (size_t s = 0; s < n_files; s++)
        TRY(output_commit(c->files[s], err));
out:
    for (size_t s = 0; s < n_files; s++)
        output_free(c->files[s]);
    rows_close(r);
    return rc;
}

static uint64_t count_missing(const struct map *m)
{
    uint64_t n = 0;
    for (size_t i = 0; i < m->n; i++)
        n += !(m->entries[i].value & seen);
    return n;
}

int beir_convert(const char *folder, const char *out, const char *join, struct tally *tally, struct err *err)
{
    int rc = 0;
    struct collection *c;
    TRY_NEW(c, MEM_NEW(struct collection, err));
    c->folder = folder;
    c->join = join;
    c->tally = tally;
    TRY(outset_open(&c->set, out, tally, err));
    TRY(list_splits(c, err));
    for (size_t s = 0; s < c->n_splits; s++)
        TRY(convert_qrels(c, s, err));
    TRY(convert_passages(c, err));
    TRY(convert_queries(c, err));
    tally_add(tally, "judged passages that are not in the corpus", count_missing(&c->passages));
    tally_add(tally, "judged queries that are not there", count_missing(&c->queries));
    TRY(outset_commit(&c->set, err));
out:
    if (c) {
        outset_done(&c->set);
        map_done(&c->queries);
        map_done(&c->passages);
    }
    mem_free(c);
    return rc;
}
