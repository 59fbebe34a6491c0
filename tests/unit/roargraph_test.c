/* roargraph: sound graphs at any number of threads, exact at full width, and better than none for the queries it is built by. */
#include "graph/roargraph.h"
#include "graph/graph_check.h"
#include "graph_made.h"

static struct err err;

/* n queries away from the base set: normal around 2 in the first half of the dimensions. */
static struct vector_set made_queries(const struct made *m, size_t n, uint64_t first)
{
    struct vector_set q = {.n = n, .dim = m->g.dim, .stride = m->g.stride};
    q.x = MEM_SLAB(float, n * q.stride, &err);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < q.dim; j++)
            q.x[i * q.stride + j] = (float)rng_normal(3, RNG_TEST, (first + i) * q.dim + j) + (j < q.dim / 2 ? 2.0f : 0.0f);
        if (m->g.metric == METRIC_COSINE && !kernel_normalise(q.x + i * q.stride, q.dim))
            exit(99);
    }
    return q;
}

static struct made made_roargraph(enum metric metric, enum made_kind kind, size_t n, size_t dim, size_t m, size_t n_queries,
                                   int n_threads)
{
    struct made made = made_base(metric, kind, n, dim);
    struct vector_set q = made_queries(&made, n_queries, 0);
    struct hnsw_options o = {.m = m, .ef_construction = 40, .seed = 7, .n_threads = n_threads};
    CHECK_OK(roargraph_build(&made.g, &q, &o, &err), &err);
    mem_free(q.x);
    return made;
}

/* Of the 10 nearest of each query, the share that a walk of this width finds. */
static double recall(const struct made *m, const struct vector_set *q, size_t ef, uint64_t *ndc)
{
    struct beam narrow, all;
    size_t found = 0;
    CHECK_OK(beam_init(&narrow, &m->g, NULL, ef, &err), &err);
    CHECK_OK(beam_init(&all, &m->g, NULL, m->g.n, &err), &err);
    for (size_t i = 0; i < q->n; i++) {
        CHECK_OK(beam_search(&narrow, &m->g, q->x + i * q->stride, ef, &err), &err);
        CHECK_OK(beam_search(&all, &m->g, q->x + i * q->stride, m->g.n, &err), &err);
        CHECK_EQ(all.n, m->g.n);   /* every node is reached */
        *ndc += narrow.ndc;
        for (size_t j = 0; j < 10; j++)
            found += beam_at(&narrow, j).dist <= beam_at(&all, 9).dist;
    }
    beam_done(&narrow);
    beam_done(&all);
    return (double)found / (double)(10 * q->n);
}

static void test_sound_at_any_threads(void)
{
    for (int metric = METRIC_L2; metric <= METRIC_COSINE; metric++)
        for (int kind = MADE_NORMAL; kind <= MADE_SORTED; kind++)
            for (size_t n = 1; n <= 700; n = n * 5 + 3) {
                struct made one = made_roargraph((enum metric)metric, (enum made_kind)kind, n, 20, 6, 150, 1);
                struct made two = made_roargraph((enum metric)metric, (enum made_kind)kind, n, 20, 6, 150, 3);
                CHECK_OK(graph_check(&one.g, NULL, &err), &err);
                CHECK_EQ(one.g.max_degree0, 18);
                CHECK_EQ(one.g.n_layers, 1);
                CHECK_EQ(one.g.entry, two.g.entry);
                CHECK(memcmp(one.g.layer0, two.g.layer0, n * one.g.slots0 * sizeof *one.g.layer0) == 0);
                made_done(&one);
                made_done(&two);
            }
}

/* Held-out queries of the kind that it was built by: fewer distances for no less recall than by HNSW with rows as long. */
static void test_helps_queries_of_the_kind(void)
{
    struct made roar = made_roargraph(METRIC_L2, MADE_NORMAL, 4000, 24, 8, 3000, 2);
    struct made hnsw = made_graph(METRIC_L2, MADE_NORMAL, 4000, 24, 12, 40, 2);
    struct vector_set q = made_queries(&roar, 100, 100000);
    uint64_t ndc_roar = 0, ndc_hnsw = 0;
    double by_roar = recall(&roar, &q, 40, &ndc_roar), by_hnsw = recall(&hnsw, &q, 40, &ndc_hnsw);
    printf("# recall %.3f with %llu distances; hnsw %.3f with %llu\n", by_roar, (unsigned long long)ndc_roar / 100, by_hnsw,
           (unsigned long long)ndc_hnsw / 100);
    CHECK(by_roar > by_hnsw);
    mem_free(q.x);
    made_done(&roar);
    made_done(&hnsw);
}

static void test_empty(void)
{
    struct made made = made_roargraph(METRIC_L2, MADE_NORMAL, 0, 4, 4, 3, 2);
    CHECK_EQ(made.g.entry, GRAPH_NONE);
    CHECK_OK(graph_check(&made.g, NULL, &err), &err);
    made_done(&made);
    made = made_base(METRIC_L2, MADE_NORMAL, 5, 4);
    struct vector_set none = made_queries(&made, 0, 0);
    struct hnsw_options o = {.m = 4, .ef_construction = 10, .n_threads = 1};
    CHECK_EQ(roargraph_build(&made.g, &none, &o, &err), ERR_DATA);
    mem_free(none.x);
    made_done(&made);
}

int main(void)
{
    CHECK_RUN(test_sound_at_any_threads);
    CHECK_RUN(test_helps_queries_of_the_kind);
    CHECK_RUN(test_empty);
    return check_status();
}
