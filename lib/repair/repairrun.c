#include "repair/repairrun.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "graph/answer.h"
#include "repair/repairreport.h"
#include "repair/twohop.h"
#include "sys/clock.h"

#include <inttypes.h>
#include <string.h>

enum { CONTROL_SHARE = 5 };      /* a control query for each five training queries */

/* ---- what is read ---- */

/* All queries of the files, which must belong to the index. */
static int read_queries(struct vector_set *set, const struct graph_file *index, const char *const *paths, size_t n_paths,
                        bool force, struct err *err)
{
    struct vector_reader *reader = NULL;
    int rc = vector_reader_open_all(&reader, paths, n_paths, err);
    if (rc == 0 && (rc = answer_check(index, reader, force, err)) == 0)
        rc = vector_set_read(set, reader, 0, err);
    vector_reader_close(reader);
    return rc;
}

/* Held-out queries go to the end; the others keep their order. */
static int hold_out(struct repairrun *run, uint64_t seed, struct err *err)
{
    int rc = 0;
    size_t n = run->queries.n, out = num_min_size(run->wish.hold_out, n / REPAIRRUN_HOLD_OUT_SHARE), left = out, at = 0;
    uint32_t *order = NULL;
    run->n_train = n;
    if (run->wish.judge || out < REPAIRRUN_HOLD_OUT_LEAST)
        return 0;
    TRY_NEW(order, MEM_ARRAY(uint32_t, n, err));
    run->n_train = n - out;
    for (size_t i = 0; i < n; i++)
        if (rng_below(seed, RNG_HOLD_OUT, i, n - i) < left)
            order[n - left--] = (uint32_t)i;
        else
            order[at++] = (uint32_t)i;
    TRY(vector_set_permute(&run->queries, order, err));
out:
    mem_free(order);
    return rc;
}

int repairrun_open(struct repairrun *run, const struct repair_wish *wish, int n_threads, uint64_t seed, struct err *err)
{
    int rc = 0;
    const struct repair_wish *w = &run->wish;
    struct repair_options o;
    run->wish = *wish;
    TRY(repair_options_make(&o, &run->wish, n_threads, err));
    TRY(graph_file_open(&run->index, w->index, MAPFILE_COPY, err));
    if (w->variant != REPAIR_TWO_HOP)
        TRY(read_queries(&run->queries, run->index, w->queries, w->n_queries, w->force, err));
    if (w->control)
        TRY(read_queries(&run->control, run->index, &w->control, 1, w->force, err));
    if (w->judge)
        TRY(read_queries(&run->judged, run->index, &w->judge, 1, w->force, err));
    TRY(repair_init(&run->repair, graph_file_graph(run->index), &o, err));
    if (w->truth)
        TRY(neartruth_open(&run->truth, w->truth, graph_file_graph(run->index), run->queries.keys != NULL, run->repair.max_near,
                           err));
    TRY(hold_out(run, seed, err));
out:
    return rc;
}

void repairrun_close(struct repairrun *run)
{
    judge_done(&run->gain);
    judge_done(&run->cost);
    neartruth_done(&run->truth);
    repair_done(&run->repair);
    vector_set_done(&run->queries);
    vector_set_done(&run->judged);
    vector_set_done(&run->control);
    graph_file_close(run->index);
    *run = (struct repairrun){0};
}

/* ---- the repair ---- */

static void add_query(struct repairrun_totals *t, const struct repair_query *q)
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
    t->defects += q->before.defects;
    t->defects_after += q->after.defects;
    t->eh += q->before.eh;
    t->eh_after += q->after.eh;
    t->search_ns += q->search_ns;
    t->eh_ns += q->eh_ns;
    t->edges_ns += q->edges_ns;
}

/* A batch's rows of the truth, in the order of its queries. */
static int join(const struct repairrun *run, size_t first, size_t n, uint32_t *nodes, uint32_t *n_near, struct err *err)
{
    const struct vector_set *q = &run->queries;
    for (size_t i = 0; i < n; i++) {
        const uint32_t *near = neartruth_get(&run->truth, q->ids[first + i], q->keys ? q->keys[first + i] : (struct text){0},
                                             &n_near[i]);
        if (!near)
            return err_set(err, ERR_DATA, "query %" PRIu64 " is not in the truth", q->ids[first + i]);
        memcpy(nodes + i * run->repair.max_near, near, n_near[i] * sizeof *nodes);
    }
    return 0;
}

static int repair_all(struct repairrun *run, size_t n_queries, struct err *err)
{
    int rc = 0;
    struct repair *r = &run->repair;
    const struct vector_set *q = &run->queries;
    struct repair_query *out = NULL;
    uint32_t *nodes = NULL, *n_near = NULL;
    TRY_NEW(out, MEM_ARRAY(struct repair_query, REPAIR_BATCH, err));
    TRY_NEW(nodes, MEM_ARRAY(uint32_t, REPAIR_BATCH * r->max_near, err));
    TRY_NEW(n_near, MEM_ARRAY(uint32_t, REPAIR_BATCH, err));
    for (size_t first = 0, n; first < n_queries; first += n) {
        n = num_min_size(REPAIR_BATCH, n_queries - first);
        const struct repair_near near = {nodes, n_near};
        if (run->wish.truth)
            TRY(join(run, first, n, nodes, n_near, err));
        TRY(repair_batch(r, q->x + first * q->stride, q->stride, n, run->wish.truth ? &near : NULL, out, err));
        for (size_t i = 0; i < n; i++) {
            add_query(&run->totals, &out[i]);
            TRY(repairreport_query(run, first + i, &out[i], err));
        }
        if (run->progress)
            run->progress(run->totals.n_queries);
    }
out:
    mem_free(out);
    mem_free(nodes);
    mem_free(n_near);
    return rc;
}

/* ---- what of it stays ---- */

/* Held-out queries, or those that were named, and as control those that were named or vectors of the base set. */
static int judge_prepare(struct repairrun *run, struct err *err)
{
    int rc = 0;
    const struct graph *g = graph_file_graph(run->index);
    const struct vector_set *set = run->wish.judge ? &run->judged : &run->queries, *c = &run->control;
    size_t first = run->wish.judge ? 0 : run->n_train, every = (run->wish.control ? c->n : g->n) / JUDGE_MAX_QUERIES + 1;
    size_t n = num_min_size(set->n - first, JUDGE_MAX_QUERIES), n_control = (run->wish.control ? c->n : g->n) / every;
    int n_threads = run->repair.o.n_threads;
    if (n == 0 || n_control == 0 || g->n == 0)
        return 0;
    TRY(judge_init(&run->gain, g, set->x + first * set->stride, n, set->stride, n_threads, err));
    TRY(run->wish.control ? judge_init(&run->cost, g, c->x, n_control, every * c->stride, n_threads, err)
        : judge_init(&run->cost, g, g->vectors + every / 2 * g->stride, n_control, every * g->stride, n_threads, err));
out:
    return rc;
}

/* With rebalance all vectors of the base set are control queries: each base edge can be seen to be of use. */
static int trim_count(struct repairrun *run, struct trim *t, struct err *err)
{
    int rc = 0;
    struct repair *r = &run->repair;
    const struct vector_set *q = &run->queries, *c = &run->control;
    size_t nq = r->o.rounds[0].nq, every = run->wish.rebalance ? 1 : CONTROL_SHARE * r->x.g.n / num_max_size(run->n_train, 1) + 1;
    TRY(trim_init(t, &r->x, 2 * nq, nq, run->wish.rebalance, r->o.n_threads, err));
    TRY(trim_searches(t, q->x, q->stride, run->n_train, err));
    if (run->wish.control)
        TRY(trim_searches(t, c->x, c->stride, c->n, err));
    if (!run->wish.control || run->wish.rebalance)
        TRY(trim_searches(t, r->x.g.vectors, every * r->x.g.stride, r->x.g.n / every, err));
out:
    return rc;
}

static int trim_and_judge(struct repairrun *run, struct err *err)
{
    int rc = 0;
    struct trim t = {0};
    struct repairrun_totals *n = &run->totals;
    const struct graph *g = &run->repair.x.g;
    uint64_t t0 = clock_ns();
    if (run->wish.trim > 0 && run->n_train > 0) {
        TRY(trim_count(run, &t, err));
        TRY(trim_apply(&t, run->wish.trim, &n->n_trimmed, err));
    }
    n->trim_ns = clock_ns() - t0;
    if (run->gain.n > 0) {
        t0 = clock_ns();
        TRY(judge_again(&run->cost, g, err));
        TRY(judge_again(&run->gain, g, err));
        n->refused = !judge_pays(&run->gain, &run->cost);
        n->judge_ns += clock_ns() - t0;
    }
out:
    trim_done(&t);
    return rc;
}

static void count_edges(struct repairrun *run)
{
    const struct graph *g = &run->graph;
    for (size_t i = 0; i < g->n * g->slots0; i++) {
        run->totals.n_edges += g->layer0[i] != GRAPH_NONE;
        run->totals.n_extra += g->layer0[i] != GRAPH_NONE && g->edges && edge_kind(g->edges[i]) != EDGE_BASE;
    }
}

int repairrun_all(struct repairrun *run, struct err *err)
{
    int rc = 0;
    struct repair *r = &run->repair;
    size_t n_queries = run->n_train;
    TRY(repairreport_head(run, err));
    if (run->wish.judge || run->n_train < run->queries.n) {
        uint64_t t0 = clock_ns();
        TRY(judge_prepare(run, err));
        run->totals.judge_ns = clock_ns() - t0;
    }
    if (run->wish.partial > 0) {
        run->totals.n_thinned = extra_thin(&r->x, run->wish.partial);
        n_queries = num_min_size(n_queries, num_max_size(1, (size_t)(run->wish.partial * (double)n_queries)));
    }
    if (r->o.variant == REPAIR_TWO_HOP)
        TRY(twohop_add(&r->x, r->o.two_hop_edges, r->o.n_threads, &run->totals.n_ngfix, err));
    else
        TRY(repair_all(run, n_queries, err));
    TRY(trim_and_judge(run, err));
    TRY(extra_finish(&r->x, r->o.n_threads, err));
    run->graph = run->totals.refused ? *graph_file_graph(run->index) : r->x.g;
    count_edges(run);
    TRY(repairreport_totals(run, err));
out:
    return rc;
}

int repairrun_write(struct repairrun *run, struct output *out, const char *name, const char *version, const char *command,
                    struct err *err)
{
    int rc = 0;
    struct header header = {0};
    TRY(graph_file_header_make(&header, &run->graph, graph_file_header(run->index), err));
    if (name)
        TRY(header_add_program(&header, name, version, command,
                               (const struct header *const[]){graph_file_header(run->index), &run->queries.header},
                               run->repair.o.variant == REPAIR_TWO_HOP ? 1 : 2, err));
    TRY(graph_file_write(out, &run->graph, &header, err));
    TRY(repairreport_index(run, output_offset(out), err));
out:
    header_done(&header);
    return rc;
}

int repairrun_remarks(const struct repairrun *run, struct buf *notes, struct buf *warnings, struct err *err)
{
    int rc = 0;
    const struct repairrun_totals *t = &run->totals;
    TRY(buf_printf(notes, err, "%" PRIu64 " queries: %" PRIu64 " edges added by %s, %" PRIu64 " by RFix, %" PRIu64
                   " trimmed again: %" PRIu64 " extra edges, %.3g a node\n", t->n_queries, t->n_ngfix,
                   repair_variants[run->wish.variant], t->n_rfix, t->n_trimmed, t->n_extra,
                   (double)t->n_extra / (double)num_max_size(run->graph.n, 1)));
    if (run->gain.n == 0)
        return 0;
    TRY(buf_printf(t->refused ? warnings : notes, err, "%srecall@%d %.2f takes %zu %s queries %.1f distances, it was %.1f; %zu "
                   "control queries %.1f, it was %.1f\n", t->refused ? "the repair does not pay, the index stays as it is: " : "",
                   JUDGE_K, JUDGE_RECALL, run->gain.n, run->wish.judge ? "judging" : "held-out", run->gain.after.ndc,
                   run->gain.before.ndc, run->cost.n, run->cost.after.ndc, run->cost.before.ndc));
    if (!t->refused && judge_ratio(&run->cost) > 1 + JUDGE_COST)
        TRY(buf_printf(warnings, err, "control queries take %.1f %% more distances: %sa smaller --trim costs them less\n",
                       100 * (judge_ratio(&run->cost) - 1), run->wish.rebalance ? "" : "--rebalance or "));
out:
    return rc;
}
