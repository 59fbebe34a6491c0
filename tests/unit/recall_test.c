/* Recall by tie, and the least ef: against all efs tried one by one. */
#include "graph/least_ef.h"

#include "graph_made.h"

static struct err err;

struct fake {                      /* queries, and the text of a truth of them */
    struct vector_set set;
    struct output *out;
    uint64_t ids[64];
};

/* A truth in memory: `n` rows, row i of query ids[i] with n_true[i] distances at dist + 8*i. */
static void fake_truth(struct fake *f, size_t n, const uint64_t *ids, const size_t *n_true, const float *dist)
{
    struct stream_writer *w;
    struct header h = {0};
    struct neighbours_writer nw = {.options = {.metric = METRIC_L2}};
    static const uint64_t nn[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    CHECK_OK(output_open_memory(&f->out, &err), &err);
    CHECK_OK(neighbours_header(&h, &nw.options, &err), &err);
    CHECK_OK(stream_writer_open(&w, f->out, &h, 0, &err), &err);
    nw.stream = w;
    for (size_t i = 0; i < n; i++) {
        struct neighbours_row row = {.id = ids[i], .n = n_true[i], .nn = nn, .dist = dist + 8 * i};
        CHECK_OK(neighbours_write(&nw, &row, &err), &err);
    }
    CHECK_OK(stream_writer_end(w, &err), &err);
    stream_writer_free(w);
    header_done(&h);
}

static int read_truth(struct recall_truth *t, struct fake *f, enum metric metric)
{
    size_t n;
    struct input *in;
    const void *bytes = output_memory(f->out, &n);
    err = (struct err){0};
    CHECK_OK(input_open_memory(&in, bytes, n, "truth", &err), &err);
    return recall_truth_read(t, in, metric, &f->set, &err);
}

static void test_hits(void)
{
    static const float dist[24] = {1, 2, 2, 2, 5, 6, 7, 8, [8] = 0, 3, [16] = 4, 4, 4, 4};
    static const uint64_t ids[3] = {30, 10, 20};
    static const size_t n_true[3] = {8, 2, 4};
    struct fake f = {.ids = {10, 20, 30}};
    struct recall_truth t;
    f.set = (struct vector_set){.n = 3, .ids = f.ids};
    fake_truth(&f, 3, ids, n_true, dist);
    CHECK_OK(read_truth(&t, &f, METRIC_L2), &err);
    CHECK_EQ(t.k, 8);
    /* query 30, d_2 = 2: any two at 2 or nearer */
    CHECK_EQ(recall_hits(&t, 2, (float[]){2, 2, 2}, 3, 2), 2);
    CHECK_EQ(recall_hits(&t, 2, (float[]){1, 2.0000002f}, 2, 2), 1);
    CHECK_EQ(recall_hits(&t, 2, (float[]){1}, 1, 2), 1);
    CHECK_EQ(recall_hits(&t, 2, NULL, 0, 2), 0);
    CHECK_EQ(recall_hits(&t, 2, (float[]){1, 2, 2, 2, 6}, 5, 5), 4);
    /* query 10 has two true ones for any k, and three found at their distance count as two */
    CHECK_EQ(recall_wanted(&t, 0, 5), 2);
    CHECK_EQ(recall_hits(&t, 0, (float[]){0, 3, 3, 4, 5}, 5, 5), 2);
    CHECK_EQ(recall_wanted(&t, 1, 3), 3);
    CHECK_EQ(recall_hits(&t, 1, (float[]){4, 4, 5}, 3, 3), 2);
    recall_truth_done(&t);
    CHECK_EQ(read_truth(&t, &f, METRIC_IP), ERR_DATA);
    recall_truth_done(&t);
    f.ids[1] = 21;
    CHECK_EQ(read_truth(&t, &f, METRIC_L2), ERR_DATA);
    CHECK(strstr(err.msg, "query 20 is not among") != NULL);
    recall_truth_done(&t);
    f.set.n = 4;
    f.ids[1] = 20;
    CHECK_EQ(read_truth(&t, &f, METRIC_L2), ERR_DATA);
    CHECK(strstr(err.msg, "query 0 is missing") != NULL);
    recall_truth_done(&t);
    output_free(f.out);
}

static uint64_t n_seen;

static void see(uint64_t n) { n_seen = n; }

/* The boundary that is found, and every mean, by trying each ef. */
static void test_least_ef(void)
{
    enum { N = 1500, Q = 40, K = 8 };
    struct made made = made_graph(METRIC_L2, MADE_NORMAL, N, 24, 6, 30, 2);
    struct fake f = {0};
    static float x[Q * 32], dist[Q * 8];
    size_t n_true[Q];
    struct distance d = distance_make(METRIC_L2, 24);
    f.set = (struct vector_set){.n = Q, .dim = 24, .stride = 32, .x = x, .ids = f.ids};
    for (size_t i = 0; i < Q; i++) {
        struct topk top;
        struct neighbour heap[K];
        f.ids[i] = i;
        n_true[i] = K;
        memcpy(x + 32 * i, made_query(&made, MADE_NORMAL, i), 24 * sizeof *x);
        topk_init(&top, heap, K);
        for (uint32_t v = 0; v < N; v++)
            topk_push(&top, (struct neighbour){distance_one(&d, x + 32 * i, made.x + v * made.g.stride), v});
        topk_sort(&top);
        for (size_t j = 0; j < K; j++)
            dist[8 * i + j] = heap[j].dist;
    }
    fake_truth(&f, Q, f.ids, n_true, dist);
    struct recall_truth truth;
    CHECK_OK(read_truth(&truth, &f, METRIC_L2), &err);
    struct search_options o = {.k = K, .n_threads = 2};
    struct search s;
    struct search_results r = {0};
    CHECK_OK(search_init(&s, &made.g, &o, N, &err), &err);
    CHECK_OK(search_results_init(&r, &s, Q, &err), &err);
    static double recall[N + 1], ndc[N + 1];
    for (size_t ef = K; ef <= 400; ef++) {
        size_t hits = 0;
        CHECK_OK(search_run(&s, x, 32, Q, ef, &r, NULL, &err), &err);
        for (size_t i = 0; i < Q; i++) {
            ndc[ef] += r.found[i].ndc / (double)Q;
            hits += recall_hits(&truth, i, r.dist + i * K, r.found[i].n, K);
        }
        recall[ef] = (double)hits / (Q * K);
    }
    CHECK(recall[K] < 0.9);
    uint64_t n_searched = 0;
    for (int least = 1; least <= 98; least += 16) {
        struct least_ef_target t;
        struct least_ef_try best;
        bool reached;
        uint64_t before = n_searched;
        char text[32];
        snprintf(text, sizeof text, "recall@%d=0.%02d", K, least);
        CHECK_OK(least_ef_parse(&t, text, &err), &err);
        CHECK_OK(least_ef_find(&t, &s, &f.set, &truth, 400, &best, &reached, see, &n_searched, &err), &err);
        CHECK(n_seen == n_searched && n_searched > before && (n_searched - before) % Q == 0);
        CHECK(reached && best.recall >= t.least);
        CHECK(best.recall == recall[best.ef]);
        CHECK(best.ndc > ndc[best.ef] - 1e-6 && best.ndc < ndc[best.ef] + 1e-6);
        CHECK(best.ef == K || recall[best.ef - 1] < t.least);
        /* one less than it may try: not reached, and the best of what it saw */
        if (best.ef > K) {
            uint32_t limit = best.ef - 1;
            CHECK_OK(least_ef_find(&t, &s, &f.set, &truth, limit, &best, &reached, NULL, &n_searched, &err), &err);
            CHECK(best.ef <= limit && best.recall >= recall[K] && best.recall >= recall[limit]);
            CHECK(reached == (best.recall >= t.least));
        }
    }
    search_results_done(&r);
    search_done(&s);
    recall_truth_done(&truth);
    output_free(f.out);
    made_done(&made);
}

int main(void)
{
    CHECK_RUN(test_hits);
    CHECK_RUN(test_least_ef);
    return check_status();
}
