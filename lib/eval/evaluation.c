/* 1 open the runs and the side inputs, settle how they are joined and what is measured (setup.c)
 * 2 read each run, row by row: join, fill a struct measure_query, keep the measures' values
 * 3 search the passages for answers, where there are answers
 * 4 average (summary.c) */
#include "eval/evaluation.h"
#include "base/mem.h"
#include "base/num.h"
#include "eval/setup.h"
#include "eval/summary.h"

#include <math.h>
#include <string.h>

enum { MAX_EFS = 4096 };   /* with --per-query each ef prints all that is missing: a bound on what a small input can cause */

struct work {
    struct evaluation *e;
    const struct evaluation_options *o;
    struct setup setup;
    uint32_t number;            /* of the run that is read, and what is known of it */
    const struct setup_run *from;
    struct evaluation_doubts *doubts;
    struct map efs, seen;       /* (run, ef) -> group; (run, ef, query) */
    struct buf key;
    uint32_t *rank;             /* of the row */
    int32_t *grade;
    size_t cap_rank, cap_grade;
};

const struct map *evaluation_queries(const struct evaluation *e, enum measure_side side)
{
    return side == MEASURE_TRUTH ? &e->truth.queries : side == MEASURE_QRELS ? &e->qrels.queries : &e->answers.queries;
}

bool evaluation_has_target(const struct evaluation *e, enum measure_side side, uint32_t q)
{
    return side == MEASURE_TRUTH ? true : side == MEASURE_QRELS ? e->qrels.at[q].n_relevant > 0 : e->answers.of[q].n > 0;
}

/* ---- 2: rows ---- */

static int find_group(struct work *w, uint32_t ef, uint32_t *group, struct err *err)
{
    struct evaluation *e = w->e;
    uint64_t *number;
    bool found;
    int rc;
    const uint32_t key[] = {w->number, ef};
    TRY(map_add(&w->efs, key, sizeof key, e->n_groups, &found, &number, err));
    *group = (uint32_t)*number;
    if (!found && e->n_groups == MAX_EFS)
        return err_set(err, ERR_LIMIT, "%s: more than %d values of ef", run_name(w->from->run), MAX_EFS);
    if (!found) {
        TRY(mem_reserve(&e->groups, &e->cap_groups, e->n_groups + 1, sizeof *e->groups, err));
        e->groups[e->n_groups++] = (struct evaluation_group){.run = w->number, .ef = ef};
    }
    e->groups[*group].n++;
out:
    return rc;
}

static int name_row(struct work *w, const struct neighbours_row *row, struct evaluation_row *r, struct err *err)
{
    char buf[IDENTITY_DECIMAL];
    struct text name = identity_text(w->from->names_by_key, row->id, row->key, buf);
    bool found;
    int rc;
    buf_clear(&w->key);
    TRY(buf_put(&w->key, &w->number, sizeof w->number, err));
    TRY(buf_put(&w->key, &row->ef, sizeof row->ef, err));
    TRY(buf_put(&w->key, name.p, name.n, err));
    TRY(map_add(&w->seen, w->key.p, w->key.n, 0, &found, NULL, err));
    if (found)
        return err_set(err, ERR_DATA, "%s: query \"%.*s\" comes twice at ef %u", run_name(w->from->run), IDENTITY_ARG(name),
                       row->ef);
    r->name = w->e->names.n;
    r->name_bytes = (uint32_t)name.n;
    TRY(buf_put(&w->e->names, name.p, name.n, err));
out:
    return rc;
}

static void join(const struct work *w, const struct neighbours_row *row, struct evaluation_row *r)
{
    for (enum measure_side side = 0; side < MEASURE_N_SIDES; side++) {
        char buf[IDENTITY_DECIMAL];
        r->query[side] = EVALUATION_NO_QUERY;
        if (!w->e->has[side])
            continue;
        struct text name = identity_text(w->from->queries_by_key[side], row->id, row->key, buf);
        const uint64_t *q = map_get(evaluation_queries(w->e, side), name.p, name.n);
        if (q && (w->o->average != EVALUATION_RELEVANT || evaluation_has_target(w->e, side, (uint32_t)*q)))
            r->query[side] = (uint32_t)*q;
    }
}

static void fill_truth(struct work *w, const struct neighbours_row *row, uint32_t query, struct measure_query *q)
{
    const struct truth *t = &w->e->truth;
    q->metric = w->setup.metric;
    q->n_true = t->at[query].n;
    q->true_dist = t->dist + t->at[query].first;
    truth_ranks(t, query, row, w->from->documents_by_key[MEASURE_TRUTH], w->rank);
    q->true_rank = w->rank;
    for (size_t i = 0; i < row->n; i++)
        if (w->rank[i] != MEASURE_NO_RANK) {
            w->doubts->n_known[MEASURE_TRUTH]++;
            w->doubts->n_other_dist += w->from->has_dist && row->dist[i] != q->true_dist[w->rank[i]];
        }
}

static void fill_qrels(struct work *w, const struct neighbours_row *row, uint32_t query, struct measure_query *q)
{
    const struct qrels *qrels = &w->e->qrels;
    const struct qrels_query *at = &qrels->at[query];
    for (size_t i = 0; i < row->n; i++) {
        char buf[IDENTITY_DECIMAL];
        w->grade[i] = qrels_grade(qrels, query, run_document(row, i, w->from->documents_by_key[MEASURE_QRELS], buf));
        w->doubts->n_known[MEASURE_QRELS] += w->grade[i] != MEASURE_UNJUDGED;
    }
    q->grade = w->grade;
    q->level = w->o->level;
    q->n_relevant = at->n_relevant;
    q->n_nonrelevant = at->n_nonrelevant;
    q->n_ideal = at->n_ideal;
    q->ideal = qrels->ideal + at->ideal;
    for (size_t i = 0; i < w->e->measures.n; i++) {
        const struct measure_spec *s = &w->e->measures.at[i];
        if (s->measure->side == MEASURE_QRELS && s->k < row->n && row->dist[s->k - 1] == row->dist[s->k]) {
            w->doubts->n_tied_cuts++;
            break;
        }
    }
}

static int want_passages(struct work *w, const struct neighbours_row *row, uint32_t query, struct err *err)
{
    for (size_t i = 0; i < row->n && i < w->setup.answers_cut; i++) {
        char buf[IDENTITY_DECIMAL];
        struct answers_pair pair = {.query = query, .row = (uint32_t)w->e->n_rows, .rank = (uint32_t)i};
        int rc = answers_want(&w->e->answers, run_document(row, i, w->from->documents_by_key[MEASURE_ANSWERS], buf), pair, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int add_row(struct work *w, const struct neighbours_row *row, struct err *err)
{
    struct evaluation *e = w->e;
    size_t n = e->measures.n;
    struct evaluation_row r;
    struct measure_query q = {.n = row->n, .dist = row->dist, .ndc = row->ndc, .hops = row->hops, .time_ns = row->time_ns};
    int rc;
    TRY(find_group(w, row->ef, &r.group, err));
    TRY(name_row(w, row, &r, err));
    join(w, row, &r);
    TRY(mem_reserve(&w->rank, &w->cap_rank, row->n, sizeof *w->rank, err));
    TRY(mem_reserve(&w->grade, &w->cap_grade, row->n, sizeof *w->grade, err));
    if (r.query[MEASURE_TRUTH] != EVALUATION_NO_QUERY)
        fill_truth(w, row, r.query[MEASURE_TRUTH], &q);
    if (r.query[MEASURE_QRELS] != EVALUATION_NO_QUERY)
        fill_qrels(w, row, r.query[MEASURE_QRELS], &q);
    if (r.query[MEASURE_ANSWERS] != EVALUATION_NO_QUERY)
        TRY(want_passages(w, row, r.query[MEASURE_ANSWERS], err));
    w->doubts->n_short += row->n < e->largest_cut && !(q.n_true && row->n >= q.n_true);   /* a small base is no fault */

    TRY(mem_reserve(&e->rows, &e->cap_rows, e->n_rows + 1, sizeof *e->rows, err));
    TRY(mem_reserve(&e->values, &e->cap_values, (e->n_rows + 1) * n, sizeof *e->values, err));
    for (size_t i = 0; i < n; i++) {
        const struct measure_spec *s = &e->measures.at[i];
        enum measure_side side = s->measure->side;
        bool judged = side >= MEASURE_N_SIDES || r.query[side] != EVALUATION_NO_QUERY;
        bool applies = judged && s->measure->value && side != MEASURE_ANSWERS;
        e->values[e->n_rows * n + i] = applies ? s->measure->value(&q, s->k) : NAN;
    }
    e->rows[e->n_rows++] = r;
out:
    return rc;
}

static int read_run(struct work *w, uint32_t number, struct err *err)
{
    const struct neighbours_row *row;
    struct evaluation *e = w->e;
    size_t before = e->n_rows;
    int rc;
    w->number = number;
    w->from = &w->setup.runs[number];
    w->doubts = &e->doubts[number];
    w->doubts->n_comments = run_n_comments(w->from->run);
    for (;;) {
        TRY(run_next(w->from->run, &row, err));
        if (!row)
            break;
        if (e->n_rows == UINT32_MAX)
            return err_set(err, ERR_LIMIT, "%s: more than 2^32 - 1 rows", run_name(w->from->run));
        TRY(add_row(w, row, err));
    }
    if (e->n_rows == before)
        return err_set(err, ERR_DATA, "%s: no queries", run_name(w->from->run));
    for (struct evaluation_group *g = e->groups; g < e->groups + e->n_groups; g++) {
        if (g->run != number)
            continue;
        g->total.n_queries = (double)g->n;
        g->total.wall_ns = run_stat(w->from->run, "wall_ns", g->ef);
        g->total.threads = run_stat(w->from->run, "threads", g->ef);
    }
out:
    return rc;
}

/* ---- 3: answers ---- */

static int match_answers(struct work *w, struct err *err)
{
    struct evaluation *e = w->e;
    size_t n = e->measures.n;
    struct rows *passages = NULL;
    uint32_t *first_answer;
    int rc;
    TRY_NEW(first_answer, MEM_ARRAY(uint32_t, e->n_rows, err));
    for (size_t i = 0; i < e->n_rows; i++)
        first_answer[i] = MEASURE_NO_RANK;
    TRY(rows_open(&passages, &w->o->passages, 1, &w->setup.passages, err));
    TRY(answers_search(&e->answers, passages, w->o->title, first_answer, &e->n_absent, err));
    if (e->n_absent == e->answers.wanted.n && e->n_absent > 0) {
        struct text name;
        name.p = map_key(&e->answers.wanted, 0, &name.n);
        rc = err_set(err, ERR_DATA, "%s: none of the passages that %s found is there (such as \"%.*s\")", rows_name(passages),
                     run_name(w->from->run), IDENTITY_ARG(name));
        goto out;
    }
    for (size_t r = 0; r < e->n_rows; r++) {
        struct measure_query q = {.first_answer = first_answer[r]};
        for (size_t i = 0; i < n && e->rows[r].query[MEASURE_ANSWERS] != EVALUATION_NO_QUERY; i++)
            if (e->measures.at[i].measure->side == MEASURE_ANSWERS)
                e->values[r * n + i] = e->measures.at[i].measure->value(&q, e->measures.at[i].k);
    }
out:
    rows_close(passages);
    mem_free(first_answer);
    return rc;
}

/* ---- all ---- */

int evaluation_run(struct evaluation *e, const struct evaluation_options *o, struct err *err)
{
    struct work w = {.e = e, .o = o};
    int rc;
    TRY(setup_open(&w.setup, e, o, err));
    for (uint32_t i = 0; i < w.setup.n_runs; i++)
        TRY(read_run(&w, i, err));
    if (e->has[MEASURE_ANSWERS])
        TRY(match_answers(&w, err));
    TRY(summary_make(e, o, err));
out:
    setup_close(&w.setup);
    map_done(&w.efs);
    map_done(&w.seen);
    buf_done(&w.key);
    mem_free(w.rank);
    mem_free(w.grade);
    return rc;
}

void evaluation_done(struct evaluation *e)
{
    measure_list_done(&e->measures);
    mem_free(e->groups);
    mem_free(e->rows);
    mem_free(e->values);
    mem_free(e->order);
    mem_free(e->means);
    buf_done(&e->names);
    truth_done(&e->truth);
    qrels_done(&e->qrels);
    answers_done(&e->answers);
    *e = (struct evaluation){0};
}
