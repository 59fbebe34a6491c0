/* Filters: names to nodes, the scan against all distances sorted, the walk against a plain search with an open list. */
#include "graph/sieve.h"

#include "graph_made.h"

#include <stdio.h>

static struct err err;

static int read_text(struct allow *a, const struct graph *g, const char *text)
{
    struct input *in;
    err = (struct err){0};
    CHECK_OK(input_open_memory(&in, text, strlen(text), "names", &err), &err);
    int rc = allow_read(a, g, in, &err);
    input_close(in);
    return rc;
}

/* Ids of made graphs are 1000 + n - node: node 0 has the largest. */
static void test_names(void)
{
    struct made made = made_base(METRIC_L2, MADE_NORMAL, 70, 4);
    struct allow a;
    CHECK_OK(read_text(&a, &made.g, "\xEF\xBB\xBF" "1070\n1001\tand a text\n1001\r\n5\n6\n1069"), &err);
    CHECK_EQ(a.n, 3);
    CHECK_EQ(a.n_unknown, 2);
    CHECK(a.nodes[0] == 69 && a.nodes[1] == 1 && a.nodes[2] == 0);
    for (uint32_t i = 0; i < 70; i++)
        CHECK_EQ(allow_has(&a, i), i == 0 || i == 1 || i == 69);
    allow_done(&a);
    static const struct { const char *text, *says; } bad[] = {
        {"", "no names in it"}, {"1\n2\n", "none of 2 names"}, {"1070\n\n1069\n", "names:2: an empty"},
        {"1070\n\t1069\n", "names:2: an empty"}, {"1070\nfox\n", "names:2: \"fox\": expected an id"},
        {"1070 \n", "expected an id"}, {"-1\n", "expected an id"}, {"18446744073709551616\n", "expected an id"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_EQ(read_text(&a, &made.g, bad[i].text), ERR_DATA);
        CHECK(strstr(err.msg, bad[i].says) != NULL);
        allow_done(&a);
    }
    static const uint64_t starts[] = {0, 1, 3, 3};
    made.g.n = 3;
    made.g.key_starts = starts;
    made.g.key_bytes = "abb";
    made.g.n_key_bytes = 3;
    CHECK_OK(read_text(&a, &made.g, "bb\nb\n1070\n"), &err);
    CHECK_EQ(a.n, 1);
    CHECK_EQ(a.nodes[0], 1);
    CHECK_EQ(a.n_unknown, 2);
    allow_done(&a);
    made.g.n_key_bytes = 2;   /* damaged: a key reaches beyond */
    CHECK_EQ(read_text(&a, &made.g, "a\n"), ERR_DATA);
    CHECK(strstr(err.msg, "damaged") != NULL);
    allow_done(&a);
    made.g.key_starts = NULL;
    made.g.key_bytes = NULL;
    made_done(&made);
}

/* Allow about one node of `of`, by chance. */
static struct allow allow_some(const struct graph *g, uint64_t of)
{
    struct allow a;
    char *text = MEM_ARRAY(char, 8 * g->n + 1, &err);
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < g->n; i++)
        if (rng_below(5, RNG_TEST, i, of) == 0)
            n += (size_t)sprintf(text + n, "%d\n", (int)g->ids[i]);
    CHECK_OK(read_text(&a, g, text), &err);
    mem_free(text);
    return a;
}

static void test_scan(void)
{
    enum { N = 500 };
    for (int kind = MADE_NORMAL; kind <= MADE_SORTED; kind++) {
        struct made made = made_base(METRIC_L2, (enum made_kind)kind, N, 5);
        struct distance d = distance_make(METRIC_L2, 5);
        struct allow a = allow_some(&made.g, 3);
        struct neighbour heap[N];
        uint32_t nodes[N];
        float dist[N];
        const float *q = made_query(&made, (enum made_kind)kind, 7);
        for (size_t k = 1; k <= N; k = k * 3 + 1) {
            size_t n = allow_scan(&a, &made.g, &d, q, k, heap, nodes, dist), before = 0;
            CHECK_EQ(n, k < a.n ? k : a.n);
            for (size_t i = 0; i < n; i++) {
                CHECK(allow_has(&a, nodes[i]) && dist[i] == distance_one(&d, q, made.x + nodes[i] * made.g.stride));
                CHECK(i == 0 || dist[i - 1] < dist[i] ||
                      (dist[i - 1] == dist[i] && made.ids[nodes[i - 1]] < made.ids[nodes[i]]));
            }
            /* nothing nearer was left out */
            for (uint32_t i = 0; i < N; i++) {
                float x = distance_one(&d, q, made.x + i * made.g.stride);
                before += allow_has(&a, i) && (x < dist[n - 1] || (x == dist[n - 1] && made.ids[i] <= made.ids[nodes[n - 1]]));
            }
            CHECK_EQ(before, n);
        }
        allow_done(&a);
        made_done(&made);
    }
}

/* With all nodes allowed the walk is that without a filter. */
static void test_all_allowed(void)
{
    struct made made = made_graph(METRIC_L2, MADE_INTEGER, 2000, 12, 6, 40, 2);
    struct allow a = allow_some(&made.g, 1);
    struct beam plain, b;
    struct sieve s;
    CHECK_EQ(a.n, 2000);
    CHECK_OK(beam_init(&plain, &made.g, NULL, 300, &err), &err);
    CHECK_OK(beam_init(&b, &made.g, NULL, sieve_width(&a, 2000, 300), &err), &err);
    CHECK_OK(sieve_init(&s, &a, 300, &err), &err);
    for (uint64_t i = 0; i < 30; i++)
        for (size_t ef = 1; ef <= 300; ef = ef * 3 + 1) {
            bool gave_up;
            const float *q = made_query(&made, MADE_INTEGER, i);
            CHECK_OK(beam_search(&plain, &made.g, q, ef, &err), &err);
            CHECK_OK(sieve_search(&s, &b, &made.g, q, ef, &gave_up, &err), &err);
            CHECK(!gave_up && b.n == plain.n && b.ndc == plain.ndc && b.hops == plain.hops);
            for (size_t j = 0; j < b.n; j++)
                CHECK_EQ(beam_node(b.pool[j]), beam_node(plain.pool[j]));
        }
    sieve_done(&s);
    beam_done(&b);
    beam_done(&plain);
    allow_done(&a);
    made_done(&made);
}

/* The ef nearest allowed nodes of an open list without bound: the nearest node that was not looked at is next, until it is
 * farther than the last of ef allowed ones.  Start: where the beam goes into layer 0.  Returns how many, ascending in out. */
static size_t plain_filtered(const struct graph *g, const struct allow *a, struct beam *b, const float *q, size_t ef,
                             uint64_t *out)
{
    struct distance d = distance_make(g->metric, g->dim);
    uint64_t *open = MEM_ARRAY(uint64_t, g->n, &err);
    bool *known = MEM_ZARRAY(bool, g->n, &err);
    size_t n_open = 0, n = 0;
    made_descend(b, g, q);
    for (size_t i = 0; i < b->n; i++) {
        open[n_open++] = b->pool[i] & ~(uint64_t)1;
        known[beam_node(b->pool[i])] = true;
        if (allow_has(a, beam_node(b->pool[i])))
            out[n++] = open[n_open - 1];
    }
    while (n_open > 0) {
        beam_sort(open, n_open);
        beam_sort(out, n);
        n = n < ef ? n : ef;
        uint64_t nearest = open[0];
        if (n == ef && nearest > out[n - 1])
            break;
        open[0] = open[--n_open];
        const uint32_t *row = graph_row(g, 0, beam_node(nearest));
        for (size_t i = 0; i < g->slots0 && row[i] != GRAPH_NONE; i++) {
            if (known[row[i]])
                continue;
            known[row[i]] = true;
            open[n_open++] = beam_key(distance_one(&d, q, g->vectors + row[i] * g->stride), row[i]);
            if (allow_has(a, row[i]))
                out[n++] = open[n_open - 1];
        }
    }
    mem_free(open);
    mem_free(known);
    return n;
}

static void test_walk(void)
{
    enum { N = 1500 };
    struct made made = made_graph(METRIC_L2, MADE_NORMAL, N, 10, 6, 40, 2);
    static uint64_t want[N + 64];
    for (uint64_t of = 2; of <= 32; of *= 4) {
        struct allow a = allow_some(&made.g, of);
        struct beam b;
        struct sieve s;
        size_t n_given_up = 0;
        CHECK_OK(beam_init(&b, &made.g, NULL, N, &err), &err);
        CHECK_OK(sieve_init(&s, &a, N, &err), &err);
        for (uint64_t i = 0; i < 20; i++)
            for (size_t ef = 1; ef <= 60; ef = ef * 3 + 1) {
                bool gave_up;
                const float *q = made_query(&made, MADE_NORMAL, i);
                size_t n = plain_filtered(&made.g, &a, &b, q, ef, want), differ = 0;
                CHECK_OK(sieve_search(&s, &b, &made.g, q, ef, &gave_up, &err), &err);
                n_given_up += gave_up;
                if (gave_up)
                    continue;
                CHECK_EQ(b.n, n);
                for (size_t j = 0; j < n; j++)
                    differ += b.pool[j] != want[j];
                CHECK_EQ(differ, 0);
                for (size_t w = 0; w < b.n_words; w++)
                    CHECK_EQ(b.visited[w], 0);
            }
        CHECK(n_given_up < 10);
        sieve_done(&s);
        beam_done(&b);
        allow_done(&a);
    }
    made_done(&made);
}

static void test_rule(void)
{
    struct allow a = {.n = 1000};
    CHECK(sieve_prefers_scan(&a, 1000000, 1000));
    CHECK(sieve_prefers_scan(&a, 1000000, 10));
    CHECK(!sieve_prefers_scan(&a, 1000, 10));
    CHECK_EQ(sieve_width(&a, 1000, 300), 1000);
    CHECK_EQ(sieve_width(&a, 1000, 10), 40);
}

int main(void)
{
    CHECK_RUN(test_names);
    CHECK_RUN(test_scan);
    CHECK_RUN(test_all_allowed);
    CHECK_RUN(test_walk);
    CHECK_RUN(test_rule);
    return check_status();
}
