/* Recall against ground truth, of the first k of a query's neighbours; d_k is the distance of the k-th true one.  Where the
 * base holds fewer than k vectors, all of them stand for k.
 *     recall, recall.tie   how many lie at dist <= d_k, exactly: any choice among tied neighbours is as good as another
 *     recall.id            how many are among the first k true ones
 *     recall.annb          as ann-benchmarks counts: dist <= d_k + 0.001, on plain (not squared) distances for l2
 *     recall.first         is the nearest true one there at all (faiss' 1-recall@k) */
#include "eval/measures.h"
#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- ground truth ---- */

static double recall_tie(const struct measure_query *q, size_t k)
{
    size_t k_true = num_min_size(k, q->n_true), hits = 0;
    for (size_t i = 0; i < q->n && i < k; i++)
        hits += q->dist[i] <= q->true_dist[k_true - 1];
    return (double)num_min_size(hits, k_true) / (double)k_true;
}

static double recall_id(const struct measure_query *q, size_t k)
{
    size_t k_true = num_min_size(k, q->n_true), hits = 0;
    for (size_t i = 0; i < q->n && i < k; i++)
        hits += q->true_rank[i] < k_true;
    return (double)hits / (double)k_true;
}

static double plain_distance(enum metric metric, float dist)
{
    return metric == METRIC_L2 ? sqrt((double)dist) : (double)dist;
}

static double recall_annb(const struct measure_query *q, size_t k)
{
    size_t k_true = num_min_size(k, q->n_true), hits = 0;
    double limit = plain_distance(q->metric, q->true_dist[k_true - 1]) + 1e-3;
    for (size_t i = 0; i < q->n && i < k; i++)
        hits += plain_distance(q->metric, q->dist[i]) <= limit;
    return (double)num_min_size(hits, k_true) / (double)k_true;
}

static double recall_first(const struct measure_query *q, size_t k)
{
    for (size_t i = 0; i < q->n && i < k; i++)
        if (q->true_rank[i] == 0)
            return 1;
    return 0;
}

/* ---- relevance judgements ---- */

static bool is_relevant(const struct measure_query *q, size_t i)
{
    return q->grade[i] >= q->level;
}

static size_t relevant_until(const struct measure_query *q, size_t k)
{
    size_t n = 0;
    for (size_t i = 0; i < q->n && i < k; i++)
        n += is_relevant(q, i);
    return n;
}

static double reciprocal_rank(const struct measure_query *q, size_t k)
{
    for (size_t i = 0; i < q->n && i < k; i++)
        if (is_relevant(q, i))
            return 1 / (double)(i + 1);
    return 0;
}

static double hit(const struct measure_query *q, size_t k)
{
    return reciprocal_rank(q, k) > 0;
}

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static double precision(const struct measure_query *q, size_t k)
{
    return (double)relevant_until(q, k) / (double)k;
}

static double recall_judged(const struct measure_query *q, size_t k)
{
    return ratio((double)relevant_until(q, k), (double)q->n_relevant);
}

static double r_precision(const struct measure_query *q, size_t k)
{
    (void)k;
    return recall_judged(q, q->n_relevant);
}

static double average_precision(const struct measure_query *q, size_t k)
{
    double sum = 0;
    size_t found = 0;
    for (size_t i = 0; i < q->n && i < k; i++)
        if (is_relevant(q, i))
            sum += (double)++found / (double)(i + 1);
    return ratio(sum, (double)q->n_relevant);
}

static double dcg(const int32_t *grade, size_t n, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < n && i < k; i++)
        if (grade[i] > 0)
            sum += (double)grade[i] / log2((double)(i + 2));
    return sum;
}

static double ndcg(const struct measure_query *q, size_t k)
{
    return ratio(dcg(q->grade, q->n, k), dcg(q->ideal, q->n_ideal, k));
}

/* Of the preferences of a relevant document over the first n_relevant judged ones that are not, those that the run keeps.
 * Buckley and Voorhees, "Retrieval evaluation with incomplete information", SIGIR 2004; here, as in trec_eval, a query with fewer
 * such documents than relevant ones divides by their number.  What nobody judged does not count. */
static double bpref(const struct measure_query *q, size_t k)
{
    (void)k;
    double sum = 0, most = (double)num_min_size(q->n_nonrelevant, q->n_relevant);
    size_t before = 0;
    for (size_t i = 0; i < q->n; i++)
        if (is_relevant(q, i))
            sum += before == 0 ? 1 : 1 - (double)num_min_size(before, q->n_relevant) / most;
        else
            before += q->grade[i] >= 0;
    return ratio(sum, (double)q->n_relevant);
}

static double judged(const struct measure_query *q, size_t k)
{
    size_t n = 0;
    for (size_t i = 0; i < q->n && i < k; i++)
        n += q->grade[i] >= 0;
    return (double)n / (double)k;
}

/* ---- answers ---- */

static double answer_hit(const struct measure_query *q, size_t k)
{
    return q->first_answer != MEASURE_NO_RANK && q->first_answer < k;
}

static double answer_reciprocal_rank(const struct measure_query *q, size_t k)
{
    return answer_hit(q, k) > 0 ? 1 / ((double)q->first_answer + 1) : 0;
}

/* ---- the search itself ---- */

static double ndc(const struct measure_query *q, size_t k) { (void)k; return q->ndc; }
static double hops(const struct measure_query *q, size_t k) { (void)k; return q->hops; }
static double latency(const struct measure_query *q, size_t k) { (void)k; return (double)q->time_ns / 1e3; }
static double qps(const struct measure_total *t) { return t->wall_ns > 0 ? t->n_queries / (t->wall_ns / 1e9) : NAN; }
static double threads(const struct measure_total *t) { return t->threads > 0 ? t->threads : NAN; }

#define TRUTH   .side = MEASURE_TRUTH, .cut = MEASURE_MUST_CUT, .decimals = 4
#define QRELS   .side = MEASURE_QRELS, .decimals = 4
#define ANSWERS .side = MEASURE_ANSWERS, .decimals = 4
#define TRACE   .side = MEASURE_TRACE, .decimals = 1
#define TIME    .side = MEASURE_TIME, .decimals = 1
#define WALL    .side = MEASURE_WALL

const struct measure measures[] = {
    {.name = "recall", TRUTH, .value = recall_tie, .needs_dist = true,
     .help = "true neighbours among the first k, ties count (= recall.tie)"},
    {.name = "recall.tie", TRUTH, .value = recall_tie, .needs_dist = true,
     .help = "first k at dist <= that of the k-th true one, exactly"},
    {.name = "recall.id", TRUTH, .value = recall_id,
     .help = "first k that are among the first k true ones by id or key"},
    {.name = "recall.annb", TRUTH, .value = recall_annb, .needs_dist = true,
     .help = "as ann-benchmarks: within 0.001 of the k-th true distance"},
    {.name = "recall.first", TRUTH, .value = recall_first,
     .help = "is the nearest true one among the first k"},
    {.name = "hit", QRELS, .trec_cut = "success", .cut = MEASURE_MUST_CUT, .value = hit,
     .help = "is a relevant document among the first k (success)"},
    {.name = "mrr", QRELS, .trec = "recip_rank", .cut = MEASURE_MAY_CUT, .value = reciprocal_rank,
     .help = "1 / rank of the first relevant document, 0 beyond k"},
    {.name = "ndcg", QRELS, .trec = "ndcg", .trec_cut = "ndcg_cut", .cut = MEASURE_MAY_CUT, .value = ndcg,
     .help = "discounted gain, grade / log2(rank + 1), over the best possible"},
    {.name = "map", QRELS, .trec = "map", .trec_cut = "map_cut", .cut = MEASURE_MAY_CUT, .value = average_precision,
     .help = "mean of the precision at each relevant document"},
    {.name = "R", QRELS, .trec_cut = "recall", .cut = MEASURE_MUST_CUT, .value = recall_judged,
     .help = "relevant documents among the first k, of all relevant ones"},
    {.name = "P", QRELS, .trec_cut = "P", .cut = MEASURE_MUST_CUT, .value = precision,
     .help = "relevant documents among the first k, of k"},
    {.name = "Rprec", QRELS, .value = r_precision, .help = "P at the number of relevant documents"},
    {.name = "bpref", QRELS, .value = bpref, .help = "preferences of relevant over other judged documents that are kept"},
    {.name = "judged", QRELS, .cut = MEASURE_MUST_CUT, .value = judged,
     .help = "judged documents among the first k, of k"},
    {.name = "hit.answer", ANSWERS, .cut = MEASURE_MUST_CUT, .value = answer_hit,
     .help = "does one of the first k passages contain an answer"},
    {.name = "mrr.answer", ANSWERS, .cut = MEASURE_MAY_CUT, .value = answer_reciprocal_rank,
     .help = "1 / rank of the first passage with an answer"},
    {.name = "ndc", TRACE, .value = ndc, .help = "distance computations a query"},
    {.name = "hops", TRACE, .value = hops, .help = "nodes expanded a query"},
    {.name = "latency_us", TIME, .value = latency,
     .help = "mean time of a query, microseconds"},
    {.name = "p50_us", TIME, .value = latency, .percentile = 50, .help = "its median"},
    {.name = "p95_us", TIME, .value = latency, .percentile = 95,
     .help = "its 95th percentile"},
    {.name = "p99_us", TIME, .value = latency, .percentile = 99,
     .help = "its 99th percentile"},
    {.name = "qps", WALL, .total = qps, .help = "queries a second, over the whole run"},
    {.name = "threads", WALL, .total = threads, .help = "threads that qps was reached with"},
    {.name = NULL},
};

static const char *const defaults[] = {
    [MEASURE_TRUTH] = "recall@1,10,100",
    [MEASURE_QRELS] = "hit@1,10,100,mrr@10,ndcg@10,map,R@100",
    [MEASURE_ANSWERS] = "hit.answer@1,10,100",
    [MEASURE_TRACE] = "ndc,hops",
    [MEASURE_TIME] = "latency_us,p50_us,p95_us,p99_us",
    [MEASURE_WALL] = "qps,threads",
};

const char *measure_side_name(enum measure_side side)
{
    static const char *const names[] = {"truth", "qrels", "answers"};
    return names[side];
}

/* ---- lists ---- */

const struct measure *measure_find(const char *name)
{
    const struct measure *m = measures;
    while (m->name && strcmp(m->name, name) != 0)
        m++;
    return m->name ? m : NULL;
}

int measure_list_add(struct measure_list *list, const struct measure *m, size_t k, struct err *err)
{
    struct measure_spec spec = {.measure = m, .k = k};
    snprintf(spec.name, sizeof spec.name, k == SIZE_MAX ? "%s" : "%s@%zu", m->name, k);
    if (measure_list_find(list, spec.name) >= 0)
        return 0;
    int rc = mem_reserve(&list->at, &list->cap, list->n + 1, sizeof *list->at, err);
    if (rc == 0)
        list->at[list->n++] = spec;
    return rc;
}

static int parse_part(const char *part, size_t n, const struct measure **before, size_t *k, struct err *err)
{
    char name[MEASURE_NAME];
    uint64_t cut;
    const char *at = memchr(part, '@', n), *digits = at ? at + 1 : part;
    size_t name_n = at ? (size_t)(at - part) : n;
    bool bare = !at && num_parse_u64(part, n, 0, UINT64_MAX, &cut);
    if (!bare) {
        *before = NULL;
        if (name_n < sizeof name) {
            memcpy(name, part, name_n);
            name[name_n] = '\0';
            *before = measure_find(name);
        }
        if (!*before)
            return err_set(err, ERR_USAGE, "there is no measure \"%.*s\"", (int)num_min_size(name_n, 64), part);
    } else if (!*before) {
        return err_set(err, ERR_USAGE, "\"%.*s\" among the measures: a bare number goes on from the measure before it",
                       (int)num_min_size(n, 64), part);
    }
    const struct measure *m = *before;
    if (bare || at) {
        if (m->cut == MEASURE_NO_CUT)
            return err_set(err, ERR_USAGE, "%s takes no @k", m->name);
        if (!num_parse_u64(digits, n - (size_t)(digits - part), 1, UINT32_MAX, &cut))
            return err_set(err, ERR_USAGE, "\"%.*s\": expected %s@K with K from 1", (int)num_min_size(n, 64), part, m->name);
        *k = cut;
    } else if (m->cut == MEASURE_MUST_CUT) {
        return err_set(err, ERR_USAGE, "%s needs a cut: %s@10", m->name, m->name);
    }
    return 0;
}

static int list_parse(struct measure_list *list, const char *text, size_t k_most, struct err *err)
{
    const struct measure *before = NULL;
    for (const char *part = text;; part++) {
        size_t n = strcspn(part, ","), k = SIZE_MAX;
        int rc = parse_part(part, n, &before, &k, err);
        if (rc == 0)
            rc = measure_list_add(list, before, k == SIZE_MAX ? k : num_min_size(k, k_most), err);
        part += n;
        if (rc || *part == '\0')
            return rc;
    }
}

int measure_list_parse(struct measure_list *list, const char *text, struct err *err)
{
    return list_parse(list, text, SIZE_MAX, err);
}

int measure_list_defaults(struct measure_list *list, enum measure_side side, size_t k, struct err *err)
{
    size_t before = list->n;
    int rc = list_parse(list, defaults[side], k, err);
    for (size_t i = before; i < list->n; i++)
        list->at[i].usual = true;
    return rc;
}

int measure_list_find(const struct measure_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->at[i].name, name) == 0)
            return (int)i;
    return -1;
}

void measure_list_done(struct measure_list *list)
{
    mem_free(list->at);
    *list = (struct measure_list){0};
}

/* ---- percentiles ---- */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double measure_percentile(double *x, size_t n, double p)
{
    qsort(x, n, sizeof *x, compare_doubles);
    size_t rank = (size_t)ceil(p * (double)n / 100);
    return x[rank > 0 ? num_min_size(rank, n) - 1 : 0];
}
