#include "eval/qrels.h"
#include "base/mem.h"
#include "base/num.h"
#include "eval/fields.h"
#include "eval/measures.h"

#include <inttypes.h>
#include <stdlib.h>

enum { COLUMNS_UNKNOWN = 0, COLUMNS_BEIR = 3, COLUMNS_TREC = 4 };

struct line_fields {
    struct text query, document, grade;
};

/* A line with exactly two tabs is BEIR's (its ids may hold blanks), else columns are what stands between blanks. */
static int split_line(const char *line, size_t n, size_t *columns, struct line_fields *f)
{
    struct text at[COLUMNS_TREC];
    size_t found = fields_split(line, n, at, COLUMNS_TREC);
    if (found == 0)
        return 0;
    const char *tab = memchr(line, '\t', n);
    const char *tab2 = tab ? memchr(tab + 1, '\t', (size_t)(line + n - tab - 1)) : NULL;
    if (*columns != COLUMNS_TREC && tab2 && !memchr(tab2 + 1, '\t', (size_t)(line + n - tab2 - 1))) {
        size_t grade_n = (size_t)(line + n - tab2 - 1);
        grade_n -= grade_n > 0 && line[n - 1] == '\r';
        *f = (struct line_fields){{line, (size_t)(tab - line)}, {tab + 1, (size_t)(tab2 - tab - 1)}, {tab2 + 1, grade_n}};
        found = COLUMNS_BEIR;
    } else if (found == COLUMNS_TREC) {
        *f = (struct line_fields){at[0], at[2], at[3]};
    } else if (found == COLUMNS_BEIR) {
        *f = (struct line_fields){at[0], at[1], at[2]};
    } else {
        return -1;
    }
    if (*columns == COLUMNS_UNKNOWN)
        *columns = found;
    return *columns == found ? 1 : -1;
}

static int compare_grades_down(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x < y) - (x > y);
}

/* Leave out the judgements of one query that are said twice, count and collect. */
static int settle_query(struct qrels *q, uint32_t query, int32_t level, struct err *err)
{
    struct pairs_query *pairs = &q->grades.queries[query];
    struct pair *p = q->grades.at + pairs->first;
    struct qrels_query *at = &q->at[query];
    size_t n = 0;
    for (size_t i = 0; i < pairs->n; i++) {
        struct text document = pairs_document(&q->grades, &p[i]), before = n ? pairs_document(&q->grades, &p[n - 1]) : document;
        if (n == 0 || before.n != document.n || memcmp(before.p, document.p, document.n) != 0) {
            p[n++] = p[i];
            continue;
        }
        q->n_repeated++;
        if (p[i].value != p[n - 1].value) {
            struct text name;
            name.p = map_key(&q->queries, query, &name.n);
            return err_set(err, ERR_DATA, "document \"%.*s\" of query \"%.*s\" has the grades %d and %d", IDENTITY_ARG(document),
                           IDENTITY_ARG(name), p[n - 1].value, p[i].value);
        }
    }
    pairs->n = n;
    at->ideal = pairs->first;
    for (size_t i = 0; i < n; i++) {
        at->n_relevant += p[i].value >= level;
        at->n_nonrelevant += p[i].value >= 0 && p[i].value < level;
        if (p[i].value > 0)
            q->ideal[at->ideal + at->n_ideal++] = p[i].value;
    }
    qsort(q->ideal + at->ideal, at->n_ideal, sizeof *q->ideal, compare_grades_down);
    return 0;
}

static int settle(struct qrels *q, int32_t level, struct err *err)
{
    int rc;
    TRY(pairs_group(&q->grades, q->queries.n, err));
    TRY_NEW(q->at, MEM_ZARRAY(struct qrels_query, q->queries.n, err));
    TRY_NEW(q->ideal, MEM_ARRAY(int32_t, q->grades.n, err));
    for (uint32_t i = 0; i < q->queries.n; i++)
        TRY(settle_query(q, i, level, err));
out:
    return rc;
}

int qrels_read(struct qrels *q, struct input *in, int32_t level, struct err *err)
{
    size_t columns = COLUMNS_UNKNOWN, n;
    char *line;
    for (;;) {
        int rc = input_line(in, &line, &n, err);
        if (rc)
            return rc;
        if (!line)
            break;
        bool first = columns == COLUMNS_UNKNOWN;
        struct line_fields f;
        int64_t grade;
        int kind = split_line(line, n, &columns, &f);
        if (kind < 0)
            return err_set(err, ERR_DATA, "%s: line %" PRIu64 ": no judgement, expected query, iteration, document, grade "
                           "(TREC) or query, document, grade (BEIR)%s", input_name(in), input_line_number(in),
                           first ? "" : ", as the lines before");
        if (kind == 0) {
            q->n_comments += fields_is_comment(line, n);
            continue;
        }
        if (!num_parse_i64(f.grade.p, f.grade.n, INT32_MIN + 1, INT32_MAX, &grade)) {
            if (first && columns == COLUMNS_BEIR)
                continue;   /* the heading */
            return err_set(err, ERR_DATA, "%s: line %" PRIu64 ": grade \"%.*s\": expected an integer", input_name(in),
                           input_line_number(in), IDENTITY_ARG(f.grade));
        }
        uint64_t *query;
        if ((rc = map_add(&q->queries, f.query.p, f.query.n, q->queries.n, NULL, &query, err)) != 0 ||
            (rc = pairs_add(&q->grades, (uint32_t)*query, f.document, (int32_t)grade, err)) != 0)
            return rc;
    }
    if (q->queries.n == 0)
        return err_set(err, ERR_DATA, "%s: no judgements: expected lines of query, iteration, document, grade", input_name(in));
    int rc = settle(q, level, err);
    return rc && err ? err_prefix(err, "%s: ", input_name(in)) : rc;
}

int32_t qrels_grade(const struct qrels *q, uint32_t query, struct text document)
{
    const struct pair *p = pairs_find(&q->grades, query, document);
    return p ? p->value : MEASURE_UNJUDGED;
}

int qrels_each(const struct qrels *q, int32_t level,
               int (*fn)(void *ctx, struct text query, struct text document, struct err *err), void *ctx, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < q->queries.n; i++) {
        const struct pairs_query *of = &q->grades.queries[i];
        struct text query = {.p = map_key(&q->queries, i, &query.n)};
        for (const struct pair *p = q->grades.at + of->first; rc == 0 && p < q->grades.at + of->first + of->n; p++)
            if (p->value >= level)
                rc = fn(ctx, query, pairs_document(&q->grades, p), err);
    }
    return rc;
}

int qrels_each_of(const char *path, int32_t level,
                  int (*fn)(void *ctx, struct text query, struct text document, struct err *err), void *ctx, struct err *err)
{
    struct qrels qrels = {0};
    struct input *in = NULL;
    int rc = 0;
    TRY(input_open(&in, path, err));
    TRY(qrels_read(&qrels, in, level, err));
    TRY(qrels_each(&qrels, level, fn, ctx, err));
out:
    qrels_done(&qrels);
    input_close(in);
    return rc;
}

void qrels_done(struct qrels *q)
{
    map_done(&q->queries);
    mem_free(q->at);
    pairs_done(&q->grades);
    mem_free(q->ideal);
    *q = (struct qrels){0};
}
