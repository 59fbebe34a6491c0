#include "repair/repair.h"
#include "base/mem.h"
#include "base/num.h"
#include "sys/clock.h"
#include "sys/par.h"

struct repair_worker {
    struct escape_graph graph;
    struct escape escape;
    struct group_eh group_eh;
    struct ngfix ngfix;
    struct lhp lhp;
    struct rfix rfix;
};

struct job {                       /* one repair_batch */
    struct repair *r;
    const float *q;
    size_t stride, n;
    const uint32_t *nodes;         /* (n, max_near) */
    struct repair_query *out;
};

static size_t last_nq(const struct repair *r)
{
    return r->o.rounds[r->o.n_rounds - 1].nq;
}

int repair_init(struct repair *r, const struct graph *g, const struct repair_options *o, struct err *err)
{
    int rc = 0;
    *r = (struct repair){.o = *o};
    for (size_t i = 0; i < o->n_rounds; i++)
        r->max_edges += o->rounds[i].nq * (o->order == NGFIX_BY_DISTANCE ? 2 : o->rounds[i].nq);
    r->max_edges = num_max_size(num_max_size(r->max_edges, o->rfix_edges), LHP_MAX_EDGES);
    r->max_near = num_min_size(2 * o->rounds[0].nq, num_max_size(g->n, 1));
    TRY(extra_init(&r->x, g, &o->extra, err));
    if (o->ef_truth > 0) {
        struct search_options s = {.k = r->max_near, .n_threads = o->n_threads, .time = o->time};
        size_t ef = num_max_size(o->ef_truth, r->max_near);
        r->o.ef_truth = ef;
        TRY(search_init(&r->search, &r->x.g, &s, ef, err));
        TRY(search_results_init(&r->found, &r->search, REPAIR_BATCH, err));
    }
    TRY_NEW(r->edges, MEM_ARRAY(struct extra_edge, REPAIR_BATCH * r->max_edges, err));
    TRY_NEW(r->n_edges, MEM_ARRAY(uint32_t, REPAIR_BATCH, err));
    TRY_NEW(r->open, MEM_ARRAY(bool, REPAIR_BATCH, err));
    TRY_NEW(r->workers, MEM_ZARRAY(struct repair_worker, (size_t)o->n_threads, err));
    for (int i = 0; i < o->n_threads; i++) {
        struct repair_worker *w = &r->workers[i];
        TRY(escape_graph_init(&w->graph, r->max_near, err));
        TRY(escape_init(&w->escape, r->max_near, err));
        if (o->groups != GROUP_EH_NONE)
            TRY(group_eh_init(&w->group_eh, r->max_near, err));
        TRY(ngfix_init(&w->ngfix, o->rounds[0].nq, err));
        if (o->variant == REPAIR_LHP)
            TRY(lhp_init(&w->lhp, &r->x.g, o->rounds[0].nq, err));
        TRY(rfix_init(&w->rfix, &r->x.g, last_nq(r), o->rfix_ef, o->rfix_edges, err));
    }
out:
    return rc;
}

void repair_done(struct repair *r)
{
    for (int i = 0; r->workers && i < r->o.n_threads; i++) {
        struct repair_worker *w = &r->workers[i];
        escape_graph_done(&w->graph);
        escape_done(&w->escape);
        group_eh_done(&w->group_eh);
        ngfix_done(&w->ngfix);
        lhp_done(&w->lhp);
        rfix_done(&w->rfix);
    }
    mem_free(r->workers);
    mem_free(r->edges);
    mem_free(r->n_edges);
    mem_free(r->open);
    search_results_done(&r->found);
    search_done(&r->search);
    extra_done(&r->x);
    *r = (struct repair){0};
}

/* ---- NGFix: the rounds of one query, against the graph before the batch ---- */

/* As much of a round as there are neighbours for; s: how many are looked at. */
static struct repair_round fit(const struct repair *r, size_t k, size_t n_near, size_t *s)
{
    const struct repair_round *round = &r->o.rounds[k];
    *s = num_min_size(2 * round->nq, n_near);
    return (struct repair_round){num_min_size(round->nq, n_near), num_min_size(round->kh + r->o.zero_based, *s)};
}

static void keep_edges(struct job *job, size_t i, const struct ngfix *f, const uint32_t *near)
{
    struct repair *r = job->r;
    for (size_t j = 0; j < f->n_edges; j++)
        r->edges[i * r->max_edges + r->n_edges[i]++] =
            (struct extra_edge){.from = near[f->edges[j].from], .to = near[f->edges[j].to],
                                .edge = edge_make(EDGE_NGFIX, f->edges[j].eh), .query = (uint16_t)i};
}

static void compute_hardness(const struct repair *r, struct repair_worker *w, const struct repair_round *round, size_t s,
                             struct repair_query *out)
{
    struct group_eh *g = &w->group_eh;
    bool grouped = r->o.groups != GROUP_EH_NONE &&
        group_eh_compute(g, &w->escape, &w->graph, r->o.groups, round->nq, s, round->kh);
    if (!grouped)
        (r->o.all_pairs ? escape_compute : escape_compute_defects)(&w->escape, &w->graph, round->nq, s, round->kh);
    out->pairs += (uint32_t)w->escape.n_entries;
    out->saved += (uint32_t)g->n_saved;
}

static int probe_query(void *ctx, size_t i, int worker, struct err *err)
{
    struct job *job = ctx;
    struct repair *r = job->r;
    struct lhp *l = &r->workers[worker].lhp;
    struct repair_query *out = &job->out[i];
    uint64_t t0 = r->o.time ? clock_ns() : 0;
    r->n_edges[i] = 0;
    int rc = lhp_choose(l, job->q + i * job->stride, job->nodes + i * r->max_near,
                        num_min_size(r->o.rounds[0].nq, out->n_near), err);
    for (size_t j = 0; j < l->n_edges && rc == 0; j++)
        r->edges[i * r->max_edges + r->n_edges[i]++] =
            (struct extra_edge){.from = l->edges[j].from, .to = l->edges[j].to,
                                .edge = edge_make(EDGE_LINK, l->edges[j].eh), .query = (uint16_t)i};
    out->edges_ns += r->o.time ? clock_ns() - t0 : 0;
    return rc;
}

static int fix_query(void *ctx, size_t i, int worker, struct err *err)
{
    struct job *job = ctx;
    struct repair *r = job->r;
    struct repair_worker *w = &r->workers[worker];
    struct repair_query *out = &job->out[i];
    const uint32_t *near = job->nodes + i * r->max_near;
    uint64_t t0 = r->o.time ? clock_ns() : 0, t1;
    r->n_edges[i] = 0;
    int rc = escape_graph_make(&w->graph, &r->x.g, near, out->n_near, err);
    for (size_t k = 0; k < r->o.n_rounds && rc == 0 && out->n_near > 0; k++, t0 = t1) {
        size_t s;
        struct repair_round round = fit(r, k, out->n_near, &s);
        compute_hardness(r, w, &round, s, out);
        out->groups = k == 0 ? (uint32_t)w->group_eh.n_groups : out->groups;
        t1 = r->o.time ? clock_ns() : 0;
        out->eh_ns += t1 - t0;
        ngfix_choose(&w->ngfix, &w->graph, &w->escape, &r->x.g, near, r->o.order);
        keep_edges(job, i, &w->ngfix, near);
        t0 = t1;
        t1 = r->o.time ? clock_ns() : 0;
        out->edges_ns += t1 - t0;
    }
    return rc;
}

/* Apply what the queries of a batch have, in their order. */
static int apply(struct job *job, bool rfix, struct err *err)
{
    struct repair *r = job->r;
    size_t n = 0;
    for (size_t i = 0; i < job->n; i++)
        for (size_t j = 0; j < r->n_edges[i]; j++)
            r->edges[n++] = r->edges[i * r->max_edges + j];
    int rc = extra_apply(&r->x, r->edges, n, r->o.n_threads, err);
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct repair_query *out = &job->out[r->edges[i].query];
        *(!r->edges[i].added ? &out->n_dropped : rfix ? &out->n_rfix : &out->n_ngfix) += 1;
    }
    return rc;
}

/* ---- RFix, and what is left after all ---- */

static int rfix_one(void *ctx, size_t i, int worker, struct err *err)
{
    struct job *job = ctx;
    struct repair *r = job->r;
    struct rfix *f = &r->workers[worker].rfix;
    struct repair_query *out = &job->out[i];
    const uint32_t *near = job->nodes + i * r->max_near;
    uint64_t t0 = r->o.time ? clock_ns() : 0;
    r->n_edges[i] = 0;
    if (!r->open[i] || out->n_near == 0)
        return 0;
    int rc = rfix_query(f, job->q + i * job->stride, near, num_min_size(last_nq(r), out->n_near), true, err);
    for (size_t j = 0; j < f->n_edges && rc == 0; j++)
        r->edges[i * r->max_edges + r->n_edges[i]++] =
            (struct extra_edge){.from = f->from, .to = beam_node(f->kept[j]),
                                .edge = edge_make(EDGE_RFIX, (unsigned)r->max_near + 1), .query = (uint16_t)i};
    r->open[i] = !f->reached;
    out->reached = f->reached;
    out->edges_ns += r->o.time ? clock_ns() - t0 : 0;
    return rc;
}

static int rfix_rounds(struct job *job, struct err *err)
{
    struct repair *r = job->r;
    int rc = 0;
    for (size_t i = 0; i < job->n; i++)
        r->open[i] = true;
    for (size_t round = 0; round < r->o.rfix_rounds; round++) {
        size_t n_open = 0;
        TRY(par_for(r->o.n_threads, job->n, rfix_one, job, err));
        for (size_t i = 0; i < job->n; i++) {
            n_open += r->open[i];
            if (round == 0)
                job->out[i].reached_before = job->out[i].reached;
        }
        if (n_open == 0)
            break;
        TRY(apply(job, true, err));
    }
out:
    return rc;
}

/* Hardness of all pairs of the first round: beside the repair, whose own may be that of defects or groups alone. */
static int look(struct job *job, size_t i, int worker, struct repair_hardness *hardness, struct err *err)
{
    struct repair *r = job->r;
    struct repair_worker *w = &r->workers[worker];
    size_t s, n_near = job->out[i].n_near;
    uint64_t sum = 0;
    if (n_near == 0)
        return 0;
    struct repair_round round = fit(r, 0, n_near, &s);
    int rc = escape_graph_make(&w->graph, &r->x.g, job->nodes + i * r->max_near, n_near, err);
    if (rc)
        return rc;
    escape_compute(&w->escape, &w->graph, round.nq, s, round.kh);
    for (size_t a = 0; a < round.nq; a++)
        for (size_t b = 0; b < round.nq; b++)
            sum += a == b ? 0 : num_min_size(w->escape.eh[a * round.nq + b], s + 1);
    *hardness = (struct repair_hardness){(uint32_t)w->escape.n_defects,
                                         round.nq > 1 ? (double)sum / (double)(round.nq * (round.nq - 1)) : 0};
    return 0;
}

static int look_before(void *ctx, size_t i, int worker, struct err *err)
{
    struct job *job = ctx;
    return look(job, i, worker, &job->out[i].before, err);
}

static int look_after(void *ctx, size_t i, int worker, struct err *err)
{
    struct job *job = ctx;
    struct repair *r = job->r;
    struct repair_query *out = &job->out[i];
    struct rfix *f = &r->workers[worker].rfix;
    int rc = look(job, i, worker, &out->after, err);
    if (rc || out->n_near == 0 || !r->open[i] || r->o.rfix_rounds == 0)
        return rc;
    rc = rfix_query(f, job->q + i * job->stride, job->nodes + i * r->max_near, num_min_size(last_nq(r), out->n_near), false, err);
    out->reached = f->reached;
    return rc;
}

int repair_batch(struct repair *r, const float *q, size_t stride, size_t n, const struct repair_near *near,
                 struct repair_query *out, struct err *err)
{
    int rc = 0;
    struct job job = {.r = r, .q = q, .stride = stride, .n = n, .nodes = near ? near->nodes : r->found.nodes, .out = out};
    if (!near)
        TRY(search_run(&r->search, q, stride, n, r->o.ef_truth, &r->found, NULL, err));
    for (size_t i = 0; i < n; i++)
        out[i] = near ? (struct repair_query){.n_near = near->n_near[i]}
                      : (struct repair_query){.n_near = r->found.found[i].n, .ndc = r->found.found[i].ndc,
                                              .search_ns = r->found.found[i].time_ns};
    if (r->o.report)
        TRY(par_for(r->o.n_threads, n, look_before, &job, err));
    TRY(par_for(r->o.n_threads, n, r->o.variant == REPAIR_LHP ? probe_query : fix_query, &job, err));
    TRY(apply(&job, false, err));
    TRY(rfix_rounds(&job, err));
    if (r->o.report)
        TRY(par_for(r->o.n_threads, n, look_after, &job, err));
out:
    return rc;
}
