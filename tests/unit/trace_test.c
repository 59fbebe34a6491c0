/* The features of a search, against a plain one that keeps everything it saw. */
#include "graph/trace.h"

#include "graph_made.h"

#include <math.h>

static struct err err;

enum { N = 1200, MAX_EF = 400 };

struct plain {                     /* what a search saw, in order */
    uint64_t seen[N];
    bool expanded[N], known[N];
    size_t n_seen, n_inserts;
    uint32_t ndc, t_last;
    float d, d_first, d_early;
    bool has_early;
};

/* Put what was seen since `from` into the account; d: the k-th nearest of all. */
static void account(struct plain *p, size_t from, size_t k, size_t ef)
{
    static uint64_t sorted[N];
    memcpy(sorted, p->seen, p->n_seen * sizeof *sorted);
    beam_sort(sorted, p->n_seen);
    for (size_t i = from; i < p->n_seen; i++)
        p->n_inserts += p->n_seen < k || p->seen[i] <= sorted[k - 1];
    if (p->n_seen < k)
        return;
    if (beam_dist(sorted[k - 1]) < p->d) {
        p->d = beam_dist(sorted[k - 1]);
        p->t_last = p->ndc;
    }
    if (!p->has_early && p->ndc >= fmin(ceil(0.2 * (double)ef), 1000)) {
        p->has_early = true;
        p->d_early = p->d;
    }
}

/* The nearest node that is known and not expanded, until it is farther than the ef-th of all. */
static void plain_search(struct plain *p, const struct graph *g, struct beam *b, const float *q, size_t k, size_t ef)
{
    struct distance d = distance_make(g->metric, g->dim);
    *p = (struct plain){.d = INFINITY};
    made_descend(b, g, q);
    for (size_t i = 0; i < b->n && i < ef; i++) {
        p->seen[p->n_seen++] = b->pool[i] & ~(uint64_t)1;
        p->known[beam_node(b->pool[i])] = true;
    }
    p->d_first = beam_dist(p->seen[0]);
    p->ndc = b->ndc;
    account(p, 0, k, ef);
    for (;;) {
        uint64_t nearest = UINT64_MAX;
        size_t nearer = 0, from = p->n_seen;
        for (size_t i = 0; i < p->n_seen; i++)
            if (!p->expanded[beam_node(p->seen[i])] && p->seen[i] < nearest)
                nearest = p->seen[i];
        for (size_t i = 0; i < p->n_seen; i++)
            nearer += p->seen[i] < nearest;
        if (nearest == UINT64_MAX || nearer >= ef)
            return;
        p->expanded[beam_node(nearest)] = true;
        const uint32_t *row = graph_row(g, 0, beam_node(nearest));
        for (size_t i = 0; i < g->slots0 && row[i] != GRAPH_NONE; i++)
            if (!p->known[row[i]]) {
                p->known[row[i]] = true;
                p->seen[p->n_seen++] = beam_key(distance_one(&d, q, g->vectors + row[i] * g->stride), row[i]);
                p->ndc++;
            }
        account(p, from, k, ef);
    }
}

static float best_left(const struct plain *p)
{
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i < p->n_seen; i++)
        if (!p->expanded[beam_node(p->seen[i])] && p->seen[i] < best)
            best = p->seen[i];
    return best == UINT64_MAX ? p->d : beam_dist(best);
}

static void check_features(enum metric metric, enum made_kind kind, size_t k)
{
    struct made made = made_graph(metric, kind, N, 12, 5, 40, 2);
    struct beam b;
    struct trace t;
    static struct plain p;
    CHECK_OK(beam_init(&b, &made.g, NULL, N, &err), &err);
    CHECK_OK(trace_init(&t, N, &err), &err);
    for (uint64_t i = 0; i < 6; i++)
        for (size_t ef = k; ef <= MAX_EF; ef = ef * 3 + 1) {
            const float *q = made_query(&made, kind, i);
            plain_search(&p, &made.g, &b, q, k, ef);
            trace_begin(&t, &b, k, ef);
            CHECK_OK(beam_search(&b, &made.g, q, ef, &err), &err);
            trace_end(&t, &b);
            CHECK_EQ(b.ndc, p.ndc);
            CHECK_EQ(t.f.t_last, p.t_last);
            CHECK_EQ(t.f.n_inserts, p.n_inserts);
            CHECK(t.f.d_first == p.d_first && t.f.d_early == p.d_early && t.f.d_final == p.d);
            CHECK(t.f.d_final == beam_at(&b, k - 1).dist);
            CHECK(t.f.d_best_cand == best_left(&p));
            CHECK(t.f.r_visit == (float)p.ndc / (float)ef && t.f.r_early == (float)p.t_last / (float)p.ndc);
            CHECK(t.f.delta_improve == (p.d_early - p.d) / (fabsf(p.d_early) + 1e-6f) && t.f.delta_improve >= 0);
            for (size_t w = 0; w < b.n_words; w++)
                CHECK(t.expanded[w] == 0 && b.visited[w] == 0);
        }
    trace_done(&t);
    beam_done(&b);
    made_done(&made);
}

static void test_features(void)
{
    check_features(METRIC_L2, MADE_NORMAL, 10);
    check_features(METRIC_L2, MADE_NORMAL, 1);
    check_features(METRIC_IP, MADE_NORMAL, 10);
    check_features(METRIC_L2, MADE_INTEGER, 7);
}

/* Everything seen is looked around: nothing is left over, and the start is all there is to know of one vector. */
static void test_ends(void)
{
    for (size_t n = 0; n <= 3; n++) {
        struct made made = made_graph(METRIC_L2, MADE_NORMAL, n, 4, 4, 10, 1);
        struct beam b;
        struct trace t;
        size_t k = n ? n : 1;
        CHECK_OK(beam_init(&b, &made.g, NULL, k, &err), &err);
        CHECK_OK(trace_init(&t, n, &err), &err);
        trace_begin(&t, &b, k, 64);
        CHECK_OK(beam_search(&b, &made.g, (float[16]){1}, k, &err), &err);
        trace_end(&t, &b);
        CHECK_EQ(t.f.n_inserts, n);
        CHECK(t.f.d_best_cand == t.f.d_final && t.f.t_last == b.ndc && t.f.r_early == (n ? 1 : 0));
        CHECK(t.f.d_early == t.f.d_final && t.f.delta_improve == 0 && (n > 0 || t.f.d_final == 0));
        trace_done(&t);
        beam_done(&b);
        made_done(&made);
    }
}

int main(void)
{
    CHECK_RUN(test_features);
    CHECK_RUN(test_ends);
    return check_status();
}
