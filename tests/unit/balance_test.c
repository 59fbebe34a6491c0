/* balance_assign against every assignment there is (few points), and against a plain min-cost flow (more). */
#include "quant/balance.h"

#include "base/rng.h"
#include "check.h"

#include <stdlib.h>

static uint64_t draws;
static uint32_t below(uint64_t n) { return (uint32_t)rng_below(7, RNG_TEST, draws++, n); }

static void *get(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);
    if (!p)
        exit(4);
    return p;
}

struct problem {
    size_t n, k;
    int32_t *cost;                   /* (n, k) */
    uint32_t *lower, *upper;         /* (k) */
};

static void problem_done(struct problem *p)
{
    free(p->cost);
    free(p->lower);
    free(p->upper);
}

/* Costs below `range`, bounds that n points can meet. */
static struct problem problem_make(size_t n, size_t k, uint64_t range)
{
    struct problem p = {.n = n, .k = k, .cost = get(n * k, sizeof(int32_t)), .lower = get(k, sizeof(uint32_t)),
                        .upper = get(k, sizeof(uint32_t))};
    for (size_t e = 0; e < n * k; e++)
        p.cost[e] = (int32_t)below(range);
    for (size_t i = 0; i < n; i++)
        p.upper[below(k)]++;
    for (size_t j = 0; j < k; j++) {
        p.lower[j] = below(4) == 0 ? p.upper[j] : below(p.upper[j] + 1);
        p.upper[j] += below(2) * below(n + 1);
    }
    return p;
}

/* ---- two oracles ---- */

static int64_t try_all(const struct problem *p, size_t i, uint32_t *size)
{
    int64_t best = INT64_MAX;
    if (i == p->n) {
        for (size_t j = 0; j < p->k; j++)
            if (size[j] < p->lower[j])
                return INT64_MAX;
        return 0;
    }
    for (size_t j = 0; j < p->k; j++) {
        if (size[j] == p->upper[j])
            continue;
        size[j]++;
        int64_t rest = try_all(p, i + 1, size);
        size[j]--;
        if (rest != INT64_MAX && rest + p->cost[i * p->k + j] < best)
            best = rest + p->cost[i * p->k + j];
    }
    return best;
}

/* Min-cost flow: source -> points -> clusters -> sink by Bellman-Ford, a unit at a time.  The first lower[j] units of a cluster
 * are worth so much that they are filled wherever they can be. */
struct edge { size_t from, to; int64_t capacity, cost; };

static int64_t flow_cost(const struct problem *p)
{
    size_t nodes = p->n + p->k + 2, source = nodes - 2, sink = nodes - 1, n_edges = 0;
    const int64_t bonus = (int64_t)1 << 40;
    struct edge *e = get(2 * (p->n + p->n * p->k + 2 * p->k), sizeof *e);
    int64_t *dist = get(nodes, sizeof *dist), total = 0, filled = 0;
    size_t *by = get(nodes, sizeof *by);
#define EDGE(a, b, most, price) \
    (e[n_edges++] = (struct edge){a, b, most, price}, e[n_edges++] = (struct edge){b, a, 0, -(price)})
    for (size_t i = 0; i < p->n; i++) {
        EDGE(source, i, 1, (int64_t)0);
        for (size_t j = 0; j < p->k; j++)
            EDGE(i, p->n + j, 1, (int64_t)p->cost[i * p->k + j]);
    }
    for (size_t j = 0; j < p->k; j++) {
        EDGE(p->n + j, sink, p->lower[j], -bonus);
        EDGE(p->n + j, sink, (int64_t)p->upper[j] - p->lower[j], (int64_t)0);
        filled += p->lower[j];
    }
    for (size_t unit = 0; unit < p->n; unit++) {
        for (size_t v = 0; v < nodes; v++)
            dist[v] = v == source ? 0 : INT64_MAX / 2;
        for (int again = 1; again;) {
            again = 0;
            for (size_t a = 0; a < n_edges; a++)
                if (e[a].capacity > 0 && dist[e[a].from] < INT64_MAX / 4 && dist[e[a].from] + e[a].cost < dist[e[a].to]) {
                    dist[e[a].to] = dist[e[a].from] + e[a].cost;
                    by[e[a].to] = a;
                    again = 1;
                }
        }
        for (size_t v = sink; v != source; v = e[by[v]].from) {
            e[by[v]].capacity--;
            e[by[v] ^ 1].capacity++;
        }
        total += dist[sink];
    }
    free(e);
    free(dist);
    free(by);
    return total + filled * bonus;
}

/* ---- checks ---- */

static void row_of(void *ctx, size_t i, int32_t *out)
{
    const struct problem *p = ctx;
    memcpy(out, p->cost + i * p->k, p->k * sizeof *out);
}

static void some_of(void *ctx, size_t i, const uint32_t *at, size_t n, int32_t *out)
{
    const struct problem *p = ctx;
    for (size_t m = 0; m < n; m++)
        out[m] = p->cost[i * p->k + at[m]];
}

/* With costs held, computed, and bounded from below, with 1 and 3 threads: the same labels, of the cost `want`. */
static void check_problem(struct problem *p, int64_t want)
{
    uint32_t *label = get(p->n, sizeof *label), *first = get(p->n, sizeof *first), *size = get(p->k, sizeof *size);
    int64_t *price = get(p->k, sizeof *price);
    int32_t *bound = get(p->n * p->k, sizeof *bound);
    for (size_t e = 0; e < p->n * p->k; e++)
        bound[e] = p->cost[e] - (int32_t)(below(2) * below((uint64_t)p->cost[e] / (1 + below(20)) + 1));
    struct balance_costs ways[] = {{.held = p->cost}, {.row = row_of, .some = some_of}, {.held = bound, .some = some_of}};
    for (int variant = 0; variant < 6; variant++) {
        struct err err = {0};
        struct balance_report report;
        struct balance_costs c = ways[variant % 3];
        c.n = p->n;
        c.k = p->k;
        c.ctx = p;
        memset(price, 0, p->k * sizeof *price);
        CHECK_OK(balance_assign(&c, p->lower, p->upper, price, label, variant > 2 ? 3 : 1, &report, &err), &err);
        if (err.code)
            break;
        CHECK_EQ(report.cost, want);
        if (variant == 0)
            memcpy(first, label, p->n * sizeof *label);
        CHECK(memcmp(first, label, p->n * sizeof *label) == 0);
    }
    int64_t sum = 0;
    for (size_t i = 0; i < p->n; i++) {
        sum += p->cost[i * p->k + label[i]];
        size[label[i]]++;
    }
    CHECK_EQ(sum, want);
    for (size_t j = 0; j < p->k; j++)
        CHECK(size[j] >= p->lower[j] && size[j] <= p->upper[j]);
    /* any prices will do for a start */
    struct err err = {0};
    struct balance_report report;
    struct balance_costs c = {.n = p->n, .k = p->k, .held = bound, .some = some_of, .ctx = p};
    for (size_t j = 0; j < p->k; j++)
        price[j] = ((int64_t)below(2000) - 1000) * (p->n % 2 ? 1 : 1 << 25);      /* beyond 32 bits too */
    CHECK_OK(balance_assign(&c, p->lower, p->upper, price, label, 1, &report, &err), &err);
    CHECK_EQ(report.cost, want);
    free(label);
    free(first);
    free(size);
    free(price);
    free(bound);
}

static void test_every_assignment(void)
{
    static const uint64_t ranges[] = {1, 2, 4, 100, BALANCE_MAX_COST + 1ull};
    for (int round = 0; round < 600; round++) {
        size_t n = below(10), k = 1 + below(n > 7 ? 3 : 5);
        struct problem p = problem_make(n, k, ranges[round % 5]);
        uint32_t *size = get(k, sizeof *size);
        check_problem(&p, try_all(&p, 0, size));
        free(size);
        problem_done(&p);
    }
}

static void test_twelve_points(void)
{
    for (int round = 0; round < 6; round++) {
        struct problem p = problem_make(12, 3, round < 3 ? 3 : 1000);
        uint32_t size[3] = {0};
        check_problem(&p, try_all(&p, 0, size));
        problem_done(&p);
    }
}

static void test_flow(void)
{
    static const struct { size_t n, k; uint64_t range; } cases[] = {
        {200, 10, 3}, {200, 10, 1}, {200, 10, 1000}, {200, 3, BALANCE_MAX_COST}, {60, 60, 50}, {120, 40, 10}, {200, 17, 1000000}};
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        struct problem p = problem_make(cases[i / 2].n, cases[i / 2].k, cases[i / 2].range);
        check_problem(&p, flow_cost(&p));
        problem_done(&p);
    }
}

/* As k-means asks: points on a line with a crowd at one end, sizes that differ by two at most. */
static void test_crowded(void)
{
    for (size_t k = 2; k <= 30; k += 7) {
        struct problem p = problem_make(180, k, 1);
        for (size_t i = 0; i < p.n; i++)
            for (size_t j = 0; j < k; j++) {
                int64_t d = (int64_t)(i * i / 40) - (int64_t)(j * 800 / k);
                p.cost[i * k + j] = (int32_t)(d * d);
            }
        for (size_t j = 0; j < k; j++) {
            p.lower[j] = (uint32_t)(p.n / k) - 1;
            p.upper[j] = (uint32_t)(p.n / k) + 1;
        }
        check_problem(&p, flow_cost(&p));
        problem_done(&p);
    }
}

/* Many points, nearly all of them equal: queues of the flow run empty. */
static void test_larger(void)
{
    for (int round = 0; round < 3; round++) {
        size_t n = 5000, k = 24;
        struct problem p = problem_make(n, k, round == 0 ? 1 : round == 1 ? 2 : 1 << 20);
        int64_t *price = get(k, sizeof *price), cost;
        uint32_t *label = get(n, sizeof *label);
        struct err err = {0};
        struct balance_costs c = {.n = n, .k = k, .held = p.cost};
        for (size_t j = 0; j < k; j++) {
            p.lower[j] = j == 0 ? 0 : 200;
            p.upper[j] = j == 1 ? 1000 : 212;
            for (size_t i = 0; round == 2 && i < n; i++)      /* costs that a list of the cheapest tells little of */
                p.cost[i * k + j] = p.cost[i * k + j] / 64 + (int32_t)j * (1 << 22);
        }
        CHECK_OK(balance_assign(&c, p.lower, p.upper, price, label, 2, NULL, &err), &err);
        CHECK_OK(balance_certify(&c, p.lower, p.upper, price, label, 2, &cost, &err), &err);
        /* what is not optimal has no certificate */
        size_t i = 0;
        while (i < n && !(label[i] == 2 && round > 0 && p.cost[i * k + 3] != p.cost[i * k + 2]))
            i++;
        if (i < n) {
            label[i] = 3;
            CHECK_EQ(balance_certify(&c, p.lower, p.upper, price, label, 2, &cost, &err), ERR_INTERNAL);
        }
        CHECK(round == 0 || i < n);
        free(price);
        free(label);
        problem_done(&p);
    }
}

static void test_refused(void)
{
    int32_t cost[4] = {0};
    uint32_t one[2] = {1, 1}, two[2] = {2, 2}, label[2];
    int64_t price[2] = {0};
    struct balance_costs c = {.n = 2, .k = 2, .held = cost};
    struct err err = {0};
    CHECK_EQ(balance_assign(&c, two, two, price, label, 1, NULL, &err), ERR_USAGE);
    err = (struct err){0};
    CHECK_EQ(balance_assign(&c, two, one, price, label, 1, NULL, &err), ERR_USAGE);
    err = (struct err){0};
    c.n = 5;
    CHECK_EQ(balance_assign(&c, one, two, price, label, 1, NULL, &err), ERR_USAGE);
    err = (struct err){0};
    c = (struct balance_costs){.n = 2, .k = BALANCE_MAX_CLUSTERS + 1, .held = cost};
    CHECK_EQ(balance_assign(&c, one, two, price, label, 1, NULL, &err), ERR_USAGE);
}

int main(void)
{
    CHECK_RUN(test_every_assignment);
    CHECK_RUN(test_twelve_points);
    CHECK_RUN(test_flow);
    CHECK_RUN(test_crowded);
    CHECK_RUN(test_larger);
    CHECK_RUN(test_refused);
    return check_status();
}
