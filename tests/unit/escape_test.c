/* Escape Hardness against its definition: by brute force over thresholds, on random graphs; and what it guarantees. */
#include "base/rng.h"
#include "check.h"
#include "graph_made.h"
#include "repair/escape.h"

enum { MAX = 12 };

struct small {
    size_t n;
    bool edge[MAX][MAX];
};

static struct small random_graph(uint64_t item, size_t n, uint64_t of_ten)
{
    struct small s = {.n = n};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            s.edge[i][j] = i != j && rng_below(5, RNG_TEST, (item * MAX + i) * MAX + j, 10) < of_ten;
    return s;
}

/* The definition: the least r such that a path of nodes of rank <= r leads from i to j. */
static size_t hardness(const struct small *s, size_t n, size_t i, size_t j)
{
    for (size_t r = (i > j ? i : j) + 1; r <= n; r++) {
        bool seen[MAX] = {0};
        size_t stack[MAX], top = 0;
        seen[i] = true;
        stack[top++] = i;
        while (top > 0) {
            size_t at = stack[--top];
            for (size_t k = 0; k < r; k++)
                if (s->edge[at][k] && !seen[k]) {
                    seen[k] = true;
                    stack[top++] = k;
                }
        }
        if (seen[j])
            return r;
    }
    return ESCAPE_UNREACHABLE;
}

static void fill(struct escape_graph *e, const struct small *s)
{
    e->s = s->n;
    e->words = 1;
    memset(e->out, 0, s->n * sizeof *e->out);
    memset(e->in, 0, s->n * sizeof *e->in);
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->n; j++)
            if (s->edge[i][j])
                escape_add_edge(e, i, j);
}

static void test_oracle(void)
{
    struct err err = {0};
    struct escape_graph e;
    struct escape x;
    CHECK_OK(escape_graph_init(&e, MAX, &err), &err);
    CHECK_OK(escape_init(&x, MAX, &err), &err);
    for (uint64_t item = 0; item < 3000; item++) {
        size_t n = 1 + item % MAX, nq = 1 + rng_below(6, RNG_TEST, item, n), kh = nq + rng_below(7, RNG_TEST, item, n - nq + 1);
        struct small s = random_graph(item, n, item % 7);
        size_t wrong = 0, defects = 0;
        fill(&e, &s);
        escape_compute(&x, &e, nq, n, kh);
        for (size_t i = 0; i < nq; i++)
            for (size_t j = 0; j < nq; j++) {
                size_t eh = hardness(&s, n, i, j);
                wrong += x.eh[i * nq + j] != eh;
                wrong += (x.within[i * x.words] >> j & 1) != (eh <= kh);
                defects += eh > kh;
            }
        escape_compute_defects(&x, &e, nq, n, kh);       /* of defects alone */
        for (size_t i = 0; i < nq; i++)
            for (size_t j = 0; j < nq; j++)
                wrong += hardness(&s, n, i, j) > kh && x.eh[i * nq + j] != hardness(&s, n, i, j);
        CHECK_EQ(wrong, 0);
        CHECK_EQ(x.n_defects, defects);
        CHECK(x.n_entries <= defects);
    }
    escape_done(&x);
    escape_graph_done(&e);
}

/* Rows of more than one word: against Warshall's closure, intermediates in order of rank, as upstream has it. */
static void warshall(const struct escape_graph *e, size_t nq, size_t s, uint16_t *eh)
{
    static bool f[ESCAPE_MAX_S][ESCAPE_MAX_S];
    for (size_t i = 0; i < s; i++)
        for (size_t j = 0; j < s; j++) {
            f[i][j] = i == j || escape_has_edge(e, i, j);
            if (i < nq && j < nq)
                eh[i * nq + j] = (uint16_t)(f[i][j] ? (i > j ? i : j) + 1 : ESCAPE_UNREACHABLE);
        }
    for (size_t h = 0; h < s; h++)
        for (size_t i = 0; i < s; i++)
            for (size_t j = 0; f[i][h] && j < s; j++)
                if (f[h][j] && !f[i][j]) {
                    f[i][j] = true;
                    if (i < nq && j < nq)
                        eh[i * nq + j] = (uint16_t)((i > j ? (i > h ? i : h) : (j > h ? j : h)) + 1);
                }
}

static void test_against_warshall(void)
{
    static const size_t sizes[][2] = {{100, 200}, {64, 128}, {65, 130}, {200, 200}, {10, 20}, {150, 512}};
    static uint16_t expected[ESCAPE_MAX_S * ESCAPE_MAX_S];
    struct err err = {0};
    struct escape_graph e;
    struct escape x;
    CHECK_OK(escape_graph_init(&e, ESCAPE_MAX_S, &err), &err);
    CHECK_OK(escape_init(&x, ESCAPE_MAX_S, &err), &err);
    for (uint64_t item = 0; item < 60; item++) {
        size_t nq = sizes[item % 6][0], s = sizes[item % 6][1];
        e.s = s;
        e.words = (s + 63) / 64;
        memset(e.out, 0, s * e.words * sizeof *e.out);
        memset(e.in, 0, s * e.words * sizeof *e.in);
        for (size_t m = 0; m < s * (1 + item / 6) / 2; m++)      /* from half an edge a node to five */
            escape_add_edge(&e, rng_below(8, RNG_TEST, item * 100000 + m, s), rng_below(9, RNG_TEST, item * 100000 + m, s));
        warshall(&e, nq, s, expected);
        escape_compute(&x, &e, nq, s, nq);
        CHECK(memcmp(expected, x.eh, nq * nq * sizeof *expected) == 0);
    }
    escape_done(&x);
    escape_graph_done(&e);
}

/* A search of layer 0 from near[i] with a list of EH(i, j) nodes visits near[j]; near: the exact neighbours of a query. */
static void test_guarantee(void)
{
    enum { N = 300, S = 40, NQ = 20 };
    struct err err = {0};
    struct made m = made_graph(METRIC_L2, MADE_NORMAL, N, 8, 3, 10, 1);
    struct escape_graph e;
    struct escape x;
    struct beam b;
    size_t pairs = 0, reachable = 0;
    CHECK_OK(escape_graph_init(&e, S, &err), &err);
    CHECK_OK(escape_init(&x, S, &err), &err);
    CHECK_OK(beam_init(&b, &m.g, NULL, N, &err), &err);
    for (uint64_t query = 0; query < 20; query++) {
        const float *q = made_query(&m, MADE_NORMAL, query);
        uint32_t near[S];
        CHECK_OK(beam_search(&b, &m.g, q, N, &err), &err);
        for (size_t i = 0; i < S; i++)
            near[i] = beam_at(&b, i).id;
        CHECK_OK(escape_graph_make(&e, &m.g, near, S, &err), &err);
        escape_compute(&x, &e, NQ, S, NQ);
        for (size_t i = 0; i < NQ; i++)
            for (size_t j = 0; j < NQ; j++) {
                size_t eh = x.eh[i * NQ + j];
                pairs++;
                if (eh == ESCAPE_UNREACHABLE)
                    continue;
                reachable++;
                beam_start(&b, q);
                beam_enter(&b, &m.g, near[i]);
                CHECK_OK(beam_layer(&b, &m.g, 0, eh, &err), &err);
                bool found = false;
                for (size_t k = 0; k < b.n; k++)
                    found |= beam_at(&b, k).id == near[j];
                CHECK(found);
            }
    }
    CHECK(reachable < pairs && reachable > pairs / 4);
    beam_done(&b);
    escape_done(&x);
    escape_graph_done(&e);
    made_done(&m);
}

static void test_refused(void)
{
    struct err err = {0};
    struct made m = made_graph(METRIC_L2, MADE_NORMAL, 30, 4, 3, 10, 1);
    struct escape_graph e;
    const uint32_t twice[] = {4, 7, 9, 7}, beyond[] = {4, 30};
    CHECK_OK(escape_graph_init(&e, 8, &err), &err);
    CHECK_EQ(escape_graph_make(&e, &m.g, twice, 4, &err), ERR_DATA);
    CHECK_STR(err.msg, "neighbours 2 and 4 are the same");
    err = (struct err){0};
    CHECK_EQ(escape_graph_make(&e, &m.g, beyond, 2, &err), ERR_DATA);
    CHECK_STR(err.msg, "neighbour 2 is node 30 of 30");
    escape_graph_done(&e);
    made_done(&m);
}

int main(void)
{
    CHECK_RUN(test_oracle);
    CHECK_RUN(test_against_warshall);
    CHECK_RUN(test_guarantee);
    CHECK_RUN(test_refused);
    return check_status();
}
