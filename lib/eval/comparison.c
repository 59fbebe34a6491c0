#include "eval/comparison.h"
#include "base/mem.h"

#include <math.h>

struct pairing {
    const struct evaluation *e;
    const struct evaluation_options *o;
    const struct evaluation_group *group[2];
    struct map names;           /* of the rows of group[1] -> row */
    size_t *row[2];             /* (n queries of a side) the row of each run that answers it, NO_ROW: missing */
    double *value[2];           /* (n) */
    size_t n;
};

#define NO_ROW SIZE_MAX

static size_t row_at(const struct pairing *p, int run, size_t i)
{
    return p->e->order[p->group[run]->first + i];
}

/* 0 for a missing query. */
static double value_at(const struct pairing *p, size_t row, size_t column)
{
    return row == NO_ROW ? 0 : p->e->values[row * p->e->measures.n + column];
}

static void add_pair(struct pairing *p, const size_t row[2], size_t column)
{
    for (int run = 0; run < 2; run++)
        p->value[run][p->n] = value_at(p, row[run], column);
    p->n++;
}

/* By the queries of a side input. */
static void pair_side(struct pairing *p, enum measure_side side, size_t column)
{
    size_t n = evaluation_queries(p->e, side)->n;
    for (int run = 0; run < 2; run++) {
        for (size_t q = 0; q < n; q++)
            p->row[run][q] = NO_ROW;
        for (size_t i = 0; i < p->group[run]->n; i++) {
            size_t row = row_at(p, run, i);
            uint32_t q = p->e->rows[row].query[side];
            if (q != EVALUATION_NO_QUERY)
                p->row[run][q] = row;
        }
    }
    for (uint32_t q = 0; q < n; q++) {
        const size_t row[2] = {p->row[0][q], p->row[1][q]};
        bool counts = p->o->average == EVALUATION_BOTH ? row[0] != NO_ROW && row[1] != NO_ROW
                      : p->o->average == EVALUATION_ALL || evaluation_has_target(p->e, side, q);
        if (counts)
            add_pair(p, row, column);
    }
}

/* By the names of the rows. */
static void pair_rows(struct pairing *p, size_t column)
{
    for (size_t i = 0; i < p->group[0]->n; i++) {
        const struct evaluation_row *r = &p->e->rows[row_at(p, 0, i)];
        const uint64_t *other = map_get(&p->names, p->e->names.p + r->name, r->name_bytes);
        if (other)
            add_pair(p, (const size_t[]){row_at(p, 0, i), (size_t)*other}, column);
    }
}

static int name_rows(struct pairing *p, struct err *err)
{
    int rc = 0;
    map_done(&p->names);
    for (size_t i = 0; i < p->group[1]->n; i++) {
        size_t row = row_at(p, 1, i);
        const struct evaluation_row *r = &p->e->rows[row];
        TRY(map_add(&p->names, p->e->names.p + r->name, r->name_bytes, row, NULL, NULL, err));
    }
out:
    return rc;
}

static int compare(struct pairing *p, size_t column, uint64_t seed, struct comparisons *list, struct err *err)
{
    const struct measure_spec *spec = &p->e->measures.at[column];
    struct comparison c = {.spec = spec, .ef = {p->group[0]->ef, p->group[1]->ef}};
    int rc;
    p->n = 0;
    if (spec->measure->side < MEASURE_N_SIDES)
        pair_side(p, spec->measure->side, column);
    else
        pair_rows(p, column);
    if (p->n == 0)
        return err_set(err, ERR_DATA, "%s at ef %u and %s at ef %u have no query in common for %s", p->o->run, c.ef[0],
                       p->o->against, c.ef[1], spec->name);
    for (size_t i = 0; i < p->n; i++) {
        double x = p->value[0][i], y = p->value[1][i];
        c.mean[0] += x;
        c.mean[1] += y;
        c.wins += x > y;
        c.ties += x == y;
        c.losses += x < y;
        p->value[0][i] = x - y;
    }
    c.mean[0] /= (double)p->n;
    c.mean[1] /= (double)p->n;
    TRY(significance_test(p->value[0], p->n, seed, &c.test, err));
    TRY(mem_reserve(&list->at, &list->cap, list->n + 1, sizeof *list->at, err));
    list->at[list->n++] = c;
out:
    return rc;
}

static int compare_groups(struct pairing *p, uint64_t seed, struct comparisons *list, struct err *err)
{
    int rc;
    TRY(name_rows(p, err));
    for (size_t c = 0; c < p->e->measures.n; c++)
        if (measure_is_per_query(p->e->measures.at[c].measure))
            TRY(compare(p, c, seed, list, err));
out:
    return rc;
}

static int reserve(struct pairing *p, struct err *err)
{
    size_t most = p->e->n_rows;
    int rc = 0;
    for (enum measure_side side = 0; side < MEASURE_N_SIDES; side++)
        if (p->e->has[side] && evaluation_queries(p->e, side)->n > most)
            most = evaluation_queries(p->e, side)->n;
    for (int run = 0; run < 2; run++) {
        TRY_NEW(p->row[run], MEM_ARRAY(size_t, most, err));
        TRY_NEW(p->value[run], MEM_ARRAY(double, most, err));
    }
out:
    return rc;
}

int comparisons_make(struct comparisons *c, const struct evaluation *e, const struct evaluation_options *o, uint64_t seed,
                     struct err *err)
{
    struct pairing p = {.e = e, .o = o};
    size_t first = 0, n[2];     /* groups of run 0, then of run 1 */
    int rc = 0;
    while (e->groups[first].run == 0)
        first++;
    n[0] = first;
    n[1] = e->n_groups - first;
    for (size_t i = 0; n[0] > 1 && n[1] > 1 && i < n[0]; i++)
        if (n[0] != n[1] || e->groups[i].ef != e->groups[first + i].ef)
            return err_set(err, ERR_DATA, "%s and %s hold different values of ef: several are compared one by one", o->run,
                           o->against);
    TRY(reserve(&p, err));
    for (size_t i = 0; i < n[0] || i < n[1]; i++) {
        p.group[0] = &e->groups[n[0] == 1 ? 0 : i];
        p.group[1] = &e->groups[first + (n[1] == 1 ? 0 : i)];
        TRY(compare_groups(&p, seed, c, err));
    }
    if (c->n == 0)
        rc = err_set(err, ERR_USAGE, "--against needs a measure that each query has, such as map or ndc");
out:
    map_done(&p.names);
    for (int run = 0; run < 2; run++) {
        mem_free(p.row[run]);
        mem_free(p.value[run]);
    }
    return rc;
}

void comparisons_done(struct comparisons *c)
{
    mem_free(c->at);
    *c = (struct comparisons){0};
}
