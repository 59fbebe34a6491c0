#include "eval/threshold.h"
#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int threshold_parse(struct threshold *t, const char *text, struct measure_list *list, struct err *err)
{
    const char *equals = strrchr(text, '=');
    char name[MEASURE_NAME];
    struct measure_list one = {0};
    int rc;
    if (!equals || (size_t)(equals - text) >= sizeof name || !num_parse_f64(equals + 1, strlen(equals + 1), &t->least))
        return err_set(err, ERR_USAGE, "\"%.64s\": expected MEASURE=NUMBER, such as recall@10=0.95", text);
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    TRY(measure_list_parse(&one, name, err));
    if (one.n != 1)
        rc = err_set(err, ERR_USAGE, "\"%s\": expected one measure", text);
    else if ((rc = measure_list_add(list, one.at[0].measure, one.at[0].k, err)) == 0)
        t->spec = one.at[0];
    t->text = text;
out:
    measure_list_done(&one);
    return rc;
}

double threshold_reached(const struct threshold *t, const struct evaluation *e, const struct evaluation_group *g)
{
    int column = measure_list_find(&e->measures, t->spec.name);
    if (column < 0) {
        char by_id[MEASURE_NAME];
        snprintf(by_id, sizeof by_id, "recall.id@%zu", t->spec.k);
        column = measure_list_find(&e->measures, by_id);
    }
    return column < 0 ? NAN : g->means[column];
}

int thresholds_parse(struct thresholds *t, const char *const *texts, size_t n, struct err *err)
{
    int rc = 0;
    TRY_NEW(t->at, MEM_ARRAY(struct threshold, n, err));
    for (; t->n < n; t->n++)
        TRY(threshold_parse(&t->at[t->n], texts[t->n], &t->also, err));
out:
    return rc;
}

int thresholds_missed(const struct thresholds *t, const struct evaluation *e, struct buf *text, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < t->n; i++)
        for (size_t g = 0; g < e->n_groups && e->groups[g].run == 0; g++) {
            double reached = threshold_reached(&t->at[i], e, &e->groups[g]);
            if (!(reached >= t->at[i].least))
                TRY(buf_printf(text, err, "ef %u: %s was asked for and missed: it is %.6g\n", e->groups[g].ef, t->at[i].text,
                               reached));
        }
out:
    return rc;
}

void thresholds_done(struct thresholds *t)
{
    mem_free(t->at);
    measure_list_done(&t->also);
    *t = (struct thresholds){0};
}
