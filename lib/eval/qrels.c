#define _GNU_SOURCE   /* qsort_r */
#include "eval/qrels.h"
#include "base/mem.h"
#include "base/num.h"
#include "eval/fields.h"
#include "eval/identity.h"
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

static int add_judgement(struct qrels *q, const struct line_fields *f, int32_t grade, struct err *err)
{
    uint64_t *query;
    int rc;
    TRY(map_add(&q->queries, f->query.p, f->query.n, q->queries.n, NULL, &query, err));
    TRY(mem_reserve(&q->judgements, &q->cap_judgements, q->n_judgements + 1, sizeof *q->judgements, err));
    q->judgements[q->n_judgements++] = (struct qrels_judgement){
        .document = q->names.n, .document_bytes = (uint32_t)f->document.n, .query = (uint32_t)*query,
        .hash = (uint32_t)identity_hash(f->document), .grade = grade};
    TRY(buf_put(&q->names, f->document.p, f->document.n, err));
out:
    return rc;
}

static int compare_documents(const struct qrels *q, const struct qrels_judgement *j, uint32_t hash, struct text document)
{
    if (j->hash != hash)
        return j->hash < hash ? -1 : 1;
    if (j->document_bytes != document.n)
        return j->document_bytes < document.n ? -1 : 1;
    return memcmp(q->names.p + j->document, document.p, document.n);
}

static int compare_judgements(const void *a, const void *b, void *ctx)
{
    const struct qrels_judgement *y = b;
    const struct qrels *q = ctx;
    return compare_documents(q, a, y->hash, (struct text){q->names.p + y->document, y->document_bytes});
}

static int compare_grades_down(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x < y) - (x > y);
}

/* Judgements side by side by query, in the order they came. */
static int group_judgements(struct qrels *q, struct err *err)
{
    struct qrels_judgement *grouped = MEM_ARRAY(struct qrels_judgement, q->n_judgements, err);
    q->at = MEM_ZARRAY(struct qrels_query, q->queries.n, err);
    q->ideal = MEM_ARRAY(int32_t, q->n_judgements, err);
    if (!grouped || !q->at || !q->ideal) {
        mem_free(grouped);
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < q->n_judgements; i++)
        q->at[q->judgements[i].query].n++;
    for (size_t i = 0, first = 0; i < q->queries.n; i++) {
        q->at[i].first = q->at[i].ideal = first;
        first += q->at[i].n;
        q->at[i].n = 0;
    }
    for (size_t i = 0; i < q->n_judgements; i++) {
        struct qrels_query *at = &q->at[q->judgements[i].query];
        grouped[at->first + at->n++] = q->judgements[i];
    }
    mem_free(q->judgements);
    q->judgements = grouped;
    return 0;
}

/* Sort the judgements of one query, leave out what is said twice, count and collect. */
static int settle_query(struct qrels *q, uint32_t query, int32_t level, struct err *err)
{
    struct qrels_query *at = &q->at[query];
    struct qrels_judgement *j = q->judgements + at->first;
    size_t n = 0;
    qsort_r(j, at->n, sizeof *j, compare_judgements, q);
    for (size_t i = 0; i < at->n; i++) {
        if (n > 0 && compare_judgements(&j[n - 1], &j[i], q) == 0) {
            q->n_repeated++;
            if (j[i].grade == j[n - 1].grade)
                continue;
            struct text document = {q->names.p + j[i].document, j[i].document_bytes}, name;
            name.p = map_key(&q->queries, query, &name.n);
            return err_set(err, ERR_DATA, "document \"%.*s\" of query \"%.*s\" has the grades %d and %d", IDENTITY_ARG(document),
                           IDENTITY_ARG(name), j[n - 1].grade, j[i].grade);
        }
        j[n++] = j[i];
    }
    at->n = n;
    for (size_t i = 0; i < n; i++) {
        at->n_relevant += j[i].grade >= level;
        if (j[i].grade > 0)
            q->ideal[at->ideal + at->n_ideal++] = j[i].grade;
    }
    qsort(q->ideal + at->ideal, at->n_ideal, sizeof *q->ideal, compare_grades_down);
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
            return err_set(err, ERR_DATA, "%s: line %" PRIu64 ": expected query, iteration, document, grade (TREC) or query, "
                           "document, grade (BEIR), as the lines before", input_name(in), input_line_number(in));
        if (kind == 0)
            continue;
        if (!num_parse_i64(f.grade.p, f.grade.n, INT32_MIN + 1, INT32_MAX, &grade)) {
            if (first && columns == COLUMNS_BEIR)
                continue;   /* the heading */
            return err_set(err, ERR_DATA, "%s: line %" PRIu64 ": grade \"%.*s\": expected an integer", input_name(in),
                           input_line_number(in), IDENTITY_ARG(f.grade));
        }
        if (f.document.n > UINT32_MAX || (rc = add_judgement(q, &f, (int32_t)grade, err)) != 0)
            return rc ? rc : err_set(err, ERR_LIMIT, "%s: a document name of 4 GiB", input_name(in));
    }
    if (q->queries.n == 0)
        return err_set(err, ERR_DATA, "%s: no judgements: expected lines of query, iteration, document, grade", input_name(in));
    int rc = group_judgements(q, err);
    for (uint32_t i = 0; rc == 0 && i < q->queries.n; i++)
        rc = settle_query(q, i, level, err);
    return rc && err ? err_prefix(err, "%s: ", input_name(in)) : rc;
}

int32_t qrels_grade(const struct qrels *q, uint32_t query, struct text document)
{
    const struct qrels_judgement *j = q->judgements + q->at[query].first;
    uint32_t hash = (uint32_t)identity_hash(document);
    for (size_t low = 0, high = q->at[query].n; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = compare_documents(q, &j[middle], hash, document);
        if (order == 0)
            return j[middle].grade;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return MEASURE_UNJUDGED;
}

void qrels_done(struct qrels *q)
{
    map_done(&q->queries);
    mem_free(q->at);
    mem_free(q->judgements);
    mem_free(q->ideal);
    buf_done(&q->names);
    *q = (struct qrels){0};
}
