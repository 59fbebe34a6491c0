/* Local Hardness Probe: each edge follows from the frontier and from what the search saw late, by a plain replay. */
#include "graph_made.h"
#include "repair/lhp.h"

enum { N = 400, DIM = 6, NQ = 40 };

struct replay {
    struct beam_watch watch;
    uint32_t frontier[N], when[N];
    size_t n_frontier;
};

static void note_seen(struct beam_watch *watch, struct beam *b, uint32_t from, const uint32_t *nodes, const float *dist, size_t n)
{
    struct replay *r = (struct replay *)watch;
    (void)dist;
    if (from != GRAPH_NONE)
        r->frontier[r->n_frontier++] = from;
    for (size_t i = 0; i < n; i++)
        r->when[nodes[i]] = b->ndc;
}

static float between(const struct graph *g, uint32_t a, uint32_t b)
{
    struct distance d = distance_make(g->metric, g->dim);
    return distance_one(&d, g->vectors + a * g->stride, g->vectors + b * g->stride);
}

/* The edge to a hard neighbour, by the definition; GRAPH_NONE: it gets none. */
static uint32_t source_of(const struct replay *r, const struct graph *g, uint32_t to)
{
    uint32_t best = r->frontier[0];
    for (size_t i = 1; i < r->n_frontier && i < LHP_FRONTIER; i++)
        if (between(g, to, r->frontier[i]) < between(g, to, best))
            best = r->frontier[i];
    for (size_t i = 0; i < g->slots0; i++) {
        uint32_t v = graph_row(g, 0, best)[i];
        if (v != GRAPH_NONE && between(g, to, v) < between(g, to, best))
            return GRAPH_NONE;
    }
    return best == to ? GRAPH_NONE : best;
}

/* The nq nearest nodes of q by brute force. */
static void find_near(const struct graph *g, const float *q, uint32_t *near)
{
    uint64_t keys[N];
    struct distance d = distance_make(g->metric, g->dim);
    for (uint32_t i = 0; i < N; i++)
        keys[i] = beam_key(distance_one(&d, q, g->vectors + i * g->stride), i);
    beam_sort(keys, N);
    for (size_t i = 0; i < NQ; i++)
        near[i] = beam_node(keys[i]);
}

static size_t n_all, n_unseen;

static void check_metric(enum metric metric)
{
    struct err err = {0};
    struct made made = made_graph(metric, MADE_NORMAL, N, DIM, 2, 6, 1);
    struct lhp l;
    CHECK_OK(lhp_init(&l, &made.g, NQ, &err), &err);
    for (size_t query = 0; query < 60; query++) {
        float q[16] = {0};
        uint32_t near[NQ];
        struct beam b;
        struct replay r = {.watch.seen = note_seen};
        memcpy(q, made_query(&made, MADE_NORMAL, query), DIM * sizeof *q);
        q[0] += 2;
        find_near(&made.g, q, near);
        memset(r.when, 0xFF, sizeof r.when);
        CHECK_OK(beam_init(&b, &made.g, NULL, NQ, &err), &err);
        b.watch = &r.watch;
        CHECK_OK(beam_search(&b, &made.g, q, NQ, &err), &err);
        CHECK_OK(lhp_choose(&l, q, near, NQ, &err), &err);
        size_t n = 0, n_hard = 0;
        for (size_t i = 0; i < NQ && n_hard < LHP_KAPPA; i++) {
            if (r.when[near[i]] <= b.ndc / 2)
                continue;
            n_hard++;
            uint32_t from = source_of(&r, &made.g, near[i]);
            if (from == GRAPH_NONE)
                continue;
            if (n < l.n_edges) {
                CHECK_EQ(l.edges[n].from, from);
                CHECK_EQ(l.edges[n].to, near[i]);
                CHECK_EQ(l.edges[n].eh, r.when[near[i]] == UINT32_MAX ? EDGE_UNREACHABLE : (int)i + 1);
                n_unseen += r.when[near[i]] == UINT32_MAX;
            }
            n++;
        }
        CHECK_EQ(l.n_edges, n);
        n_all += n;
        beam_done(&b);
    }
    lhp_done(&l);
    made_done(&made);
}

static void test_definition(void)
{
    check_metric(METRIC_L2);
    check_metric(METRIC_IP);
    check_metric(METRIC_COSINE);
    CHECK(n_all > 100 && n_unseen > 0 && n_unseen < n_all);
}

/* No neighbours, one node. */
static void test_little(void)
{
    struct err err = {0};
    struct made made = made_graph(METRIC_L2, MADE_SAME, 1, 2, 2, 10, 1);
    const uint32_t near[1] = {0};
    struct lhp l;
    CHECK_OK(lhp_init(&l, &made.g, 1, &err), &err);
    CHECK_OK(lhp_choose(&l, made_query(&made, MADE_SAME, 0), near, 0, &err), &err);
    CHECK_EQ(l.n_edges, 0);
    CHECK_OK(lhp_choose(&l, made_query(&made, MADE_SAME, 0), near, 1, &err), &err);
    CHECK_EQ(l.n_edges, 0);
    lhp_done(&l);
    made_done(&made);
}

int main(void)
{
    CHECK_RUN(test_definition);
    CHECK_RUN(test_little);
    return check_status();
}
