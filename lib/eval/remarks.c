#include "eval/remarks.h"

#include <inttypes.h>

/* Of the ef where most are missing, and of the one where most do not count.  where: its name, where there are two. */
static int remark_queries(const struct evaluation *e, const char *name, enum measure_side s, uint32_t run, const char *where,
                          struct buf *text, struct err *err)
{
    const struct evaluation_group *missing = NULL, *unjudged = NULL;
    int rc = 0;
    for (const struct evaluation_group *g = e->groups; g < e->groups + e->n_groups; g++)
        if (g->run == run) {
            missing = !missing || g->n_missing[s] > missing->n_missing[s] ? g : missing;
            unjudged = !unjudged || g->n_unjudged[s] > unjudged->n_unjudged[s] ? g : unjudged;
        }
    if (missing->n_missing[s])
        TRY(buf_printf(text, err, "%s: %zu of %zu queries are missing in the run%s at ef %u and count as 0\n", name,
                       missing->n_missing[s], missing->n_judged[s], where, missing->ef));
    if (unjudged->n_unjudged[s])
        TRY(buf_printf(text, err, "%s: %zu of the %zu queries of the run%s at ef %u are not there or have nothing to find: they "
                       "do not count\n", name, unjudged->n_unjudged[s], unjudged->n, where, unjudged->ef));
out:
    return rc;
}

static int remark_run(const struct evaluation *e, const struct evaluation_options *o, uint32_t number, struct buf *text,
                      struct err *err)
{
    const struct evaluation_doubts *d = &e->doubts[number];
    const char *run = evaluation_run_path(o, number);
    int rc = 0;
    if (d->n_other_dist)
        TRY(buf_printf(text, err,
                       "%s: %" PRIu64 " true neighbours lie at another distance than the truth says: recall by distance may "
                       "mislead, see recall.id\n", run, d->n_other_dist));
    if (d->n_short)
        TRY(buf_printf(text, err, "%s: %" PRIu64 " queries have fewer than %zu neighbours: what is not there counts as a miss\n",
                       run, d->n_short, e->largest_cut));
    if (d->n_tied_cuts)
        TRY(buf_printf(text, err, "%s: %" PRIu64 " queries have equal scores across a cut: --ties decides\n", run,
                       d->n_tied_cuts));
    if (d->n_comments)
        TRY(buf_printf(text, err, "%s: %zu lines start with # and are left out\n", run, d->n_comments));
    for (enum measure_side s = MEASURE_TRUTH; s <= MEASURE_QRELS; s++)
        if (e->has[s] && d->n_known[s] == 0)
            TRY(buf_printf(text, err, "%s: it names none of the documents that %s found: do both name them in one way?\n",
                           o->sides[s], number ? run : "the run"));
out:
    return rc;
}

int remarks_make(const struct evaluation *e, const struct evaluation_options *o, struct buf *text, struct err *err)
{
    uint32_t n_runs = o->against ? 2 : 1;
    struct buf where = {0};
    int rc = 0;
    if (e->recall_by_id)
        TRY(buf_printf(text, err, "%s: no distances to compare: recall is counted by id, tied neighbours as misses\n", o->run));
    for (uint32_t run = 0; run < n_runs; run++)
        TRY(remark_run(e, o, run, text, err));
    if (e->qrels.n_comments)
        TRY(buf_printf(text, err, "%s: %zu lines start with # and are left out\n", o->sides[MEASURE_QRELS], e->qrels.n_comments));
    if (e->qrels.n_repeated)
        TRY(buf_printf(text, err, "%s: %zu judgements come twice\n", o->sides[MEASURE_QRELS], e->qrels.n_repeated));
    if (e->answers.n_empty)
        TRY(buf_printf(text, err, "%s: %zu answers are empty and match nothing\n", o->sides[MEASURE_ANSWERS],
                       e->answers.n_empty));
    if (e->n_absent)
        TRY(buf_printf(text, err, "%s: %" PRIu64 " passages that were found are not there: they count as misses\n", o->passages,
                       e->n_absent));
    for (uint32_t run = 0; run < n_runs; run++) {
        buf_clear(&where);
        if (o->against)
            TRY(buf_printf(&where, err, " %s", evaluation_run_path(o, run)));
        for (enum measure_side s = 0; s < MEASURE_N_SIDES; s++)
            if (e->has[s])
                TRY(remark_queries(e, o->sides[s], s, run, where.p ? where.p : "", text, err));
    }
out:
    buf_done(&where);
    return rc;
}
