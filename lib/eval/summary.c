#define _GNU_SOURCE   /* qsort_r */
#include "eval/summary.h"
#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ranked_group {
    uint32_t run, ef, old;
};

static int compare_efs(const void *a, const void *b)
{
    const struct ranked_group *x = a, *y = b;
    return x->run != y->run ? (x->run > y->run) - (x->run < y->run) : (x->ef > y->ef) - (x->ef < y->ef);
}

static int compare_names(const void *a, const void *b, void *ctx)
{
    const struct evaluation *e = ctx;
    const struct evaluation_row *x = &e->rows[*(const size_t *)a], *y = &e->rows[*(const size_t *)b];
    int c = memcmp(e->names.p + x->name, e->names.p + y->name, num_min_size(x->name_bytes, y->name_bytes));
    return c ? c : (x->name_bytes > y->name_bytes) - (x->name_bytes < y->name_bytes);
}

/* Groups by ef; rows by group, in the order of their queries' names within each: sums in another order than trec_eval's differ in
 * their last bit, and a mean of 0.00875 then in its last digit. */
static int order_rows(struct evaluation *e, struct err *err)
{
    struct ranked_group *ranked = NULL;
    struct evaluation_group *sorted = NULL;
    uint32_t *now = NULL;
    int rc = 0;
    TRY_NEW(ranked, MEM_ARRAY(struct ranked_group, e->n_groups, err));
    TRY_NEW(now, MEM_ARRAY(uint32_t, e->n_groups, err));
    TRY_NEW(e->order, MEM_ARRAY(size_t, e->n_rows, err));
    TRY_NEW(sorted, MEM_ARRAY(struct evaluation_group, e->n_groups, err));
    for (uint32_t i = 0; i < e->n_groups; i++)
        ranked[i] = (struct ranked_group){e->groups[i].run, e->groups[i].ef, i};
    qsort(ranked, e->n_groups, sizeof *ranked, compare_efs);
    size_t first = 0;
    for (uint32_t i = 0; i < e->n_groups; i++) {
        sorted[i] = e->groups[ranked[i].old];
        sorted[i].first = first;
        first += sorted[i].n;
        sorted[i].n = 0;
        now[ranked[i].old] = i;
    }
    mem_free(e->groups);
    e->groups = sorted;
    sorted = NULL;
    for (size_t r = 0; r < e->n_rows; r++) {
        uint32_t g = e->rows[r].group = now[e->rows[r].group];
        e->order[e->groups[g].first + e->groups[g].n++] = r;
    }
    for (size_t i = 0; i < e->n_groups; i++)
        qsort_r(e->order + e->groups[i].first, e->groups[i].n, sizeof *e->order, compare_names, e);
out:
    mem_free(ranked);
    mem_free(now);
    mem_free(sorted);
    return rc;
}

static size_t count_targets(const struct evaluation *e, enum measure_side side, enum evaluation_average average)
{
    size_t n = 0, all = evaluation_queries(e, side)->n;
    for (uint32_t q = 0; q < all; q++)
        n += average != EVALUATION_RELEVANT || evaluation_has_target(e, side, q);
    return n;
}

/* n_judged, n_missing, n_unjudged of one side.  Two rows of one ef must not have met the same query (they would differ in key and
 * share an id, or the other way round). */
static int count_side(struct evaluation *e, const struct evaluation_options *o, enum measure_side side, struct err *err)
{
    const struct map *queries = evaluation_queries(e, side);
    size_t targets = count_targets(e, side, o->average), common[EVALUATION_MAX_RUNS] = {0};
    struct text name;
    uint32_t *met = MEM_ZARRAY(uint32_t, queries->n, err);
    int rc = 0;
    if (!met)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < e->n_groups; i++) {
        struct evaluation_group *g = &e->groups[i];
        size_t found = 0;
        for (size_t r = 0; r < g->n; r++) {
            uint32_t q = e->rows[e->order[g->first + r]].query[side];
            if (q == EVALUATION_NO_QUERY)
                continue;
            if (met[q] == i + 1) {
                name.p = map_key(queries, q, &name.n);
                rc = err_set(err, ERR_DATA, "%s: two rows at ef %u are query \"%.*s\" of %s",
                             evaluation_run_path(o, g->run), g->ef, IDENTITY_ARG(name), o->sides[side]);
                goto out;
            }
            met[q] = i + 1;
            found++;
        }
        g->n_judged[side] = o->average == EVALUATION_BOTH ? found : targets;
        g->n_missing[side] = g->n_judged[side] - found;
        g->n_unjudged[side] = g->n - found;
        common[g->run] += found;
    }
    for (const struct evaluation_group *g = e->groups; rc == 0 && g < e->groups + e->n_groups; g++) {
        if (common[g->run])
            continue;
        const struct evaluation_row *row = &e->rows[e->order[g->first]];
        struct text first = {e->names.p + row->name, row->name_bytes};
        name.p = map_key(queries, 0, &name.n);
        rc = err_set(err, ERR_DATA, "no query of %s (such as \"%.*s\") is one of %s (such as \"%.*s\")%s%s",
                     g->run ? o->against : "the run", IDENTITY_ARG(first), o->sides[side], IDENTITY_ARG(name),
                     targets ? "" : " with anything to find",
                     e->has_keys ? "" : ": the run has ids only, no keys");
    }
out:
    mem_free(met);
    return rc;
}

/* One measure over the rows of one group. */
static double average(const struct evaluation *e, const struct evaluation_group *g, size_t column, double *scratch)
{
    const struct measure *m = e->measures.at[column].measure;
    if (m->total)
        return m->total(&g->total);
    size_t n = 0;
    for (size_t r = 0; r < g->n; r++) {
        double x = e->values[e->order[g->first + r] * e->measures.n + column];
        if (!isnan(x))
            scratch[n++] = x;
    }
    if (m->percentile > 0)
        return n ? measure_percentile(scratch, n, m->percentile) : NAN;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += scratch[i];
    size_t over = m->side < MEASURE_N_SIDES ? g->n_judged[m->side] : g->n;
    return over ? sum / (double)over : NAN;
}

/* What comes from the end record may not be there: hide it, unless it was asked for. */
static int check_known(struct evaluation *e, const struct evaluation_options *o, struct err *err)
{
    for (size_t c = 0; c < e->measures.n; c++) {
        struct measure_spec *s = &e->measures.at[c];
        bool known = s->measure->side != MEASURE_WALL;
        for (size_t i = 0; i < e->n_groups; i++)
            known |= !isnan(e->groups[i].means[c]);
        if (!known && !s->usual)
            return err_set(err, ERR_USAGE, "%s: %s does not tell it (with --time it would; two streams in one input do not)",
                           s->name, o->run);
        s->hidden = !known;
    }
    return 0;
}

int summary_make(struct evaluation *e, const struct evaluation_options *o, struct err *err)
{
    double *scratch = NULL;
    int rc;
    TRY(order_rows(e, err));
    for (enum measure_side side = 0; side < MEASURE_N_SIDES; side++)
        if (e->has[side])
            TRY(count_side(e, o, side, err));
    TRY_NEW(scratch, MEM_ARRAY(double, e->n_rows, err));
    TRY_NEW(e->means, MEM_ARRAY(double, e->n_groups * e->measures.n, err));
    for (size_t i = 0; i < e->n_groups; i++) {
        double *means = e->means + i * e->measures.n;
        for (size_t c = 0; c < e->measures.n; c++)
            means[c] = average(e, &e->groups[i], c, scratch);
        e->groups[i].means = means;
    }
    TRY(check_known(e, o, err));
out:
    mem_free(scratch);
    return rc;
}
