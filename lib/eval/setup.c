#include "eval/setup.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

/* ---- measures ---- */

static size_t largest_cut(const struct measure_list *l, enum measure_side side)
{
    size_t k = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i].measure->side == side)
            k = num_max_size(k, l->at[i].k);
    return k;
}

static int check_options(struct setup *s, struct err *err)
{
    const struct evaluation_options *o = s->o;
    if (!o->sides[MEASURE_ANSWERS] != !o->passages)
        return err_set(err, ERR_USAGE, "--answers and --passages need each other");
    if (o->columns && !o->passages)
        return err_set(err, ERR_USAGE, "--columns are those of --passages");
    int rc = o->columns ? rows_parse_columns(&s->passages, o->columns, err) : 0;
    if (rc == 0 && o->measures)
        rc = measure_list_parse(&s->e->measures, o->measures, err);
    for (int also = 0; rc == 0 && also < 2; also++) {
        const struct measure_list *l = also ? o->also : &s->e->measures;
        for (size_t i = 0; i < l->n; i++) {
            enum measure_side side = l->at[i].measure->side;
            if (side < MEASURE_N_SIDES && !o->sides[side])
                return err_set(err, ERR_USAGE, "%s needs --%s", l->at[i].name, measure_side_name(side));
        }
    }
    return rc;
}

/* The first run that does not have what measures of a side need, or NULL. */
static const struct setup_run *find_lacking(const struct setup *s, enum measure_side side)
{
    for (const struct setup_run *r = s->runs; r < s->runs + s->n_runs; r++)
        if (side < MEASURE_N_SIDES ? !s->e->has[side] : side == MEASURE_TIME ? !r->shape->has_time : !r->shape->has_trace)
            return r;
    return NULL;
}

/* The usual measures where none were asked for, and those of the thresholds. */
static int complete_measures(struct setup *s, size_t truth_k, struct err *err)
{
    struct measure_list *l = &s->e->measures;
    size_t k = SIZE_MAX;
    int rc = 0;
    for (size_t i = 0; i < s->n_runs; i++)
        k = s->runs[i].shape->k ? num_min_size(k, s->runs[i].shape->k) : k;
    for (enum measure_side side = 0; rc == 0 && !s->o->measures && side <= MEASURE_WALL; side++)
        if (!find_lacking(s, side))
            rc = measure_list_defaults(l, side, side == MEASURE_TRUTH ? num_min_size(k, truth_k) : k, err);
    for (size_t i = 0; rc == 0 && i < s->o->also->n; i++)
        rc = measure_list_add(l, s->o->also->at[i].measure, s->o->also->at[i].k, err);
    return rc;
}

static int choose_measures(struct setup *s, size_t truth_k, struct err *err)
{
    struct measure_list *l = &s->e->measures;
    int rc = complete_measures(s, truth_k, err);
    if (rc)
        return rc;
    if (l->n == 0)
        return err_set(err, ERR_USAGE, "%s is a TREC run: give --truth, --qrels or --answers to measure it against",
                       run_name(s->runs[0].run));
    for (size_t i = 0; i < l->n; i++) {
        const struct setup_run *lacking = find_lacking(s, l->at[i].measure->side);
        if (lacking)
            return err_set(err, ERR_USAGE, "%s: %s does not tell it%s", l->at[i].name, run_name(lacking->run),
                           l->at[i].measure->side == MEASURE_TIME ? " (hnsw-query --time would)" : "");
    }
    size_t most = largest_cut(l, MEASURE_TRUTH);
    if (most > truth_k)
        return err_set(err, ERR_USAGE, "recall@%zu needs %zu true neighbours, %s has %zu a query%s", most, most,
                       s->o->sides[MEASURE_TRUTH], truth_k, s->o->run_options.drop_self ? " beside itself" : "");
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i].k != SIZE_MAX)
            s->e->largest_cut = num_max_size(s->e->largest_cut, l->at[i].k);
    s->answers_cut = largest_cut(l, MEASURE_ANSWERS);
    return 0;
}

/* Are the distances of runs and truth of one kind?  Where one of them has none, recall is counted by id. */
static int settle_distances(struct setup *s, const struct run_shape *truth, struct err *err)
{
    struct measure_list *l = &s->e->measures;
    const struct setup_run *other = NULL;   /* of another metric */
    bool all = true;
    s->metric = truth->metric;
    for (struct setup_run *r = s->runs; r < s->runs + s->n_runs; r++) {
        bool both = r->shape->has_dist && truth->has_dist;
        r->has_dist = both && r->shape->metric == truth->metric;
        other = both && !r->has_dist ? r : other;
        all &= r->has_dist;
    }
    for (size_t i = 0; i < l->n && !all; i++) {
        struct measure_spec *m = &l->at[i];
        char by_id[MEASURE_NAME];
        if (!m->measure->needs_dist)
            continue;
        if (other)
            return err_set(err, ERR_DATA, "%s has distances by %s, %s by %s: %s cannot compare them (recall.id@%zu can)",
                           run_name(other->run), metric_name(other->shape->metric), s->o->sides[MEASURE_TRUTH],
                           metric_name(truth->metric), m->name, m->k);
        snprintf(by_id, sizeof by_id, "recall.id@%zu", m->k);
        if (strcmp(m->measure->name, "recall") != 0 || measure_list_find(l, by_id) >= 0)
            return err_set(err, ERR_USAGE, "%s needs distances of a known metric in all inputs (a TREC run has none): use %s",
                           m->name, by_id);
        s->e->recall_by_id = true;
        m->measure = measure_find("recall.id");
        memcpy(m->name, by_id, sizeof by_id);
    }
    return 0;
}

/* ---- inputs ---- */

static int open_run(struct run **run, const char *path, const struct setup *s, struct err *err)
{
    struct input *in;
    int rc = input_open(&in, path, err);
    return rc ? rc : run_open(run, in, s->o->run_options, err);
}

static int open_truth(struct setup *s, struct err *err)
{
    struct run *truth;
    int rc = open_run(&truth, s->o->sides[MEASURE_TRUTH], s, err);
    if (rc)
        return rc;
    const struct run_shape *shape = run_shape(truth), *first = s->runs[0].shape;
    bool queries_by_key = identity_by_key(shape->queries, first->queries);
    bool documents_by_key = identity_by_key(shape->documents, first->documents);
    for (struct setup_run *r = s->runs; r < s->runs + s->n_runs; r++) {
        r->queries_by_key[MEASURE_TRUTH] = identity_by_key(r->shape->queries, shape->queries);
        r->documents_by_key[MEASURE_TRUTH] = identity_by_key(r->shape->documents, shape->documents);
        if (identity_by_key(shape->queries, r->shape->queries) != queries_by_key ||
            identity_by_key(shape->documents, r->shape->documents) != documents_by_key) {
            rc = err_set(err, ERR_DATA, "%s joins %s by key and %s by id, or the other way round: both must name things in one "
                         "way", run_name(truth), s->o->run, s->o->against);
            goto out;
        }
    }
    TRY(truth_read(&s->e->truth, truth, queries_by_key, documents_by_key, err));
    /* A row shorter than k means that the base is small: k is what was asked for. */
    TRY(choose_measures(s, shape->k ? shape->k : s->e->truth.longest, err));
    TRY(settle_distances(s, shape, err));
out:
    run_close(truth);
    return rc;
}

static int open_text_side(struct setup *s, enum measure_side side, struct err *err)
{
    const struct identity_side text = {true, true};
    struct input *in;
    int rc = input_open(&in, s->o->sides[side], err);
    if (rc)
        return rc;
    if (side == MEASURE_QRELS)
        rc = qrels_read(&s->e->qrels, in, s->o->level, err);
    else
        rc = answers_read(&s->e->answers, s->o->match, in, err);
    input_close(in);
    for (struct setup_run *r = s->runs; r < s->runs + s->n_runs; r++) {
        r->queries_by_key[side] = identity_by_key(r->shape->queries, text);
        r->documents_by_key[side] = identity_by_key(r->shape->documents, text);
    }
    return rc;
}

int setup_open(struct setup *s, struct evaluation *e, const struct evaluation_options *o, struct err *err)
{
    int rc;
    *s = (struct setup){.e = e, .o = o, .passages.repair = true};
    TRY(check_options(s, err));
    const char *const paths[EVALUATION_MAX_RUNS] = {o->run, o->against};
    for (; s->n_runs < EVALUATION_MAX_RUNS && paths[s->n_runs]; s->n_runs++) {
        struct setup_run *r = &s->runs[s->n_runs];
        TRY(open_run(&r->run, paths[s->n_runs], s, err));
        r->shape = run_shape(r->run);
        r->names_by_key = r->shape->queries.has_key;
    }
    if (o->against)   /* rows of both are paired by name */
        for (int i = 0; i < EVALUATION_MAX_RUNS; i++)
            s->runs[i].names_by_key = identity_by_key(s->runs[i].shape->queries, s->runs[1 - i].shape->queries);
    e->has_keys = s->runs[0].names_by_key;
    for (enum measure_side side = 0; side < MEASURE_N_SIDES; side++)
        e->has[side] = o->sides[side] != NULL;
    TRY(e->has[MEASURE_TRUTH] ? open_truth(s, err) : choose_measures(s, 0, err));
    for (enum measure_side side = MEASURE_QRELS; side < MEASURE_N_SIDES; side++)
        if (e->has[side])
            TRY(open_text_side(s, side, err));
out:
    return rc;
}

void setup_close(struct setup *s)
{
    for (size_t i = 0; i < EVALUATION_MAX_RUNS; i++)
        run_close(s->runs[i].run);
}
