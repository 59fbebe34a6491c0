#include "eval/answers.h"
#include "base/mem.h"
#include "eval/fields.h"
#include "eval/identity.h"

#include <inttypes.h>
#include <string.h>

int answers_read(struct answers *a, enum answermatch_rule rule, struct input *in, struct err *err)
{
    struct answermatch_text prepared = {0};
    struct text f;
    size_t n;
    char *line;
    int rc;
    a->rule = rule;
    for (;;) {
        TRY(input_line(in, &line, &n, err));
        if (!line)
            break;
        if (n == 0)
            continue;
        const char *rest = fields_tab(line, line + n, &f);
        bool found;
        TRY(map_add(&a->queries, f.p, f.n, a->queries.n, &found, NULL, err));
        if (found || f.n == 0 || !rest) {
            const char *what = f.n == 0 ? "no query" : !rest ? "no answer" : "a query that came before";
            rc = err_set(err, ERR_DATA, "%s: line %" PRIu64 ": %s: expected query, tab, answer[, tab, answer ...]",
                         input_name(in), input_line_number(in), what);
            goto out;
        }
        TRY(mem_reserve(&a->of, &a->cap_of, a->queries.n, sizeof *a->of, err));
        struct answers_query *q = &a->of[a->queries.n - 1];
        *q = (struct answers_query){.first = a->n_answers};
        while (rest) {
            rest = fields_tab(rest, line + n, &f);
            TRY(answermatch_prepare(&prepared, rule, f.p, f.n, err));
            if (prepared.bytes.n == 0) {
                a->n_empty++;
                continue;
            }
            TRY(mem_reserve(&a->at, &a->cap_at, a->n_answers + 1, sizeof *a->at, err));
            a->at[a->n_answers++] = (struct answers_place){a->pool.n, prepared.bytes.n};
            TRY(buf_put(&a->pool, prepared.bytes.p, prepared.bytes.n, err));
            q->n++;
        }
    }
    if (a->queries.n == 0)
        rc = err_set(err, ERR_DATA, "%s: no answers: expected lines of query, tab, answer[, tab, answer ...]", input_name(in));
out:
    answermatch_done(&prepared);
    return rc;
}

int answers_want(struct answers *a, struct text passage, struct answers_pair pair, struct err *err)
{
    uint64_t *number;
    int rc;
    TRY(map_add(&a->wanted, passage.p, passage.n, a->wanted.n, NULL, &number, err));
    TRY(mem_reserve(&a->pairs, &a->cap_pairs, a->n_pairs + 1, sizeof *a->pairs, err));
    pair.passage = (uint32_t)*number;
    a->pairs[a->n_pairs++] = pair;
out:
    return rc;
}

/* Pairs by passage, in the order they came within each; starts (wanted.n + 1). */
static int group_pairs(struct answers *a, size_t **starts, struct err *err)
{
    size_t n = a->wanted.n;
    size_t *at = *starts = MEM_ZARRAY(size_t, n + 2, err);
    struct answers_pair *grouped = MEM_ARRAY(struct answers_pair, a->n_pairs, err);
    if (!at || !grouped) {
        mem_free(grouped);
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < a->n_pairs; i++)
        at[a->pairs[i].passage + 2]++;
    for (size_t i = 2; i <= n + 1; i++)
        at[i] += at[i - 1];
    for (size_t i = 0; i < a->n_pairs; i++)
        grouped[at[a->pairs[i].passage + 1]++] = a->pairs[i];
    mem_free(a->pairs);
    a->pairs = grouped;
    return 0;
}

bool answers_match(const struct answers *a, uint32_t query, const struct buf *passage)
{
    const struct answers_query *q = &a->of[query];
    for (size_t i = q->first; i < q->first + q->n; i++)
        if (answermatch_contains(passage, a->pool.p + a->at[i].at, a->at[i].n))
            return true;
    return false;
}

/* The passage of pairs [from, to): those of one query stand together, one for each ef. */
static void search_passage(const struct answers *a, size_t from, size_t to, const struct buf *passage, uint32_t *first_answer)
{
    bool found = false;
    for (size_t i = from; i < to; i++) {
        const struct answers_pair *p = &a->pairs[i];
        if (i == from || p->query != p[-1].query)
            found = answers_match(a, p->query, passage);
        if (found && p->rank < first_answer[p->row])
            first_answer[p->row] = p->rank;
    }
}

/* What is searched of a passage: its text, or title, blank, text (put together in joined). */
static int choose_text(const struct row *row, bool title, struct buf *joined, struct text *text, struct err *err)
{
    int rc = 0;
    *text = row->text;
    if (!title || !row->title.p || row->title.n == 0)
        return 0;
    buf_clear(joined);
    TRY(buf_put(joined, row->title.p, row->title.n, err));
    TRY(buf_putc(joined, ' ', err));
    TRY(buf_put(joined, row->text.p, row->text.n, err));
    *text = (struct text){joined->p, joined->n};
out:
    return rc;
}

int answers_search(struct answers *a, struct rows *passages, bool title, uint32_t *first_answer, uint64_t *n_absent,
                   struct err *err)
{
    struct answermatch_text prepared = {0};
    struct buf joined = {0};
    size_t *starts = NULL;
    bool *done = NULL;
    const struct row *row;
    struct text text;
    int rc;
    *n_absent = a->wanted.n;
    TRY(group_pairs(a, &starts, err));
    TRY_NEW(done, MEM_ZARRAY(bool, a->wanted.n, err));
    for (;;) {   /* to the end, also when all were seen: only then is the collection known to be whole */
        TRY(rows_next(passages, &row, err));
        if (!row)
            break;
        const uint64_t *number = map_get(&a->wanted, row->id.p, row->id.n);
        if (!number)
            continue;
        if (done[*number]) {
            rc = err_set(err, ERR_DATA, "%s:%" PRIu64 ": passage \"%.*s\" comes twice", rows_name(passages), row->line,
                         IDENTITY_ARG(row->id));
            goto out;
        }
        TRY(choose_text(row, title, &joined, &text, err));
        TRY(answermatch_prepare(&prepared, a->rule, text.p, text.n, err));
        search_passage(a, starts[*number], starts[*number + 1], &prepared.bytes, first_answer);
        done[*number] = true;
        --*n_absent;
    }
out:
    mem_free(starts);
    mem_free(done);
    answermatch_done(&prepared);
    buf_done(&joined);
    return rc;
}

void answers_done(struct answers *a)
{
    map_done(&a->queries);
    map_done(&a->wanted);
    buf_done(&a->pool);
    mem_free(a->of);
    mem_free(a->at);
    mem_free(a->pairs);
    *a = (struct answers){0};
}
