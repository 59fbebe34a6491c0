#include "repair/hardness_rank.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

struct item {
    float value;
    uint32_t i;
};

static int by_value_falling(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return x->value != y->value ? (x->value < y->value) - (x->value > y->value) : (x->i > y->i) - (x->i < y->i);
}

static int by_value_rising(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return x->value != y->value ? (x->value > y->value) - (x->value < y->value) : (x->i > y->i) - (x->i < y->i);
}

static struct item *sorted(const float *value, size_t n, int (*compare)(const void *, const void *), struct err *err)
{
    struct item *items = MEM_ARRAY(struct item, n, err);
    for (size_t i = 0; items && i < n; i++)
        items[i] = (struct item){value[i], (uint32_t)i};
    if (items)
        qsort(items, n, sizeof *items, compare);
    return items;
}

int hardness_order(const float *score, size_t n, uint32_t *order, struct err *err)
{
    struct item *items = sorted(score, n, by_value_falling, err);
    if (!items)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        order[i] = items[i].i;
    mem_free(items);
    return 0;
}

size_t hardness_share(double share, size_t n)
{
    double m = ceil(share * (double)n - 1e-9 * (double)n);
    return m >= (double)n ? n : m > 0 ? (size_t)m : 0;
}

/* What of m hardest queries is certain: those below the recall of the m-th; of the `n_cut` that have just that, n_in are in. */
struct cut {
    float recall;
    size_t n_cut, n_in;
};

static struct cut cut_at(const float *recall, size_t n, size_t m, float at)
{
    struct cut c = {.recall = at, .n_in = m};
    for (size_t i = 0; i < n; i++) {
        c.n_in -= recall[i] < at;
        c.n_cut += recall[i] == at;
    }
    return c;
}

/* Pairs of a hard and an easy query in the right order, on average over all choices among those at the cut: hard, at the cut and
 * easy ones are counted from the highest score on, one run of equal scores after the other. */
static double right_pairs(const struct item *by_score, const float *recall, size_t n, const struct cut *c)
{
    const double cut = (double)c->n_cut, in = (double)c->n_in, share = in / cut;
    const double both = c->n_cut > 1 ? share * (cut - in) / (cut - 1) : 0;     /* one at the cut is in, another is not */
    double hard_above = 0, cut_above = 0, pairs = 0;
    for (size_t i = 0, end; i < n; i = end) {
        double hard = 0, at_cut = 0, easy = 0;
        for (end = i; end < n && by_score[end].value == by_score[i].value; end++) {
            float r = recall[by_score[end].i];
            hard += r < c->recall;
            at_cut += r == c->recall;
            easy += r > c->recall;
        }
        pairs += easy * (hard_above + cut_above * share + (hard + at_cut * share) / 2);
        pairs += at_cut * (1 - share) * (hard_above + hard / 2) + at_cut * both * (cut_above + (at_cut - 1) / 2);
        hard_above += hard;
        cut_above += at_cut;
    }
    return pairs;
}

int hardness_find(struct hardness_found *f, const float *score, const float *recall, size_t n, size_t m, struct err *err)
{
    int rc = 0;
    struct item *by_score = NULL, *by_recall;
    size_t n_hard = 0, n_at_cut = 0;
    TRY_NEW(by_recall, sorted(recall, n, by_value_rising, err));
    TRY_NEW(by_score, sorted(score, n, by_value_falling, err));
    const struct cut c = cut_at(recall, n, m, by_recall[m - 1].value);
    for (size_t i = 0; i < m; i++) {
        n_hard += recall[by_score[i].i] < c.recall;
        n_at_cut += recall[by_score[i].i] == c.recall;
    }
    double share = (double)c.n_in / (double)c.n_cut;
    f->share = ((double)n_hard + share * (double)n_at_cut) / (double)m;
    f->most = ((double)(m - c.n_in) + share * (double)c.n_in) / (double)m;
    f->auc = m < n ? right_pairs(by_score, recall, n, &c) / ((double)m * (double)(n - m)) : NAN;
out:
    mem_free(by_recall);
    mem_free(by_score);
    return rc;
}

double hardness_pearson(const float *x, const float *y, size_t n)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        mx += (double)x[i] / (double)n;
        my += (double)y[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double dx = (double)x[i] - mx, dy = (double)y[i] - my;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

static int ranks(const float *x, size_t n, float *rank, struct err *err)
{
    struct item *items = sorted(x, n, by_value_rising, err);
    if (!items)
        return ERR_NOMEM;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && items[end].value == items[i].value;)
            end++;
        for (size_t j = i; j < end; j++)
            rank[items[j].i] = (float)(i + end - 1) / 2;
    }
    mem_free(items);
    return 0;
}

int hardness_spearman(const float *x, const float *y, size_t n, double *rho, struct err *err)
{
    int rc = 0;
    float *rx = NULL, *ry = NULL;
    TRY_NEW(rx, MEM_ARRAY(float, n, err));
    TRY_NEW(ry, MEM_ARRAY(float, n, err));
    TRY(ranks(x, n, rx, err));
    TRY(ranks(y, n, ry, err));
    *rho = hardness_pearson(rx, ry, n);
out:
    mem_free(rx);
    mem_free(ry);
    return rc;
}
