#include "repair/repairrun.h"
#include "base/mem.h"
#include "base/num.h"
#include "graph/answer.h"
#include "repair/twohop.h"
#include "sys/clock.h"

#include <inttypes.h>
#include <string.h>

enum { CONTROL_SHARE = 5 };      /* a control query for each five training queries */

int repairrun_read(struct vector_set *set, const struct graph_file *index, const char *const *paths, size_t n_paths, bool force,
                   struct err *err)
{
    struct vector_reader *reader = NULL;
    int rc = vector_reader_open_all(&reader, paths, n_paths, err);
    if (rc == 0 && (rc = answer_check(index, reader, force, err)) == 0)
        rc = vector_set_read(set, reader, 0, err);
    vector_reader_close(reader);
    return rc;
}

static int put_head(const struct repairrun *run, struct err *err)
{
    if (!run->report)
        return 0;
    return output_printf(run->report, err, "id\tneighbours\tngfix\trfix\tdropped\tdefects_before\tdefects_after"
                         "\treached_before\treached\tpairs\tgroups\tsaved\tndc%s\n",
                         run->repair->o.time ? "\tsearch_ns\teh_ns\tedges_ns" : "");
}

static int put_query(const struct repairrun *run, size_t i, const struct repair_query *q, struct err *err)
{
    int rc = 0;
    const struct vector_set *queries = run->queries;
    if (!run->report)
        return 0;
    if (queries->keys)
        TRY(output_write(run->report, queries->keys[i].p, queries->keys[i].n, err));
    else
        TRY(output_printf(run->report, err, "%" PRIu64, queries->ids[i]));
    TRY(output_printf(run->report, err, "\t%u\t%u\t%u\t%u\t%u\t%u\t%d\t%d\t%u\t%u\t%u\t%u", q->n_near, q->n_ngfix, q->n_rfix,
                      q->n_dropped, q->defects, q->defects_after, q->reached_before, q->reached, q->pairs, q->groups,
                      q->saved, q->ndc));
    if (run->repair->o.time)
        TRY(output_printf(run->report, err, "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64, q->search_ns, q->eh_ns, q->edges_ns));
    TRY(output_write(run->report, "\n", 1, err));
out:
    return rc;
}

/* The sums of the columns, in their places. */
static int put_totals(const struct repairrun *run, const struct repairrun_totals *t, struct err *err)
{
    int rc = 0;
    if (!run->report)
        return 0;
    TRY(output_printf(run->report, err, "total\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%"
                      PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64, t->n_near, t->n_ngfix,
                      t->n_rfix, t->n_dropped, t->defects, t->defects_after, t->n_reached_before, t->n_reached, t->pairs,
                      t->groups, t->saved, t->ndc));
    if (run->repair->o.time)
        TRY(output_printf(run->report, err, "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64, t->search_ns, t->eh_ns, t->edges_ns));
    TRY(output_write(run->report, "\n", 1, err));
out:
    return rc;
}

static void add_query(struct repairrun_totals *t, const struct repair_query *q, size_t nq)
{
    t->n_queries++;
    t->n_near += q->n_near;
    t->n_ngfix += q->n_ngfix;
    t->n_rfix += q->n_rfix;
    t->n_dropped += q->n_dropped;
    t->n_reached_before += q->reached_before;
    t->n_reached += q->reached;
    t->pairs += q->pairs;
    t->groups += q->groups;
    t->saved += q->saved;
    t->ndc += q->ndc;
    t->defects += q->defects;
    t->defects_after += q->defects_after;
    nq = q->n_near < nq ? q->n_near : nq;
    t->n_pairs += nq * nq;
    t->search_ns += q->search_ns;
    t->eh_ns += q->eh_ns;
    t->edges_ns += q->edges_ns;
}

/* A batch's rows of the truth, in the order of its queries. */
static int join(const struct repairrun *run, size_t first, size_t n, uint32_t *nodes, uint32_t *n_near, struct err *err)
{
    size_t width = run->repair->max_near;
    for (size_t i = 0; i < n; i++) {
        const struct vector_set *q = run->queries;
        const uint32_t *near = neartruth_get(run->truth, q->ids[first + i], q->keys ? q->keys[first + i] : (struct text){0},
                                             &n_near[i]);
        if (!near)
            return err_set(err, ERR_DATA, "query %" PRIu64 " is not in the truth", q->ids[first + i]);
        memcpy(nodes + i * width, near, n_near[i] * sizeof *nodes);
    }
    return 0;
}

static int repair_all(struct repairrun *run, struct repairrun_totals *totals, struct err *err)
{
    int rc = 0;
    struct repair *r = run->repair;
    const struct vector_set *q = run->queries;
    struct repair_query *out = NULL;
    uint32_t *nodes = NULL, *n_near = NULL;
    TRY_NEW(out, MEM_ARRAY(struct repair_query, REPAIR_BATCH, err));
    TRY_NEW(nodes, MEM_ARRAY(uint32_t, REPAIR_BATCH * r->max_near, err));
    TRY_NEW(n_near, MEM_ARRAY(uint32_t, REPAIR_BATCH, err));
    for (size_t first = 0, n; first < q->n; first += n) {
        n = num_min_size(REPAIR_BATCH, q->n - first);
        const struct repair_near near = {nodes, n_near};
        if (run->truth)
            TRY(join(run, first, n, nodes, n_near, err));
        TRY(repair_batch(r, q->x + first * q->stride, q->stride, n, run->truth ? &near : NULL, out, err));
        for (size_t i = 0; i < n; i++) {
            add_query(totals, &out[i], r->o.rounds[0].nq);
            TRY(put_query(run, first + i, &out[i], err));
        }
        if (run->progress)
            run->progress(totals->n_queries);
    }
out:
    mem_free(out);
    mem_free(nodes);
    mem_free(n_near);
    return rc;
}

static int trim_all(struct repairrun *run, struct repairrun_totals *totals, struct err *err)
{
    int rc = 0;
    struct trim t = {0};
    struct repair *r = run->repair;
    const struct vector_set *q = run->queries, *c = run->control;
    size_t nq = r->o.rounds[0].nq, every = CONTROL_SHARE * r->x.g.n / num_max_size(q->n, 1) + 1;
    uint64_t t0 = clock_ns();
    TRY(trim_init(&t, &r->x, 2 * nq, nq, r->o.n_threads, err));
    TRY(trim_searches(&t, q->x, q->stride, q->n, err));
    TRY(c ? trim_searches(&t, c->x, c->stride, c->n, err)
          : trim_searches(&t, r->x.g.vectors, every * r->x.g.stride, r->x.g.n / every, err));
    totals->n_trimmed = trim_apply(&t, run->trim);
    totals->trim_ns = clock_ns() - t0;
out:
    trim_done(&t);
    return rc;
}

int repairrun_all(struct repairrun *run, struct repairrun_totals *totals, struct err *err)
{
    int rc = 0;
    *totals = (struct repairrun_totals){0};
    TRY(put_head(run, err));
    if (run->repair->o.variant == REPAIR_TWO_HOP)
        TRY(twohop_add(&run->repair->x, run->repair->o.two_hop_edges, run->repair->o.n_threads, &totals->n_ngfix, err));
    else
        TRY(repair_all(run, totals, err));
    if (run->trim > 0 && run->queries->n > 0)
        TRY(trim_all(run, totals, err));
    TRY(extra_finish(&run->repair->x, run->repair->o.n_threads, err));
    for (size_t i = 0; i < run->repair->x.g.n; i++)
        totals->n_extra += run->repair->x.n_extra[i];
    TRY(put_totals(run, totals, err));
out:
    return rc;
}
