/* NGFix and RFix from their definitions: what is chosen mends all defects, shortest pairs first, within the bound; what a node's
 * budget takes in and gives up. */
#include "graph_made.h"
#include "repair/extra.h"
#include "repair/ngfix.h"
#include "repair/rfix.h"

enum { N = 400, DIM = 6, S = 60, NQ = 30 };

static void exact_near(const struct graph *g, const float *q, uint32_t *near, size_t s)
{
    struct err err = {0};
    struct beam b;
    CHECK_OK(beam_init(&b, g, NULL, g->n, &err), &err);
    CHECK_OK(beam_search(&b, g, q, g->n, &err), &err);
    for (size_t i = 0; i < s; i++)
        near[i] = beam_at(&b, i).id;
    beam_done(&b);
}

/* The definition: all directed pairs in ascending order of (distance, min, max, direction), a matrix of bits, its closure. */
static size_t plain_choice(const struct escape *x, const struct graph *g, const uint32_t *near, struct ngfix_edge *edges)
{
    static bool f[NQ][NQ], done[NQ][NQ];
    struct distance d = distance_make(g->metric, g->dim);
    size_t n = 0;
    for (size_t i = 0; i < x->nq; i++)
        for (size_t j = 0; j < x->nq; j++) {
            f[i][j] = x->within[i * x->words + j / 64] >> j % 64 & 1;
            done[i][j] = false;
        }
    for (;;) {
        size_t bi = NQ, bj = NQ;
        float best = 0;
        for (size_t i = 0; i < x->nq; i++)
            for (size_t j = i + 1; j < x->nq; j++) {
                float dist = distance_one(&d, g->vectors + near[i] * g->stride, g->vectors + near[j] * g->stride);
                if (!done[i][j] && (bi == NQ || dist < best)) {
                    best = dist;
                    bi = i;
                    bj = j;
                }
            }
        if (bi == NQ)
            return n;
        done[bi][bj] = true;
        for (int way = 0; way < 2; way++) {
            size_t i = way ? bj : bi, j = way ? bi : bj;
            if (f[i][j])
                continue;
            edges[n++] = (struct ngfix_edge){(uint16_t)i, (uint16_t)j, x->eh[i * x->nq + j]};
            for (size_t a = 0; a < x->nq; a++)
                for (size_t b = 0; b < x->nq; b++)
                    f[a][b] |= f[a][i] && f[j][b];
        }
    }
}

static void check_choice(enum metric metric, enum made_kind kind, size_t m)
{
    struct err err = {0};
    struct made made = made_graph(metric, kind, N, DIM, m, 10, 1);
    struct escape_graph e;
    struct escape x;
    struct ngfix f;
    static struct ngfix_edge expected[NQ * NQ];
    size_t total = 0;
    CHECK_OK(escape_graph_init(&e, S, &err), &err);
    CHECK_OK(escape_init(&x, S, &err), &err);
    CHECK_OK(ngfix_init(&f, NQ, &err), &err);
    for (uint64_t query = 0; query < 30; query++) {
        uint32_t near[S];
        exact_near(&made.g, made_query(&made, kind, query), near, S);
        for (int order = NGFIX_BY_DISTANCE; order <= NGFIX_BY_EH; order++) {
            CHECK_OK(escape_graph_make(&e, &made.g, near, S, &err), &err);
            escape_compute(&x, &e, NQ, S, NQ);
            size_t n = plain_choice(&x, &made.g, near, expected), before = x.n_defects;
            ngfix_choose(&f, &e, &x, &made.g, near, (enum ngfix_order)order);
            CHECK((before == 0) == (f.n_edges == 0));
            if (order == NGFIX_BY_DISTANCE) {
                CHECK_EQ(f.n_edges, n);
                CHECK(f.n_edges <= 2 * (NQ - 1));
                CHECK(memcmp(f.edges, expected, n * sizeof *expected) == 0);
            }
            for (size_t i = 0; i < f.n_edges; i++) {
                CHECK(f.edges[i].eh > NQ && f.edges[i].from != f.edges[i].to);
                CHECK(escape_has_edge(&e, f.edges[i].from, f.edges[i].to));
            }
            escape_compute(&x, &e, NQ, S, NQ);        /* with the new edges */
            CHECK_EQ(x.n_defects, 0);
            total += f.n_edges;
        }
    }
    CHECK(total > 0);
    ngfix_done(&f);
    escape_done(&x);
    escape_graph_done(&e);
    made_done(&made);
}

/* Distances of ip are negative: none is taken for "not known". */
static void test_choice(void)
{
    check_choice(METRIC_L2, MADE_NORMAL, 3);
    check_choice(METRIC_IP, MADE_NORMAL, 3);
    check_choice(METRIC_COSINE, MADE_NORMAL, 4);
    check_choice(METRIC_L2, MADE_INTEGER, 2);       /* many equal distances and equal vectors */
}

static void put(struct extra *x, uint32_t from, uint32_t to, unsigned eh, bool expected)
{
    struct err err = {0};
    struct extra_edge edge = {.from = from, .to = to, .edge = edge_make(EDGE_NGFIX, eh)};
    CHECK_OK(extra_apply(x, &edge, 1, 1, &err), &err);
    CHECK_EQ(edge.added, expected);
}

static unsigned hardness_of(const struct extra *x, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < x->degree[from]; i++)
        if (x->rows[from * x->g.slots0 + i] == to)
            return edge_kind(x->edges[from * x->g.slots0 + i]) == EDGE_BASE ? 0 : edge_eh(x->edges[from * x->g.slots0 + i]);
    return 9999;
}

static void test_budget(void)
{
    struct err err = {0};
    struct made made = made_graph(METRIC_L2, MADE_SORTED, 60, 2, 2, 10, 1);
    struct extra x;
    const struct extra_options o = {.max_extra = 3};
    CHECK_OK(extra_init(&x, &made.g, &o, &err), &err);
    uint32_t base = x.rows[0];
    put(&x, 0, base, 9, false);                  /* an edge of the builder's is not added, nor marked */
    CHECK_EQ(hardness_of(&x, 0, base), 0);
    put(&x, 0, 50, 20, true);
    put(&x, 0, 50, 10, false);                   /* never twice; the greater hardness stays */
    CHECK_EQ(hardness_of(&x, 0, 50), 20);
    put(&x, 0, 50, 30, false);
    CHECK_EQ(hardness_of(&x, 0, 50), 30);
    put(&x, 0, 51, 15, true);
    put(&x, 0, 52, 15, true);
    put(&x, 0, 53, 14, false);                   /* full: less hard than all */
    put(&x, 0, 54, 15, true);                    /* among equals the new one wins, in the first one's place */
    CHECK_EQ(hardness_of(&x, 0, 51), 9999);
    CHECK_EQ(hardness_of(&x, 0, 52), 15);
    put(&x, 0, 55, EDGE_UNREACHABLE, true);
    put(&x, 0, 56, EDGE_UNREACHABLE, true);
    put(&x, 0, 57, EDGE_UNREACHABLE, true);
    put(&x, 0, 58, 4094, false);                 /* only their like evicts edges of unreachable pairs */
    put(&x, 0, 59, EDGE_UNREACHABLE, true);
    CHECK_EQ(x.n_extra[0], 3);
    CHECK_OK(extra_finish(&x, 1, &err), &err);
    CHECK_EQ(x.g.max_degree0, 5);
    CHECK_EQ(x.g.slots0, 16);
    extra_done(&x);
    made_done(&made);
}

static void test_half_budget(void)
{
    struct err err = {0};
    struct made made = made_graph(METRIC_L2, MADE_SORTED, 60, 2, 2, 10, 1);
    struct extra x;
    const struct extra_options o = {.max_extra = 4, .cap_unreachable = true};
    CHECK_OK(extra_init(&x, &made.g, &o, &err), &err);
    put(&x, 0, 50, EDGE_UNREACHABLE, true);
    put(&x, 0, 51, EDGE_UNREACHABLE, true);
    put(&x, 0, 52, EDGE_UNREACHABLE, false);
    put(&x, 0, 53, 40, true);
    put(&x, 0, 54, 50, true);
    put(&x, 0, 55, 60, true);
    CHECK_EQ(hardness_of(&x, 0, 53), 9999);
    extra_done(&x);
    made_done(&made);
}

/* Two clusters that are joined by one edge of layer 0: the search gets stuck in the first, RFix leads it on. */
static void test_rfix(void)
{
    enum { HALF = 40, BOTH = 80 };
    struct err err = {0};
    struct made m = made_base(METRIC_L2, MADE_SORTED, BOTH, 2);
    static uint32_t rows[BOTH * 16], first[BOTH + 1];
    struct extra x;
    struct rfix r;
    const struct extra_options o = {.max_extra = 8};
    memset(rows, 0xFF, sizeof rows);
    for (uint32_t i = 0; i < BOTH; i++) {
        m.x[i * m.g.stride] = i < HALF ? (float)i : 1000 + (float)i;
        size_t n = 0;
        if (i % HALF > 0)
            rows[i * 16 + n++] = i - 1;
        if (i % HALF < HALF - 1)
            rows[i * 16 + n++] = i + 1;
    }
    rows[0 * 16 + 1] = HALF;                     /* the way over starts at the far end */
    rows[HALF * 16 + 1] = 0;
    rows[0 * 16 + 2] = 1;
    rows[HALF * 16 + 2] = HALF + 1;
    m.g.layer0 = rows;
    m.g.first = first;
    m.g.upper = rows;
    m.g.m = 2;
    m.g.max_degree0 = 4;
    m.g.slots0 = m.g.slots = 16;
    m.g.n_layers = 1;
    m.g.entry = HALF / 2;
    CHECK_OK(extra_init(&x, &m.g, &o, &err), &err);
    CHECK_OK(rfix_init(&r, &x.g, 4, 60, 6, &err), &err);
    const float q[16] = {1000 + HALF + 10, 0.25f};
    uint32_t near[4];
    exact_near(&m.g, q, near, 4);
    CHECK_OK(rfix_query(&r, q, near, 4, true, &err), &err);
    CHECK(!r.reached && r.from == HALF - 1 && r.n_edges >= 1 && r.n_edges <= 6);
    for (size_t i = 0; i < r.n_edges; i++)
        put(&x, r.from, beam_node(r.kept[i]), 201, true);
    CHECK_OK(rfix_query(&r, q, near, 4, true, &err), &err);
    CHECK(r.reached && r.n_edges == 0);
    rfix_done(&r);
    extra_done(&x);
    m.g.layer0 = m.g.upper = m.g.first = NULL;
    made_done(&m);
}

int main(void)
{
    CHECK_RUN(test_choice);
    CHECK_RUN(test_budget);
    CHECK_RUN(test_half_budget);
    CHECK_RUN(test_rfix);
    return check_status();
}
