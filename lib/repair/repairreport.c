#include "repair/repairreport.h"

#include <inttypes.h>

int repairreport_head(const struct repairrun *run, struct err *err)
{
    if (!run->report)
        return 0;
    return output_printf(run->report, err, "id\tneighbours\tngfix\trfix\tdropped\tdefects_before\tdefects_after\teh_before"
                         "\teh_after\treached_before\treached\tpairs\tgroups\tsaved\tndc%s\n",
                         run->repair.o.time ? "\tsearch_ns\teh_ns\tedges_ns" : "");
}

int repairreport_query(const struct repairrun *run, size_t i, const struct repair_query *q, struct err *err)
{
    int rc = 0;
    const struct vector_set *queries = &run->queries;
    if (!run->report)
        return 0;
    if (queries->keys)
        TRY(output_write(run->report, queries->keys[i].p, queries->keys[i].n, err));
    else
        TRY(output_printf(run->report, err, "%" PRIu64, queries->ids[i]));
    TRY(output_printf(run->report, err, "\t%u\t%u\t%u\t%u\t%u\t%u\t%.2f\t%.2f\t%d\t%d\t%u\t%u\t%u\t%u", q->n_near, q->n_ngfix,
                      q->n_rfix, q->n_dropped, q->before.defects, q->after.defects, q->before.eh, q->after.eh,
                      q->reached_before, q->reached, q->pairs, q->groups, q->saved, q->ndc));
    if (run->repair.o.time)
        TRY(output_printf(run->report, err, "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64, q->search_ns, q->eh_ns, q->edges_ns));
    TRY(output_write(run->report, "\n", 1, err));
out:
    return rc;
}

int repairreport_totals(const struct repairrun *run, struct err *err)
{
    int rc = 0;
    const struct repairrun_totals *t = &run->totals;
    double n = t->n_queries ? (double)t->n_queries : 1;
    if (!run->report)
        return 0;
    TRY(output_printf(run->report, err, "total\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
                      "\t%.2f\t%.2f\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64, t->n_near,
                      t->n_ngfix, t->n_rfix, t->n_dropped, t->defects, t->defects_after, t->eh / n, t->eh_after / n,
                      t->n_reached_before, t->n_reached, t->pairs, t->groups, t->saved, t->ndc));
    if (run->repair.o.time)
        TRY(output_printf(run->report, err, "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64, t->search_ns, t->eh_ns, t->edges_ns));
    TRY(output_write(run->report, "\n", 1, err));
out:
    return rc;
}

static int put_judge(const struct repairrun *run, const char *name, const struct judge *j, struct err *err)
{
    return j->n == 0 ? 0 : output_printf(run->report, err, "%s_queries\t%zu\n%s_ndc_before\t%.1f\n%s_ndc_after\t%.1f\n",
                                         name, j->n, name, j->before.ndc, name, j->after.ndc);
}

int repairreport_index(const struct repairrun *run, uint64_t index_bytes, struct err *err)
{
    int rc = 0;
    const struct repairrun_totals *t = &run->totals;
    double n = run->graph.n ? (double)run->graph.n : 1;
    if (!run->report)
        return 0;
    TRY(output_printf(run->report, err, "thinned\t%" PRIu64 "\ntrimmed\t%" PRIu64 "\n", t->n_thinned, t->n_trimmed));
    TRY(put_judge(run, "judge", &run->gain, err));
    TRY(put_judge(run, "control", &run->cost, err));
    TRY(output_printf(run->report, err, "kept\t%d\nextra_edges\t%" PRIu64 "\ndegree\t%.3f\nindex_bytes\t%" PRIu64 "\n",
                      !t->refused, t->n_extra, (double)t->n_edges / n, index_bytes));
    if (run->repair.o.time)
        TRY(output_printf(run->report, err, "trim_ns\t%" PRIu64 "\njudge_ns\t%" PRIu64 "\n", t->trim_ns, t->judge_ns));
out:
    return rc;
}
