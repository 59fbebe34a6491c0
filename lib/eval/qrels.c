#include "eval/qrels.h"
#include "base/mem.h"
#include "base/num.h"
#include "eval/fields.h"
#include "eval/measures.h"

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

/* The bytes that stand for (query, document) in q->grades. */
static int grade_key(struct qrels *q, uint32_t query, struct text document, struct err *err)
{
    buf_clear(&q->scratch);
    int rc = buf_put(&q->scratch, &query, sizeof query, err);
    return rc ? rc : buf_put(&q->scratch, document.p, document.n, err);
}

static int add_judgement(struct qrels *q, const struct line_fields *f, int32_t grade, struct err *err)
{
    uint64_t *slot;
    bool found;
    int rc;
    TRY(map_add(&q->queries, f->query.p, f->query.n, q->queries.n, NULL, &slot, err));
    TRY(grade_key(q, (uint32_t)*slot, f->document, err));
    TRY(map_add(&q->grades, q->scratch.p, q->scratch.n, (uint32_t)grade, &found, &slot, err));
    q->n_judgements++;
    q->n_repeated += found;
    if (found && *slot != (uint32_t)grade)
        return err_set(err, ERR_DATA, "grade %d of document \"%.*s\" for query \"%.*s\", but an earlier line says %d", grade,
                       (int)num_min_size(f->document.n, 64), f->document.p, (int)num_min_size(f->query.n, 64), f->query.p, (int32_t)(uint32_t)*slot);
out:
    return rc;
}

static int compare_grades_down(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x < y) - (x > y);
}

/* Group the positive grades by query, best first. */
static int collect_ideal(struct qrels *q, int32_t level, struct err *err)
{
    q->at = MEM_ZARRAY(struct qrels_query, q->queries.n, err);
    q->ideal = MEM_ARRAY(int32_t, q->grades.n, err);
    if (!q->at || !q->ideal)
        return ERR_NOMEM;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < q->grades.n; i++) {
            size_t key_n;
            uint32_t query;
            memcpy(&query, map_key(&q->grades, i, &key_n), sizeof query);
            int32_t grade = (int32_t)(uint32_t)q->grades.entries[i].value;
            struct qrels_query *at = &q->at[query];
            if (pass == 1 && grade > 0)
                q->ideal[at->ideal + at->n_ideal] = grade;
            at->n_ideal += grade > 0;
            at->n_relevant += pass == 1 && grade >= level;
        }
        size_t used = 0;
        for (size_t i = 0; i < q->queries.n; i++) {
            struct qrels_query *at = &q->at[i];
            if (pass == 0) {
                at->ideal = used;
                used += at->n_ideal;
                at->n_ideal = 0;
            } else {
                qsort(q->ideal + at->ideal, at->n_ideal, sizeof *q->ideal, compare_grades_down);
            }
        }
    }
    return 0;
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
            return err_set(err, ERR_DATA, "%s: line %llu: expected query, iteration, document, grade (TREC) or query, document, grade (BEIR), as the lines before",
                           input_name(in), (unsigned long long)input_line_number(in));
        if (kind == 0)
            continue;
        if (!num_parse_i64(f.grade.p, f.grade.n, INT32_MIN + 1, INT32_MAX, &grade)) {
            if (first && columns == COLUMNS_BEIR)
                continue;   /* the heading */
            return err_set(err, ERR_DATA, "%s: line %llu: grade \"%.*s\": expected an integer", input_name(in),
                           (unsigned long long)input_line_number(in), (int)num_min_size(f.grade.n, 64), f.grade.p);
        }
        rc = add_judgement(q, &f, (int32_t)grade, err);
        if (rc)
            return err_prefix(err, "%s: line %llu: ", input_name(in), (unsigned long long)input_line_number(in));
    }
    if (q->queries.n == 0)
        return err_set(err, ERR_DATA, "%s: no judgements: expected lines of query, iteration, document, grade", input_name(in));
    return collect_ideal(q, level, err);
}

int qrels_grade(struct qrels *q, uint32_t query, struct text document, int32_t *grade, struct err *err)
{
    int rc = grade_key(q, query, document, err);
    if (rc)
        return rc;
    const uint64_t *value = map_get(&q->grades, q->scratch.p, q->scratch.n);
    *grade = value ? (int32_t)(uint32_t)*value : MEASURE_UNJUDGED;
    return 0;
}

void qrels_done(struct qrels *q)
{
    map_done(&q->queries);
    map_done(&q->grades);
    mem_free(q->at);
    mem_free(q->ideal);
    buf_done(&q->scratch);
    *q = (struct qrels){0};
}
