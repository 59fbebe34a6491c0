/* 1 open the run and the side inputs, settle how they are joined and what is measured
 * 2 read the run, row by row: join, fill a struct measure_query, keep the measures' values
 * 3 search the passages for answers, where there are answers
 * 4 average (summary.c) */
#include "eval/evaluation.h"
#include "base/mem.h"
#include "base/num.h"
#include "eval/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct work {
    struct evaluation *e;
    const struct evaluation_options *o;
    struct run *run;
    const struct run_shape *shape;
    bool by_key[MEASURE_N_SIDES];             /* of the run's queries, when joined with the side */
    bool documents_by_key[MEASURE_N_SIDES];
    bool has_dist;                            /* distances of run and truth can be compared */
    enum metric metric;
    struct map efs, seen;                     /* ef -> group; (ef, query) */
    struct buf key;
    uint32_t *rank;                           /* of the row */
    int32_t *grade;
    size_t cap_rank, cap_grade;
    size_t answers_cut;                       /* the largest */
    struct rows_options passages;
};

const struct map *evaluation_queries(const struct evaluation *e, enum measure_side side)
{
    return side == MEASURE_TRUTH ? &e->truth.queries : side == MEASURE_QRELS ? &e->qrels.queries : &e->answers.queries;
}

bool evaluation_has_target(const struct evaluation *e, enum measure_side side, uint32_t q)
{
    return side == MEASURE_TRUTH ? true : side == MEASURE_QRELS ? e->qrels.at[q].n_relevant > 0 : e->answers.of[q].n > 0;
}

/* ---- 1: measures and sides ---- */

static size_t largest_cut(const struct measure_list *l, enum measure_side side)
{
    size_t k = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i].measure->side == side)
            k = num_max_size(k, l->at[i].k);
    return k;
}

static bool is_available(const struct work *w, enum measure_side side)
{
    return side < MEASURE_N_SIDES ? w->e->has[side] : side == MEASURE_TRACE ? w->shape->has_trace : w->shape->has_time;
}

static int choose_measures(struct work *w, size_t truth_k, struct err *err)
{
    struct measure_list *l = &w->e->measures;
    size_t run_k = w->shape->k > 1 ? w->shape->k - w->o->run_options.drop_self : w->shape->k ? 1 : SIZE_MAX;
    int rc = 0;
    if (w->o->measures)
        rc = measure_list_parse(l, w->o->measures, err);
    for (enum measure_side side = 0; rc == 0 && !w->o->measures && side <= MEASURE_TIME; side++)
        if (is_available(w, side))
            rc = measure_list_defaults(l, side, side == MEASURE_TRUTH ? num_min_size(run_k, truth_k) : run_k, err);
    for (size_t i = 0; rc == 0 && i < w->o->also->n; i++)
        rc = measure_list_add(l, w->o->also->at[i].measure, w->o->also->at[i].k, err);
    if (rc)
        return rc;
    if (l->n == 0)
        return err_set(err, ERR_USAGE, "%s is a TREC run: give --truth, --qrels or --answers to measure it against", run_name(w->run));
    for (size_t i = 0; i < l->n; i++) {
        enum measure_side side = l->at[i].measure->side;
        if (is_available(w, side))
            continue;
        if (side < MEASURE_N_SIDES)
            return err_set(err, ERR_USAGE, "%s needs --%s", l->at[i].name, measure_side_name(side));
        return err_set(err, ERR_USAGE, "%s: %s does not tell it%s", l->at[i].name, run_name(w->run),
                       side == MEASURE_TIME ? " (hnsw-query --time would)" : "");
    }
    if (largest_cut(l, MEASURE_TRUTH) > truth_k)
        return err_set(err, ERR_USAGE, "recall@%zu needs %zu true neighbours, %s has %zu a query", largest_cut(l, MEASURE_TRUTH),
                       largest_cut(l, MEASURE_TRUTH), w->o->sides[MEASURE_TRUTH], truth_k);
    w->e->largest_cut = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i].k != SIZE_MAX)
            w->e->largest_cut = num_max_size(w->e->largest_cut, l->at[i].k);
    w->answers_cut = largest_cut(l, MEASURE_ANSWERS);
    return 0;
}

/* Are the distances of run and truth of one kind?  Where one side has none, recall is counted by id. */
static int settle_distances(struct work *w, const struct run_shape *truth, struct err *err)
{
    struct measure_list *l = &w->e->measures;
    for (size_t i = 0; i < l->n; i++) {
        struct measure_spec *s = &l->at[i];
        if (!s->measure->needs_dist)
            continue;
        if (w->shape->has_dist && truth->has_dist) {
            if (w->shape->metric != truth->metric)
                return err_set(err, ERR_DATA, "%s has distances by %s, %s by %s: %s cannot compare them (recall.id@%zu can)", run_name(w->run),
                               metric_name(w->shape->metric), w->o->sides[MEASURE_TRUTH], metric_name(truth->metric), s->name, s->k);
            continue;
        }
        char name[MEASURE_NAME];
        snprintf(name, sizeof name, "recall.id@%zu", s->k);
        if (strcmp(s->measure->name, "recall") != 0 || measure_list_find(l, name) >= 0)
            return err_set(err, ERR_USAGE, "%s needs distances of a known metric in both inputs (a TREC run has none): use recall.id@%zu", s->name, s->k);
        w->e->recall_by_id = true;
        s->measure = measure_find("recall.id");
        memcpy(s->name, name, sizeof name);
    }
    return 0;
}

static int open_run(struct run **run, const char *path, const struct work *w, struct err *err)
{
    struct input *in;
    int rc = input_open(&in, path, err);
    return rc ? rc : run_open(run, in, w->o->run_options, err);
}

static int open_truth(struct work *w, struct err *err)
{
    struct run *truth;
    int rc = open_run(&truth, w->o->sides[MEASURE_TRUTH], w, err);
    if (rc)
        return rc;
    const struct run_shape *s = run_shape(truth);
    w->by_key[MEASURE_TRUTH] = identity_by_key(w->shape->queries, s->queries);
    w->documents_by_key[MEASURE_TRUTH] = identity_by_key(w->shape->documents, s->documents);
    w->metric = s->metric;
    w->has_dist = w->shape->has_dist && s->has_dist && w->shape->metric == s->metric;
    TRY(truth_read(&w->e->truth, truth, identity_by_key(s->queries, w->shape->queries), identity_by_key(s->documents, w->shape->documents), err));
    /* Rows shorter than k stand for a small base, so that k is what was asked for; of it, the query itself may have been left out. */
    TRY(choose_measures(w, s->k ? s->k - w->o->run_options.drop_self : w->e->truth.longest, err));
    TRY(settle_distances(w, s, err));
out:
    run_close(truth);
    return rc;
}

static int open_text_side(struct work *w, enum measure_side side, struct err *err)
{
    const struct identity_side text = {true, true};
    struct input *in;
    int rc = input_open(&in, w->o->sides[side], err);
    if (rc)
        return rc;
    rc = side == MEASURE_QRELS ? qrels_read(&w->e->qrels, in, w->o->level, err) : answers_read(&w->e->answers, w->o->match, in, err);
    input_close(in);
    w->by_key[side] = identity_by_key(w->shape->queries, text);
    w->documents_by_key[side] = identity_by_key(w->shape->documents, text);
    return rc;
}

static int open_sides(struct work *w, struct err *err)
{
    int rc = 0;
    for (enum measure_side side = 0; side < MEASURE_N_SIDES; side++)
        w->e->has[side] = w->o->sides[side] != NULL;
    if (w->e->has[MEASURE_TRUTH])
        TRY(open_truth(w, err));
    else
        TRY(choose_measures(w, 0, err));
    for (enum measure_side side = MEASURE_QRELS; side < MEASURE_N_SIDES; side++)
        if (w->e->has[side])
            TRY(open_text_side(w, side, err));
out:
    return rc;
}

/* ---- 2: rows ---- */

static int find_group(struct work *w, uint32_t ef, uint32_t *group, struct err *err)
{
    struct evaluation *e = w->e;
    uint64_t *number;
    bool found;
    int rc;
    TRY(map_add(&w->efs, &ef, sizeof ef, e->n_groups, &found, &number, err));
    *group = (uint32_t)*number;
    if (!found) {
        TRY(mem_reserve(&e->groups, &e->cap_groups, e->n_groups + 1, sizeof *e->groups, err));
        e->groups[e->n_groups++] = (struct evaluation_group){.ef = ef};
    }
    e->groups[*group].n++;
out:
    return rc;
}

static int name_row(struct work *w, const struct neighbours_row *row, struct evaluation_row *r, struct err *err)
{
    char buf[IDENTITY_DECIMAL];
    struct text name = identity_text(w->shape->queries.has_key, row->id, row->key, buf);
    bool found;
    int rc;
    buf_clear(&w->key);
    TRY(buf_put(&w->key, &row->ef, sizeof row->ef, err));
    TRY(buf_put(&w->key, name.p, name.n, err));
    TRY(map_add(&w->seen, w->key.p, w->key.n, 0, &found, NULL, err));
    if (found)
        return err_set(err, ERR_DATA, "%s: query \"%.*s\" comes twice at ef %u", run_name(w->run), (int)num_min_size(name.n, 64), name.p, row->ef);
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
        struct text name = identity_text(w->by_key[side], row->id, row->key, buf);
        const uint64_t *q = map_get(evaluation_queries(w->e, side), name.p, name.n);
        if (q && (w->o->average != EVALUATION_RELEVANT || evaluation_has_target(w->e, side, (uint32_t)*q)))
            r->query[side] = (uint32_t)*q;
    }
}

static void fill_truth(struct work *w, const struct neighbours_row *row, uint32_t query, struct measure_query *q)
{
    struct truth *t = &w->e->truth;
    q->metric = w->metric;
    q->n_true = t->at[query].n;
    q->true_dist = t->dist + t->at[query].first;
    truth_ranks(t, query, row, w->documents_by_key[MEASURE_TRUTH], w->rank);
    q->true_rank = w->rank;
    for (size_t i = 0; w->has_dist && i < row->n; i++)
        w->e->n_other_dist += w->rank[i] != MEASURE_NO_RANK && row->dist[i] != q->true_dist[w->rank[i]];
}

static void fill_qrels(struct work *w, const struct neighbours_row *row, uint32_t query, struct measure_query *q)
{
    const struct qrels *qrels = &w->e->qrels;
    const struct qrels_query *at = &qrels->at[query];
    for (size_t i = 0; i < row->n; i++) {
        char buf[IDENTITY_DECIMAL];
        w->grade[i] = qrels_grade(qrels, query, run_document(row, i, w->documents_by_key[MEASURE_QRELS], buf));
    }
    q->grade = w->grade;
    q->level = w->o->level;
    q->n_relevant = at->n_relevant;
    q->n_ideal = at->n_ideal;
    q->ideal = qrels->ideal + at->ideal;
    for (size_t i = 0; i < w->e->measures.n; i++) {
        const struct measure_spec *s = &w->e->measures.at[i];
        if (s->measure->side == MEASURE_QRELS && s->k < row->n && row->dist[s->k - 1] == row->dist[s->k]) {
            w->e->n_tied_cuts++;
            break;
        }
    }
}

static int want_passages(struct work *w, const struct neighbours_row *row, uint32_t query, struct err *err)
{
    for (size_t i = 0; i < row->n && i < w->answers_cut; i++) {
        char buf[IDENTITY_DECIMAL];
        struct answers_pair pair = {.query = query, .row = (uint32_t)w->e->n_rows, .rank = (uint32_t)i};
        int rc = answers_want(&w->e->answers, run_document(row, i, w->documents_by_key[MEASURE_ANSWERS], buf), pair, err);
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
    e->n_short += row->n < e->largest_cut;

    TRY(mem_reserve(&e->rows, &e->cap_rows, e->n_rows + 1, sizeof *e->rows, err));
    TRY(mem_reserve(&e->values, &e->cap_values, (e->n_rows + 1) * n, sizeof *e->values, err));
    for (size_t i = 0; i < n; i++) {
        const struct measure_spec *s = &e->measures.at[i];
        enum measure_side side = s->measure->side;
        bool applies = s->measure->value && side != MEASURE_ANSWERS && (side >= MEASURE_N_SIDES || r.query[side] != EVALUATION_NO_QUERY);
        e->values[e->n_rows * n + i] = applies ? s->measure->value(&q, s->k) : NAN;
    }
    e->rows[e->n_rows++] = r;
out:
    return rc;
}

static int read_run(struct work *w, struct err *err)
{
    const struct neighbours_row *row;
    int rc;
    for (;;) {
        TRY(run_next(w->run, &row, err));
        if (!row)
            break;
        if (w->e->n_rows == UINT32_MAX)
            return err_set(err, ERR_LIMIT, "%s: more than 2^32 - 1 rows", run_name(w->run));
        TRY(add_row(w, row, err));
    }
    if (w->e->n_rows == 0)
        return err_set(err, ERR_DATA, "%s: no queries", run_name(w->run));
    for (size_t i = 0; i < w->e->n_groups; i++) {
        struct evaluation_group *g = &w->e->groups[i];
        g->total = (struct measure_total){(double)g->n, run_stat(w->run, "wall_ns", g->ef), run_stat(w->run, "threads", g->ef)};
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
    TRY(rows_open(&passages, &w->o->passages, 1, &w->passages, err));
    TRY(answers_search(&e->answers, passages, w->o->title, first_answer, &e->n_absent, err));
    if (e->n_absent == e->answers.wanted.n && e->n_absent > 0) {
        size_t name_n;
        const char *name = map_key(&e->answers.wanted, 0, &name_n);
        rc = err_set(err, ERR_DATA, "%s: none of the passages that %s found is there (such as \"%.*s\")", rows_name(passages), run_name(w->run),
                     (int)num_min_size(name_n, 64), name);
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
    struct work w = {.e = e, .o = o, .passages.repair = true};
    int rc = 0;
    if (!o->sides[MEASURE_ANSWERS] != !o->passages)
        return err_set(err, ERR_USAGE, "--answers and --passages need each other");
    if (o->columns && !o->passages)
        return err_set(err, ERR_USAGE, "--columns are those of --passages");
    if (o->columns)
        TRY(rows_parse_columns(&w.passages, o->columns, err));
    TRY(open_run(&w.run, o->run, &w, err));
    w.shape = run_shape(w.run);
    TRY(open_sides(&w, err));
    TRY(read_run(&w, err));
    if (e->has[MEASURE_ANSWERS])
        TRY(match_answers(&w, err));
    TRY(summary_make(e, o, err));
out:
    run_close(w.run);
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
