#include "text/bm25_score.h"
#include "base/mem.h"
#include "sys/par.h"

#include <float.h>
#include <math.h>

enum { BEHIND = 65536, PART = 1 << 16 };
#define OKAPI_EPSILON 0.25

const char *const bm25_idf_names[] = {"lucene", "robertson", "atire", "bm25plus", "okapi", NULL};

/* K of a length; monotone, as each operation is. */
static float norm(const struct bm25_scorer *s, uint32_t length)
{
    double relative = s->average > 0 ? (double)length / s->average : 0;
    return (float)(s->params.k1 * (1 - s->params.b + s->params.b * relative));
}

static int prepare_part(void *ctx, size_t part, int worker, struct err *err)
{
    struct bm25_scorer *s = ctx;
    const struct bm25_index *x = s->index;
    (void)worker, (void)err;
    for (size_t i = part * PART; i < (part + 1) * PART && i < x->n; i++)
        s->norms[i] = norm(s, x->lengths[i]);
    for (size_t i = part * PART; i < (part + 1) * PART && i < x->n_blocks; i++) {
        const struct bm25_block *b = &x->blocks[i];
        s->least[i] = FLT_MAX;
        for (size_t r = 0; r < BM25_RANGES; r++) {
            if (b->shortest[r] == UINT32_MAX)
                continue;
            float least = norm(s, b->shortest[r]) * bm25_inverse(s, bm25_range_top(b, r));
            s->least[i] = least < s->least[i] ? least : s->least[i];
        }
    }
    return 0;
}

static double robertson(const struct bm25_index *x, uint32_t df)
{
    return log(((double)x->n - df + 0.5) / (df + 0.5));
}

int bm25_scorer_new(struct bm25_scorer **out, const struct bm25_index *x, struct bm25_params params, int n_threads,
                    struct err *err)
{
    int rc = 0;
    struct bm25_scorer *s = *out = MEM_NEW(struct bm25_scorer, err);
    if (!s)
        return ERR_NOMEM;
    s->index = x;
    s->params = params;
    s->average = x->n > 0 ? (double)x->total_length / (double)x->n : 0;
    for (uint32_t tf = 1; tf < BM25_INVERSES; tf++)
        s->inverses[tf] = 1.0f / (float)tf;
    s->inverses[0] = INFINITY;
    for (size_t t = 0; params.idf == BM25_OKAPI && t < x->n_terms; t++)
        s->mean_idf += robertson(x, x->lists[t].df) / (double)x->n_terms;
    TRY_NEW(s->norms, MEM_SLAB(float, x->n + BEHIND, err));
    TRY_NEW(s->least, MEM_SLAB(float, x->n_blocks, err));
    size_t most = x->n > x->n_blocks ? x->n : x->n_blocks;
    TRY(par_for(n_threads, (most + PART - 1) / PART, prepare_part, s, err));
out:
    if (rc) {
        bm25_scorer_free(s);
        *out = NULL;
    }
    return rc;
}

void bm25_scorer_free(struct bm25_scorer *s)
{
    if (!s)
        return;
    mem_free(s->norms);
    mem_free(s->least);
    mem_free(s);
}

static void weigh(const struct bm25_scorer *s, struct bm25_term *t)
{
    double n = (double)s->index->n, df = t->df, factor = s->params.k1 + 1, idf = 0, plus = 0;
    switch (s->params.idf) {
    case BM25_LUCENE:
        idf = log(1 + (n - df + 0.5) / (df + 0.5));
        factor = 1;
        break;
    case BM25_ROBERTSON:
        idf = robertson(s->index, t->df);
        break;
    case BM25_ATIRE:
        idf = log(n / df);
        break;
    case BM25_PLUS:
        idf = log((n + 1) / df);
        plus = idf;
        break;
    case BM25_OKAPI:
        idf = robertson(s->index, t->df);
        idf = idf < 0 ? OKAPI_EPSILON * s->mean_idf : idf;
        break;
    }
    t->weight = (float)(idf * factor * t->times);
    t->plus = (float)(plus * t->times);
}

struct bm25_step bm25_weigh(const struct bm25_scorer *s, struct bm25_term *terms, size_t n, bool *positive)
{
    double greatest = 0;
    int exponent;
    *positive = true;
    for (size_t i = 0; i < n; i++) {
        weigh(s, &terms[i]);
        *positive &= terms[i].weight > 0 && isfinite(terms[i].weight);
        greatest += fabs((double)terms[i].weight) + fabs((double)terms[i].plus);
    }
    (void)frexp(isfinite(greatest) ? greatest : 1, &exponent);       /* greatest < 2^exponent */
    float q = (float)ldexp(1, exponent - 22);
    return (struct bm25_step){q, q * 0x1.8p23f};
}
