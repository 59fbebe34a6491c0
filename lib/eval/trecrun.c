#define _GNU_SOURCE   /* qsort_r */
#include "eval/trecrun.h"
#include "base/mem.h"
#include "base/num.h"
#include "eval/fields.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FIELDS = 6 };

static int read_lines(struct trecrun *run, struct input *in, struct err *err)
{
    struct text f[FIELDS], last = {NULL, 0};
    uint64_t query = 0;
    size_t cap = 0, n;
    char *line;
    for (;;) {
        int rc = input_line(in, &line, &n, err);
        if (rc || !line)
            return rc;
        size_t found = fields_split(line, n, f, FIELDS);
        if (found == 0) {
            run->n_comments += fields_is_comment(line, n);
            continue;
        }
        struct trecrun_line l = {.document = run->pool.n, .document_bytes = (uint32_t)f[2].n};
        if (found < FIELDS || f[2].n > UINT32_MAX || !num_parse_f64(f[4].p, f[4].n, &l.score))
            return err_set(err, ERR_DATA, "%s: line %" PRIu64 ": expected query, Q0, document, rank, score (a number), tag of a "
                           "TREC run", input_name(in), input_line_number(in));
        if (!last.p || last.n != f[0].n || memcmp(last.p, f[0].p, f[0].n) != 0) {
            uint64_t *slot;
            if ((rc = map_add(&run->queries, f[0].p, f[0].n, run->queries.n, NULL, &slot, err)) != 0)
                return rc;
            query = *slot;
            last.p = map_key(&run->queries, query, &last.n);
        }
        l.query = (uint32_t)query;
        if ((rc = mem_reserve(&run->lines, &cap, run->n_lines + 1, sizeof *run->lines, err)) != 0 ||
            (rc = buf_put(&run->pool, f[2].p, f[2].n, err)) != 0)
            return rc;
        run->lines[run->n_lines++] = l;
    }
}

/* Lines by query, kept in the order of input within each.  Nearly every run has them so already, and
 * a copy is a tenth of the whole program's time. */
static int group_lines(struct trecrun *run, struct err *err)
{
    size_t n_queries = run->queries.n;
    bool is_grouped = true;
    if (!(run->starts = MEM_ZARRAY(size_t, n_queries + 1, err)))
        return ERR_NOMEM;
    for (size_t i = 0; i < run->n_lines; i++) {
        run->starts[run->lines[i].query]++;
        is_grouped &= i == 0 || run->lines[i - 1].query <= run->lines[i].query;
    }
    for (size_t q = 0, sum = 0; q <= n_queries; q++) {
        size_t n = run->starts[q];
        run->longest = num_max_size(run->longest, n);
        run->starts[q] = sum;
        sum += n;
    }
    if (is_grouped)
        return 0;
    struct trecrun_line *grouped = MEM_ARRAY(struct trecrun_line, run->n_lines, err);
    if (!grouped)
        return ERR_NOMEM;
    for (size_t i = 0; i < run->n_lines; i++)
        grouped[run->starts[run->lines[i].query]++] = run->lines[i];
    for (size_t q = n_queries; q > 0; q--)
        run->starts[q] = run->starts[q - 1];
    run->starts[0] = 0;
    mem_free(run->lines);
    run->lines = grouped;
    return 0;
}

static int compare_scores(const struct trecrun_line *x, const struct trecrun_line *y)
{
    return (x->score < y->score) - (x->score > y->score);
}

static int compare_docids(const void *a, const void *b, void *pool)
{
    const struct trecrun_line *x = a, *y = b;
    int by_score = compare_scores(x, y);
    if (by_score)
        return by_score;
    const char *bytes = pool;
    int by_bytes = memcmp(bytes + y->document, bytes + x->document, num_min_size(x->document_bytes, y->document_bytes));
    return by_bytes ? by_bytes : (x->document_bytes < y->document_bytes) - (x->document_bytes > y->document_bytes);
}

static int compare_input(const void *a, const void *b, void *pool)
{
    const struct trecrun_line *x = a, *y = b;
    (void)pool;
    int by_score = compare_scores(x, y);
    return by_score ? by_score : (x->document > y->document) - (x->document < y->document);   /* the pool is in input order */
}

int trecrun_read(struct trecrun *run, struct input *in, enum trecrun_ties ties, struct err *err)
{
    int (*compare)(const void *, const void *, void *) = ties == TRECRUN_TIES_DOCID ? compare_docids : compare_input;
    int rc = read_lines(run, in, err);
    if (rc)
        return rc;
    if (run->n_lines == 0)
        return err_set(err, ERR_DATA, "%s: no lines of a TREC run (query, Q0, document, rank, score, tag)", input_name(in));
    if ((rc = group_lines(run, err)) != 0)
        return rc;
    for (size_t q = 0; q < run->queries.n; q++) {
        struct trecrun_line *l = run->lines + run->starts[q];
        size_t n = run->starts[q + 1] - run->starts[q], i = 1;
        while (i < n && compare(l + i - 1, l + i, run->pool.p) <= 0)
            i++;
        if (i < n)
            qsort_r(l, n, sizeof *l, compare, run->pool.p);
    }
    return 0;
}

void trecrun_done(struct trecrun *run)
{
    map_done(&run->queries);
    buf_done(&run->pool);
    mem_free(run->lines);
    mem_free(run->starts);
    *run = (struct trecrun){0};
}
