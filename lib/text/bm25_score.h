/* bm25_score - what a term of a query adds to the score of a document.
 *
 * Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; the variants are those of Kamphuis et
 * al., "Which BM25 do you mean?", ECIR 2020, and of the package rank_bm25.  With N documents, df of them with the term, tf times
 * in this one, whose length is l, avg on average, and K = k1 (1 - b + b l/avg):
 *
 *     lucene      ln(1 + (N - df + .5) / (df + .5)) * tf / (tf + K)
 *     robertson   ln((N - df + .5) / (df + .5)) * (k1 + 1) tf / (tf + K)              negative where df > N / 2
 *     atire       ln(N / df) * (k1 + 1) tf / (tf + K)
 *     bm25plus    ln((N + 1) / df) * (1 + (k1 + 1) tf / (tf + K))
 *     okapi       as robertson, but a negative logarithm becomes .25 of the mean of that logarithm over all terms
 *
 * times how often the term is in the query.  A score is the sum over the query's terms that the document has.
 *
 * Sums that do not depend on their order: each addend is computed in 32-bit floats as W / (1 + K / tf) + D, rounded to a multiple
 * of a power of two q, such that all sums of a query's addends are multiples of q below 2^24 q and so exact; an addend of a term
 * with positive weight is at least q.  q is 2^-21 to 2^-22 of the greatest score that the query could reach.  Every operation is
 * monotone in tf and in the length, so bounds of blocks hold exactly, and an addend never depends on the CPU. */
#ifndef BM25_SCORE_H
#define BM25_SCORE_H

#include "text/bm25_index.h"

#include <stdbool.h>

enum bm25_idf { BM25_LUCENE, BM25_ROBERTSON, BM25_ATIRE, BM25_PLUS, BM25_OKAPI };
extern const char *const bm25_idf_names[];      /* by value; NULL behind the last */

struct bm25_params {
    double k1, b;               /* k1 >= 0; 0 <= b <= 1 */
    enum bm25_idf idf;
};

enum { BM25_INVERSES = 256 };

struct bm25_scorer {
    const struct bm25_index *index;
    struct bm25_params params;
    double average, mean_idf;       /* length; okapi's */
    float *norms;                   /* K of each document: (n + 65,536), zeros behind: offsets of 2 bytes stay inside */
    float *least;                   /* (n_blocks): the least K / tf of a block */
    float inverses[BM25_INVERSES];  /* 1 / tf */
};

/* Cost: linear in documents and blocks, 4 bytes each. */
MUST_CHECK int bm25_scorer_new(struct bm25_scorer **s, const struct bm25_index *x, struct bm25_params params, int n_threads,
                               struct err *err);
void bm25_scorer_free(struct bm25_scorer *s);

struct bm25_term {                  /* of a query */
    size_t number;
    size_t first_block, end_block;
    uint32_t df, times;             /* times: in the query */
    float weight, plus;             /* W, D */
};

struct bm25_step {                  /* of a query: q, and what rounds to its multiples */
    float q, round;
};

/* Fill in weights (number, df and times are there) and find the step.  *positive: are all weights above 0? */
struct bm25_step bm25_weigh(const struct bm25_scorer *s, struct bm25_term *terms, size_t n, bool *positive);

static inline float bm25_inverse(const struct bm25_scorer *s, uint32_t tf)
{
    return tf < BM25_INVERSES ? s->inverses[tf] : 1.0f / (float)tf;
}

/* The addend where K / tf is x. */
static inline float bm25_addend(const struct bm25_term *t, struct bm25_step step, float x)
{
    float a = t->weight / (1.0f + x) + t->plus;
    a = (a + step.round) - step.round;
    return t->weight > 0 && !(a > step.q) ? step.q : a;
}

#endif
