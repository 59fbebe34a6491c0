/* Features and probes of a query against what they are by definition. */
#include "repair/hardness_probe.h"
#include "repair/hardness.h"

#include "graph_made.h"

#include <math.h>

static struct err err;

enum { N = 400, DIM = 12, K = 10, EF = 24, QUERIES = 30 };

static void test_features(void)
{
    static float f[QUERIES][HARDNESS_FEATURES], q[QUERIES * 16];
    struct hardness h;
    for (int metric = METRIC_L2; metric <= METRIC_COSINE; metric++) {
        struct made m = made_graph((enum metric)metric, MADE_NORMAL, N, DIM, 6, 40, 1);
        const struct graph *g = &m.g;
        for (size_t i = 0; i < QUERIES; i++) {
            for (size_t j = 0; j < DIM; j++)
                q[i * 16 + j] = made_value(MADE_NORMAL, N + i, j, DIM);
            CHECK(metric != METRIC_COSINE || kernel_normalise(q + i * 16, DIM));
        }
        CHECK_OK(hardness_init(&h, g, K, EF, 1, QUERIES, &err), &err);
        CHECK_OK(hardness_search(&h, q, 16, QUERIES, f[0], &err), &err);
        for (size_t i = 0; i < QUERIES; i++) {
            const uint32_t *nodes = h.found.nodes + i * K;
            const float *dist = h.found.dist + i * K;
            double mean = 0, var = 0;
            size_t edges = 0, around = 0;
            bool seen[N] = {false};
            for (size_t j = 0; j < K; j++) {
                const uint32_t *row = graph_row(g, 0, nodes[j]);
                mean += (double)dist[j] / K;
                for (size_t s = 0; s < g->slots0 && row[s] != GRAPH_NONE; s++) {
                    around += !seen[row[s]];
                    seen[row[s]] = true;
                    for (size_t other = 0; other < K; other++)
                        edges += nodes[other] == row[s];
                }
            }
            for (size_t j = 0; j < K; j++)
                var += pow((double)dist[j] - mean, 2) / K;
            CHECK(fabs((double)f[i][HARDNESS_D_MEAN] - mean) < 1e-5 && fabs((double)f[i][HARDNESS_D_VAR] - var) < 1e-5);
            CHECK(f[i][HARDNESS_D_NEAREST] == dist[0] && f[i][HARDNESS_D_MEDIAN] == dist[5] && f[i][HARDNESS_D_FINAL] == dist[9]);
            CHECK(f[i][HARDNESS_EDGES] == (float)edges / K && f[i][HARDNESS_AROUND] == (float)around / K);
            CHECK(f[i][HARDNESS_DENSITY] == f[i][HARDNESS_EDGES] / f[i][HARDNESS_AROUND]);
            CHECK(f[i][HARDNESS_D_TAIL] == dist[9] - dist[0] && f[i][HARDNESS_D_GAP] >= 0);
            CHECK(f[i][HARDNESS_D_GAP] == f[i][HARDNESS_D_BEST_CAND] - f[i][HARDNESS_D_FINAL]);
            CHECK(f[i][HARDNESS_NDC] == (float)h.found.found[i].ndc && f[i][HARDNESS_R_VISIT] * EF == f[i][HARDNESS_NDC]);
            CHECK(hardness_trace(f[i]) == f[i][HARDNESS_OFFSET] / 10 - 0.4f * f[i][HARDNESS_DENSITY]);
            CHECK(hardness_upstream(f[i]) == f[i][HARDNESS_R_VISIT] * (1 - f[i][HARDNESS_R_EARLY]) + 0.1f * (dist[9] - dist[0]));
        }
        hardness_done(&h);
        made_done(&m);
    }
}

/* Scaling all vectors, or by ip the queries alone, changes no offset; base vectors themselves lie at about 0. */
static void test_offset(void)
{
    static float f[N][HARDNESS_FEATURES], far[1][HARDNESS_FEATURES];
    struct hardness h;
    for (int metric = METRIC_L2; metric <= METRIC_IP; metric++) {
        struct made m = made_graph((enum metric)metric, MADE_NORMAL, N, DIM, 6, 40, 1);
        float q[16] = {0};
        CHECK_OK(hardness_init(&h, &m.g, K, EF, 1, N, &err), &err);
        CHECK_OK(hardness_search(&h, m.x, m.g.stride, N, f[0], &err), &err);
        double mean = 0;
        for (size_t i = 0; i < N; i++)
            mean += (double)f[i][HARDNESS_OFFSET] / N;
        CHECK(fabs(mean) < 2);
        for (size_t j = 0; j < DIM; j++)
            q[j] = 8 * m.x[j];
        CHECK_OK(hardness_search(&h, q, 16, 1, far[0], &err), &err);
        float offset = far[0][HARDNESS_OFFSET];
        CHECK(metric == METRIC_IP ? fabsf(offset - f[0][HARDNESS_OFFSET]) < 1e-3f : offset > 10);
        hardness_done(&h);
        made_done(&m);
    }
}

static void test_probes(void)
{
    static float q[QUERIES * 16], f[QUERIES][HARDNESS_FEATURES], jitter[2][QUERIES], stability[QUERIES];
    uint64_t ids[QUERIES];
    struct made m = made_graph(METRIC_L2, MADE_NORMAL, N, DIM, 6, 40, 1);
    struct hardness h;
    struct hardness_probe p;
    double sums[2] = {0, 0};
    for (size_t i = 0; i < QUERIES; i++) {
        ids[i] = 7 * i;
        for (size_t j = 0; j < DIM; j++)
            q[i * 16 + j] = made_value(MADE_NORMAL, N + i, j, DIM);
    }
    CHECK_OK(hardness_init(&h, &m.g, K, EF, 1, QUERIES, &err), &err);
    CHECK_OK(hardness_search(&h, q, 16, QUERIES, f[0], &err), &err);
    const double eps[2] = {1e-6, 0.3};
    for (int e = 0; e < 2; e++) {
        CHECK_OK(hardness_probe_init(&p, HARDNESS_JITTER, &m.g, K, EF, 1, QUERIES, eps[e], 5, &err), &err);
        CHECK_OK(hardness_probe_run(&p, q, 16, ids, QUERIES, h.found.nodes, jitter[e], &err), &err);
        for (size_t i = 0; i < QUERIES; i++) {
            sums[e] += (double)jitter[e][i];
            float length = 0, moved = 0;
            for (size_t j = 0; j < DIM; j++) {
                length += q[i * 16 + j] * q[i * 16 + j];
                moved += p.moved[i * m.g.stride + j] * p.moved[i * m.g.stride + j];
            }
            CHECK(fabsf(moved / length - 1) < 1e-5f);
        }
        CHECK(p.ndc > QUERIES * K);
        hardness_probe_done(&p);
    }
    CHECK(sums[0] < 0.5 && sums[1] > 2);
    /* the noise is of the query's id, not of its place */
    CHECK_OK(hardness_probe_init(&p, HARDNESS_JITTER, &m.g, K, EF, 1, QUERIES, 0.3, 5, &err), &err);
    CHECK_OK(hardness_probe_run(&p, q + 16 * 3, 16, ids + 3, 1, h.found.nodes + 3 * K, jitter[0], &err), &err);
    CHECK(jitter[0][0] == jitter[1][3]);
    hardness_probe_done(&p);
    CHECK_OK(hardness_probe_init(&p, HARDNESS_STABILITY, &m.g, K, EF, 1, QUERIES, 0, 0, &err), &err);
    CHECK_OK(hardness_probe_run(&p, q, 16, ids, QUERIES, h.found.nodes, stability, &err), &err);
    for (size_t i = 0; i < QUERIES; i++) {
        size_t same = 0;
        for (size_t a = 0; a < K; a++)
            for (size_t b = 0; b < K; b++)
                same += h.found.nodes[i * K + a] == p.found.nodes[i * K + b];
        CHECK(stability[i] == 1 - (float)same / (float)(2 * K - same));
    }
    hardness_probe_done(&p);
    /* Escape Hardness of the pairs of the first K among 2 K, by its own functions on one query after the other */
    struct escape_graph graph;
    struct escape escape;
    float eh[QUERIES], least = 1, most = 0;
    CHECK_OK(hardness_probe_init(&p, HARDNESS_EH, &m.g, K, EF, 1, QUERIES, 0, 0, &err), &err);
    CHECK_OK(hardness_probe_run(&p, q, 16, ids, QUERIES, h.found.nodes, eh, &err), &err);
    CHECK_OK(escape_graph_init(&graph, 2 * K, &err), &err);
    CHECK_OK(escape_init(&escape, 2 * K, &err), &err);
    for (size_t i = 0; i < QUERIES; i++) {
        size_t n_defects = 0;
        CHECK_OK(escape_graph_make(&graph, &m.g, p.found.nodes + i * 2 * K, 2 * K, &err), &err);
        escape_compute(&escape, &graph, K, 2 * K, K);
        for (size_t pair = 0; pair < K * K; pair++)
            n_defects += escape.eh[pair] > K;
        CHECK(eh[i] == (float)n_defects / (K * (K - 1)));
        least = eh[i] < least ? eh[i] : least;
        most = eh[i] > most ? eh[i] : most;
    }
    CHECK(least < most);
    escape_graph_done(&graph);
    escape_done(&escape);
    hardness_probe_done(&p);
    hardness_done(&h);
    made_done(&m);
}

int main(void)
{
    CHECK_RUN(test_features);
    CHECK_RUN(test_offset);
    CHECK_RUN(test_probes);
    return check_status();
}
